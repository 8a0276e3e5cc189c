import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Basis,
  checkBasis,
  combineIn,
  componentsOf,
  dimensionOf,
  multiplicitiesOf,
} from '../../src/array/basis.js';
import { cosineRows, transformOf } from '../../src/array/transform.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';

const values = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: length, maxLength: length });

/** A random orthonormal basis: the principal components of a random covariance. */
const anyVectors = (d: number, rank: number): fc.Arbitrary<Basis> =>
  values(d * d).map((a) => {
    const row = (i: number): number[] => a.slice(i * d, (i + 1) * d);
    const covariance = row(0).map((_, i) =>
      row(0).map((_, j) => row(i).reduce((sum, value, k) => sum + value * row(j)[k], i === j ? 1 : 0)),
    );
    return spectrumOf(covariance, { rank }).basis;
  });

const anyBasis = (): fc.Arbitrary<Basis> =>
  fc.oneof(
    fc.constantFrom<Basis>(
      { id: 'coordinates', size: 5 },
      { id: 'cosine', shape: [2, 3] },
      { id: 'cosine', shape: [3, 2, 2] },
    ),
    anyVectors(5, 5),
    anyVectors(6, 2),
  );

/** `sum_k c_k (projection to component k) x`, by the definition. */
const filtered = (basis: Basis, c: readonly number[], x: readonly number[]): number[] => {
  const d = dimensionOf(basis);
  const { rank, inverse } = transformOf(basis);
  const rows = Array.from({ length: rank }, (_, k) => {
    const out = new Float64Array(d);
    inverse(
      Float64Array.from({ length: rank }, (_, i) => (i === k ? 1 : 0)),
      out,
    );
    return out;
  });
  const products = rows.map((row) => row.reduce((sum, value, i) => sum + value * x[i], 0));
  return x.map((value, i) => {
    const within = rows.reduce((sum, row, k) => sum + products[k] * row[i], 0);
    const kept = rows.reduce((sum, row, k) => sum + c[k] * products[k] * row[i], 0);
    return kept + (componentsOf(basis) > rank ? c[rank] * (value - within) : 0);
  });
};

describe('a basis', () => {
  it('filters an array component by component, added up in float64', () => {
    const any = anyBasis().chain((basis) =>
      fc.tuple(
        fc.constant(basis),
        values(componentsOf(basis)),
        values(dimensionOf(basis)),
        values(dimensionOf(basis)),
      ),
    );
    fc.assert(
      fc.property(any, ([basis, c, x, y]) => {
        const out = { shape: [1, x.length], data: new Float64Array(x.length) };
        combineIn(basis, out, [
          { coefficient: c, array: Float64Array.from(x) },
          { coefficient: -0.5, array: Float64Array.from(y) },
        ]);
        filtered(basis, c, x).forEach((value, i) => expect(out.data[i]).toBeCloseTo(value - 0.5 * y[i], 11));
      }),
    );
  });

  it('gives the same bits for a sample wherever it stands in a batch, and in place', () => {
    fc.assert(
      fc.property(
        anyBasis().chain((basis) => fc.tuple(fc.constant(basis), values(3 * dimensionOf(basis)))),
        ([basis, x]) => {
          const d = dimensionOf(basis);
          const coefficient = Array.from({ length: componentsOf(basis) }, (_, k) => 1 / (1 + k));
          const whole = { shape: [3, d], data: Float32Array.from(x) };
          combineIn(basis, whole, [{ coefficient, array: whole.data }]);
          for (let i = 0; i < 3; i++) {
            const one = { shape: [1, d], data: new Float32Array(d) };
            combineIn(basis, one, [{ coefficient, array: Float32Array.from(x.slice(i * d, (i + 1) * d)) }]);
            expect([...one.data]).toEqual([...whole.data.subarray(i * d, (i + 1) * d)]);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of cosines is orthonormal, its first row constant', () => {
    const rows = cosineRows(7);
    rows.forEach((a, i) =>
      rows.forEach((b, j) =>
        expect(a.reduce((sum, value, k) => sum + value * b[k], 0)).toBeCloseTo(i === j ? 1 : 0, 12),
      ),
    );
    rows[0].forEach((value) => expect(value).toBeCloseTo(1 / Math.sqrt(7), 12));
  });

  it('counts an orthogonal complement as one component of many dimensions', () => {
    const basis: Basis = { id: 'vectors', vectors: [[1, 0, 0, 0]] };
    expect(componentsOf(basis)).toBe(2);
    expect(multiplicitiesOf(basis)).toEqual([1, 3]);
    expect(multiplicitiesOf({ id: 'coordinates', size: 3 })).toEqual([1, 1, 1]);
  });

  it.each<[string, Basis, RegExp]>([
    ['no size', { id: 'coordinates', size: 0 }, /has size 0; accepted are whole numbers from 1/],
    ['four axes', { id: 'cosine', shape: [2, 2, 2, 2] }, /has shape \[2, 2, 2, 2\]; accepted are \[h, w\]/],
    ['unequal lengths', { id: 'vectors', vectors: [[1, 0], [1]] }, /has 2 vectors; accepted are 1 to d/],
    ['no vectors', { id: 'vectors', vectors: [] }, /has 0 vectors/],
    [
      'vectors that are not orthonormal',
      {
        id: 'vectors',
        vectors: [
          [1, 0],
          [0.1, 1],
        ],
      },
      /not orthonormal: the product of its vectors 0 and 1 is 0\.1/,
    ],
    ['NaN', { id: 'vectors', vectors: [[NaN, 0]] }, /not orthonormal/],
  ])('is refused with %s', (_, basis, message) => {
    expect(() => checkBasis(basis)).toThrow(UsageError);
    expect(() => checkBasis(basis)).toThrow(message);
  });

  it('is for samples of its own size', () => {
    const out = { shape: [1, 3], data: new Float64Array(3) };
    expect(() => combineIn({ id: 'coordinates', size: 2 }, out, [])).toThrow(/for samples of 2 numbers/);
  });
});
