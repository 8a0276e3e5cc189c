import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Floats, Precision } from '../../src/array/batch.js';
import { arena, combine, firstNonFinite, type Term } from '../../src/array/host.js';
import { combinePlain } from '../../src/array/plain.js';
import { UsageError } from '../../src/errors.js';

const precisions: Precision[] = ['float32', 'float64'];
const coefficient = fc.oneof(
  fc.double({ min: -2, max: 2, noNaN: true }),
  fc.constantFrom(0, -0, 1, -1, 1e-30),
);
const entry = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(0, -0, 1e-40, 3e38));

/** Numbers from a few: any length without a slow generator. */
const fill = (array: Floats, few: readonly number[], shift: number): void => {
  for (let i = 0; i < array.length; i++)
    array[i] = few[(i * 7 + shift) % few.length] * (1 + ((i + shift) % 11) / 16);
};
/** For `toEqual`, which tells -0 from 0 and takes NaN for NaN. */
const entries = (array: Floats): number[] => Array.from(array);

const lengths = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(1023, 1024, 4096, 4099, 9000));
const somewhere = fc.array(fc.boolean(), { minLength: 41, maxLength: 41 });

describe('combine', () => {
  it('is the rounded float64 sum in the order of the terms, wherever the arrays live, for any length and number of terms', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...precisions),
        lengths,
        fc.oneof(
          fc.array(coefficient, { minLength: 1, maxLength: 6 }),
          fc.array(coefficient, { minLength: 7, maxLength: 40 }),
        ),
        fc.array(entry, { minLength: 5, maxLength: 5 }),
        somewhere,
        (precision, n, coefficients, few, inArena) => {
          const inside = arena(coefficients.length + 1, n, precision);
          const outside = inside.map((array) => array.slice());
          const arrays = inside.map((array, i) => (inArena[i] ? array : outside[i]));
          const [out, ...inputs] = arrays;
          inputs.forEach((array, i) => fill(array, few, i));
          const terms = inputs.map((array, i) => ({ coefficient: coefficients[i], array }));
          const expected = outside[0].slice();
          for (let i = 0; i < n; i++) {
            expected[i] = terms
              .slice(1)
              .reduce(
                (sum, term) => sum + term.coefficient * term.array[i],
                terms[0].coefficient * terms[0].array[i],
              );
          }
          combine(out, terms);
          expect(entries(out)).toEqual(entries(expected));
          combinePlain(out, terms);
          expect(entries(out)).toEqual(entries(expected));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('may write over any of its terms, also one that occurs twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...precisions),
        fc.constantFrom(1, 19, 64, 5000),
        fc.array(coefficient, { minLength: 2, maxLength: 9 }),
        fc.nat(8),
        fc.boolean(),
        (precision, n, coefficients, target, ordinary) => {
          const arrays = arena(3, n, precision).map((array) => (ordinary ? array.slice() : array));
          arrays.forEach((array, i) => fill(array, [1, -0.3, 2.7], i));
          const termsOf = (from: Floats[]): Term[] =>
            coefficients.map((c, i) => ({ coefficient: c, array: from[i % 3] }));
          const expected = new (precision === 'float32' ? Float32Array : Float64Array)(n);
          combinePlain(expected, termsOf(arrays.map((array) => array.slice())));
          combine(arrays[target % 3], termsOf(arrays));
          expect(entries(arrays[target % 3])).toEqual(entries(expected));
        },
      ),
    );
  });

  it('gives an entry the same bits at any place: a part combined alone is that part of the whole', () => {
    fc.assert(
      fc.property(
        fc.nat(200),
        fc.nat(200),
        fc.array(coefficient, { minLength: 1, maxLength: 7 }),
        (from, length, coefficients) => {
          const n = 400;
          const [whole, part, ...inputs] = arena(coefficients.length + 2, n, 'float32');
          inputs.forEach((array, i) => fill(array, [0.1, -1.7, 3.3, 0.77], i));
          const terms = inputs.map((array, i) => ({ coefficient: coefficients[i], array }));
          combine(whole, terms);
          const to = from + length;
          combine(
            part.subarray(from, to),
            terms.map(({ coefficient, array }) => ({ coefficient, array: array.subarray(from, to) })),
          );
          expect(entries(part.subarray(from, to))).toEqual(entries(whole.subarray(from, to)));
          // and nothing is written beside it
          expect(
            part.subarray(0, from).every((x) => x === 0) && part.subarray(to).every((x) => x === 0),
          ).toBe(true);
        },
      ),
    );
  });

  it('adds up in float64: what float32 sums would lose is kept', () => {
    const [out, big, small] = arena(3, 5, 'float32');
    big.fill(2 ** 24);
    small.fill(1);
    combine(out, [
      { coefficient: 1, array: big },
      { coefficient: 1, array: small },
      { coefficient: -1, array: big },
    ]);
    expect(Array.from(out)).toEqual([1, 1, 1, 1, 1]);
  });

  it('mixes precisions', () => {
    const out = new Float32Array(3);
    combine(out, [
      { coefficient: 2, array: Float64Array.of(1, 2, 0.1) },
      { coefficient: 1, array: Float32Array.of(1, 1, 0) },
    ]);
    expect(Array.from(out)).toEqual([3, 5, Math.fround(0.2)]);
  });

  it('refuses no terms, and a term of another length', () => {
    const out = new Float32Array(3);
    expect(() => combine(out, [])).toThrow(UsageError);
    const terms = [
      { coefficient: 1, array: out },
      { coefficient: 1, array: new Float32Array(4) },
    ];
    expect(() => combine(out, terms)).toThrow('combine: a term of length 4; accepted is that of out, 3');
  });
});

describe('firstNonFinite', () => {
  it('finds NaN and infinities, wherever they are and the array lives, and nothing else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...precisions),
        fc.integer({ min: 1, max: 100 }),
        fc.nat(99),
        fc.nat(99),
        fc.constantFrom(NaN, Infinity, -Infinity),
        fc.boolean(),
        (precision, n, at, later, bad, ordinary) => {
          const [whole] = arena(1, n + 3, precision);
          whole.fill(bad); // the neighbours of the part that is looked at
          const part = ordinary ? whole.slice(1, n + 1) : whole.subarray(1, n + 1);
          fill(part, [0, -0, 3e38, -3e38, 1e-40], 0);
          for (let i = 0; i < n; i++) if (!Number.isFinite(part[i])) part[i] = 3e38;
          expect(firstNonFinite(part)).toBe(-1);
          part[at % n] = bad;
          part[Math.max(at % n, later % n)] = NaN;
          expect(firstNonFinite(part)).toBe(at % n);
        },
      ),
    );
  });
});
