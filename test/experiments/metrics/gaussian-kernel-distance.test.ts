import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  gaussianKernelDistance,
  kernelDistance,
  medianDistance,
} from '../../../experiments/metrics/index.js';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { batchOf, mapRows, plane, range, rowsOf, standardNormal, valueOf } from './support.js';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** Mean of some values and its standard error. */
const meanWithError = (values: readonly number[]): { readonly value: number; readonly error: number } => {
  const value = mean(values);
  const variance = mean(values.map((one) => (one - value) ** 2)) / (values.length - 1);
  return { value, error: Math.sqrt(variance) };
};

const scale = fc.double({ min: 0.3, max: 3, noNaN: true });

describe('gaussian-kernel-distance', () => {
  it('equals the double sums, the truth by quadrature', async () => {
    const line = { weights: [0.3, 0.7], means: [[-1], [0.5]], covariances: [[[0.04]], [[0.6]]] };
    const density = (y: number): number =>
      line.weights.reduce((sum, w, c) => {
        const v = line.covariances[c][0][0];
        return sum + (w * Math.exp(-((y - line.means[c][0]) ** 2) / (2 * v))) / Math.sqrt(2 * Math.PI * v);
      }, 0);
    const step = 0.02; // the trapezoidal rule is exact to rounding on what decays as a Gaussian does
    const nodes = range(601).map((i) => step * (i - 300));
    const weights = nodes.map((y) => step * density(y));
    const points = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 2, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(points, scale, async (xs, h) => {
        const k = (x: number, y: number): number => Math.exp(-((x - y) ** 2) / (2 * h * h));
        const across = (x: number): number => nodes.reduce((sum, y, i) => sum + weights[i] * k(x, y), 0);
        const within = mean(xs.flatMap((x, i) => xs.filter((_, j) => j !== i).map((y) => k(x, y))));
        const truth = nodes.reduce((sum, y, i) => sum + weights[i] * across(y), 0);
        const expected = within - 2 * mean(xs.map(across)) + truth;
        const metric = gaussianKernelDistance(gaussianMixture(line), h);
        expect(await valueOf(metric, batchOf(xs.map((x) => [x])))).toBeCloseTo(expected, 9);
      }),
      { numRuns: 10 },
    );
  });

  it('of one Gaussian from another is the closed form in the mean, and so 0 in the mean on the truth', async () => {
    const laws = fc.record({
      ...{ d: fc.integer({ min: 1, max: 6 }), own: scale, true: scale, h: scale },
      ...{ shift: fc.double({ min: 0, max: 2, noNaN: true }), equal: fc.boolean(), seed: fc.nat(1e9) },
    });
    await fc.assert(
      fc.asyncProperty(laws, async ({ d, own, true: of, h, shift, equal, seed }) => {
        const law = standardNormal(d);
        const truth = gaussianMixture({
          weights: [1],
          means: [range(d).map(() => 0)],
          covariances: [range(d).map((i) => range(d).map((j) => (i === j ? of * of : 0)))],
        });
        const [s, by] = equal ? [of, 0] : [own, shift];
        // E exp(-|Z|²/(2 h²)) of Z normal, its mean of that squared norm and v its variance in each of d directions
        const k = (v: number, square: number): number =>
          ((h * h) / (h * h + v)) ** (d / 2) * Math.exp(-square / (2 * (h * h + v)));
        const expected = k(2 * s * s, 0) - 2 * k(s * s + of * of, d * by * by) + k(2 * of * of, 0);
        const metric = gaussianKernelDistance(truth, h);
        const values = await Promise.all(
          range(150).map((i) =>
            valueOf(
              metric,
              mapRows(law.sample(12, seed + i), (row) => row.map((x) => s * x + by)),
            ),
          ),
        );
        const { value, error } = meanWithError(values);
        expect(Math.abs(value - expected)).toBeLessThan(5.5 * error + 1e-12);
        if (equal) expect(expected).toBeCloseTo(0, 12);
      }),
      { numRuns: 12 },
    );
  });

  it('is 0 in the mean on a mixture with the median distance', async () => {
    const metric = gaussianKernelDistance(plane);
    const { value, error } = meanWithError(
      await Promise.all(range(200).map((seed) => valueOf(metric, plane.sample(40, seed)))),
    );
    expect(Math.abs(value)).toBeLessThan(3.5 * error);
  });

  it('sees a law that agrees in five moments, which the cubic kernel does not', async () => {
    const law = standardNormal(1);
    // the nodes of Gauss and Hermite, as often as their weights say
    const samples = batchOf(
      range(1200).map((i) => [i % 6 === 0 ? Math.sqrt(3) : i % 6 === 1 ? -Math.sqrt(3) : 0]),
    );
    expect(Math.abs(await valueOf(kernelDistance(law), samples))).toBeLessThan(0.02);
    expect(await valueOf(gaussianKernelDistance(law, 0.3), samples)).toBeGreaterThan(0.1);
  });

  it('has no unit: truth and samples moved and stretched together are at the same distance', async () => {
    const samples = mapRows(plane.sample(40, 5), ([x, y]) => [x + 0.4, y]);
    const moved = gaussianMixture({
      weights: plane.weights,
      means: plane.means.map(([x, y]) => [3 * x + 7, 3 * y]),
      covariances: plane.covariances.map((rows) => rows.map((row) => Array.from(row, (value) => 9 * value))),
    });
    const after = await valueOf(
      gaussianKernelDistance(moved),
      mapRows(samples, ([x, y]) => [3 * x + 7, 3 * y]),
    );
    expect(after).toBeCloseTo(await valueOf(gaussianKernelDistance(plane), samples), 6); // true samples are float32
  });

  it('is as wide as the median distance of true draws', () => {
    // |Y - Y'|² is 2 chi² of d degrees: its median is near 2 (d - 2/3)
    for (const d of [3, 20]) {
      expect(medianDistance(standardNormal(d)) ** 2 / (2 * (d - 2 / 3))).toBeCloseTo(1, 1);
    }
  });

  it('takes no bandwidth that is none, as where the truth is a point', async () => {
    const point = gaussianMixture({
      weights: [1],
      means: [[1, 2]],
      covariances: [range(2).map(() => [0, 0])],
    });
    const samples = batchOf(rowsOf(plane.sample(5, 1)));
    for (const metric of [gaussianKernelDistance(point), gaussianKernelDistance(plane, NaN)]) {
      expect(() => metric.over(samples)).toThrow(/the bandwidth is (0|NaN); accepted are positive numbers/);
    }
    const at = batchOf(range(4).map(() => [1, 2]));
    expect(await valueOf(gaussianKernelDistance(point, 1), at)).toBeCloseTo(0, 12);
  });
});
