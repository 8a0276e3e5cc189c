import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Basis, combineIn, componentsOf, dimensionOf } from '../../src/array/basis.js';
import { type Term, combine } from '../../src/array/host.js';
import { combineTensors, finiteSamples, tensorBasis, upload } from '../../src/array/tensors.js';
import type { Floats } from '../../src/array/batch.js';
import { leftBehind, onEveryBackend } from './backends.js';

const eps = 2 ** -23;
const number = fc.double({ min: -10, max: 10, noNaN: true });
const numbers = (length: number) => fc.array(number, { minLength: length, maxLength: length });

/** 1 to 6 arrays of one shape, as float32, with a coefficient each. */
const anyTerms = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }))
  .chain(([terms, n, d]) =>
    fc.record({
      shape: fc.constant([n, d]),
      terms: fc.array(
        fc.record({ coefficient: number, array: numbers(n * d).map((x) => Float32Array.from(x)) }),
        {
          minLength: terms,
          maxLength: terms,
        },
      ),
    }),
  );

const bases: readonly Basis[] = [
  { id: 'coordinates', size: 4 },
  { id: 'cosine', shape: [3, 2] },
  { id: 'cosine', shape: [2, 2, 2] },
  { id: 'vectors', vectors: [[0.6, 0.8, 0]] },
  {
    id: 'vectors',
    vectors: [
      [0.6, 0.8],
      [-0.8, 0.6],
    ],
  },
];

describe('tensors do what host arrays do,', () => {
  onEveryBackend((tfjs) => {
    const { tf, backend } = tfjs;
    const runs = backend === 'webgpu' ? 10 : 40;

    it('combine: to the rounding of a float32 a term', async () => {
      const check = async ({ shape, terms }: { shape: readonly number[]; terms: readonly Term[] }) => {
        const exact = new Float64Array(shape[0] * shape[1]);
        combine(exact, terms);
        const tensors = terms.map(({ coefficient, array }) => ({
          coefficient,
          tensor: upload(tf, { shape, data: array }),
        }));
        const sum = combineTensors(tf, tensors);
        const data = await sum.data();
        tf.dispose([sum, ...tensors.map(({ tensor }) => tensor)]);
        expect(sum.shape).toEqual(shape);
        exact.forEach((value, i) => {
          const size = terms.reduce(
            (total, { coefficient, array }) => total + Math.abs(coefficient * array[i]),
            0,
          );
          expect(Math.abs(data[i] - value)).toBeLessThanOrEqual((terms.length + 1) * eps * size + 1e-37);
        });
      };
      await fc.assert(fc.asyncProperty(anyTerms, check), { numRuns: runs });
    });

    it.each(bases.map((basis) => [JSON.stringify(basis), basis] as const))(
      'combine with a coefficient a component of %s',
      async (_, basis) => {
        const [n, d] = [3, dimensionOf(basis)];
        const along = tensorBasis(tf, basis);
        const check = async (x: number[], y: number[], c: number[], scalar: number) => {
          const [a, b]: Floats[] = [Float32Array.from(x), Float32Array.from(y)];
          const exact = { shape: [n, d], data: new Float64Array(n * d) };
          combineIn(basis, exact, [
            { coefficient: c, array: a },
            { coefficient: scalar, array: b },
          ]);
          const sum = tf.tidy(() =>
            combineTensors(
              tf,
              [
                { coefficient: c, tensor: upload(tf, { shape: [n, d], data: a }) },
                { coefficient: scalar, tensor: upload(tf, { shape: [n, d], data: b }) },
              ],
              along,
            ),
          );
          const data = await sum.data();
          sum.dispose();
          const size = 10 * Math.hypot(...x, ...y);
          exact.data.forEach((value, i) =>
            expect(Math.abs(data[i] - value)).toBeLessThanOrEqual(8 * d * eps * size + 1e-37),
          );
        };
        await fc.assert(
          fc.asyncProperty(numbers(n * d), numbers(n * d), numbers(componentsOf(basis)), number, check),
          { numRuns: runs / 5 },
        );
        along.dispose();
      },
    );

    it('find the samples that are not finite, whatever and wherever it is', async () => {
      const bad = fc.constantFrom(NaN, Infinity, -Infinity);
      const spoilt = fc.record({
        data: numbers(5 * 7),
        spoil: fc.array(fc.record({ at: fc.nat(34), value: bad }), { maxLength: 3 }),
      });
      const check = async ({ data, spoil }: { data: number[]; spoil: { at: number; value: number }[] }) => {
        spoil.forEach(({ at, value }) => (data[at] = value));
        const x = upload(tf, { shape: [5, 7], data: Float32Array.from(data) });
        const finite = finiteSamples(tf, x);
        const found = Array.from(await finite.data(), Boolean);
        tf.dispose([x, finite]);
        expect(found).toEqual(
          [0, 1, 2, 3, 4].map((i) => data.slice(7 * i, 7 * i + 7).every(Number.isFinite)),
        );
      };
      await fc.assert(fc.asyncProperty(spoilt, check), { numRuns: runs });
    });

    it('leave nothing behind but what they return, and the array that was uploaded as it was', async () => {
      const data = Float32Array.of(1, 2, 3, 4);
      const left = await leftBehind(tfjs, async () => {
        const x = upload(tf, { shape: [1, 4], data });
        const along = tensorBasis(tf, bases[0]);
        const sum = combineTensors(tf, [{ coefficient: 1, tensor: x }]);
        const scaled = combineTensors(tf, [{ coefficient: [1, 2, 3, 4], tensor: x }], along);
        data.fill(0);
        expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
        expect(await scaled.data()).toEqual(Float32Array.of(1, 4, 9, 16));
        tf.dispose([x, sum, scaled, finiteSamples(tf, x)]);
        along.dispose();
      });
      expect(left).toBe(0);
    });
  });
});
