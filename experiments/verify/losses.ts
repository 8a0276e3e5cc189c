import { zeros } from '../../src/array/batch.js';
import {
  type BayesianFlow,
  type LossOptions,
  continuousAccuracy,
  continuousFlow,
  continuousTimeLoss,
  continuousTimeLossByQuadrature,
  discreteAccuracy,
  discreteFlow,
  discreteTimeLossByQuadrature,
  scoreMatchingLoss,
} from '../../src/bfn/index.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { type RandomStream, randomStream } from '../../src/random/index.js';
import { type Check, check, relative } from './check.js';
import { logBetween, normalsOf, wholeBetween } from './instances.js';
import { type OneVariable, anyVariable, withDiffusion } from './laws.js';

/** A smooth nonlinear network of no merit: the identities hold for every network. */
const anyNetwork = (random: RandomStream, sampleShape: readonly number[]): Denoiser => {
  const [gain, shift] = [random.normal(), random.normal()];
  return {
    sampleShape,
    predict(x, moments) {
      const out = zeros(x.shape, 'float64');
      const size = x.data.length / x.shape[0];
      x.data.forEach((value, i) => {
        out.data[i] = Math.tanh(gain * value + shift + moments[Math.floor(i / size)].time);
      });
      return out;
    },
  };
};

const anyContinuousLoss = (random: RandomStream): Omit<LossOptions, 'stream'> => ({
  flow: continuousFlow(continuousAccuracy({ sigma1: logBetween(random, 1e-3, 0.9) })),
  denoiser: anyNetwork(random, [2]),
  data: { shape: [2, 2], data: normalsOf(random, 4) },
});

const anyDiscreteLoss = (random: RandomStream): Omit<LossOptions, 'stream'> => {
  const classes = wholeBetween(random, 2, 27);
  return {
    flow: discreteFlow(discreteAccuracy({ beta1: logBetween(random, 0.1, 10) }), classes),
    denoiser: anyNetwork(random, [2, classes]),
    data: { shape: [2, 2], data: Float64Array.from({ length: 4 }, () => random.integer(classes)) },
  };
};

type Change = (flow: BayesianFlow) => BayesianFlow;

const scoreMatching = (
  name: string,
  statement: string,
  source: string,
  anyLoss: (random: RandomStream) => Omit<LossOptions, 'stream'>,
): Check =>
  check<Change>({
    name,
    statement,
    source,
    method: 'moments',
    tolerance: 1e-8,
    // the flow that the score matching side is given
    formula: (flow) => flow,
    planted: {
      'weight g², not g²/2': (flow) => withDiffusion(flow, 2),
      'diffusion 0.1% too large': (flow) => withDiffusion(flow, 1.001),
    },
    async residual(change, random) {
      const options = anyLoss(random);
      const seed = random.integer(2 ** 31);
      const stream = () => randomStream(seed, name); // the same draws for both
      const loss = await continuousTimeLoss({ ...options, draws: 4, stream: stream() });
      const matching = await scoreMatchingLoss({
        ...options,
        flow: change(options.flow),
        draws: 4,
        stream: stream(),
      });
      return relative(loss.value, matching.value);
    },
  });

type StepLoss = (options: OneVariable & { readonly steps: number }) => Promise<number>;

const manySteps = check<StepLoss>({
  name: 'discrete-time-loss-converges',
  statement: 'L^n -> L_inf with an error of order 1/n: 2 L^2n - L^n is closer to L_inf by another order',
  source: 'Graves et al. 2023, sections 4 to 6 (continuous-time loss)',
  method: 'quadrature',
  tolerance: 2e-3,
  formula: discreteTimeLossByQuadrature,
  planted: {
    '1% off': async (options) => 1.01 * (await discreteTimeLossByQuadrature(options)),
    'without its factor n': async (options) => (await discreteTimeLossByQuadrature(options)) / options.steps,
  },
  async residual(formula, random) {
    const options = { ...anyVariable(random), points: 20 };
    const limit = await continuousTimeLossByQuadrature(options);
    const [coarse, fine] = [
      await formula({ ...options, steps: 16 }),
      await formula({ ...options, steps: 32 }),
    ];
    return Math.abs(2 * fine - coarse - limit) / limit;
  },
});

export const lossChecks: readonly Check[] = [
  scoreMatching(
    'continuous-loss-is-score-matching',
    'on continuous data L_inf = -ln(sigma1) E[sigma1^(-2 tau) |x - x_hat|²] = (1/2) E[G² |s_hat - grad ln p(mu|x)|²], draw by draw',
    'Xue et al. 2024, section 4',
    anyContinuousLoss,
  ),
  scoreMatching(
    'theorem-5.2',
    'on discrete data L_inf = K beta1 E[tau |e_x - e_hat|²] = (1/2) E[L² |s_hat - grad ln p(z|x)|²], draw by draw',
    'Xue et al. 2024, Theorem 5.2',
    anyDiscreteLoss,
  ),
  manySteps,
];
