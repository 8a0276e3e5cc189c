import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Batch } from '../../src/array/batch.js';
import { groupOf } from '../statistics.js';
import type { Metric, VectorLaw, Statistic } from '../metric.js';
import { groupCount, groupMultiplicities, lazy, multiplicities, vectors } from './samples.js';

/** Count, sum and sum of `x x'` (row-major, lower triangle) of rows of d numbers. */
interface Sums {
  count: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

const noSums = (d: number): Sums => ({
  count: 0,
  first: new Float64Array(d),
  second: new Float64Array(d * d),
});

const addRow = (sums: Sums, rows: Float64Array, at: number, weight: number): void => {
  const d = sums.first.length;
  sums.count += weight;
  for (let i = 0; i < d; i++) {
    const x = weight * rows[at * d + i];
    sums.first[i] += x;
    for (let j = 0; j <= i; j++) sums.second[i * d + j] += x * rows[at * d + j];
  }
};

const addSums = (sums: Sums, other: Sums, weight: number): void => {
  sums.count += weight * other.count;
  other.first.forEach((x, i) => (sums.first[i] += weight * x));
  other.second.forEach((x, i) => (sums.second[i] += weight * x));
};

/** The unbiased covariance. */
const covariance = ({ count, first, second }: Sums): Matrix => {
  const d = first.length;
  const result = Matrix.zeros(d, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = (second[i * d + j] - (first[i] * first[j]) / count) / (count - 1);
      result.set(i, j, value);
      result.set(j, i, value);
    }
  }
  return result;
};

const symmetric = (matrix: Matrix): EigenvalueDecomposition =>
  new EigenvalueDecomposition(matrix, { assumeSymmetric: true });

const root = (x: number): number => Math.sqrt(Math.max(0, x)); // eigenvalues of a covariance, up to rounding

/** The symmetric square root of a covariance. */
const squareRoot = (matrix: Matrix): Matrix => {
  const { eigenvectorMatrix: v, realEigenvalues } = symmetric(matrix);
  return v.mmul(Matrix.diag(realEigenvalues.map(root))).mmul(v.transpose());
};

/** Mean `[d]` and covariance `[d, d]` of a law. */
export interface Moments {
  readonly mean: ArrayLike<number>;
  readonly covariance: readonly ArrayLike<number>[];
}

/** From rows of d numbers to their squared Fréchet distance from given moments, on any subset; NaN for fewer than two indices. */
export const distanceFromMoments = ({
  mean,
  covariance: exact,
}: Moments): ((all: Float64Array) => Statistic) => {
  const d = mean.length;
  const truth = lazy(() => {
    const s2 = new Matrix(exact.map((row) => Array.from(row)));
    return { trace: s2.trace(), root: squareRoot(s2) };
  });
  return (all) => {
    // About the true mean, so that nothing cancels in the covariance.
    const rows = all.map((x, at) => x - mean[at % d]);
    const n = rows.length / d;
    const groups = Array.from({ length: groupCount(n) }, () => noSums(d));
    for (let i = 0; i < n; i++) addRow(groups[groupOf(i, groups.length)], rows, i, 1);
    const sumsOf = (counts: Float64Array): Sums => {
      const sums = noSums(d);
      const byGroup = groupMultiplicities(counts);
      if (byGroup) byGroup.forEach((weight, g) => addSums(sums, groups[g], weight));
      else counts.forEach((weight, i) => weight > 0 && addRow(sums, rows, i, weight));
      return sums;
    };
    return (indices) => {
      if (indices.length < 2) return NaN;
      const sums = sumsOf(multiplicities(indices, n));
      const s1 = covariance(sums);
      const { trace, root: r } = truth();
      const roots = symmetric(r.mmul(s1).mmul(r)).realEigenvalues.map(root);
      const shift = sums.first.reduce((sum, x) => sum + (x / sums.count) ** 2, 0);
      return Math.max(0, shift + s1.trace() + trace - 2 * roots.reduce((a, b) => a + b, 0));
    };
  };
};

/** The mean and unbiased covariance of two or more rows of d numbers. */
export const momentsOf = (rows: Float64Array, d: number): Moments => {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  rows.forEach((x, at) => (mean[at % d] += x / n));
  const centred = rows.map((x, at) => x - mean[at % d]);
  const sums = noSums(d);
  for (let i = 0; i < n; i++) addRow(sums, centred, i, 1);
  return { mean, covariance: covariance(sums).to2DArray() };
};

/**
 * The squared Fréchet distance between the Gaussians with the samples' mean and unbiased covariance and with the truth's exact
 * ones: `|m1 - m2|² + Tr(S1 + S2 - 2 (S1 S2)^(1/2))` (Dowson and Landau 1982; on features of an Inception network this is FID).
 * The trace of the root is that of the symmetric `(S2^(1/2) S1 S2^(1/2))^(1/2)`, from its eigenvalues. It sees two moments only.
 * NaN for fewer than two indices.
 */
export const frechetDistance = (law: VectorLaw): Metric => {
  const id = 'frechet-distance';
  const distance = distanceFromMoments(law);
  const over = (samples: Batch): Statistic => distance(vectors(id, samples, law.dimension));
  return Object.freeze({
    id,
    unit: 'data²',
    description: 'squared Fréchet distance of mean and covariance from the exact ones',
    reference: 'Dowson and Landau 1982',
    bounds: { low: 0 },
    over,
  });
};
