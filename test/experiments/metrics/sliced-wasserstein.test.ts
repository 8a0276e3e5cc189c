import fc from 'fast-check';
import { erf } from 'mathjs/number';
import { describe, expect, it } from 'vitest';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { slicedWasserstein } from '../../../experiments/metrics/index.js';
import { normalCdf } from '../../../experiments/metrics/normal.js';
import {
  lineLaw,
  lineLawOfPoints,
  squaredWasserstein,
  type LineMixture,
} from '../../../experiments/metrics/projected-law.js';
import { batchOf, mapRows, plane, range, rowsOf, standardNormal, valueOf } from './support.js';

const lineMixtures = (leastDeviation: number) =>
  fc
    .array(
      fc.record({
        weight: fc.double({ min: 0.05, max: 1, noNaN: true }),
        mean: fc.double({ min: -3, max: 3, noNaN: true }),
        deviation: fc.double({ min: leastDeviation, max: 2, noNaN: true }),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((components): LineMixture => {
      const total = components.reduce((sum, { weight }) => sum + weight, 0);
      return {
        weights: components.map(({ weight }) => weight / total),
        means: components.map(({ mean }) => mean),
        deviations: components.map(({ deviation }) => deviation),
      };
    });

const sortedPoints = fc
  .array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 12 })
  .map((points) => Float64Array.from(points).sort());

/** `sum of w_k of((x - m_k) / s_k, m_k, s_k)`. */
const mixed = (
  { weights, means, deviations }: LineMixture,
  x: number,
  of: (z: number, m: number, s: number) => number,
): number =>
  range(weights.length).reduce(
    (sum, k) => sum + weights[k] * of((x - means[k]) / deviations[k], means[k], deviations[k]),
    0,
  );

const phi = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
const Phi = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

const bisect = (holds: (x: number) => boolean): number => {
  let [low, high] = [-25, 25];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return low;
};

const quantile = (mixture: LineMixture, u: number): number => bisect((x) => mixed(mixture, x, Phi) >= u);

const squared = (mixture: LineMixture, sorted: Float64Array): number =>
  squaredWasserstein(lineLaw(mixture), sorted, new Float64Array(sorted.length).fill(1));

/** The integral of `(x_i - y)² p(y)` between the quantiles that belong to each point, by the midpoint rule. */
const integrated = (mixture: LineMixture, sorted: Float64Array): number => {
  const { means, deviations } = mixture;
  const end = (sign: number): number =>
    Math.max(...range(means.length).map((k) => sign * means[k] + 9 * deviations[k]));
  const inner = range(sorted.length - 1).map((i) => quantile(mixture, (i + 1) / sorted.length));
  const edges = [-end(-1), ...inner, end(1)];
  const steps = 3000;
  return sorted.reduce((total, x, i) => {
    const step = (edges[i + 1] - edges[i]) / steps;
    let sum = 0;
    for (let j = 0; j < steps; j++) {
      const y = edges[i] + (j + 0.5) * step;
      sum += step * (x - y) ** 2 * mixed(mixture, y, (z, _, s) => phi(z) / s);
    }
    return total + sum;
  }, 0);
};

/** The same, the partial means and second moments of each component in closed form. */
const closedForm = (mixture: LineMixture, sorted: Float64Array): number => {
  const n = sorted.length;
  const partialMean = (u: number): number =>
    mixed(mixture, quantile(mixture, u), (z, m, s) => m * Phi(z) - s * phi(z));
  const second = mixed(mixture, 0, (_, m, s) => m * m + s * s);
  return sorted.reduce(
    (sum, x, i) => sum + (x * x) / n - 2 * x * (partialMean((i + 1) / n) - partialMean(i / n)),
    second,
  );
};

describe('the normal distribution function', () => {
  it('agrees with erf', () => {
    fc.assert(
      fc.property(fc.double({ min: -12, max: 12, noNaN: true }), (z) => {
        expect(Math.abs(normalCdf(z) - (1 + erf(z / Math.SQRT2)) / 2)).toBeLessThan(1e-15);
      }),
    );
    expect(normalCdf(NaN)).toBeNaN();
  });
});

describe('W2 from points to a Gaussian mixture on the line', () => {
  it('agrees with numerical integration', () => {
    fc.assert(
      fc.property(lineMixtures(0.3), sortedPoints, (mixture, sorted) => {
        expect(Math.abs(squared(mixture, sorted) - integrated(mixture, sorted))).toBeLessThan(1e-3);
      }),
      { numRuns: 15 },
    );
  });

  it('agrees to 1e-6 with the quantiles found by bisection, however narrow the components', () => {
    fc.assert(
      fc.property(lineMixtures(0.001), sortedPoints, (mixture, sorted) => {
        expect(Math.abs(squared(mixture, sorted) - closedForm(mixture, sorted))).toBeLessThan(1e-6);
      }),
    );
  });

  it('does so for a hundred components', () => {
    const mixture = {
      weights: range(100).map(() => 0.01),
      means: range(100).map((k) => Math.sin(k * k)),
      deviations: range(100).map((k) => 0.01 + 0.1 * Math.cos(k) ** 2),
    };
    const points = Float64Array.from(range(40), (i) => i / 20 - 1);
    expect(Math.abs(squared(mixture, points) - closedForm(mixture, points))).toBeLessThan(1e-6);
  });

  it('grows by the square of a shift from a sample with the true mean', () => {
    fc.assert(
      fc.property(
        lineMixtures(0.02),
        sortedPoints,
        fc.double({ min: -5, max: 5, noNaN: true }),
        (mixture, points, shift) => {
          const law = lineLaw(mixture);
          const ones = new Float64Array(points.length).fill(1);
          const mean = points.reduce((a, b) => a + b, 0) / points.length;
          const centred = points.map((x) => x - mean + law.mean);
          const grown = squaredWasserstein(
            law,
            centred.map((x) => x + shift),
            ones,
          );
          expect(grown - squaredWasserstein(law, centred, ones)).toBeCloseTo(shift * shift, 8);
        },
      ),
    );
  });

  it('between point masses is exact', () => {
    const law = lineLaw({ weights: [0.25, 0.75], means: [-1, 2], deviations: [0, 0] });
    // 1/4 of the mass at -1 to 0, 1/4 at 2 to 0, 1/2 at 2 to 3
    expect(squaredWasserstein(law, Float64Array.of(0, 3), Float64Array.of(1, 1))).toBeCloseTo(1.75, 7);
  });
});

describe('sliced-wasserstein', () => {
  it('of a shifted Gaussian in one variable is the shift', async () => {
    const normal = { weights: [1], means: [0], deviations: [1] };
    // the medians of 2000 equal shares of the normal law, shifted
    const samples = batchOf(range(2000).map((i) => [quantile(normal, (i + 0.5) / 2000) - 0.7]));
    expect(await valueOf(slicedWasserstein(standardNormal(1)), samples)).toBeCloseTo(0.7, 3);
  });

  it('of one point from an isotropic Gaussian is its deviation, in every dimension', async () => {
    for (const d of [1, 2, 5, 20]) {
      const samples = batchOf([range(d).map(() => 0)]);
      expect(await valueOf(slicedWasserstein(standardNormal(d)), samples)).toBeCloseTo(1, 6);
    }
  });

  it('does not change when samples and truth move together', async () => {
    const samples = plane.sample(50, 1);
    const moved = gaussianMixture({
      ...plane,
      means: plane.means.map(([x, y]) => [x + 5, y - 100]),
    });
    const before = await valueOf(slicedWasserstein(plane), samples);
    const after = await valueOf(
      slicedWasserstein(moved),
      mapRows(samples, ([x, y]) => [x + 5, y - 100]),
    );
    expect(after).toBeCloseTo(before, 7);
    expect(rowsOf(samples)[0]).toHaveLength(2);
  });

  it('falls like the inverse root of the number of true samples', async () => {
    const metric = slicedWasserstein(plane);
    const mean = async (n: number): Promise<number> => {
      const values = await Promise.all(range(10).map((seed) => valueOf(metric, plane.sample(n, 50 + seed))));
      return values.reduce((a, b) => a + b, 0) / 10;
    };
    const ratio = (await mean(100)) / (await mean(1600));
    expect(ratio).toBeGreaterThan(2.8);
    expect(ratio).toBeLessThan(5.6);
  });
});

describe('the law of points', () => {
  it('gives the distance of two sets of points exactly: that of their quantile functions', () => {
    fc.assert(
      fc.property(sortedPoints, sortedPoints, (points, others) => {
        const [n, m] = [points.length, others.length];
        let exact = 0;
        // on cells of 1/(n m) both quantile functions are constant
        for (let i = 0; i < n * m; i++) {
          exact += (points[Math.floor(i / m)] - others[Math.floor(i / n)]) ** 2 / (n * m);
        }
        const found = squaredWasserstein(lineLawOfPoints(others), points, new Float64Array(n).fill(1));
        expect(Math.abs(found - exact)).toBeLessThan(1e-12 * (1 + exact) * 100);
      }),
    );
  });
});
