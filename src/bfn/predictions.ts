import { conversions } from '../denoiser/conversions.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { BayesianFlow } from './flow.js';
import { requireLength, type Vector } from './laws.js';

/** What one and the same prediction may be written as: see `conversions` (denoiser/) and, for `K e - 1`, the class probabilities e. */
export type Guise = keyof typeof conversions | 'class-probabilities';

export interface ConvertOptions {
  readonly from: Guise;
  readonly to: Guise;
  /** The noisy state that the prediction is of. */
  readonly state: Vector;
  readonly moment: Moment;
  /** K, for class probabilities. */
  readonly classes?: number;
  /** For edm. */
  readonly sigmaData?: number;
}

const conversionOf = (guise: keyof typeof conversions, { moment, sigmaData = NaN }: ConvertOptions) => {
  const conversion = conversions[guise](moment, sigmaData);
  const { state, network } = conversion;
  if (Number.isFinite(state) && Number.isFinite(network) && network !== 0) return conversion;
  const { t, alpha, sigma } = moment;
  throw new UsageError(
    `a prediction of the data and one of ${guise} do not determine each other at t = ${t} (alpha = ${alpha}, sigma = ${sigma}); ` +
      'accepted are times with signal and noise, and for edm a sigmaData',
  );
};

const classesOf = ({ classes }: ConvertOptions): number => {
  if (classes !== undefined && Number.isInteger(classes) && classes >= 2) return classes;
  throw new UsageError(`class probabilities of ${classes} classes; accepted are whole numbers from 2`);
};

/**
 * A prediction in another guise, number by number: noise, data, score, the velocities, F of Karras et al., or class probabilities. The
 * formulas are those of the adapters (denoiser/conversions.ts), read in both directions. Throws a `UsageError` where a guise does not
 * determine another: noise at no noise.
 */
export const convertPrediction = (prediction: Vector, options: ConvertOptions): Float64Array => {
  const { from, to, state } = options;
  requireLength('the prediction', prediction, state.length);
  if (from === to) return Float64Array.from(prediction);
  const data = toData(prediction, from, options);
  if (to === 'class-probabilities') return data.map((y) => (y + 1) / classesOf(options));
  if (to === 'data') return data;
  const conversion = conversionOf(to, options);
  return data.map((y, i) => (y - conversion.state * state[i]) / conversion.network);
};

const toData = (prediction: Vector, from: Guise, options: ConvertOptions): Float64Array => {
  if (from === 'data') return Float64Array.from(prediction);
  if (from === 'class-probabilities') {
    return Float64Array.from(prediction, (e) => classesOf(options) * e - 1);
  }
  const { state, network } = conversionOf(from, options);
  return Float64Array.from(prediction, (y, i) => state * options.state[i] + network * y);
};

/**
 * `dI/dbeta = (c/2) E||target - prediction||²` for an exact denoiser: how fast the information about the data grows with accuracy, nats
 * per unit of it, from the mean squared error there (I-MMSE, Guo, Shamai and Verdú 2005; docs/bayesian-flow.md).
 */
export const informationRate = ({ errorWeight }: BayesianFlow, meanSquaredError: number): number =>
  (errorWeight / 2) * meanSquaredError;
