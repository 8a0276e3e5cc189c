import { CholeskyDecomposition, Matrix } from 'ml-matrix';

/** A Gaussian under fit: covariance `L L'`, held as the inverse of L (lower triangular, [d, d] row-major). */
export interface FittedComponent {
  readonly weight: number;
  readonly mean: Float64Array;
  readonly covariance: number[][];
  readonly whitener: Float64Array;
  /** `ln(weight) - (d/2) ln(2 pi) - ln det L`, nats */
  readonly logScale: number;
  /** `(ridge / 2) tr C^-1`, nats: what noise of variance `ridge` costs a row on average. */
  readonly penalty: number;
}

/** The inverse of a lower triangular matrix, by forward substitution on the columns of the identity. */
const invertLower = (lower: Matrix): Float64Array => {
  const d = lower.rows;
  const inverse = new Float64Array(d * d);
  const rows = lower.to2DArray();
  for (let i = 0; i < d; i++) {
    const row = rows[i];
    const diagonal = 1 / row[i];
    for (let k = 0; k < i; k++) {
      const factor = row[k] * diagonal;
      for (let j = 0; j <= k; j++) inverse[i * d + j] -= factor * inverse[k * d + j];
    }
    inverse[i * d + i] = diagonal;
  }
  return inverse;
};

export const fittedComponent = (
  weight: number,
  mean: Float64Array,
  covariance: number[][],
  ridge: number,
): FittedComponent => {
  const d = mean.length;
  const whitener = invertLower(new CholeskyDecomposition(new Matrix(covariance)).lowerTriangularMatrix);
  let logScale = Math.log(weight) - (d / 2) * Math.log(2 * Math.PI);
  for (let k = 0; k < d; k++) logScale += Math.log(whitener[k * d + k]);
  const trace = whitener.reduce((sum, value) => sum + value * value, 0);
  return { weight, mean, covariance, whitener, logScale, penalty: (ridge / 2) * trace };
};

/** A component this many nats below the best one has a share that a float64 sum does not feel. */
const unfelt = 50;

/**
 * `top - |L^-1 (x - mean)|² / 2`, or anything below `floor` once that is certain: the terms only add up, so most
 * components are given up after a few rows.
 */
const logDensityAbove = (
  rows: Float64Array,
  from: number,
  { mean, whitener }: FittedComponent,
  top: number,
  floor: number,
  centred: Float64Array,
): number => {
  const d = mean.length;
  for (let j = 0; j < d; j++) centred[j] = rows[from + j] - mean[j];
  let value = top;
  for (let k = 0; k < d && value >= floor; k++) {
    let [even, odd] = [0, 0];
    const row = k * d;
    let j = 0;
    for (; j < k; j += 2) {
      even += whitener[row + j] * centred[j];
      odd += whitener[row + j + 1] * centred[j + 1];
    }
    if (j === k) even += whitener[row + j] * centred[j];
    value -= ((even + odd) * (even + odd)) / 2;
  }
  return value;
};

/**
 * The responsibilities of the components for every row, [n, k] into `shares`; those that float64 does not feel are 0.
 * Returns the mean over the rows of `ln sum_c w_c N(x; m_c, C_c) exp(-penalty_c)`, nats; without the penalties if `penalised` is false.
 * `leaders`, [n], holds the best component of each row: a first guess, and updated.
 */
export const expectation = (
  rows: Float64Array,
  components: readonly FittedComponent[],
  shares: Float64Array,
  leaders: Int32Array,
  penalised = true,
): number => {
  const k = components.length;
  const d = components[0].mean.length;
  const centred = new Float64Array(d);
  const tops = components.map(({ logScale, penalty }) => logScale - (penalised ? penalty : 0));
  let total = 0;
  for (let i = 0; i < leaders.length; i++) {
    const values = shares.subarray(i * k, (i + 1) * k);
    const guess = Math.min(leaders[i], k - 1);
    const valueOf = (c: number, floor: number): number =>
      logDensityAbove(rows, i * d, components[c], tops[c], floor, centred);
    let peak = (values[guess] = valueOf(guess, -Infinity));
    for (let c = 0; c < k; c++) {
      if (c === guess) continue;
      const value = (values[c] = valueOf(c, peak - unfelt));
      if (value > peak) [peak, leaders[i]] = [value, c];
    }
    let sum = 0;
    for (let c = 0; c < k; c++) sum += values[c] = values[c] < peak - unfelt ? 0 : Math.exp(values[c] - peak);
    for (let c = 0; c < k; c++) values[c] /= sum;
    total += peak + Math.log(sum);
  }
  return total / leaders.length;
};

/** Shares below this are left out of the sums. */
const negligible = 1e-12;

/** The component that fits its shares best: their mean, and their covariance plus `ridge I`. */
const maximise = (
  rows: Float64Array,
  d: number,
  share: (i: number) => number,
  ridge: number,
): FittedComponent | undefined => {
  const n = rows.length / d;
  const mean = new Float64Array(d);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const r = share(i);
    if (r < negligible) continue;
    count += r;
    for (let j = 0; j < d; j++) mean[j] += r * rows[i * d + j];
  }
  if (count < 1e-6) return undefined;
  for (let j = 0; j < d; j++) mean[j] /= count;

  const lower = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    const r = share(i);
    if (r < negligible) continue;
    for (let j = 0; j < d; j++) centred[j] = rows[i * d + j] - mean[j];
    for (let a = 0; a < d; a++) {
      const scaled = (r / count) * centred[a];
      for (let b = 0; b <= a; b++) lower[a * d + b] += scaled * centred[b];
    }
  }
  const covariance = Array.from({ length: d }, (_, a) =>
    Array.from({ length: d }, (_, b) => lower[Math.max(a, b) * d + Math.min(a, b)] + (a === b ? ridge : 0)),
  );
  return fittedComponent(count / n, mean, covariance, ridge);
};

/** The next components from the responsibilities; those that own nothing any more are dropped. */
export const maximisation = (
  rows: Float64Array,
  d: number,
  shares: Float64Array,
  k: number,
  ridge: number,
): FittedComponent[] =>
  Array.from({ length: k }, (_, c) => maximise(rows, d, (i) => shares[i * k + c], ridge)).filter(
    (component) => component !== undefined,
  );
