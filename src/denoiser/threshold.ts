import { sampleSize, type Batch } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Denoiser, Moment } from '../plan/denoiser.js';
import { evaluationsOf, andThen, type WrappedDenoiser } from './guidance/shared.js';

export interface ThresholdOptions {
  /** Of the absolute values of a sample's prediction, in (0, 1]; 0.995 unless told, as in Saharia et al. 2022. */
  readonly quantile?: number;
  /** The threshold goes no higher; from 1, and Infinity unless told. */
  readonly maximum?: number;
}

/** A denoiser whose predictions are kept within [-1, 1] by a threshold of each sample's own. */
export interface ThresholdedDenoiser extends WrappedDenoiser {
  readonly threshold: { readonly quantile: number; readonly maximum: number };
  readonly unthresholded: Denoiser;
}

/** The quantile of ascending numbers, by linear interpolation between their ranks: 1 is the largest. */
const quantileOf = (ascending: Float64Array, quantile: number): number => {
  const rank = quantile * (ascending.length - 1);
  const below = Math.floor(rank);
  const share = rank - below;
  return share === 0 ? ascending[below] : (1 - share) * ascending[below] + share * ascending[below + 1];
};

/**
 * Dynamic thresholding (Saharia et al. 2022) of data in [-1, 1]: with s the quantile of a sample's `|D|`, kept in [1, maximum], the prediction becomes
 * `min(max(D, -s), s) / s`. Where all of a sample's prediction is in [-1, 1] it stays as it is. `maximum` 1 is `clip(denoiser, -1, 1)`.
 * The state is not touched, nor are draws, and NaN stays NaN. A sample's result does not depend on its batch.
 *
 * Throws a `UsageError` unless the quantile is in (0, 1] and the maximum at least 1.
 */
export const dynamicThreshold = (
  denoiser: Denoiser,
  { quantile = 0.995, maximum = Infinity }: ThresholdOptions = {},
): ThresholdedDenoiser => {
  if (!(quantile > 0 && quantile <= 1)) {
    throw new UsageError(`the quantile of a threshold is ${quantile}; accepted are numbers in (0, 1]`);
  }
  if (!(maximum >= 1)) {
    throw new UsageError(`the maximum of a threshold is ${maximum}; accepted are numbers from 1`);
  }
  const bound = (prediction: Batch): Batch => {
    const { data } = prediction;
    const size = sampleSize(prediction);
    for (let at = 0; at < data.length; at += size) {
      const ascending = Float64Array.from(data.subarray(at, at + size), Math.abs).sort();
      const s = Math.min(Math.max(quantileOf(ascending, quantile), 1), maximum);
      for (let i = at; i < at + size; i++) data[i] = Math.min(Math.max(data[i], -s), s) / s;
    }
    return prediction;
  };
  return Object.freeze({
    sampleShape: denoiser.sampleShape,
    threshold: Object.freeze({ quantile, maximum }),
    unthresholded: denoiser,
    evaluations: evaluationsOf(denoiser),
    predict(x: Batch, moments: readonly Moment[], out?: Batch) {
      return andThen(denoiser.predict(x, moments, out), bound);
    },
    ...(denoiser.draw && { draw: denoiser.draw.bind(denoiser) }),
  });
};
