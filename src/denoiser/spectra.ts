import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { transformOf } from '../array/transform.js';
import { UsageError } from '../errors.js';
import { type Spectrum, checkSpectrum } from '../plan/spectrum.js';

type Rows = readonly (readonly number[])[];

const checkSquare = (covariance: Rows): void => {
  const d = covariance.length;
  const isSquare = d > 0 && covariance.every((row) => row.length === d && row.every(Number.isFinite));
  if (!isSquare) throw new UsageError('a covariance has to be [d, d] of finite numbers');
  const size = Math.max(...covariance.map((row, i) => Math.abs(row[i])));
  const symmetric = covariance.every((row, i) =>
    row.every((value, j) => Math.abs(value - covariance[j][i]) <= 1e-9 * size),
  );
  if (!symmetric) throw new UsageError('a covariance has to be symmetric');
};

/** A variance that came out as rounding is a zero. */
const variance = (value: number, largest: number): number => {
  if (value < -1e-9 * largest) throw new UsageError(`a covariance has the negative eigenvalue ${value}`);
  return value > 1e-14 * largest ? value : 0;
};

/** How the variances of data are told apart: `spectrumOf`. */
export interface SpectrumOptions {
  /** Keep this many principal components, and the others with their mean variance. Default: all. */
  readonly rank?: number;
}

/**
 * The principal components of a covariance [d, d] and their variances, largest first. Throws a `UsageError` for a matrix that is no
 * covariance and for a rank that is not a whole number from 1 to d.
 */
export const spectrumOf = (
  covariance: Rows,
  { rank = covariance.length }: SpectrumOptions = {},
): Spectrum => {
  checkSquare(covariance);
  const d = covariance.length;
  if (!(Number.isInteger(rank) && rank >= 1 && rank <= d))
    throw new UsageError(`rank is ${rank}; accepted are whole numbers from 1 to ${d}`);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    new Matrix(covariance.map((row) => [...row])),
    { assumeSymmetric: true },
  );
  const vectors = eigenvectorMatrix.transpose().to2DArray();
  const pairs = realEigenvalues
    .map((value, k) => ({ value, vector: vectors[k] }))
    .sort((a, b) => b.value - a.value);
  const largest = Math.abs(pairs[0].value);
  const variances = pairs.map(({ value }) => variance(value, largest));
  const rest = variances.slice(rank);
  return {
    basis: { id: 'vectors', vectors: pairs.slice(0, rank).map(({ vector }) => vector) },
    variances: [
      ...variances.slice(0, rank),
      ...(rest.length > 0 ? [rest.reduce((sum, value) => sum + value, 0) / rest.length] : []),
    ],
  };
};

/** The variances of the coordinates alone. Throws a `UsageError` for a matrix that is no covariance. */
export const diagonalSpectrum = (covariance: Rows): Spectrum => {
  checkSquare(covariance);
  return {
    basis: { id: 'coordinates', size: covariance.length },
    variances: covariance.map((row, i) => Math.max(0, row[i])),
  };
};

/**
 * The variances along the cosine basis of images `[h, w]` or `[h, w, channels]`: the diagonal of the covariance there. Throws a
 * `UsageError` for a matrix that is no covariance of such images.
 */
export const cosineSpectrum = (covariance: Rows, shape: readonly number[]): Spectrum => {
  checkSquare(covariance);
  const d = covariance.length;
  const basis = { id: 'cosine', shape } as const;
  checkSpectrum({ basis, variances: covariance.map(() => 0) });
  const { forward } = transformOf(basis);
  const out = new Float64Array(d);
  const forwarded = (row: ArrayLike<number>): number[] => {
    forward(Float64Array.from(row), out);
    return [...out];
  };
  const half = covariance.map(forwarded); // C V', since C is symmetric
  return {
    basis,
    variances: half.map((_, k) => Math.max(0, forwarded(half.map((row) => row[k]))[k])),
  };
};
