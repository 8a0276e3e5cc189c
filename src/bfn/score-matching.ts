import type { Process } from '../process/process.js';
import type { Cost } from './costs.js';
import type { BayesianFlow } from './flow.js';
import { anyTime, estimate, type LossEstimate, type LossOptions } from './losses.js';
import { squaredError } from './terms.js';

/** Half the squared diffusion: the weight with which denoising score matching bounds the likelihood (Song et al. 2021). */
export const likelihoodWeight = (process: Process, t: number): number => process.squaredDiffusion(t) / 2;

/** `(g²/2) ||s_hat - grad ln p(state | x)||²` from the two scores, `-(state - alpha y)/sigma²` at the prediction and at the target. */
export const scoreMatchingCost = (flow: BayesianFlow): Cost => ({
  from: 'prediction',
  needsSender: false,
  of: ({ target }, { tau }, prediction, state) => {
    const { t, alpha, sigma } = flow.moment(tau);
    const score = (y: number, i: number): number => (alpha * y - state[i]) / sigma / sigma;
    const model = Float64Array.from(prediction, score);
    const truth = Float64Array.from(target, score);
    return squaredError(likelihoodWeight(flow.process, t), truth, model);
  },
});

/**
 * The continuous-time loss as denoising score matching, `E[ (g²/2) ||s_hat - grad ln p(state | x)||² ]`: takes what
 * `continuousTimeLoss` takes, and from the same stream gives the same number, to rounding, from the scores and from the diffusion of
 * the process alone. (Xue et al. 2024, Theorem 5.2 for discrete data; docs/bayesian-flow.md)
 */
export const scoreMatchingLoss = async (options: LossOptions): Promise<LossEstimate> =>
  estimate(options, scoreMatchingCost(options.flow), anyTime);
