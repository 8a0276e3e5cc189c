import type { Basis, Coefficient } from '../array/basis.js';
import { UsageError } from '../errors.js';
import type { Plan } from './plan.js';
import { type Spectrum, checkSpectrum } from './spectrum.js';

/**
 * A Gaussian to draw the start from: its mean (a number, or one a coordinate of a sample) and standard deviation, one number or, with a
 * basis, one a component of it.
 */
export interface StartLaw {
  readonly mean: number | ArrayLike<number>;
  readonly standardDeviation: Coefficient;
  readonly basis?: Basis;
  /** Of discrete data: to the above, `scale (K e_k - 1)` is added for every variable, its class k drawn from these probabilities. */
  readonly symbols?: { readonly probabilities: ArrayLike<number>; readonly scale: number };
}

/** First and second moments of the data, as the state of the process holds them (on discrete data of `K e_x - 1`). */
export interface DataMoments {
  /** One a coordinate. */
  readonly mean: ArrayLike<number>;
  /** The variance of a coordinate, averaged over all coordinates. */
  readonly variance: number;
  /** Its covariance, for the start `full-covariance`; the variance above is then the mean of these, each as often as it has dimensions. */
  readonly spectrum?: Spectrum;
  /** Of discrete data: how often each class occurs, for the start `symbol-frequencies`. */
  readonly probabilities?: ArrayLike<number>;
}

export type StartId = 'prior' | 'zero-mean' | 'moment-matched' | 'full-covariance' | 'symbol-frequencies';
export const startIds: readonly StartId[] = [
  'prior',
  'zero-mean',
  'moment-matched',
  'full-covariance',
  'symbol-frequencies',
];

/**
 * The law of a start. `prior` is what a process holds at its noise end, exactly if no signal is left there; `zero-mean` the
 * same formula at a time short of it; `moment-matched` the isotropic Gaussian closest to the true law there in
 * Kullback-Leibler divergence (docs/theory.md, section 3), `full-covariance` that with the covariance of the data;
 * `symbol-frequencies` the exact law of discrete data whose variables are independent, each with the class frequencies. Throws a `UsageError` for a prior short of the noise end and for
 * moments that are not given.
 */
export const startLaw = (id: StartId, at: Plan['start'], moments?: DataMoments): StartLaw => {
  switch (id) {
    case 'prior':
      if (at.atNoiseEnd) return { mean: 0, standardDeviation: at.sigma };
      throw new UsageError(
        `the start "prior" holds at the noise end only, and the plan starts at t = ${at.t}: use eta = 0 or zero-mean`,
      );
    case 'zero-mean':
      return { mean: 0, standardDeviation: at.sigma };
    case 'moment-matched':
      if (!moments) throw new UsageError('the start "moment-matched" needs the moments of the data');
      return {
        mean: Float64Array.from(moments.mean, (value) => at.alpha * value),
        standardDeviation: Math.sqrt(at.sigma ** 2 + at.alpha ** 2 * moments.variance),
      };
    case 'full-covariance': {
      if (!moments?.spectrum)
        throw new UsageError('the start "full-covariance" needs the covariance of the data');
      const { basis, variances } = moments.spectrum;
      checkSpectrum(moments.spectrum);
      return {
        mean: Float64Array.from(moments.mean, (value) => at.alpha * value),
        standardDeviation: variances.map((variance) => Math.hypot(at.sigma, at.alpha * Math.sqrt(variance))),
        basis,
      };
    }
    case 'symbol-frequencies':
      // the law of independent variables there, exactly: what the prior becomes along their own flow
      if (!moments?.probabilities)
        throw new UsageError('the start "symbol-frequencies" needs the class frequencies of discrete data');
      return {
        mean: 0,
        standardDeviation: at.sigma,
        symbols: { probabilities: moments.probabilities, scale: at.alpha },
      };
    default:
      throw new UsageError(`unknown start "${String(id)}"; there are: ${startIds.join(', ')}`);
  }
};
