import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../experiments/metric.js';
import {
  energyDistance,
  frechetDistance,
  logDensityKs,
  slicedWasserstein,
} from '../../../experiments/metrics/index.js';
import { expectChecks, expectSubsetsToAgree, mapRows, plane, range, rowsOf, valueOf } from './support.js';

const metrics: [Metric, number][] = [
  [slicedWasserstein(plane), 0.12],
  [energyDistance(plane, 1000), 0.02],
  [frechetDistance(plane), 0.03],
  [logDensityKs(plane, 5000), 0.06],
];
const truth = plane.sample(1000, 3);

describe.each(metrics)('$id', (metric, floor) => {
  it('is small on the truth and separates wrong laws from it', async () => {
    expect(Math.abs(await valueOf(metric, truth))).toBeLessThan(floor);
    const blurred = plane.sample(1000, 4);
    const wrong = [
      mapRows(truth, ([x, y]) => [x + 1, y]),
      mapRows(truth, ([x, y]) => [1.4 * x, 1.4 * y]),
      mapRows(blurred, () => [-2, 0]), // all at one mode
    ];
    for (const samples of wrong) expect(await valueOf(metric, samples)).toBeGreaterThan(4 * floor);
  });

  it('of a list of samples is that of these samples alone', () =>
    expectSubsetsToAgree(metric, plane.sample(47, 5)));

  it('is NaN for no samples', async () => {
    expect(await Promise.resolve(metric.over(truth)).then((statistic) => statistic([]))).toBeNaN();
  });

  it('rejects samples of another shape, and entries that are no numbers', () => expectChecks(metric, truth));
});

describe('log-density-ks', () => {
  it('equals brute force over all points of two samples', async () => {
    // A stand-in whose log density is the coordinate itself, with ties within and between the samples.
    const reference = { shape: [40, 1], data: Float64Array.from(range(40), (i) => (i * 7) % 11) };
    const line = {
      ...plane,
      dimension: 1,
      logDensity: ({ data }: { data: ArrayLike<number> }) => data,
      sample: () => reference,
    };
    const samples = { shape: [9, 1], data: Float64Array.of(3, 3, 0.5, 12, 7, 7, 7, -1, 10) };
    const share = (data: Float64Array, x: number): number => data.filter((v) => v <= x).length / data.length;
    const points = [...reference.data, ...samples.data];
    const expected = Math.max(
      ...points.map((x) => Math.abs(share(samples.data, x) - share(reference.data, x))),
    );
    expect(await valueOf(logDensityKs(line, 40), samples)).toBeCloseTo(expected, 12);
  });
});

describe('log-density-ks of a density that is NaN', () => {
  it('throws instead of leaving the sample out', () => {
    const broken = { ...plane, logDensity: () => Float64Array.of(0, NaN) };
    const metric = logDensityKs({ ...broken, sample: () => truth }, 2);
    expect(() => metric.over(plane.sample(2, 1))).toThrow('log density of sample 1 is NaN');
  });
});

describe('energy-distance', () => {
  const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((x, k) => x - b[k]));

  it.each([1, 2, 3, 8, 21, 46])('equals the double sums over %i samples', async (extra) => {
    const mixture = plane;
    const samples = mapRows(mixture.sample(extra + 1, 8), ([x, y]) => [x + 0.3, y * y]);
    const [xs, ys] = [rowsOf(samples), rowsOf(mixture.sample(33, 2 ** 52 + 1))];
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    const within = (rows: number[][]): number =>
      mean(rows.flatMap((a, i) => rows.filter((_, j) => j !== i).map((b) => distance(a, b))));
    const across = mean(xs.flatMap((a) => ys.map((b) => distance(a, b))));
    const value = await valueOf(energyDistance(mixture, 33), samples);
    expect(value).toBeCloseTo(2 * across - within(xs) - within(ys), 11);
  });

  it('of two point masses is twice their distance', async () => {
    const at = (point: number[]) => ({
      ...plane,
      dimension: 3,
      sample: (count: number) => ({
        shape: [count, 3],
        data: Float64Array.from(range(count).flatMap(() => point)),
      }),
    });
    const samples = at([1, 2, 3]).sample(25);
    expect(await valueOf(energyDistance(at([4, 6, 15]), 10), samples)).toBeCloseTo(26, 12);
    expect(await valueOf(energyDistance(at([1, 2, 3]), 10), samples)).toBe(0);
  });
});
