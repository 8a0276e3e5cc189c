import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { isInterval, pathNormals } from '../../src/random/index.js';
import { anySeed } from '../../src/testing/index.js';

const clock = 'e^(2 lambda)';
const standard = (from: number, to: number, seed = 0, sample = 0, size = 6, name = clock): Float64Array => {
  const out = new Float64Array(size);
  pathNormals(out, { seed, sample, clock: name }, { from, to });
  return out;
};
/** The increment itself. */
const increment = (...args: Parameters<typeof standard>): Float64Array =>
  standard(...args).map((value) => value * Math.sqrt(args[1] - args[0]));
const time = fc.double({ min: -12, max: 14, noNaN: true }).map(Math.exp);
const ordered = (count: number): fc.Arbitrary<number[]> =>
  fc
    .uniqueArray(time, { minLength: count, maxLength: count })
    .map((times) => times.toSorted((a, b) => a - b))
    .filter((times) => times.every((t, i) => i === 0 || t > times[i - 1] * (1 + 1e-6)));

describe('a virtual Brownian path', () => {
  it('is one path: the increments of the parts of an interval add up to that of the whole', () => {
    fc.assert(
      fc.property(ordered(5), anySeed(), fc.nat(1000), (times, seed, sample) => {
        const whole = increment(times[0], times[4], seed, sample);
        const parts = [0, 1, 2, 3].map((i) => increment(times[i], times[i + 1], seed, sample));
        whole.forEach((value, k) => {
          const sum = parts.reduce((total, part) => total + part[k], 0);
          expect(Math.abs(sum - value)).toBeLessThan(1e-10 * Math.sqrt(times[4]));
        });
      }),
    );
  });

  it('is the same bits whatever is asked first, also by the coordinate', () => {
    fc.assert(
      fc.property(ordered(4), anySeed(), (times, seed) => {
        const ask = (pairs: [number, number][]): Map<string, number[]> =>
          new Map(pairs.map(([a, b]) => [`${a} ${b}`, [...standard(a, b, seed)]]));
        const pairs: [number, number][] = [
          [0, times[0]],
          [times[0], times[1]],
          [times[1], times[3]],
          [times[2], times[3]],
        ];
        const [forth, back] = [ask(pairs), ask(pairs.toReversed())];
        for (const [key, values] of forth) expect(back.get(key)).toEqual(values);
        expect([...standard(times[0], times[3], seed, 0, 3)]).toEqual([
          ...standard(times[0], times[3], seed, 0, 9).subarray(0, 3),
        ]);
      }),
    );
  });

  // Sums of products of 40,000 increments; bounds at 5 standard deviations of theirs.
  const many = 10_000;
  const across = (from: number, to: number, name = clock): Float64Array => {
    const out = new Float64Array(4 * many);
    pathNormals(out, { seed: 5, sample: 2, clock: name }, { from, to });
    return out;
  };
  const correlation = (a: Float64Array, b: Float64Array): number =>
    a.reduce((total, value, i) => total + value * b[i], 0) / a.length;
  const bound = 5 / Math.sqrt(4 * many);

  it.each([
    [0, 1e-3],
    [0, 1],
    [0.3, 0.4],
    [1, 2],
    [1, 1000],
    [700, 700.5],
    [0.99, 1.01],
    [3.999, 4.001],
  ])('has standard normal increments from %f to %f', (from, to) => {
    const z = across(from, to);
    expect(Math.abs(z.reduce((total, value) => total + value, 0) / z.length)).toBeLessThan(bound);
    expect(Math.abs(correlation(z, z) - 1)).toBeLessThan(bound * Math.SQRT2);
    const fourth = z.reduce((total, value) => total + value ** 4, 0) / z.length;
    expect(Math.abs(fourth - 3)).toBeLessThan(bound * Math.sqrt(96));
  });

  it.each([
    [[0.2, 0.5], [0.5, 0.9], 0],
    [[0.2, 0.8], [0.5, 1.7], 0.3 / Math.sqrt(0.6 * 1.2)],
    [[0, 8], [2, 2.5], 0.5 / Math.sqrt(8 * 0.5)],
    [[1, 4], [4, 16], 0],
  ] as const)('the increments over %o and %o share their overlap', (a, b, expected) => {
    const seen = correlation(across(a[0], a[1]), across(b[0], b[1]));
    expect(Math.abs(seen - expected)).toBeLessThan(bound);
  });

  it('of another clock, sample or seed is independent', () => {
    const z = across(0.3, 2);
    expect(Math.abs(correlation(z, across(0.3, 2, 'e^(1 lambda)')))).toBeLessThan(bound);
    const other = new Float64Array(z.length);
    pathNormals(other, { seed: 5, sample: 3, clock }, { from: 0.3, to: 2 });
    expect(Math.abs(correlation(z, other))).toBeLessThan(bound);
    pathNormals(other, { seed: 6, sample: 2, clock }, { from: 0.3, to: 2 });
    expect(Math.abs(correlation(z, other))).toBeLessThan(bound);
  });

  it.each([
    [1, 1],
    [2, 1],
    [-1, 1],
    [0, Infinity],
    [NaN, 1],
    [0, 1e-320],
  ])('is refused from %f to %f', (from, to) => {
    expect(isInterval({ from, to })).toBe(false);
    expect(() => standard(from, to)).toThrow(UsageError);
  });
});
