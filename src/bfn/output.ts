import { elements, precisionOf, samplesOf, zeros, type Batch } from '../array/batch.js';
import type { Denoiser, Moment, Uniforms } from '../plan/denoiser.js';
import type { Bins } from './bins.js';
import { drawIndex, type Vector } from './laws.js';

/**
 * A denoiser that gives its whole output distribution: over the classes of discrete data or the bins of discretised data, a
 * variable by itself. As logarithms, so that what rounds to 0 in a mean is not lost.
 */
export interface DistributionDenoiser extends Denoiser {
  /** K: classes or bins. */
  readonly classes: number;
  /** `ln p_O`, [n, ...variables, K], float64, nats; a row's exponentials sum to 1. */
  logProbabilities(x: Batch, moments: readonly Moment[]): Batch | Promise<Batch>;
}

/** Of discretised data: `predict` gives the mean `k_hat` of p_O, `draw` the centre of a bin drawn from it. */
export interface BinDenoiser extends DistributionDenoiser {
  readonly bins: Bins;
}

/** What follows an answer, at once if it is there. (Not called `then`: a module of that name would be taken for a promise.) */
export const chain = <T, R>(value: T | Promise<T>, next: (value: T) => R): R | Promise<R> =>
  value instanceof Promise ? value.then(next) : next(value);

/** `sum_k p_O(k) centre_k` a variable. */
export const meanOfBins = (logProbabilities: Vector, { count, centres }: Bins): Float64Array => {
  const out = new Float64Array(logProbabilities.length / count);
  for (let i = 0; i < logProbabilities.length; i++) {
    out[Math.floor(i / count)] += Math.exp(logProbabilities[i]) * centres[i % count];
  }
  return out;
};

/** The most probable class or bin of every variable, [variables]: what the original samplers return at the end. */
export const mostProbable = (logProbabilities: Vector, classes: number): Float64Array => {
  const out = new Float64Array(logProbabilities.length / classes);
  for (let v = 0; v < out.length; v++) {
    for (let k = 1; k < classes; k++) {
      if (logProbabilities[v * classes + k] > logProbabilities[v * classes + out[v]]) out[v] = k;
    }
  }
  return out;
};

/**
 * A denoiser of discretised data from its output distribution. With the solver `bfn` and its draw it is the original sampler of
 * discretised data (Graves et al. 2023, algorithm 6): every evaluation is a bin drawn from p_O, its centre the prediction.
 */
export const binDenoiser = (
  sampleShape: readonly number[],
  bins: Bins,
  logProbabilities: BinDenoiser['logProbabilities'],
): BinDenoiser =>
  Object.freeze({
    sampleShape,
    classes: bins.count,
    bins,
    logProbabilities,
    predict(x: Batch, moments: readonly Moment[], out: Batch = zeros(x.shape, precisionOf(x.data))) {
      return chain(logProbabilities(x, moments), ({ data }) => {
        out.data.set(meanOfBins(data, bins));
        return out;
      });
    },
    draw(
      x: Batch,
      moments: readonly Moment[],
      uniforms: Uniforms,
      out: Batch = zeros(x.shape, precisionOf(x.data)),
    ) {
      return chain(logProbabilities(x, moments), (distribution) => {
        const uniform = new Float64Array(elements(sampleShape));
        moments.forEach((_, i) => {
          uniforms(i, uniform);
          const rows = samplesOf(distribution, i, i + 1).data;
          const drawn = samplesOf(out, i, i + 1).data;
          for (let v = 0; v < uniform.length; v++) {
            const row = rows.subarray(v * bins.count, (v + 1) * bins.count);
            // a diverged prediction stays one
            drawn[v] = row.some(Number.isNaN) ? NaN : bins.centres[drawIndex(row, uniform[v])];
          }
        });
        return out;
      });
    },
  });
