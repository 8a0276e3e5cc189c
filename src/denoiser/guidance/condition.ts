import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { UsageError } from '../../errors.js';
import { gaussianMixture, type GaussianMixture, type MixtureOptions } from '../mixture.js';
import { normalise } from '../mixture/posterior.js';
import { requireKnown, type Known } from './known.js';

type Rows = readonly (readonly number[])[];

/** The mixture of some components only, by their weights: the law of a sample given that it is from one of them. */
export const selectComponents = (
  mixture: GaussianMixture,
  components: readonly number[],
  options: MixtureOptions = {},
): GaussianMixture => {
  const count = mixture.weights.length;
  const sound = components.every((c) => Number.isInteger(c) && c >= 0 && c < count);
  if (!sound || components.length === 0 || new Set(components).size < components.length) {
    throw new UsageError(
      `components [${components.join(', ')}] of a mixture; accepted are distinct numbers from 0 to ${count - 1}, at least one`,
    );
  }
  const total = components.reduce((sum, c) => sum + mixture.weights[c], 0);
  return gaussianMixture(
    {
      weights: components.map((c) => mixture.weights[c] / total),
      means: components.map((c) => mixture.means[c]),
      covariances: components.map((c) => mixture.covariances[c]),
    },
    options,
  );
};

/** The lower triangle L of `A = L L'`; undefined where A is not positive definite beyond rounding. */
const cholesky = (a: Rows): number[][] | undefined => {
  const rows: number[][] = [];
  for (let i = 0; i < a.length; i++) {
    rows.push([]);
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j];
      for (let k = 0; k < j; k++) sum -= rows[i][k] * rows[j][k];
      if (i === j && !(sum > 1e-13 * a[i][i])) return undefined;
      rows[i].push(i === j ? Math.sqrt(sum) : sum / rows[j][j]);
    }
  }
  return rows;
};

/** `L^-1 b` */
const forward = (lower: Rows, b: readonly number[]): number[] => {
  const x: number[] = [];
  lower.forEach((row, i) => x.push(x.reduce((sum, value, k) => sum - row[k] * value, b[i]) / row[i]));
  return x;
};

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, k) => sum + value * b[k], 0);

/** A covariance without the negative eigenvalues that the rounding of a difference leaves where nothing remains of it. */
const positive = (covariance: number[][]): number[][] => {
  if (covariance.length === 0) return covariance;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(new Matrix(covariance), {
    assumeSymmetric: true,
  });
  if (realEigenvalues.every((value) => value >= 0)) return covariance;
  const vectors = eigenvectorMatrix.to2DArray();
  const scaled = vectors.map((row) => row.map((value, k) => value * Math.max(realEigenvalues[k], 0)));
  return vectors.map((row, i) => row.map((_, j) => dot(scaled[Math.max(i, j)], vectors[Math.min(i, j)])));
};

/**
 * One Gaussian given some of its coordinates, with the log density of these, nats; undefined if they have none. With `L L' = C_kk`:
 * mean `m_u + C_uk C_kk^-1 (v - m_k)`, covariance `C_uu - C_uk C_kk^-1 C_ku`, of the unknown; the known get their values and no variance.
 */
const conditionComponent = (mean: readonly number[], covariance: Rows, { mask, values }: Known) => {
  const known = [...mask.keys()].filter((i) => mask[i]);
  const unknown = [...mask.keys()].filter((i) => !mask[i]);
  const lower = cholesky(known.map((i) => known.map((j) => covariance[i][j])));
  if (!lower) return undefined;
  const residual = forward(
    lower,
    known.map((i) => values[i] - mean[i]),
  );
  const factors = unknown.map((i) =>
    forward(
      lower,
      known.map((j) => covariance[i][j]),
    ),
  );
  const left = positive(
    unknown.map((i, a) => unknown.map((j, b) => covariance[i][j] - dot(factors[a], factors[b]))),
  );
  const full = mask.map(() => new Array<number>(mask.length).fill(0));
  unknown.forEach((i, a) => unknown.forEach((j, b) => (full[i][j] = left[a][b])));
  const given = mask.map((isKnown, i) => (isKnown ? values[i] : 0));
  unknown.forEach((i, a) => (given[i] = mean[i] + dot(factors[a], residual)));
  const logDensity = lower.reduce(
    (sum, row, i) => sum - Math.log(2 * Math.PI) / 2 - Math.log(row[i]) - residual[i] ** 2 / 2,
    0,
  );
  return { mean: given, covariance: full, logDensity };
};

/**
 * A mixture given some coordinates of the data, exactly: again a mixture over all d coordinates, in which the known have their values
 * and no variance, each component is conditioned, and its weight is multiplied by its density of the known. As a denoiser it is
 * `E[x_0 | x_t, known]`, and the noisy known coordinates have no say.
 *
 * `known.mask` and `known.values` are [d]. Components of weight 0 in float64 are dropped. Throws a `UsageError` for values that are not finite,
 * or so far that they have no density, and for components in which the known coordinates are linearly dependent.
 */
export const conditionOn = (
  mixture: GaussianMixture,
  known: Known,
  options: MixtureOptions = {},
): GaussianMixture => {
  requireKnown(known, mixture.dimension, 'finite numbers', Number.isFinite);
  const parts = mixture.means.map((mean, c) => {
    const part = conditionComponent(mean, mixture.covariances[c], known);
    if (part) return part;
    throw new UsageError(
      `the known coordinates have no density under component ${c}: its covariance of them is singular; accepted are coordinates that vary independently`,
    );
  });
  const weights = Float64Array.from(parts, ({ logDensity }, c) => Math.log(mixture.weights[c]) + logDensity);
  normalise(weights, 0);
  const kept = [...parts.keys()].filter((c) => weights[c] > 0);
  if (kept.length === 0) {
    throw new UsageError(
      'the known values have density 0 in float64; accepted are values nearer to the data',
    );
  }
  return gaussianMixture(
    {
      weights: kept.map((c) => weights[c]),
      means: kept.map((c) => parts[c].mean),
      covariances: kept.map((c) => parts[c].covariance),
    },
    options,
  );
};
