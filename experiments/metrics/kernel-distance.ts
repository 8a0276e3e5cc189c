import type { Batch } from '../../src/array/batch.js';
import type { Metric, Mixture, Statistic } from '../metric.js';
import { groupOf } from '../statistics.js';
import { eachRow } from './distances.js';
import { groupCount, groupMultiplicities, lazy, multiplicities, vectors } from './samples.js';

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};

const times = (matrix: readonly ArrayLike<number>[], x: ArrayLike<number>): number[] =>
  matrix.map((row) => dot(row, x));

const kernel = (product: number, d: number): number => (product / d + 1) ** 3;

/** `E (1 + x·Y/d)³` for Y of the mixture: with u = 1 + x·Y/d normal of mean m and variance v it is m³ + 3 m v. */
const kernelToTruth = (
  { weights, means, covariances, dimension: d }: Mixture,
  x: ArrayLike<number>,
): number => {
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    const m = 1 + dot(x, means[c]) / d;
    const v = dot(x, times(covariances[c], x)) / d ** 2;
    sum += weights[c] * (m ** 3 + 3 * m * v);
  }
  return sum;
};

/** `E (1 + Y·Y'/d)³` of two components: the formula above, averaged over a normal x. */
const kernelOfComponents = (mixture: Mixture, c: number, e: number): number => {
  const { means, covariances, dimension: d } = mixture;
  const [a, b] = [means[c], means[e]];
  const m = 1 + dot(a, b) / d;
  const across = times(covariances[c], b);
  const trace = covariances[c].reduce((sum, row, i) => sum + dot(row, covariances[e][i]), 0);
  const cube = m ** 3 + (3 * m * dot(a, times(covariances[e], a))) / d ** 2;
  const product = m * (dot(b, across) + trace) + (2 * dot(times(covariances[e], a), across)) / d;
  return cube + (3 * product) / d ** 2;
};

const kernelWithinTruth = (mixture: Mixture): number => {
  const { weights } = mixture;
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    for (let e = 0; e < weights.length; e++)
      sum += weights[c] * weights[e] * kernelOfComponents(mixture, c, e);
  }
  return sum;
};

/** Calls `visit(i, j, k(x_i, x_j))` for all j < i. */
const eachPair = (rows: Float64Array, d: number, visit: (i: number, j: number, k: number) => void): void => {
  const n = rows.length / d;
  const squares = Float64Array.from({ length: n }, (_, i) => {
    const row = rows.subarray(i * d, (i + 1) * d);
    return dot(row, row);
  });
  eachRow(rows, d, (i, distances) => {
    for (let j = 0; j < i; j++) {
      visit(i, j, kernel((squares[i] + squares[j] - distances[j] * distances[j]) / 2, d));
    }
  });
};

/**
 * The squared maximum mean discrepancy with the kernel `(x·y/d + 1)³`, which on features of an Inception network is KID (Binkowski
 * et al. 2018, "Demystifying MMD GANs"; Gretton et al. 2012, lemma 6): `E k(X, X') - 2 E k(X, Y) + E k(Y, Y')`. The first mean is over pairs of different
 * samples; those with the truth are exact, from the moments of its Gaussians. So it is unbiased, 0 in the mean on the truth,
 * and may be negative; there is no reference sample. A cubic kernel sees the first three moments and nothing beyond.
 *
 * Costs about n² d/2 operations in `over`; a subset made of whole jackknife groups then costs O(n), any other one O(n² d).
 */
export const kernelDistance = (mixture: Mixture): Metric => {
  const id = 'kernel-distance';
  const d = mixture.dimension;
  const truth = lazy(() => kernelWithinTruth(mixture));
  const over = (samples: Batch): Statistic => {
    const rows = vectors(id, samples, d);
    const n = samples.shape[0];
    const rowOf = (i: number): Float64Array => rows.subarray(i * d, (i + 1) * d);
    const toTruth = Float64Array.from({ length: n }, (_, i) => kernelToTruth(mixture, rowOf(i)));
    const withItself = Float64Array.from({ length: n }, (_, i) => kernel(dot(rowOf(i), rowOf(i)), d));
    const groups = groupCount(n);
    const sums = new Float64Array(groups * groups);
    eachPair(rows, d, (i, j, k) => (sums[groupOf(i, groups) * groups + groupOf(j, groups)] += k));
    const pairSum = (counts: Float64Array): number => {
      let sum = 0;
      const byGroup = groupMultiplicities(counts);
      if (byGroup) {
        sums.forEach((part, at) => (sum += part * byGroup[Math.floor(at / groups)] * byGroup[at % groups]));
      } else eachPair(rows, d, (i, j, k) => (sum += counts[i] * counts[j] * k));
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
  return Object.freeze({
    id,
    unit: '',
    description:
      'squared maximum mean discrepancy with the cubic kernel of KID, unbiased: 0 in the mean on the truth',
    reference: 'Binkowski et al. 2018',
    over,
  });
};
