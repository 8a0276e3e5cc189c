import { UsageError } from '../errors.js';
import type { Batch, Floats } from './batch.js';
import { transformOf } from './transform.js';

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
