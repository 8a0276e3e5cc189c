import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** The covariance of rows of d numbers, [d, d]; divided by their number. */
const covarianceOf = (rows: Float64Array, d: number): Matrix => {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  rows.forEach((value, at) => (mean[at % d] += value / n));
  const sums = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < d; j++) centred[j] = rows[i * d + j] - mean[j];
    for (let a = 0; a < d; a++) {
      for (let b = 0; b <= a; b++) sums[a * d + b] += (centred[a] * centred[b]) / n;
    }
  }
  return new Matrix(
    Array.from({ length: d }, (_, a) =>
      Array.from({ length: d }, (__, b) => sums[Math.max(a, b) * d + Math.min(a, b)]),
    ),
  );
};

/** Rows of d numbers in the basis of their first `count` principal components, [n, count]. */
export const principalCoordinates = (rows: Float64Array, d: number, count: number): Float64Array => {
  const { eigenvectorMatrix } = new EigenvalueDecomposition(covarianceOf(rows, d), { assumeSymmetric: true });
  // eigenvalues are in ascending order
  const axes = Array.from({ length: count }, (_, k) =>
    Float64Array.from(eigenvectorMatrix.getColumn(d - 1 - k)),
  );
  const coordinates = new Float64Array((rows.length / d) * count);
  for (let at = 0; at < coordinates.length; at++) {
    const [from, axis] = [Math.floor(at / count) * d, axes[at % count]];
    for (let j = 0; j < d; j++) coordinates[at] += rows[from + j] * axis[j];
  }
  return coordinates;
};
