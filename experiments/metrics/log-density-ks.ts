import type { Batch } from '../../src/array/batch.js';
import type { Metric, Mixture, Statistic } from '../metric.js';
import { groupOf } from '../statistics.js';
import { countBelow, countUpTo, ranked, largestDifference } from './ranks.js';
import { groupCount, lazy, vectors } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 2;

/**
 * The Kolmogorov-Smirnov distance between the laws of `ln p(X)` for samples and for the truth, p being the true density: the
 * largest difference of the two distribution functions. It sees samples that are too far from the modes or too near to them, but
 * not which modes they are at.
 *
 * The truth's law is that of a fixed true sample (20,000 draws: an error of about 0.006), which falls into the jackknife's groups as
 * the samples do: where they lack a group, so does it. So the interval has the scatter of both.
 */
export const logDensityKs = (mixture: Mixture, referenceSize = 20000): Metric => {
  const id = 'log-density-ks';
  const reference = lazy(() =>
    Float64Array.from(mixture.logDensity(mixture.sample(referenceSize, referenceSeed))),
  );
  const known = new Map<number, readonly Float64Array[]>();
  /** The reference's values in ascending order, group by group. */
  const sortedBy = (groups: number): readonly Float64Array[] => {
    const made =
      known.get(groups) ??
      Array.from({ length: groups }, (_, g) =>
        reference()
          .filter((__, j) => groupOf(j, groups) === g)
          .sort(),
      );
    known.set(groups, made);
    return made;
  };
  const over = (samples: Batch): Statistic => {
    vectors(id, samples, mixture.dimension);
    const logDensity = Float64Array.from(mixture.logDensity(samples));
    const unknown = logDensity.findIndex(Number.isNaN);
    if (unknown >= 0) throw new RangeError(`${id}: the log density of sample ${unknown} is NaN`);
    const groups = groupCount(logDensity.length);
    const truth = sortedBy(groups);
    const points = ranked(logDensity);
    const countsBy = (count: typeof countBelow): readonly Uint32Array[] =>
      truth.map((sorted) => Uint32Array.from(points.sorted, (value) => count(sorted, value)));
    const [below, upTo] = [countsBy(countBelow), countsBy(countUpTo)];
    return (indices) => {
      if (indices.length === 0) return NaN;
      const present = new Set<number>();
      for (const i of indices) present.add(groupOf(i, groups));
      let size = 0;
      for (const g of present) size += truth[g].length;
      const shares = (counts: readonly Uint32Array[]): Float64Array => {
        const sum = new Float64Array(points.sorted.length);
        for (const g of present) counts[g].forEach((count, place) => (sum[place] += count / size));
        return sum;
      };
      return largestDifference(points, indices, shares(below), shares(upTo));
    };
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
