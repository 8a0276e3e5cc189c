import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';
import { correlation, countScore, kolmogorov, kolmogorovLimit, normalCdf, zLimit } from './statistics.js';

const n = 100_000;
const series = (next: () => number): Float64Array => Float64Array.from({ length: n }, next);

describe('randomStream', () => {
  it('is a function of the seed and the name', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.string(), (seed, name) => {
        const [a, b] = [randomStream(seed, name), randomStream(seed, name)];
        for (let i = 0; i < 5; i++) {
          expect(a.uniform()).toBe(b.uniform());
          expect(a.normal()).toBe(b.normal());
          expect(a.integer(10)).toBe(b.integer(10));
        }
      }),
    );
  });

  it('differs from one name or seed to another, permuted letters and prefixes included', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 8 }),
        fc.maxSafeNat(),
        (names, seed) => {
          const starts = names.map((name) => randomStream(seed, name).uniform());
          expect(new Set(starts).size).toBe(names.length);
        },
      ),
    );
    const keys: [number, string][] = [
      [1, 'fit'],
      [2, 'fit'],
      [1, 'tif'],
      [1, 'fi'],
      [1, ''],
      [1, '\0'],
      [1, '\0\0'],
    ];
    expect(new Set(keys.map(([seed, name]) => randomStream(seed, name).uniform())).size).toBe(keys.length);
  });

  it('gives uniforms strictly inside (0, 1), and normals, with no memory', () => {
    const stream = randomStream(1, 'laws');
    const u = series(() => stream.uniform());
    expect(u.every((x) => x > 0 && x < 1)).toBe(true);
    expect(kolmogorov(u, (x) => x)).toBeLessThan(kolmogorovLimit);
    const x = series(() => stream.normal());
    expect(kolmogorov(x, normalCdf)).toBeLessThan(kolmogorovLimit);
    const squares = x.map((v) => v * v - 1);
    for (const lag of [1, 2, 3, 4]) {
      expect(Math.abs(correlation(x, x.subarray(lag)))).toBeLessThan(zLimit);
      expect(Math.abs(correlation(squares, squares.subarray(lag)))).toBeLessThan(zLimit);
    }
  });

  it('is independent of a stream of another name', () => {
    const [a, b] = [randomStream(1, 'a'), randomStream(1, 'b')];
    expect(
      Math.abs(
        correlation(
          series(() => a.normal()),
          series(() => b.normal()),
        ),
      ),
    ).toBeLessThan(zLimit);
  });

  it.each([1, 2, 3, 7, 10])('gives each of %d integers its share', (count) => {
    const stream = randomStream(1, 'integers');
    const counts = new Array<number>(count).fill(0);
    for (let i = 0; i < n; i++) counts[stream.integer(count)]++;
    if (count === 1) expect(counts).toEqual([n]);
    else for (const c of counts) expect(Math.abs(countScore(c, n, 1 / count))).toBeLessThan(zLimit);
  });

  it('gives integers over the whole range', () => {
    const stream = randomStream(1, 'wide');
    const scaled = series(() => (stream.integer(2 ** 32) + 0.5) / 2 ** 32);
    expect(kolmogorov(scaled, (x) => x)).toBeLessThan(kolmogorovLimit);
  });

  it.each([0, -1, 1.5, NaN, 2 ** 32 + 1])('refuses integer(%d)', (count) => {
    expect(() => randomStream(1, 'x').integer(count)).toThrow(UsageError);
  });

  it.each([-1, 0.5, 2 ** 53, NaN])('refuses the seed %d', (seed) => {
    expect(() => randomStream(seed, 'x')).toThrow(UsageError);
  });
});
