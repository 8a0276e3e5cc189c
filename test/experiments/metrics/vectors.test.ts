import fc from 'fast-check';
import { erf } from 'mathjs/number';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../experiments/metric.js';
import {
  energyDistance,
  frechetDistance,
  logDensityKs,
  slicedWasserstein,
} from '../../../experiments/metrics/index.js';
import { meanNorm } from '../../../experiments/metrics/mean-norm.js';
import { jackknife } from '../../../experiments/statistics.js';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { randomStream } from '../../../src/random/index.js';
import { batchOf, expectChecks, expectSubsetsToAgree, mapRows, plane, range, valueOf } from './support.js';

const metrics: [Metric, number][] = [
  [slicedWasserstein(plane), 0.12],
  [energyDistance(plane), 0.02],
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

  // log-density-ks takes its reference by the groups of the list: it has a case of its own
  it.skipIf(metric.id === 'log-density-ks')('of a list of samples is that of these samples alone', () =>
    expectSubsetsToAgree(metric, plane.sample(47, 5)),
  );

  it('is NaN for no samples', async () => {
    expect(await Promise.resolve(metric.over(truth)).then((statistic) => statistic([]))).toBeNaN();
  });

  it('rejects samples of another shape, and entries that are no numbers', () => expectChecks(metric, truth));
});

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** A law on the line whose log density is taken to be the coordinate itself, from given true values. */
const lineOf = (reference: ArrayLike<number>) => ({
  ...plane,
  dimension: 1,
  logDensity: ({ data }: { data: ArrayLike<number> }) => data,
  sample: () => ({ shape: [reference.length, 1], data: Float64Array.from(reference) }),
});

describe('log-density-ks', () => {
  it('of any list equals brute force over all points, the reference without the groups that the list lacks', async () => {
    // small whole numbers: ties within and between the samples
    const values = (least: number, most: number) =>
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: least, maxLength: most });
    await fc.assert(
      fc.asyncProperty(
        values(20, 60),
        values(2, 45),
        fc.infiniteStream(fc.nat()),
        async (truth, x, random) => {
          const n = x.length;
          const statistic = await logDensityKs(lineOf(truth), truth.length).over(
            batchOf(x.map((one) => [one])),
          );
          const groups = Math.min(20, n);
          const some = range(n).filter(() => Number(random.next().value) % 3 > 0);
          for (const list of [range(n), range(n).filter((i) => i % groups !== 1), some]) {
            if (list.length === 0) continue;
            const present = new Set(list.map((i) => i % groups));
            const left = truth.filter((_, j) => present.has(j % groups));
            const share = (all: number[], to: number): number =>
              all.filter((v) => v <= to).length / all.length;
            const own = list.map((i) => x[i]);
            const expected = Math.max(...range(13).map((to) => Math.abs(share(own, to) - share(left, to))));
            expect(statistic(list)).toBeCloseTo(expected, 12);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has the scatter of the reference in its interval: its variance is that of values whose samples are both drawn anew', async () => {
    const { normal } = randomStream(7, 'reference');
    const n = 100;
    const estimates = await Promise.all(
      range(200).map(async () => {
        const truth = Float64Array.from({ length: n }, normal);
        const samples = batchOf(range(n).map(() => [normal() + 1.5]));
        return jackknife(await logDensityKs(lineOf(truth), n).over(samples), n);
      }),
    );
    const average = mean(estimates.map(({ value }) => value));
    const variance = mean(estimates.map(({ value }) => (value - average) ** 2));
    const said = mean(estimates.map(({ standardError }) => standardError ** 2));
    // with a reference that stays whole it is about half of it
    expect(said / variance).toBeGreaterThan(0.8);
    expect(said / variance).toBeLessThan(1.5);
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
  const coordinate = fc.double({ min: -5, max: 5, noNaN: true });
  const points = (least: number, most: number) =>
    fc.array(fc.tuple(coordinate, coordinate), { minLength: least, maxLength: most });

  it('equals the double sums where the truth is at some points', async () => {
    await fc.assert(
      fc.asyncProperty(points(2, 45), points(1, 6), async (xs, ys) => {
        const law = gaussianMixture({
          weights: ys.map(() => 1 / ys.length),
          means: ys,
          covariances: ys.map(() => range(2).map(() => [0, 0])),
        });
        const within = mean(xs.flatMap((a, i) => xs.filter((_, j) => j !== i).map((b) => distance(a, b))));
        const across = mean(xs.flatMap((a) => ys.map((b) => distance(a, b))));
        const truth = mean(ys.flatMap((a) => ys.map((b) => distance(a, b))));
        const value = await valueOf(energyDistance(law), batchOf(xs));
        expect(value).toBeCloseTo(2 * across - within - truth, 5);
      }),
      { numRuns: 40 },
    );
  });

  it('is 0 in the mean on the truth', async () => {
    const values = await Promise.all(
      range(200).map((seed) => valueOf(energyDistance(plane), plane.sample(40, seed))),
    );
    const deviation = Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) / 199);
    expect(Math.abs(mean(values))).toBeLessThan(3.5 * deviation);
  });
});

describe('meanNorm', () => {
  const spread = fc.double({ min: 1e-3, max: 30, noNaN: true });
  const shift = fc.double({ min: 0, max: 100, noNaN: true });

  it('on a line is the folded normal law', () => {
    fc.assert(
      fc.property(spread, shift, (s, m) => {
        const z = m / s;
        const folded = s * Math.sqrt(2 / Math.PI) * Math.exp((-z * z) / 2) + m * erf(z / Math.SQRT2);
        expect(meanNorm([[s * s]])(Float64Array.of(m)) / folded).toBeCloseTo(1, 6);
      }),
    );
  });

  it('of white noise in d dimensions is the mean of a chi law', () => {
    let even = Math.sqrt(Math.PI / 2); // of 2 degrees; two more make it (d + 1)/d times as large
    let odd = Math.sqrt(2 / Math.PI);
    for (let d = 1; d <= 101; d += 2) {
      for (const [degrees, expected] of [
        [d, odd],
        [d + 1, even],
      ] as const) {
        const identity = range(degrees).map((i) => range(degrees).map((j) => (i === j ? 4 : 0)));
        expect(meanNorm(identity)(new Float64Array(degrees)) / (2 * expected)).toBeCloseTo(1, 6);
      }
      odd *= (d + 1) / d;
      even *= (d + 2) / (d + 1);
    }
  });

  it('agrees with draws, is at least the norm of the mean, and does not depend on the axes', () => {
    const rotated = (angle: number, [a, b]: readonly number[]): number[] => [
      a * Math.cos(angle) - b * Math.sin(angle),
      a * Math.sin(angle) + b * Math.cos(angle),
    ];
    fc.assert(
      fc.property(
        fc.tuple(spread, spread),
        fc.tuple(shift, shift),
        fc.double({ min: 0, max: 6.3, noNaN: true }),
        fc.nat(1e6),
        ([a, b], m, angle, seed) => {
          const [u, v] = [rotated(angle, [1, 0]), rotated(angle, [0, 1])];
          const covariance = range(2).map((i) =>
            range(2).map((j) => a * a * u[i] * u[j] + b * b * v[i] * v[j]),
          );
          const value = meanNorm(covariance)(Float64Array.from(rotated(angle, m)));
          const straight = meanNorm([
            [a * a, 0],
            [0, b * b],
          ])(Float64Array.from(m));
          expect(value / straight).toBeCloseTo(1, 6);
          expect(value).toBeGreaterThanOrEqual(Math.hypot(...m) * (1 - 1e-6));
          const { normal } = randomStream(seed, 'draws');
          const draws = Float64Array.from({ length: 2000 }, () =>
            Math.hypot(m[0] + a * normal(), m[1] + b * normal()),
          );
          const average = draws.reduce((sum, one) => sum + one / draws.length, 0);
          const variance = draws.reduce((sum, one) => sum + (one - average) ** 2 / draws.length, 0);
          expect(Math.abs(value - average)).toBeLessThan(
            5.5 * Math.sqrt(variance / draws.length) + 1e-5 * value,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the norm itself where there is no variance, and 0 of nothing', () => {
    const point = meanNorm(range(3).map(() => [0, 0, 0]));
    expect(point(Float64Array.of(2, 3, 6))).toBeCloseTo(7, 9);
    expect(point(new Float64Array(3))).toBe(0);
  });
});
