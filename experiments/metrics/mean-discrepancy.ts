import type { Batch } from '../../src/array/batch.js';
import type { Metric, Statistic } from '../metric.js';
import { groupOf } from '../statistics.js';
import { eachRow } from './distances.js';
import { groupCount, groupMultiplicities, lazy, multiplicities, vectors } from './samples.js';

/** A kernel on vectors, whose means over the truth Y are known in closed form. */
export interface TruthKernel {
  /** `k(x, x')` from the squared norms and the distance of the two. */
  between(square: number, other: number, distance: number): number;
  /** `E k(x, Y)`. */
  toTruth(x: Float64Array): number;
  /** `E k(Y, Y')` for independent draws. */
  withinTruth(): number;
}

/** Calls `visit(i, j, k(x_i, x_j))` for all j < i. */
const eachPair = (
  rows: Float64Array,
  squares: Float64Array,
  { between }: TruthKernel,
  visit: (i: number, j: number, k: number) => void,
): void =>
  eachRow(rows, rows.length / squares.length, (i, distances) => {
    for (let j = 0; j < i; j++) visit(i, j, between(squares[i], squares[j], distances[j]));
  });

/**
 * The squared maximum mean discrepancy `E k(X, X') - 2 E k(X, Y) + E k(Y, Y')` of samples X from the truth Y (Gretton et al. 2012, "A kernel
 * two-sample test", lemma 6). The first mean is over pairs of different samples; those with the truth are exact. So it is
 * unbiased, 0 in the mean on the truth, and may be negative; there is no reference sample.
 *
 * Costs about n² d/2 operations; a subset made of whole jackknife groups then costs O(n), any other one O(n² d).
 */
export const meanDiscrepancy = (id: string, d: number, kernel: TruthKernel): Metric['over'] => {
  const truth = lazy(() => kernel.withinTruth());
  return (samples: Batch): Statistic => {
    const rows = vectors(id, samples, d);
    const n = samples.shape[0];
    const rowOf = (i: number): Float64Array => rows.subarray(i * d, (i + 1) * d);
    const squares = Float64Array.from({ length: n }, (_, i) => rowOf(i).reduce((sum, x) => sum + x * x, 0));
    const toTruth = Float64Array.from({ length: n }, (_, i) => kernel.toTruth(rowOf(i)));
    const withItself = squares.map((square) => kernel.between(square, square, 0));
    const groups = groupCount(n);
    const sums = new Float64Array(groups * groups);
    eachPair(rows, squares, kernel, (i, j, k) => {
      sums[groupOf(i, groups) * groups + groupOf(j, groups)] += k;
    });
    const pairSum = (counts: Float64Array): number => {
      let sum = 0;
      const byGroup = groupMultiplicities(counts);
      if (byGroup) {
        sums.forEach((part, at) => (sum += part * byGroup[Math.floor(at / groups)] * byGroup[at % groups]));
      } else eachPair(rows, squares, kernel, (i, j, k) => (sum += counts[i] * counts[j] * k));
      // a sample that is listed twice is two samples
      counts.forEach((count, i) => (sum += ((count * (count - 1)) / 2) * withItself[i]));
      return sum;
    };
    return (indices) => {
      const m = indices.length;
      let across = 0;
      for (const i of indices) across += toTruth[i] / m;
      return pairSum(multiplicities(indices, n)) / ((m * (m - 1)) / 2) - 2 * across + truth();
    };
  };
};
