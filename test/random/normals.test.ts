import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { normals, uniforms, type NoiseKey } from '../../src/random/index.js';
import { normalPair } from '../../src/random/normal.js';
import { correlation, countScore, kolmogorov, kolmogorovLimit, normalCdf, zLimit } from './statistics.js';

const drawn = (length: number, key: Partial<NoiseKey> = {}): Float32Array => {
  const out = new Float32Array(length);
  normals(out, { seed: 1, sample: 0, draw: 0, ...key });
  return out;
};
const uniformsDrawn = (length: number, key: Partial<NoiseKey> = {}): Float64Array => {
  const out = new Float64Array(length);
  uniforms(out, { seed: 1, sample: 0, draw: 0, ...key });
  return out;
};

const anyKey = fc.record({
  seed: fc.maxSafeNat(),
  sample: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  draw: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});

const n = 1_000_000;
const many = drawn(n);

describe('normals', () => {
  it('are a function of the coordinate: a shorter array is the beginning of a longer one', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(40), fc.nat(40), (key, a, b) => {
        expect(drawn(a + b, key).slice(0, a)).toEqual(drawn(a, key));
      }),
    );
  });

  it('are the same numbers in float64', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(40), (key, length) => {
        const wide = new Float64Array(length);
        normals(wide, key);
        expect(Array.from(wide)).toEqual(Array.from(drawn(length, key)));
      }),
    );
  });

  it('never change: results of earlier versions can be made again', () => {
    expect(Array.from(drawn(5))).toEqual([
      0.4755847454071045, -0.07940108329057693, -0.4531843960285187, -0.929747462272644, -0.8742513656616211,
    ]);
    expect(Array.from(drawn(2, { seed: 2 ** 53 - 1, sample: 2 ** 32 - 1, draw: 2 ** 32 - 1 }))).toEqual([
      -0.057985588908195496, -1.5341557264328003,
    ]);
  });

  it('differ wherever any part of the key does, the high word of the seed included', () => {
    const keys: Partial<NoiseKey>[] = [{}, { seed: 2 }, { seed: 1 + 2 ** 32 }, { sample: 1 }, { draw: 1 }];
    expect(new Set(keys.map((key) => drawn(1, key)[0])).size).toBe(keys.length);
  });

  it('have the moments of the normal law', () => {
    const moment = (power: number): number => many.reduce((sum, x) => sum + x ** power, 0) / n;
    // mean and standard error of x^k: 0 and 1, 1 and sqrt(2), 0 and sqrt(15), 3 and sqrt(96)
    expect(Math.abs(moment(1))).toBeLessThan(zLimit / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(zLimit * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(zLimit * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(zLimit * Math.sqrt(96 / n));
  });

  it('have its distribution', () => {
    expect(kolmogorov(many.subarray(0, 300_000), normalCdf)).toBeLessThan(kolmogorovLimit);
  });

  it.each([1, 2, 3, 3.5, 4])('have its tails beyond %d', (limit) => {
    const upper = many.reduce((count, x) => count + (x > limit ? 1 : 0), 0);
    const lower = many.reduce((count, x) => count + (x < -limit ? 1 : 0), 0);
    const p = 1 - normalCdf(limit);
    expect(Math.abs(countScore(upper, n, p))).toBeLessThan(zLimit);
    expect(Math.abs(countScore(lower, n, p))).toBeLessThan(zLimit);
  });

  const squares = (x: Float32Array): Float32Array => x.map((v) => v * v - 1);
  const independent = (a: Float32Array, b: Float32Array): void => {
    expect(Math.abs(correlation(a, b))).toBeLessThan(zLimit);
    expect(Math.abs(correlation(squares(a), squares(b)))).toBeLessThan(zLimit);
  };
  it.each([1, 2, 3, 4, 5, 7, 8, 16])('are independent between coordinates %d apart', (lag) => {
    const some = many.subarray(0, 300_000);
    independent(some, some.subarray(lag));
  });
  it.each([{ seed: 2 }, { seed: 1 + 2 ** 32 }, { sample: 1 }, { draw: 1 }])(
    'are independent of those at %j',
    (key) => {
      independent(many.subarray(0, 200_000), drawn(200_000, key));
    },
  );
  it('are independent from sample to sample, and from draw to draw, of one coordinate', () => {
    const first = (key: Partial<NoiseKey>): number => drawn(1, key)[0];
    const bySample = Float32Array.from({ length: 50_000 }, (_, sample) => first({ sample }));
    const byDraw = Float32Array.from({ length: 50_000 }, (_, draw) => first({ draw }));
    for (const series of [bySample, byDraw]) {
      independent(series, series.subarray(1));
      expect(kolmogorov(series, normalCdf)).toBeLessThan(kolmogorovLimit);
    }
  });

  it.each([
    [{ seed: -1 }, 'seed -1: accepted are integers from 0 to 2^53 - 1'],
    [{ seed: 2 ** 53 }, 'seed'],
    [{ seed: 0.5 }, 'seed'],
    [{ seed: NaN }, 'seed'],
    [{ sample: 2 ** 32 }, 'sample'],
    [{ sample: -1 }, 'sample'],
    [{ draw: 1.5 }, 'draw 1.5: accepted are integers from 0 to 2^32 - 1'],
  ])('refuse %j', (key, message) => {
    expect(() => drawn(4, key)).toThrow(UsageError);
    expect(() => drawn(4, key)).toThrow(message);
    expect(() => uniformsDrawn(4, key)).toThrow(message);
  });
});

describe('normalPair', () => {
  it('is the Box-Muller transform to float32 accuracy, for every pair of words', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1, -2, 2 ** 31 - 1, -(2 ** 31)));
    fc.assert(
      fc.property(word, word, (first, second) => {
        const out = new Float32Array(2);
        normalPair(out, 0, first, second);
        const u = Math.fround((first | 1) >>> 0) * 2 ** -32;
        const radius = Math.sqrt(-2 * Math.log(u));
        const angle = ((Math.PI / 4) * ((second >> 1) | 1)) / 2 ** 30;
        const cosine = radius * Math.cos(angle) * (second & 2 ? -1 : 1);
        const sine = radius * Math.sin(angle);
        const expected = second & 1 ? [sine, cosine] : [cosine, sine];
        expected.forEach((x, i) => expect(Math.abs(out[i] - x)).toBeLessThanOrEqual(3e-7 * radius));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('uniforms', () => {
  it('lie strictly inside (0, 1), are odd multiples of 2^-33, and a shorter array begins a longer one', () => {
    fc.assert(
      fc.property(anyKey, fc.nat(40), fc.nat(40), (key, a, b) => {
        const long = uniformsDrawn(a + b, key);
        for (const u of long) expect(u > 0 && u < 1 && (u * 2 ** 33) % 2 === 1).toBe(true);
        expect(long.slice(0, a)).toEqual(uniformsDrawn(a, key));
      }),
    );
  });

  it('are uniform, and independent of the normals of the same key', () => {
    const u = uniformsDrawn(200_000);
    expect(kolmogorov(u, (x) => x)).toBeLessThan(kolmogorovLimit);
    const centred = u.map((x) => x - 0.5);
    expect(Math.abs(correlation(centred, many))).toBeLessThan(zLimit);
    expect(Math.abs(correlation(centred, centred.subarray(1)))).toBeLessThan(zLimit);
  });
});
