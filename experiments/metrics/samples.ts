import { sampleSize, type Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import { defaultGroups, groupOf, type Indices } from '../statistics.js';

/** Computes once, at first use. */
export const lazy = <T>(compute: () => T): (() => T) => {
  let computed: { readonly value: T } | undefined;
  return () => (computed ??= { value: compute() }).value;
};

const checkSize = (metric: string, samples: Batch, size: number): void => {
  if (sampleSize(samples) === size) return;
  throw new UsageError(
    `${metric}: samples have the shape [${samples.shape.join(', ')}], the truth has ${size} variables`,
  );
};

const reject = (metric: string, samples: Batch, at: number, accepted: string): never => {
  const sample = Math.floor(at / sampleSize(samples));
  throw new RangeError(
    `${metric}: sample ${sample} has an entry ${samples.data[at]}: accepted are ${accepted}`,
  );
};

/** The samples `[n, d]` in float64, row by row. Throws a `UsageError` unless d fits, a `RangeError` unless all is finite. */
export const vectors = (metric: string, samples: Batch, dimension: number): Float64Array => {
  checkSize(metric, samples, dimension);
  samples.data.forEach((value, at) => {
    if (!Number.isFinite(value)) reject(metric, samples, at, 'finite numbers');
  });
  return Float64Array.from(samples.data);
};

/** The samples `[n, length]` as class indices. Throws a `UsageError` unless the length fits, a `RangeError` unless all are classes. */
export const symbols = (metric: string, samples: Batch, length: number, classes: number): Int32Array => {
  checkSize(metric, samples, length);
  samples.data.forEach((value, at) => {
    if (!(Number.isInteger(value) && value >= 0 && value < classes)) {
      reject(metric, samples, at, `whole numbers from 0 to ${classes - 1}`);
    }
  });
  return Int32Array.from(samples.data);
};

/** How often each of n samples is listed. */
export const multiplicities = (indices: Indices, n: number): Float64Array => {
  const counts = new Float64Array(n);
  for (const i of indices) counts[i]++;
  return counts;
};

/** The groups that the jackknife makes of n samples. */
export const groupCount = (n: number): number => Math.min(defaultGroups, n);

/**
 * Multiplicities by group of the jackknife, if all samples of a group have the same; else undefined. What is a sum over
 * samples, or over pairs, then follows from sums over groups that were made once.
 */
export const groupMultiplicities = (counts: Float64Array): Float64Array | undefined => {
  const groups = groupCount(counts.length);
  const whole = counts.every((count, i) => count === counts[groupOf(i, groups)]);
  return whole ? counts.subarray(0, groups) : undefined;
};
