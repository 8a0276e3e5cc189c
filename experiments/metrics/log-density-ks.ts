import type { Batch } from '../../src/array/batch.js';
import type { Metric, Mixture, Statistic } from '../metric.js';
import { countBelow, countUpTo, ranked, largestDifference } from './ranks.js';
import { lazy, vectors } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 2;

/**
 * The Kolmogorov-Smirnov distance between the laws of `ln p(X)` for samples and for the truth, p being the true density: the
 * largest difference of the two distribution functions. The truth's is that of a fixed true sample (20,000 draws: an error of
 * about 0.006). It sees samples that are too far from the modes or too near to them, but not which modes they are at.
 */
export const logDensityKs = (mixture: Mixture, referenceSize = 20000): Metric => {
  const id = 'log-density-ks';
  const reference = lazy(() =>
    Float64Array.from(mixture.logDensity(mixture.sample(referenceSize, referenceSeed))).sort(),
  );
  const over = (samples: Batch): Statistic => {
    vectors(id, samples, mixture.dimension);
    const logDensity = Float64Array.from(mixture.logDensity(samples));
    const unknown = logDensity.findIndex(Number.isNaN);
    if (unknown >= 0) throw new RangeError(`${id}: the log density of sample ${unknown} is NaN`);
    const points = ranked(logDensity);
    const below = points.sorted.map((value) => countBelow(reference(), value) / referenceSize);
    const upTo = points.sorted.map((value) => countUpTo(reference(), value) / referenceSize);
    return (indices) => (indices.length === 0 ? NaN : largestDifference(points, indices, below, upTo));
  };
  return Object.freeze({
    id,
    unit: '',
    description: 'Kolmogorov-Smirnov distance between the laws of the log density of samples and of truth',
    reference: 'Massey 1951',
    bounds: { low: 0, high: 1 },
    over,
  });
};
