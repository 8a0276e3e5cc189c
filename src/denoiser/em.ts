import type { Floats } from '../array/batch.js';
import { UsageError } from '../errors.js';
import { randomStream } from '../random/index.js';
import type { MixtureParameters } from './mixture/components.js';
import { expectation, maximisation, type FittedComponent } from './mixture/em-steps.js';
import { kMeans } from './mixture/kmeans.js';
import { principalCoordinates } from './mixture/principal.js';

export interface FitOptions {
  /** The number of Gaussians; fewer come out if some end up owning nothing, or the rows hold fewer distinct points. */
  readonly components: number;
  /** Of the k-means++ start. */
  readonly seed: number;
  /** At most; 200 unless told. */
  readonly iterations?: number;
  /** Added to every variance, in squared units of the data; unless told, 1e-2 of the mean variance of a coordinate. */
  readonly ridge?: number;
  /** Converged when the objective gains less than this in an iteration, nats a row; 1e-4 unless told. */
  readonly tolerance?: number;
  /**
   * Find who belongs together in the rows' first so many principal components only, which is quick where rows are long; the means and
   * covariances are then those of all coordinates, by one M-step.
   */
  readonly subspace?: number;
}

export interface MixtureFit {
  /** What `gaussianMixture` takes; the covariances in full. */
  readonly parameters: MixtureParameters;
  /** Mean over the rows of `ln p(x)` under the result, nats a row. */
  readonly logLikelihood: number;
  /** [n, components]: the posterior of the component that each row is from. */
  readonly shares: Float64Array;
  /** The objective at the start of each iteration, nats a row: never decreasing. The last is that of the result (in its subspace). */
  readonly objective: readonly number[];
  readonly iterations: number;
  readonly converged: boolean;
  /** As used. */
  readonly ridge: number;
}

/** The variance of a coordinate, averaged over the coordinates. */
const meanVariance = (rows: Float64Array, d: number): number => {
  const n = rows.length / d;
  let total = 0;
  for (let j = 0; j < d; j++) {
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) sum += rows[i * d + j];
    for (let i = 0; i < n; i++) squares += (rows[i * d + j] - sum / n) ** 2;
    total += squares / n;
  }
  return total / d;
};

const check = (
  rows: Floats,
  dimension: number,
  { components, iterations, tolerance }: Required<Omit<FitOptions, 'ridge' | 'subspace'>>,
): void => {
  const n = rows.length / dimension;
  if (!(Number.isInteger(dimension) && dimension >= 1 && Number.isInteger(n) && n >= 1)) {
    throw new UsageError(
      `${rows.length} numbers are no rows of ${dimension}; accepted are n times dimension, n >= 1`,
    );
  }
  if (!(Number.isInteger(components) && components >= 1 && components <= n)) {
    throw new UsageError(`components is ${components}; accepted are integers from 1 to the ${n} rows`);
  }
  if (!(Number.isInteger(iterations) && iterations >= 0)) {
    throw new UsageError(`iterations is ${iterations}; accepted are whole numbers`);
  }
  if (!(tolerance >= 0)) throw new UsageError(`tolerance is ${tolerance}; accepted are numbers from 0`);
  const wrong = rows.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    const [row, column] = [Math.floor(wrong / dimension), wrong % dimension];
    throw new UsageError(`row ${row}, column ${column} is ${rows[wrong]}; accepted are finite numbers`);
  }
};

const ridgeFor = (rows: Float64Array, d: number, asked: number | undefined): number => {
  const ridge = asked ?? 1e-2 * meanVariance(rows, d);
  if (ridge > 0 && ridge < Infinity) return ridge;
  throw new UsageError(
    asked === undefined
      ? 'all rows are equal, so that no ridge follows from them; accepted are rows that differ, or a ridge'
      : `ridge is ${asked}; accepted are positive numbers`,
  );
};

const requireSubspace = (subspace: number, dimension: number): void => {
  if (Number.isInteger(subspace) && subspace >= 1 && subspace < dimension) return;
  throw new UsageError(`subspace is ${subspace}; accepted are integers from 1 to ${dimension - 1}`);
};

/** Means and covariances in all coordinates of what EM put together in some. */
const fitInSubspace = (
  rows: Float64Array,
  dimension: number,
  subspace: number,
  options: FitOptions,
  ridge: number,
): MixtureFit => {
  requireSubspace(subspace, dimension);
  const coordinates = principalCoordinates(rows, dimension, subspace);
  const fit = fitGaussianMixture(coordinates, subspace, { ...options, ridge });
  const found = fit.parameters.weights.length;
  const components = maximisation(rows, dimension, fit.shares, found, ridge);
  const leaders = Int32Array.from({ length: rows.length / dimension }, (_, i) => {
    const own = fit.shares.subarray(i * found, (i + 1) * found);
    return own.indexOf(Math.max(...own));
  });
  const shares = new Float64Array(fit.shares.length);
  const logLikelihood = expectation(rows, components, shares, leaders, false);
  return { ...fit, parameters: toParameters(components), logLikelihood, shares };
};

const toParameters = (components: readonly FittedComponent[]): MixtureParameters => {
  const total = components.reduce((sum, { weight }) => sum + weight, 0);
  return {
    weights: components.map(({ weight }) => weight / total),
    means: components.map(({ mean }) => [...mean]),
    covariances: components.map(({ covariance }) => covariance),
  };
};

/**
 * Fits a mixture of full-covariance Gaussians to rows, [n, dimension] row-major, by expectation maximisation (Dempster,
 * Laird and Rubin 1977) from a k-means++ start. The same seed gives the same bits.
 *
 * The ridge e is not an afterthought to the covariances but part of the objective, so that the ascent stays an ascent: each
 * row stands for a Gaussian cloud of variance e around itself (with pixels: their rounding), and
 *   sum_i ln sum_c w_c exp(E ln N(x_i + sqrt(e) noise; m_c, C_c)),   E ln N(x + sqrt(e) noise; ..) = ln N(x; ..) - (e/2) tr C_c^-1,
 * a lower bound of the clouds' log-likelihood, is maximised. Its M-step is the usual one with e added to every variance.
 *
 * Throws a `UsageError` for rows that aren't finite or whole, and for settings out of range.
 */
export const fitGaussianMixture = (rows: Floats, dimension: number, options: FitOptions): MixtureFit => {
  const { components: k, seed, iterations = 200, tolerance = 1e-4, subspace } = options;
  check(rows, dimension, { components: k, seed, iterations, tolerance });
  const data = Float64Array.from(rows);
  const ridge = ridgeFor(data, dimension, options.ridge);
  if (subspace !== undefined) {
    return fitInSubspace(data, dimension, subspace, { components: k, seed, iterations, tolerance }, ridge);
  }

  const labels = kMeans(data, dimension, k, randomStream(seed, 'em'));
  let shares = new Float64Array(labels.length * k);
  labels.forEach((c, i) => (shares[i * k + c] = 1));
  let components = maximisation(data, dimension, shares, k, ridge);

  const objective: number[] = [];
  const evaluate = (): void => {
    shares = new Float64Array(labels.length * components.length);
    objective.push(expectation(data, components, shares, labels));
  };
  const settled = (): boolean => {
    const [before, now] = objective.slice(-2);
    return now - before < tolerance;
  };
  evaluate();
  let converged = false;
  while (!converged && objective.length <= iterations) {
    components = maximisation(data, dimension, shares, components.length, ridge);
    evaluate();
    converged = settled();
  }
  const logLikelihood = expectation(data, components, shares, labels, false);
  return {
    parameters: toParameters(components),
    logLikelihood,
    shares,
    objective,
    iterations: objective.length - 1,
    converged,
    ridge,
  };
};
