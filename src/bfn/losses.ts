import { elements, type Batch } from '../array/batch.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Denoiser } from '../plan/denoiser.js';
import type { RandomStream } from '../random/index.js';
import { continuousTimeCost, discreteTimeCost, reconstructionCost, type Cost, type Draw } from './costs.js';
import type { BayesianFlow } from './flow.js';
import { costsOf, itemsOf, randomDraws } from './monte-carlo.js';
import type { DistributionDenoiser } from './output.js';
import type { PointDiscretisation } from './terms.js';

export interface LossOptions {
  readonly flow: BayesianFlow;
  /**
   * Predicts the target of the flow. The losses that need a whole distribution (discretised data: discrete-time and
   * reconstruction) need a `BinDenoiser`; on classes a `DistributionDenoiser` is used where there is one, else `e = (prediction + 1)/K`.
   */
  readonly denoiser: Denoiser | DistributionDenoiser;
  /** [n, ...]: values, or class indices. */
  readonly data: Batch;
  readonly stream: RandomStream;
  /** Monte-Carlo draws a data item; 1 unless told. */
  readonly draws?: number;
  /** 'nats' unless told. */
  readonly unit?: 'nats' | 'bits';
  /** How many draws go through the denoiser at a time; no result depends on it (bit for bit with exact denoisers). Default 64. */
  readonly chunk?: number;
}

/** A Monte-Carlo estimate, in `unit` a data item, that is summed over its variables. */
export interface LossEstimate {
  readonly value: number;
  /** Of `value` as an estimate for the law that the items were drawn from (with one item: of the Monte Carlo alone). NaN for a single draw. */
  readonly standardError: number;
  /** Of `value` as an estimate for just these items; NaN unless there are two draws an item. */
  readonly monteCarloError: number;
  /** The same two a variable. */
  readonly perDimension: { readonly value: number; readonly standardError: number };
  /** Draws in all. */
  readonly samples: number;
  readonly unit: 'nats' | 'bits';
}

export interface DiscreteTimeOptions extends LossOptions {
  /** n, 1 or more. */
  readonly steps: number;
}

export interface ReconstructionOptions extends LossOptions {
  /**
   * For continuous data, whose output is a point: `N(prediction, (factor s)²)` is discretised into `bins` bins with its tails folded
   * in, s the deviation `1/sqrt(1 + beta(1))` of the input at the data end. The original code has 256 bins and factor 1, or 16 and 0.7.
   * Refused for the other types.
   */
  readonly discretise?: PointDiscretisation;
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the mean of independent values; NaN for one. */
const errorOfMean = (values: Float64Array): number => {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
};

/** Estimate of the mean of costs that come `draws` an item. */
const summary = (
  costs: Float64Array,
  draws: number,
  variables: number,
  unit: 'nats' | 'bits',
): LossEstimate => {
  const scale = unit === 'bits' ? 1 / Math.LN2 : 1;
  const count = costs.length / draws;
  const own = Array.from({ length: count }, (_, i) => costs.subarray(i * draws, (i + 1) * draws));
  const means = Float64Array.from(own, mean);
  const value = scale * mean(means);
  const monteCarloError =
    (scale * Math.sqrt(own.reduce((sum, one) => sum + errorOfMean(one) ** 2, 0))) / count;
  const standardError = count > 1 ? scale * errorOfMean(means) : monteCarloError;
  return {
    value,
    standardError,
    monteCarloError,
    perDimension: { value: value / variables, standardError: standardError / variables },
    samples: costs.length,
    unit,
  };
};

/** The mean of a cost over the items and over random draws at random places in time. */
export const estimate = async (
  options: LossOptions,
  cost: Cost,
  place: (stream: RandomStream) => Pick<Draw, 'tau' | 'step'>,
): Promise<LossEstimate> => {
  const { flow, denoiser, data, stream, draws = 1, unit = 'nats', chunk = 64 } = options;
  requireWhole('draws', draws, 1);
  if (unit !== 'nats' && unit !== 'bits') {
    throw new UsageError(`the unit is ${JSON.stringify(unit)}; accepted are nats and bits`);
  }
  const items = itemsOf(flow, denoiser, data);
  const evaluations = randomDraws(flow, items, draws, stream, cost, place);
  const costs = await costsOf(flow, denoiser, cost, items, evaluations, chunk);
  return summary(costs, draws, elements(data.shape.slice(1)), unit);
};

/** A uniform time. */
export const anyTime = ({ uniform }: RandomStream): { tau: number } => ({ tau: uniform() });

/**
 * `L_inf = (c/2) E_tau[ beta'(tau) ||target - prediction||² ]`, tau uniform, one tau a draw. Never negative. (Graves et al. 2023,
 * sections 4 and 6; for classes equation 205)
 *
 * Like all losses here it throws a `UsageError` for data or options that do not fit, and a `DivergedError` where the network's
 * answer or the loss is not finite.
 */
export const continuousTimeLoss = async (options: LossOptions): Promise<LossEstimate> =>
  estimate(options, continuousTimeCost(options.flow), anyTime);

/**
 * `L^n`: n times the expected cost `KL(sender || receiver)` of a step i, uniform on 1..n. Not negative, but for distributions single draws
 * may be. On discrete data the receiver is the joint mixture over the K numbers of y. (Graves et al. 2023, sections 4 to 6; for classes equation 189)
 */
export const discreteTimeLoss = async (options: DiscreteTimeOptions): Promise<LossEstimate> => {
  const { flow, steps } = options;
  return estimate(options, discreteTimeCost(flow, steps), (stream) => {
    const before = stream.integer(steps);
    return { tau: before / steps, step: before + 1 };
  });
};

/** `L^r = -E ln p_O(x; state at tau = 1)`. (Graves et al. 2023, section 3) */
export const reconstructionLoss = async (options: ReconstructionOptions): Promise<LossEstimate> =>
  estimate(options, reconstructionCost(options.flow, options.discretise), () => ({ tau: 1 }));
