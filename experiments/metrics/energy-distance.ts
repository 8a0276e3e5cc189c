import type { Batch } from '../../src/array/batch.js';
import type { Metric, VectorLaw, Statistic } from '../metric.js';
import { groupedDistances, meanDistances, weightedDistances } from './distances.js';
import { groupCount, groupMultiplicities, lazy, multiplicities, vectors } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 1;

/**
 * The squared energy distance `2 E|X - Y| - E|X - X'| - E|Y - Y'|` (Székely and Rizzo 2013, "Energy statistics: a class of
 * statistics based on distances"), Y being a fixed sample of the truth. All three means are over pairs of different draws: this U-statistic
 * is unbiased, so it scatters about 0 on the truth and may be negative; the scatter of Y is common to all samples and not in
 * the jackknife's interval.
 *
 * Costs about n (n/2 + referenceSize) d operations in `over`; a subset made of whole jackknife groups then costs O(n), any other
 * one O(n² d).
 */
export const energyDistance = (law: VectorLaw, referenceSize = 4000): Metric => {
  const id = 'energy-distance';
  const d = law.dimension;
  const reference = lazy(() => {
    const rows = Float64Array.from(law.sample(referenceSize, referenceSeed).data);
    const pairs = groupedDistances(rows, d, 1)[0];
    return { rows, within: pairs / ((referenceSize * (referenceSize - 1)) / 2) };
  });
  const over = (samples: Batch): Statistic => {
    const rows = vectors(id, samples, d);
    const n = samples.shape[0];
    const toTruth = meanDistances(rows, reference().rows, d);
    const groups = groupCount(n);
    const sums = groupedDistances(rows, d, groups);
    const pairSum = (counts: Float64Array): number => {
      const byGroup = groupMultiplicities(counts);
      if (!byGroup) return weightedDistances(rows, d, counts);
      return sums.reduce(
        (total, sum, at) => total + sum * byGroup[Math.floor(at / groups)] * byGroup[at % groups],
        0,
      );
    };
    return (indices) => {
      const m = indices.length;
      let across = 0;
      for (const i of indices) across += toTruth[i] / m;
      const within = pairSum(multiplicities(indices, n)) / ((m * (m - 1)) / 2);
      return 2 * across - within - reference().within;
    };
  };
  return Object.freeze({
    id,
    unit: 'data',
    description: 'squared energy distance to a fixed true sample, unbiased: about 0 on the truth',
    reference: 'Székely and Rizzo 2013',
    over,
  });
};
