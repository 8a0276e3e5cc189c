import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arena, normalsOfSamples } from '../../src/array/host.js';
import {
  elements,
  samplesOf,
  zeros,
  type Batch,
  type Floats,
  type Precision,
} from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import { normals } from '../../src/random/index.js';
import { countScore, normalCdf, zLimit } from '../random/statistics.js';

/** In an arena, at an odd place of it, or in an array of its own. */
const places = ['arena', 'part of an arena', 'ordinary'] as const;
const batchAt = (place: (typeof places)[number], shape: readonly number[], precision: Precision): Batch => {
  const n = elements(shape);
  if (place === 'ordinary') return zeros(shape, precision);
  const [data] = arena(1, n + 7, precision);
  const from = place === 'arena' ? 0 : 3;
  return { shape, data: data.subarray(from, from + n) };
};

const reference = (shape: readonly number[], seed: number, firstSample: number, draw: number): number[] => {
  const row = new Float32Array(elements(shape.slice(1)));
  return Array.from({ length: shape[0] }, (_, i) => {
    normals(row, { seed, sample: firstSample + i, draw });
    return Array.from(row);
  }).flat();
};

const word = fc.integer({ min: 0, max: 2 ** 32 - 100 });

describe('normalsOfSamples', () => {
  it('gives the bits of the plain normals, for every key, shape, precision and place', () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        word,
        word,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom<Precision>('float32', 'float64'),
        fc.constantFrom(...places),
        (seed, firstSample, draw, samples, size, precision, place) => {
          const shape = [samples, size];
          const batch = batchAt(place, shape, precision);
          normalsOfSamples(batch, { seed, firstSample, draw });
          expect(Array.from(batch.data)).toEqual(reference(shape, seed, firstSample, draw));
        },
      ),
      { numRuns: 400 },
    );
  });

  it.each([
    [[2, 40_001]], // rows longer than what is staged at a time
    [[3, 256, 27]],
    [[700, 61]],
    [[5, 16_384, 2]],
  ])('does for large batches too: %j', (shape) => {
    const expected = reference(shape, 7, 11, 3);
    for (const place of places) {
      const batch = batchAt(place, shape, 'float32');
      normalsOfSamples(batch, { seed: 7, firstSample: 11, draw: 3 });
      expect(batch.data.every((x, i) => Object.is(x, expected[i]))).toBe(true);
    }
  });

  it('does not depend on how samples are batched', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        (parts, size) => {
          const samples = parts.reduce((a, b) => a + b, 0);
          const [whole, pieces] = arena(2, samples * size, 'float32').map((data) => ({
            shape: [samples, size],
            data,
          }));
          normalsOfSamples(whole, { seed: 1, firstSample: 5, draw: 2 });
          let from = 0;
          for (const part of parts) {
            const batch = samplesOf(pieces, from, from + part);
            normalsOfSamples(batch, { seed: 1, firstSample: 5 + from, draw: 2 });
            from += part;
          }
          expect(pieces.data).toEqual(whole.data);
        },
      ),
    );
  });

  it('writes nothing beside the batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(5),
        (samples, size, from) => {
          const [data] = arena(1, samples * size + 12, 'float32');
          const to = from + samples * size;
          normalsOfSamples(
            { shape: [samples, size], data: data.subarray(from, to) },
            { seed: 1, firstSample: 0, draw: 0 },
          );
          const outside: Floats[] = [data.subarray(0, from), data.subarray(to)];
          expect(outside.every((part) => part.every((x) => x === 0))).toBe(true);
        },
      ),
    );
  });

  it('has the far tails of the normal law', () => {
    const [data] = arena(1, 2 ** 18, 'float32');
    const rounds = 32;
    const counts = new Map([4, 4.5].map((limit) => [limit, 0]));
    for (let draw = 0; draw < rounds; draw++) {
      normalsOfSamples({ shape: [1024, 256], data }, { seed: 3, firstSample: 0, draw });
      for (const x of data) {
        if (Math.abs(x) < 4) continue;
        for (const [limit, count] of counts) if (Math.abs(x) > limit) counts.set(limit, count + 1);
      }
    }
    for (const [limit, count] of counts) {
      expect(Math.abs(countScore(count, rounds * data.length, 2 * (1 - normalCdf(limit))))).toBeLessThan(
        zLimit,
      );
    }
  });

  it('does nothing to an empty batch, and refuses keys out of range', () => {
    const key = { seed: 1, firstSample: 0, draw: 0 };
    normalsOfSamples(zeros([0, 3]), key);
    normalsOfSamples(zeros([3, 0]), key);
    const batch = zeros([3, 2]);
    expect(() => normalsOfSamples(batch, { ...key, seed: -1 })).toThrow(UsageError);
    expect(() => normalsOfSamples(batch, { ...key, draw: 2 ** 32 })).toThrow(UsageError);
    expect(() => normalsOfSamples(batch, { ...key, firstSample: 2 ** 32 - 2 })).toThrow('sample 4294967296');
  });
});
