import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { UsageError } from '../../errors.js';

type Rows = readonly (readonly number[])[];

/** What a Gaussian mixture is made from: k components in d dimensions. */
export interface MixtureParameters {
  /** [k], positive, summing to 1 within 1e-9. */
  readonly weights: readonly number[];
  /** [k, d] */
  readonly means: Rows;
  /** [k, d, d], symmetric and positive semi-definite; or their diagonals, [k, d]. */
  readonly covariances: Rows | readonly Rows[];
}

/** A Gaussian in the eigenbasis of its covariance: `basis` is [d, d], a row an eigenvector. */
export interface Component {
  readonly weight: number;
  readonly mean: Float64Array;
  readonly eigenvalues: Float64Array;
  readonly basis: Float64Array;
}

// Rounding in whatever made the numbers, relative to their size.
const tolerance = 1e-9;

const require = (holds: boolean, wrong: () => string): void => {
  if (!holds) throw new UsageError(wrong());
};

const checkNumbers = (values: readonly number[], length: number, name: string): void => {
  require(values.length === length, () => `${name} has ${values.length} numbers; accepted are ${length}`);
  values.forEach((value, i) =>
    require(Number.isFinite(value), () => `${name}[${i}] is ${value}; accepted are finite numbers`),
  );
};

/** Throws a `UsageError` unless the weights are positive and sum to 1 within 1e-9. */
export const checkWeights = (weights: readonly number[], count: number): void => {
  checkNumbers(weights, count, 'weights');
  weights.forEach((weight, c) =>
    require(weight > 0, () => `weights[${c}] is ${weight}; accepted are positive numbers`),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  require(Math.abs(sum - 1) <= tolerance, () => `weights sum to ${sum}; accepted is 1 within ${tolerance}`);
};

/** The common length d of the points. Throws a `UsageError` unless there is at least one and all are finite and of one length. */
export const checkPoints = (points: Rows, name: string): number => {
  require(points.length > 0 && points[0].length > 0, () =>
    `${name} is empty; accepted is [k, d] with k, d >= 1`);
  const d = points[0].length;
  points.forEach((point, c) => checkNumbers(point, d, `${name}[${c}]`));
  return d;
};

const isFull = (covariance: Rows | readonly number[]): covariance is Rows => Array.isArray(covariance[0]);

/** [d, d] from a matrix or its diagonal. */
const fullMatrix = (covariance: Rows | readonly number[], d: number, name: string): number[][] => {
  require(covariance.length === d, () => `${name} has ${covariance.length} rows; accepted are ${d}`);
  if (!isFull(covariance)) {
    checkNumbers(covariance, d, name);
    return covariance.map((variance, i) => covariance.map((_, j) => (i === j ? variance : 0)));
  }
  covariance.forEach((row, i) => checkNumbers(row, d, `${name}[${i}]`));
  const size = Math.max(...covariance.flat().map(Math.abs));
  covariance.forEach((row, i) =>
    row.forEach((value, j) =>
      require(Math.abs(value - covariance[j][i]) <= tolerance * size, () =>
        `${name} is not symmetric: [${i}][${j}] is ${value}, [${j}][${i}] is ${covariance[j][i]}`),
    ),
  );
  return covariance.map((row) => [...row]);
};

const isDiagonal = (covariance: Rows): boolean =>
  covariance.every((row, i) => row.every((value, j) => i === j || value === 0));

/** Eigenvalues and eigenvectors (as rows) of a symmetric matrix. A diagonal one keeps its axes, exactly. */
const eigen = (covariance: Rows): { eigenvalues: Float64Array; basis: Float64Array } => {
  if (isDiagonal(covariance)) {
    return {
      eigenvalues: Float64Array.from(covariance, (row, i) => row[i]),
      basis: Float64Array.from(covariance.flatMap((row, i) => row.map((_, j) => (i === j ? 1 : 0)))),
    };
  }
  const matrix = new Matrix(covariance.map((row) => [...row]));
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, {
    assumeSymmetric: true,
  });
  return {
    eigenvalues: Float64Array.from(realEigenvalues),
    basis: Float64Array.from(eigenvectorMatrix.transpose().to1DArray()),
  };
};

const nonNegative = (eigenvalues: Float64Array, name: string): Float64Array => {
  const largest = eigenvalues.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return eigenvalues.map((value) => {
    require(value >= -tolerance * largest, () =>
      `${name} has the negative eigenvalue ${value}; accepted are none`);
    // a zero that came out of the decomposition as rounding is a zero
    return value > 1e-15 * largest ? value : 0;
  });
};

/** Checked parameters: the covariances in full, and every component in its eigenbasis. Throws a `UsageError` that names what is wrong. */
export const decompose = ({
  weights,
  means,
  covariances,
}: MixtureParameters): { components: Component[]; covariances: number[][][] } => {
  const d = checkPoints(means, 'means');
  checkWeights(weights, means.length);
  require(covariances.length === means.length, () =>
    `covariances has ${covariances.length} entries; accepted are ${means.length}, one a mean`);
  const full = covariances.map((covariance, c) => fullMatrix(covariance, d, `covariances[${c}]`));
  const components = full.map((covariance, c) => {
    const { eigenvalues, basis } = eigen(covariance);
    return {
      weight: weights[c],
      mean: Float64Array.from(means[c]),
      eigenvalues: nonNegative(eigenvalues, `covariances[${c}]`),
      basis,
    };
  });
  return { components, covariances: full };
};
