import type { Batch, Precision } from '../../src/array/batch.js';
import type { MixtureParameters } from '../../src/denoiser/mixture.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';

export type Matrix = number[][];

export const momentAt = (alpha: number, sigma: number): Moment => ({ t: 0.5, alpha, sigma, time: 0.5 });

export const batchOf = (rows: readonly (readonly number[])[], precision: Precision = 'float64'): Batch => ({
  shape: [rows.length, rows[0].length],
  data: precision === 'float64' ? Float64Array.from(rows.flat()) : Float32Array.from(rows.flat()),
});

export const rowsOf = ({ shape, data }: Batch): Matrix =>
  Array.from({ length: shape[0] }, (_, i) => [...data.subarray(i * shape[1], (i + 1) * shape[1])]);

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let largest = 0;
  // a NaN on one side stays in the result
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
};

export const normalMatrix = (rows: number, columns: number, { normal }: { normal(): number }): Matrix =>
  Array.from({ length: rows }, () => Array.from({ length: columns }, normal));

export const multiply = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));

export const transpose = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

export const apply = (a: Matrix, x: readonly number[]): number[] =>
  a.map((row) => row.reduce((sum, value, k) => sum + value * x[k], 0));

/** k Gaussians in d dimensions with full covariances `spread² (A A' / d + floor I)`. */
export const someMixture = (seed: number, k: number, d: number, spread = 0.5, floor = 0.05) => {
  const stream = randomStream(seed, 'test mixture');
  const raw = Array.from({ length: k }, () => 0.1 + stream.uniform());
  const total = raw.reduce((a, b) => a + b, 0);
  const covariances = Array.from({ length: k }, () => {
    const a = normalMatrix(d, d, stream);
    return multiply(a, transpose(a)).map((row, i) =>
      row.map((value, j) => spread ** 2 * (value / d + (i === j ? floor : 0))),
    );
  });
  return {
    weights: raw.map((weight) => weight / total),
    means: normalMatrix(k, d, stream),
    covariances,
  } satisfies MixtureParameters;
};
