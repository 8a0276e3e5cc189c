import { UsageError } from '../errors.js';
import type { Batch, Floats } from './batch.js';

/**
 * An orthonormal basis of the states of one sample, as data:
 * `coordinates` the coordinates themselves; `cosine` the two-dimensional DCT-II of images `[h, w]` or `[h, w, channels]`, channel by
 * channel; `vectors` given vectors `[r, d]`, where r < d with one component more, the orthogonal complement as a whole.
 */
export type Basis =
  | { readonly id: 'coordinates'; readonly size: number }
  | { readonly id: 'cosine'; readonly shape: readonly number[] }
  | { readonly id: 'vectors'; readonly vectors: readonly (readonly number[])[] };

export const basisIds: readonly Basis['id'][] = ['coordinates', 'cosine', 'vectors'];

/** A factor of an array: one number, or one a component of a basis. */
export type Coefficient = number | readonly number[];

/** The number of entries of a sample. */
export const dimensionOf = (basis: Basis): number => {
  switch (basis.id) {
    case 'coordinates':
      return basis.size;
    case 'cosine':
      return basis.shape.reduce((product, n) => product * n, 1);
    case 'vectors':
      return basis.vectors[0].length;
  }
};

/** The number of components that a coefficient has entries for. */
export const componentsOf = (basis: Basis): number => {
  if (basis.id !== 'vectors') return dimensionOf(basis);
  const rank = basis.vectors.length;
  return rank < dimensionOf(basis) ? rank + 1 : rank;
};

/** How many dimensions each component stands for: 1, but for an orthogonal complement. */
export const multiplicitiesOf = (basis: Basis): readonly number[] => {
  const components = componentsOf(basis);
  const rest = dimensionOf(basis) - components + 1;
  return Array.from({ length: components }, (_, k) => (k === components - 1 ? rest : 1));
};

export const sameBasis = (a: Basis, b: Basis): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Largest departure from orthonormal that is accepted. */
const orthonormalTo = 1e-6;
const largestDimension = 1 << 24;

/** Throws a `UsageError` for what is no orthonormal basis. */
export const checkBasis = (basis: Basis): void => {
  const fail = (what: string): never => {
    throw new UsageError(`the basis "${basis.id}" ${what}`);
  };
  const isSize = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= largestDimension;
  switch (basis.id) {
    case 'coordinates':
      if (!isSize(basis.size)) fail(`has size ${basis.size}; accepted are whole numbers from 1`);
      return;
    case 'cosine': {
      const { shape } = basis;
      if (!(shape.length === 2 || shape.length === 3) || !shape.every(isSize) || !isSize(dimensionOf(basis)))
        fail(`has shape [${shape.join(', ')}]; accepted are [h, w] and [h, w, channels]`);
      return;
    }
    case 'vectors': {
      const { vectors } = basis;
      const d = vectors[0]?.length ?? 0;
      if (d === 0 || vectors.length > d || vectors.some((row) => row.length !== d)) {
        fail(`has ${vectors.length} vectors; accepted are 1 to d, each of length d`);
      }
      vectors.forEach((row, i) => {
        for (let j = 0; j <= i; j++) {
          const product = row.reduce((sum, value, k) => sum + value * vectors[j][k], 0);
          // also false for NaN
          if (!(Math.abs(product - (i === j ? 1 : 0)) <= orthonormalTo))
            fail(`is not orthonormal: the product of its vectors ${j} and ${i} is ${product}`);
        }
      });
      return;
    }
    default:
      throw new UsageError(
        `unknown basis "${String((basis as { id: unknown }).id)}"; there are: ${basisIds.join(', ')}`,
      );
  }
};

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
    const [r0, r1, r2, r3] = [k * columns, (k + 1) * columns, (k + 2) * columns, (k + 3) * columns];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let i = 0; i < columns; i++) {
      const value = x[i];
      s0 += matrix[r0 + i] * value;
      s1 += matrix[r1 + i] * value;
      s2 += matrix[r2 + i] * value;
      s3 += matrix[r3 + i] * value;
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

/** A summand of a linear combination with one factor, or one a component of a basis. */
export interface WideTerm {
  readonly coefficient: Coefficient;
  readonly array: Floats;
  /** What `project` says of the array, where it is known already. */
  readonly projection?: Float64Array;
}

/** The coefficients of every sample of an array in a basis, without those of the complement: [samples, rank]. */
export const project = (basis: Basis, array: Floats, out?: Float64Array): Float64Array => {
  const d = dimensionOf(basis);
  const { rank, forward } = transformOf(basis);
  const samples = array.length / d;
  const result = out?.length === samples * rank ? out : new Float64Array(samples * rank);
  const [row, coefficients] = [new Float64Array(d), new Float64Array(rank)];
  for (let sample = 0; sample < samples; sample++) {
    for (let i = 0; i < d; i++) row[i] = array[sample * d + i];
    forward(row, coefficients);
    result.set(coefficients, sample * rank);
  }
  return result;
};

/**
 * `out := sum of V' diag(c) V array` over the terms, V the basis: added up in float64 sample by sample, then rounded once to the
 * precision of `out`, which may be among the arrays. Throws a `UsageError` where the samples are not of the basis's dimension.
 */
export const combineIn = (basis: Basis, out: Batch, terms: readonly WideTerm[]): void => {
  const d = dimensionOf(basis);
  const samples = out.shape[0];
  if (out.data.length !== samples * d) {
    throw new UsageError(
      `the plan is for samples of ${d} numbers, and the state has shape [${out.shape.join(', ')}]`,
    );
  }
  const { rank, inverse } = transformOf(basis);
  const hasRest = componentsOf(basis) > rank;
  // what all components share needs no transform
  const parts = terms.map(({ coefficient, array, projection }) => {
    if (typeof coefficient === 'number')
      return { shared: coefficient, array, own: [], projection: undefined };
    const shared = hasRest ? coefficient[rank] : 0;
    const own = coefficient.slice(0, rank).map((value) => value - shared);
    return { shared, array, own, projection: projection ?? project(basis, array) };
  });
  const [sum, back, total] = [new Float64Array(d), new Float64Array(d), new Float64Array(rank)];
  for (let sample = 0, at = 0; sample < samples; sample++, at += d) {
    sum.fill(0);
    total.fill(0);
    for (const { shared, array, own, projection } of parts) {
      if (shared !== 0) for (let i = 0; i < d; i++) sum[i] += shared * array[at + i];
      if (!projection) continue;
      const first = sample * rank;
      for (let k = 0; k < rank; k++) total[k] += own[k] * projection[first + k];
    }
    inverse(total, back);
    for (let i = 0; i < d; i++) out.data[at + i] = sum[i] + back[i];
  }
};
