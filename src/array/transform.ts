import type { Basis } from './basis.js';

/** From a sample to its coefficients in the basis, without that of the complement, and back. */
export interface Transform {
  /** Number of coefficients. */
  readonly rank: number;
  forward(x: Float64Array, out: Float64Array): void;
  inverse(coefficients: Float64Array, out: Float64Array): void;
}

/** `out[k] = sum_i matrix[k, i] x[i]`, four rows at a time, so that no addition waits for the one before. */
const multiply = (matrix: Float64Array, x: Float64Array, out: Float64Array): void => {
  const [rows, columns] = [out.length, x.length];
  let k = 0;
  for (; k + 4 <= rows; k += 4) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = 0, at = k * columns; i < columns; i++, at++) {
      const value = x[i];
      s0 += matrix[at] * value;
      s1 += matrix[at + columns] * value;
      s2 += matrix[at + 2 * columns] * value;
      s3 += matrix[at + 3 * columns] * value;
    }
    out[k] = s0;
    out[k + 1] = s1;
    out[k + 2] = s2;
    out[k + 3] = s3;
  }
  for (; k < rows; k++) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += matrix[k * columns + i] * x[i];
    out[k] = sum;
  }
};

const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0].map((_, i) => rows.map((row) => row[i]));

const vectorsTransform = (vectors: readonly (readonly number[])[]): Transform => {
  const matrix = Float64Array.from(vectors.flat());
  const back = Float64Array.from(transposed(vectors).flat());
  return {
    rank: vectors.length,
    forward: (x, out) => multiply(matrix, x, out),
    inverse: (coefficients, out) => multiply(back, coefficients, out),
  };
};

/** The orthonormal DCT-II: row k is `sqrt((k ? 2 : 1)/n) cos(pi k (i + 1/2)/n)`. */
export const cosineRows = (n: number): number[][] =>
  Array.from({ length: n }, (_, k) =>
    Array.from(
      { length: n },
      (_, i) => Math.sqrt((k === 0 ? 1 : 2) / n) * Math.cos((Math.PI * k * (i + 0.5)) / n),
    ),
  );

/** A matrix along one axis of `[outer, n, inner]`. */
const along = (
  rows: readonly (readonly number[])[],
  inner: number,
  x: Float64Array,
  out: Float64Array,
): void => {
  const n = rows.length;
  for (let outer = 0; outer < x.length; outer += n * inner) {
    for (let k = 0; k < n; k++) {
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += rows[k][i] * x[outer + i * inner + j];
        out[outer + k * inner + j] = sum;
      }
    }
  }
};

const cosineTransform = (shape: readonly number[]): Transform => {
  const [h, w, channels = 1] = shape;
  const [down, across] = [cosineRows(h), cosineRows(w)];
  const [up, back] = [transposed(down), transposed(across)];
  const between = new Float64Array(h * w * channels);
  return {
    rank: between.length,
    forward: (x, out) => {
      along(across, channels, x, between);
      along(down, w * channels, between, out);
    },
    inverse: (coefficients, out) => {
      along(up, w * channels, coefficients, between);
      along(back, channels, between, out);
    },
  };
};

const coordinatesTransform = (size: number): Transform => ({
  rank: size,
  forward: (x, out) => out.set(x),
  inverse: (coefficients, out) => out.set(coefficients),
});

const made = new WeakMap<Basis, Transform>();

/** The transform of a checked basis; made once. */
export const transformOf = (basis: Basis): Transform => {
  let transform = made.get(basis);
  if (transform === undefined) {
    if (basis.id === 'coordinates') transform = coordinatesTransform(basis.size);
    else if (basis.id === 'cosine') transform = cosineTransform(basis.shape);
    else transform = vectorsTransform(basis.vectors);
    made.set(basis, transform);
  }
  return transform;
};
