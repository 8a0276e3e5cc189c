import fc from 'fast-check';
import { Matrix as Dense, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { samplesOf, type Batch, type Precision } from '../../src/array/batch.js';
import { kernelsInUse } from '../../src/array/kernels/index.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';
import {
  apply,
  batchOf,
  largestDifference,
  momentAt,
  multiply,
  normalMatrix,
  rowsOf,
  someMixture,
  transpose,
} from './laws.js';

const seeds = fc.nat(1e6);
const alphas = fc.double({ min: 0.05, max: 1.5, noNaN: true });
const sigmas = fc.double({ min: 0.05, max: 2, noNaN: true });

/** One x_t of the law. */
const noisySample = (law: ReturnType<typeof gaussianMixture>, seed: number, alpha: number, sigma: number) => {
  const { normal } = randomStream(seed, 'noise');
  return [...law.sample(1, seed).data].map((value) => alpha * value + sigma * normal());
};

const predictOne = (
  law: ReturnType<typeof gaussianMixture>,
  x: readonly number[],
  alpha: number,
  sigma: number,
) => [...law.predict(batchOf([x]), [momentAt(alpha, sigma)]).data];

describe('the posterior mean', () => {
  it('is the integral of x_0 against the posterior, in one dimension', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), alphas, sigmas, (seed, k, alpha, sigma) => {
        const parameters = someMixture(seed, k, 1);
        const law = gaussianMixture(parameters);
        const [x] = noisySample(law, seed, alpha, sigma);
        // the trapezium rule is exponentially accurate: no factor is narrower than 0.03
        const step = 0.01;
        const points = Array.from({ length: 2401 }, (_, i) => (i - 1200) * step);
        const logs = points.map((a) => {
          const prior = parameters.weights.reduce((sum, weight, c) => {
            const variance = parameters.covariances[c][0][0];
            const distance = (a - parameters.means[c][0]) ** 2 / variance;
            return sum + (weight * Math.exp(-distance / 2)) / Math.sqrt(variance);
          }, 0);
          return Math.log(prior) - ((x - alpha * a) / sigma) ** 2 / 2;
        });
        const peak = Math.max(...logs);
        const masses = logs.map((log) => Math.exp(log - peak));
        const mean =
          masses.reduce((sum, mass, i) => sum + mass * points[i], 0) / masses.reduce((a, b) => a + b, 0);
        expect(predictOne(law, [x], alpha, sigma)[0]).toBeCloseTo(mean, 9);
      }),
      { numRuns: 40 },
    );
  });

  it("is Tweedie's: (x + sigma² grad ln p_t) / alpha, and `score` is that gradient", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), alphas, sigmas, (seed, d, alpha, sigma) => {
        const law = gaussianMixture(someMixture(seed, 3, d));
        const x = noisySample(law, seed, alpha, sigma);
        const moment = momentAt(alpha, sigma);
        const h = 2e-3 * sigma;
        const gradient = x.map((_, j) => {
          const at = [-2, -1, 1, 2].map((m) => x.map((value, i) => (i === j ? value + m * h : value)));
          const [a, b, c, e] = law.logDensity(batchOf(at), moment);
          return (a - 8 * b + 8 * c - e) / (12 * h);
        });
        const score = law.score(batchOf([x]), [moment]).data;
        const size = 1 + Math.max(...score.map(Math.abs));
        expect(largestDifference(score, gradient) / size).toBeLessThan(1e-8);
        const mean = x.map((value, j) => (value + sigma ** 2 * score[j]) / alpha);
        const scale = 1 + (1 + sigma ** 2) / alpha;
        expect(largestDifference(predictOne(law, x, alpha, sigma), mean) / scale).toBeLessThan(1e-12);
      }),
    );
  });

  it('of one Gaussian is m + alpha C (alpha² C + sigma² I)^-1 (x - alpha m)', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 6 }), alphas, sigmas, (seed, d, alpha, sigma) => {
        const parameters = someMixture(seed, 1, d);
        const law = gaussianMixture(parameters);
        const x = noisySample(law, seed, alpha, sigma);
        const [m, c] = [parameters.means[0], parameters.covariances[0]];
        const noisy = c.map((row, i) =>
          row.map((value, j) => alpha ** 2 * value + (i === j ? sigma ** 2 : 0)),
        );
        const residual = Dense.columnVector(x.map((value, j) => value - alpha * m[j]));
        const follow = apply(c, solve(new Dense(noisy), residual).to1DArray());
        const expected = m.map((value, j) => value + alpha * follow[j]);
        expect(largestDifference(predictOne(law, x, alpha, sigma), expected)).toBeLessThan(1e-11);
      }),
    );
  });

  it('moves with the data: of s R x_0 + b it is s R D + b, R orthogonal', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        alphas,
        sigmas,
        (seed, s, alpha, sigma) => {
          const d = 3;
          const { weights, means, covariances } = someMixture(seed, 3, d);
          const stream = randomStream(seed, 'motion');
          const [v] = normalMatrix(1, d, stream);
          const square = v.reduce((sum, value) => sum + value * value, 0);
          const mirror = v.map((a, i) => v.map((b, j) => (i === j ? 1 : 0) - (2 * a * b) / square));
          const [b] = normalMatrix(1, d, stream);
          const move = (x: readonly number[], shift: number) =>
            apply(mirror, x).map((value, j) => s * value + shift * b[j]);
          const law = gaussianMixture({ weights, means, covariances });
          const moved = gaussianMixture({
            weights,
            means: means.map((mean) => move(mean, 1)),
            covariances: covariances.map((c) =>
              multiply(multiply(mirror, c), transpose(mirror)).map((row) =>
                row.map((value) => s * s * value),
              ),
            ),
          });
          const x = noisySample(law, seed, alpha, sigma);
          const there = predictOne(moved, move(x, alpha), alpha, s * sigma);
          expect(largestDifference(there, move(predictOne(law, x, alpha, sigma), 1)) / s).toBeLessThan(1e-10);
        },
      ),
    );
  });

  it('of a mixture of points is that of atoms, and so is the score', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 5 }), alphas, sigmas, (seed, d, alpha, sigma) => {
        const { weights, means } = someMixture(seed, 4, d);
        const mixture = gaussianMixture({
          weights,
          means,
          covariances: means.map((mean) => mean.map(() => 0)),
        });
        const points = atoms({ points: means, weights });
        const x = batchOf([noisySample(mixture, seed, alpha, sigma)]);
        const moments = [momentAt(alpha, sigma)];
        expect(
          largestDifference(mixture.predict(x, moments).data, points.predict(x, moments).data),
        ).toBeLessThan(1e-12);
        const score = points.score(x, moments).data;
        const size = 1 + Math.max(...score.map(Math.abs));
        expect(largestDifference(mixture.score(x, moments).data, score) / size).toBeLessThan(1e-11);
        const [a, b] = [mixture, points].map((law) => law.logDensity(x, moments[0])[0]);
        expect(a).toBeCloseTo(b, 9);
      }),
    );
  });

  it.each(['float64', 'float32'] as const)('at the ends of the channel, in %s', (precision) => {
    const law = gaussianMixture(someMixture(1, 3, 2));
    const x = batchOf([[0.25, -3], [1, 2]], precision); // prettier-ignore
    expect(rowsOf(law.predict(x, [momentAt(0, 0.7), momentAt(0, 0)]))).toEqual(
      rowsOf(batchOf([law.mean, law.mean], precision)),
    );
    expect(rowsOf(law.predict(x, [momentAt(0.5, 0), momentAt(1, 0)]))).toEqual([[0.5, -6], [1, 2]]); // prettier-ignore
  });
});

describe('a sample', () => {
  const law = gaussianMixture(someMixture(7, 6, 9, 0.3));
  const clock = [momentAt(0.02, 0.14), momentAt(0.6, 0.5), momentAt(1, 1e-3), momentAt(1, 0), momentAt(0, 1)];
  const noisy = (n: number, seed: number, precision: Precision): { x: Batch; moments: Moment[] } => {
    const stream = randomStream(seed, 'batch');
    const moments = Array.from({ length: n }, () => clock[stream.integer(clock.length)]);
    const data = rowsOf(law.sample(n, seed));
    const rows = data.map((row, i) =>
      row.map((value) => moments[i].alpha * value + moments[i].sigma * stream.normal()),
    );
    return { x: batchOf(rows, precision), moments };
  };

  it.each(['float64', 'float32'] as const)(
    'gets the same bits alone, in any batch, in any order, in chunks: %s',
    (precision) => {
      fc.assert(
        fc.property(seeds, fc.integer({ min: 1, max: 23 }), fc.nat(22), (seed, n, shift) => {
          const { x, moments } = noisy(n, seed, precision);
          const together = law.predict(x, moments);
          const cut = shift % n;
          const turned = Array.from({ length: n }, (_, i) => (i * (n - 1) + cut) % n); // backwards, from `cut`
          const inOrder = law.predict(
            batchOf(
              turned.map((i) => rowsOf(x)[i]),
              precision,
            ),
            turned.map((i) => moments[i]),
          );
          const chunks = [
            [0, cut],
            [cut, n],
          ].flatMap(([from, to]) => [...law.predict(samplesOf(x, from, to), moments.slice(from, to)).data]);
          expect(chunks).toEqual([...together.data]);
          turned.forEach((i, at) => {
            const mine = [...samplesOf(together, i, i + 1).data];
            expect([...samplesOf(inOrder, at, at + 1).data]).toEqual(mine);
            expect([...law.predict(samplesOf(x, i, i + 1), [{ ...moments[i] }]).data]).toEqual(mine);
          });
        }),
        { numRuns: 25 },
      );
    },
  );

  it('is written to `out`, and x is left alone', () => {
    const { x, moments } = noisy(5, 1, 'float32');
    const before = x.data.slice();
    const out = { shape: x.shape, data: new Float32Array(x.data.length).fill(NaN) };
    expect(law.predict(x, moments, out)).toBe(out);
    expect(out.data).toEqual(law.predict(x, moments).data);
    expect(x.data).toEqual(before);
  });
});

describe('float32 by the kernel', () => {
  it('is used wherever there is one, but not when refused', () => {
    expect(gaussianMixture(someMixture(1, 2, 2)).kernel).toBe(kernelsInUse());
    expect(gaussianMixture(someMixture(1, 2, 2), { kernel: 'plain' }).kernel).toBe('plain');
  });

  // tolerance 3e-5 of the data's scale, which is about 1
  const cases = [1, 2, 7, 8, 9, 64].flatMap((d) =>
    [[0.02, 0.14], [0.5, 0.5], [0.95, 0.3], [0.999, 0.03], [1, 1e-3], [1, 80]].map((m) => [d, ...m] as const)); // prettier-ignore
  it.each(cases)('agrees with float64: d = %d, alpha = %d, sigma = %d', (d, alpha, sigma) => {
    const law = gaussianMixture(someMixture(d, 5, d, 0.5, 1e-3));
    const { normal } = randomStream(d, 'noise');
    const x = Float32Array.from(law.sample(40, 1).data, (value) => alpha * value + sigma * normal());
    const moments = new Array<Moment>(40).fill(momentAt(alpha, sigma));
    const fast = law.predict({ shape: [40, d], data: x }, moments);
    const exact = law.predict({ shape: [40, d], data: Float64Array.from(x) }, moments);
    expect(fast.data).toBeInstanceOf(Float32Array);
    expect(largestDifference(fast.data, exact.data)).toBeLessThan(3e-5);
  });

  it('is right to the last places of the result where points lie as close as the noise is small', () => {
    const { normal } = randomStream(3, 'close points');
    const [d, sigma] = [64, 1e-3];
    const centre = Array.from({ length: d }, normal);
    const means = Array.from({ length: 3 }, () => centre.map((value) => value + (sigma / 4) * normal()));
    const weights = [0.3, 0.3, 0.4];
    const law = gaussianMixture({ weights, means, covariances: means.map((mean) => mean.map(() => 0)) });
    const x = Float32Array.from(means.flat(), (value) => value + sigma * normal());
    const moments = new Array<Moment>(3).fill(momentAt(1, sigma));
    const fast = law.predict({ shape: [3, d], data: x }, moments);
    const exact = law.predict({ shape: [3, d], data: Float64Array.from(x) }, moments);
    // one unit in the last place of coordinates up to 4
    expect(largestDifference(fast.data, exact.data)).toBeLessThan(2.5e-7);
  });

  it('leaves to float64 what overflows in float32, and its neighbours do not feel it', () => {
    const law = gaussianMixture(someMixture(2, 4, 3));
    const moments = new Array<Moment>(4).fill(momentAt(0.5, 0.5));
    const rows = [[0.1, 0.2, 0.3], [1e25, 0, 0], [-1, 0, 1], [0, 0, 0]]; // prettier-ignore
    const result = rowsOf(law.predict(batchOf(rows, 'float32'), moments));
    const exact = rowsOf(law.predict(batchOf(rowsOf(batchOf(rows, 'float32'))), moments));
    expect(result[1]).toEqual(exact[1].map(Math.fround));
    expect(result[0]).toEqual(rowsOf(law.predict(batchOf([rows[0]], 'float32'), [moments[0]]))[0]);
  });

  it('lets what is not a number through', () => {
    const law = gaussianMixture(someMixture(2, 4, 1));
    const moments = [momentAt(0.5, 0.5), momentAt(0.5, 0.5)];
    const [lost, kept] = law.predict(batchOf([[NaN], [1]], 'float32'), moments).data;
    expect(lost).toBeNaN();
    expect(kept).toBeGreaterThan(-5);
  });
});

describe('the law of the data', () => {
  it('has a density that integrates to 1, with the stated mean and variance, at every moment', () => {
    fc.assert(
      fc.property(seeds, alphas, sigmas, (seed, alpha, sigma) => {
        const law = gaussianMixture(someMixture(seed, 3, 1));
        for (const moment of [momentAt(1, 0), momentAt(alpha, sigma)]) {
          const points = Array.from({ length: 8001 }, (_, i) => (i - 4000) * 0.005);
          const density = law.logDensity(batchOf(points.map((x) => [x])), moment).map(Math.exp);
          const integral = (f: (x: number) => number) =>
            density.reduce((sum, p, i) => sum + 0.005 * p * f(points[i]), 0);
          const mean = moment.alpha * law.mean[0];
          expect(integral(() => 1)).toBeCloseTo(1, 9);
          expect(integral((x) => x)).toBeCloseTo(mean, 8);
          const variance = moment.alpha ** 2 * law.covariance[0][0] + moment.sigma ** 2;
          expect(integral((x) => (x - mean) ** 2)).toBeCloseTo(variance, 7);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('has draws with the stated mean and covariance (5 standard errors, fixed seed)', () => {
    const law = gaussianMixture(someMixture(5, 4, 3));
    const n = 20000;
    const rows = rowsOf(law.sample(n, 11));
    const deviation = (i: number) => Math.sqrt(law.covariance[i][i]);
    for (let i = 0; i < 3; i++) {
      const mean = rows.reduce((sum, row) => sum + row[i], 0) / n;
      expect(Math.abs(mean - law.mean[i])).toBeLessThan((5 * deviation(i)) / Math.sqrt(n));
      for (let j = 0; j < 3; j++) {
        const products = rows.map((row) => (row[i] - law.mean[i]) * (row[j] - law.mean[j]));
        const covariance = products.reduce((a, b) => a + b, 0) / n;
        const spread = Math.sqrt(products.reduce((sum, p) => sum + (p - covariance) ** 2, 0) / n);
        expect(Math.abs(covariance - law.covariance[i][j])).toBeLessThan((5 * spread) / Math.sqrt(n));
      }
    }
  });

  it('has draws that are a function of the seed; a longer draw begins with the shorter', () => {
    const law = gaussianMixture(someMixture(5, 4, 3));
    expect([...law.sample(20, 1).data.subarray(0, 30)]).toEqual([...law.sample(10, 1).data]);
    expect([...law.sample(10, 2).data]).not.toEqual([...law.sample(10, 1).data]);
  });

  it('takes covariances in full or as diagonals', () => {
    const [weights, means] = [[0.4, 0.6], [[0, 1], [2, 3]]]; // prettier-ignore
    const diagonal = gaussianMixture({ weights, means, covariances: [[1, 2], [3, 4]] }); // prettier-ignore
    const full = gaussianMixture({ weights, means, covariances: [[[1, 0], [0, 2]], [[3, 0], [0, 4]]] }); // prettier-ignore
    expect(diagonal.covariances).toEqual(full.covariances);
    expect([...diagonal.sample(5, 1).data]).toEqual([...full.sample(5, 1).data]);
    expect(Object.isFrozen(full)).toBe(true);
  });
});

describe('mistakes', () => {
  const good = { weights: [0.5, 0.5], means: [[0, 0], [1, 1]], covariances: [[1, 1], [1, 1]] }; // prettier-ignore
  it.each([
    [{ weights: [0.5, 0.6] }, /weights sum to 1\.1; accepted is 1/],
    [{ weights: [1, 0] }, /weights\[1\] is 0; accepted are positive/],
    [{ weights: [1] }, /weights has 1 numbers; accepted are 2/],
    [{ means: [] }, /means is empty/],
    [{ means: [[0, 0], [1]] }, /means\[1\] has 1 numbers; accepted are 2/], // prettier-ignore
    [{ means: [[0, NaN], [1, 1]] }, /means\[0\]\[1\] is NaN/], // prettier-ignore
    [{ covariances: [[1, 1]] }, /covariances has 1 entries; accepted are 2/],
    [{ covariances: [[1, 1], [1]] }, /covariances\[1\] has 1 rows; accepted are 2/], // prettier-ignore
    [{ covariances: [[1, 1], [1, -1]] }, /covariances\[1\] has the negative eigenvalue -1/], // prettier-ignore
    [{ covariances: [[[1, 2], [2, 1]], [[1, 0], [0, 1]]] }, /covariances\[0\] has the negative eigenvalue -0\.9999/], // prettier-ignore
    [{ covariances: [[[1, 0.5], [0, 1]], [[1, 0], [0, 1]]] }, /covariances\[0\] is not symmetric: \[0\]\[1\] is 0\.5/], // prettier-ignore
    [{ covariances: [[[1, 0], [0]], [[1, 0], [0, 1]]] }, /covariances\[0\]\[1\] has 1 numbers/], // prettier-ignore
  ])('%j is refused', (wrong, message) => {
    const make = () => gaussianMixture({ ...good, ...wrong });
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });

  it('a batch of another shape, and moments of another number', () => {
    const law = gaussianMixture(good);
    expect(() => law.predict(batchOf([[1, 2, 3]]), [momentAt(1, 1)])).toThrow(
      /shape \[1, 3\]; accepted is \[n, 2\]/,
    );
    expect(() => law.predict(batchOf([[1, 2]]), [])).toThrow(/0 moments for 1 samples/);
    expect(() => law.score(batchOf([[1, 2]]), [])).toThrow(/0 moments for 1 samples/);
    expect(() => law.logDensity(batchOf([[1]]))).toThrow(UsageError);
    expect(() => law.sample(-1, 0)).toThrow(/sample\(-1\)/);
  });

  it('a density where there is none; predictions and noisy densities are fine', () => {
    const law = gaussianMixture({ ...good, covariances: [[1, 0], [1, 1]] }); // prettier-ignore
    const x = batchOf([[0.5, 0.5]]);
    expect(() => law.logDensity(x)).toThrow(/no density at alpha = 1, sigma = 0/);
    expect(() => law.score(x, [momentAt(1, 0)])).toThrow(UsageError);
    expect(law.logDensity(x, momentAt(1, 0.1))[0]).toBeGreaterThan(-10);
    expect([...law.predict(x, [momentAt(1, 0.1)]).data].every(Number.isFinite)).toBe(true);
  });
});
