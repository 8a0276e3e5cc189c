import fc from 'fast-check';
import { Matrix, inverse } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { fitGaussianMixture } from '../../src/denoiser/em.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import { largestDifference, someMixture } from './laws.js';

const drawn = (seed: number, k: number, d: number, n: number) =>
  gaussianMixture(someMixture(seed, k, d)).sample(n, seed).data;

describe('the fit of a Gaussian mixture', () => {
  it('never lowers its objective, whatever the data, the seed and the ridge', () => {
    fc.assert(
      fc.property(
        fc.nat(1e6),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 1e-3, max: 0.5, noNaN: true }),
        (seed, d, components, ridge) => {
          const rows = drawn(seed, 3, d, 60);
          const { objective } = fitGaussianMixture(rows, d, {
            components,
            seed,
            ridge,
            tolerance: 1e-12,
            iterations: 40,
          });
          objective.slice(1).forEach((value, i) => expect(value - objective[i]).toBeGreaterThan(-1e-9));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('reports the objective and the log-likelihood that its parameters have', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 5 }), (seed, d) => {
        const n = 80;
        const rows = drawn(seed, 3, d, n);
        const { parameters, objective, logLikelihood, ridge } = fitGaussianMixture(rows, d, {
          components: 4,
          seed,
        });
        const law = gaussianMixture(parameters);
        const batch = { shape: [n, d], data: rows };
        const mean = law.logDensity(batch).reduce((a, b) => a + b, 0) / n;
        expect(logLikelihood).toBeCloseTo(mean, 9);
        // component by component: each row's best possible logarithm, less what its cloud of variance `ridge` costs
        const parts = law.weights.map((weight, c) => {
          const alone = gaussianMixture({
            weights: [1],
            means: [law.means[c]],
            covariances: [law.covariances[c]],
          });
          const cost = (ridge / 2) * inverse(new Matrix(law.covariances[c].map((row) => [...row]))).trace();
          return alone.logDensity(batch).map((value) => value + Math.log(weight) - cost);
        });
        const total = Array.from({ length: n }, (_, i) => {
          const peak = Math.max(...parts.map((part) => part[i]));
          return peak + Math.log(parts.reduce((sum, part) => sum + Math.exp(part[i] - peak), 0));
        }).reduce((a, b) => a + b, 0);
        expect(objective.at(-1)).toBeCloseTo(total / n, 8);
      }),
      { numRuns: 20 },
    );
  });

  it('with one component gives mean and covariance of the rows, and the ridge', () => {
    const [d, n, ridge] = [3, 50, 0.01];
    const rows = drawn(2, 2, d, n);
    const { parameters, iterations, converged } = fitGaussianMixture(rows, d, {
      components: 1,
      seed: 1,
      ridge,
    });
    const at = (i: number, j: number) => rows[i * d + j];
    const indices = [...Array(n).keys()];
    const mean = [0, 1, 2].map((j) => indices.reduce((sum, i) => sum + at(i, j) / n, 0));
    const covariance = [0, 1, 2].map((a) =>
      [0, 1, 2].map(
        (b) =>
          indices.reduce((sum, i) => sum + ((at(i, a) - mean[a]) * (at(i, b) - mean[b])) / n, 0) +
          (a === b ? ridge : 0),
      ),
    );
    expect(parameters.weights).toEqual([1]);
    expect(largestDifference(parameters.means[0], mean)).toBeLessThan(1e-14);
    expect(largestDifference(parameters.covariances.flat(2), covariance.flat())).toBeLessThan(1e-14);
    expect([iterations, converged]).toEqual([1, true]);
  });

  it('finds a known mixture again', () => {
    const truth = { weights: [0.2, 0.3, 0.5], means: [[-3, 0], [0, 3], [3, -1]], covariances: [[[0.5, 0.2], [0.2, 0.3]], [[0.2, 0], [0, 0.6]], [[0.4, -0.3], [-0.3, 0.5]]] }; // prettier-ignore
    const rows = gaussianMixture(truth).sample(6000, 3).data;
    const { parameters, converged } = fitGaussianMixture(rows, 2, {
      components: 3,
      seed: 5,
      ridge: 1e-6,
      tolerance: 1e-9,
    });
    expect(converged).toBe(true);
    const order = [0, 1, 2].sort((a, b) => parameters.means[a][0] - parameters.means[b][0]);
    order.forEach((c, i) => {
      // 5 standard errors and a bit, of about 1200 rows and variances below 0.6
      expect(Math.abs(parameters.weights[c] - truth.weights[i])).toBeLessThan(0.035);
      expect(largestDifference(parameters.means[c], truth.means[i])).toBeLessThan(0.12);
      const fitted = [parameters.covariances[c]].flat(2);
      expect(largestDifference(fitted, truth.covariances[i].flat())).toBeLessThan(0.13);
    });
  });

  it('is the same, bit for bit, from the same seed, in either precision of equal rows', () => {
    const rows = Float32Array.from(drawn(4, 5, 3, 200));
    const fit = (data: Float32Array | Float64Array, seed: number) =>
      fitGaussianMixture(data, 3, { components: 5, seed });
    expect(fit(rows, 1)).toEqual(fit(rows, 1));
    expect(fit(Float64Array.from(rows), 1)).toEqual(fit(rows, 1));
    expect(fit(rows, 2).objective).not.toEqual(fit(rows, 1).objective);
  });

  it('copes with coordinates that never change, and with fewer points than components', () => {
    const rows = Float64Array.from([0, 7, 1, 7, 0, 7, 1, 7, 0, 7]);
    const { parameters, ridge } = fitGaussianMixture(rows, 2, { components: 4, seed: 1 });
    expect(ridge).toBeCloseTo(1e-2 * (0.24 / 2), 12);
    expect([...parameters.weights].sort()).toEqual([0.4, 0.6]);
    expect(parameters.means.map((mean) => mean[1])).toEqual([7, 7]);
    expect(gaussianMixture(parameters).mean[0]).toBeCloseTo(0.4, 12);
  });

  it.each([
    [[1, 2, 3], 2, {}, /3 numbers are no rows of 2/],
    [[], 2, {}, /0 numbers are no rows of 2/],
    [[1, 2], 2, { components: 0 }, /components is 0; accepted are integers from 1 to the 1 rows/],
    [[1, 2], 2, { components: 2 }, /components is 2/],
    [[1, NaN], 2, {}, /row 0, column 1 is NaN/],
    [[1, 2, 3, 4], 2, { ridge: 0 }, /ridge is 0; accepted are positive/],
    [[1, 1, 1, 1], 2, {}, /all rows are equal/],
    [[1, 2, 3, 4], 2, { iterations: -1 }, /iterations is -1/],
    [[1, 2, 3, 4], 2, { tolerance: NaN }, /tolerance is NaN/],
  ])('%j as rows of %d with %j is refused', (rows, dimension, wrong, message) => {
    const fit = () =>
      fitGaussianMixture(Float64Array.from(rows), dimension, { components: 1, seed: 1, ...wrong });
    expect(fit).toThrow(UsageError);
    expect(fit).toThrow(message);
  });
});
