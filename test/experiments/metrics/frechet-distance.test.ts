import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { frechetDistance } from '../../../experiments/metrics/index.js';
import { batchOf, range, someCovariance, valueOf } from './support.js';

const identity = (d: number): number[][] => range(d).map((i) => range(d).map((j) => (i === j ? 1 : 0)));

/** An orthogonal matrix, as rows: the eigenvectors of a random symmetric one. */
const someRotation = (d: number, seed: number): number[][] =>
  new EigenvalueDecomposition(new Matrix(someCovariance(d, seed, 1)), {
    assumeSymmetric: true,
  }).eigenvectorMatrix.to2DArray();

const withSpectrum = (rotation: number[][], spectrum: number[]): number[][] => {
  const q = new Matrix(rotation);
  return q.mmul(Matrix.diag(spectrum)).mmul(q.transpose()).to2DArray();
};

/** 2d samples whose mean is `mean` and whose unbiased covariance has the eigenvalues `spectrum` along the columns of `rotation`. */
const samplesWith = (mean: number[], rotation: number[][], spectrum: number[]) => {
  const d = mean.length;
  return batchOf(
    [1, -1].flatMap((sign) =>
      spectrum.map((value, k) =>
        mean.map((m, i) => m + sign * rotation[i][k] * Math.sqrt((value * (2 * d - 1)) / 2)),
      ),
    ),
  );
};

const gaussian = (mean: number[], covariance: number[][]) =>
  gaussianMixture({ weights: [1], means: [mean], covariances: [covariance] });

const spectrum = (d: number) =>
  fc.array(fc.double({ min: 0.01, max: 9, noNaN: true }), { minLength: d, maxLength: d });
const vector = (d: number) =>
  fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: d, maxLength: d });

describe('frechet-distance', () => {
  it.each([1, 2, 5])('has the closed form for commuting covariances, d = %i', async (d) => {
    await fc.assert(
      fc.asyncProperty(
        spectrum(d),
        spectrum(d),
        vector(d),
        vector(d),
        fc.nat(1000),
        async (l1, l2, m1, m2, seed) => {
          const rotation = someRotation(d, seed);
          const metric = frechetDistance(gaussian(m2, withSpectrum(rotation, l2)));
          const expected = range(d).reduce(
            (sum, k) => sum + (m1[k] - m2[k]) ** 2 + (Math.sqrt(l1[k]) - Math.sqrt(l2[k])) ** 2,
            0,
          );
          expect(await valueOf(metric, samplesWith(m1, rotation, l1))).toBeCloseTo(expected, 6);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('has the closed form for any covariances in two variables', async () => {
    await fc.assert(
      fc.asyncProperty(spectrum(2), fc.nat(1000), fc.nat(1000), async (l1, seed1, seed2) => {
        const rotation = someRotation(2, seed1);
        const [[a, b], [, c]] = withSpectrum(rotation, l1);
        const s2 = someCovariance(2, seed2, 1);
        const [[e, f], [, g]] = s2;
        // the eigenvalues of a 2x2 matrix M satisfy (sqrt(x) + sqrt(y))² = trace M + 2 sqrt(det M)
        const rootTrace = Math.sqrt(
          a * e + 2 * b * f + c * g + 2 * Math.sqrt((a * c - b * b) * (e * g - f * f)),
        );
        const value = await valueOf(frechetDistance(gaussian([0, 0], s2)), samplesWith([0, 0], rotation, l1));
        expect(value).toBeCloseTo(a + c + e + g - 2 * rootTrace, 6);
      }),
      { numRuns: 30 },
    );
  });

  it('does not change when samples and truth are rotated together', async () => {
    const [d, q] = [4, someRotation(4, 9)];
    const rotate = (x: number[]): number[] => q.map((row) => row.reduce((sum, v, k) => sum + v * x[k], 0));
    const covariance = new Matrix(someCovariance(d, 4, 2));
    const turned = new Matrix(q).mmul(covariance).mmul(new Matrix(q).transpose()).to2DArray();
    const rows = range(30).map((i) => range(d).map((k) => Math.sin(3 * i * (k + 1) + k)));
    const mean = [1, 0, -2, 3];
    const before = await valueOf(frechetDistance(gaussian(mean, covariance.to2DArray())), batchOf(rows));
    const metric = frechetDistance(gaussian(rotate(mean), turned));
    expect(await valueOf(metric, batchOf(rows.map(rotate)))).toBeCloseTo(before, 8);
  });

  it('is 0 on samples with the true moments, and loses no digits far from the origin', async () => {
    const [mean, l] = [
      [1e4, -1e4],
      [1, 2],
    ];
    const metric = frechetDistance(gaussian(mean, withSpectrum(identity(2), l)));
    expect(await valueOf(metric, samplesWith(mean, identity(2), l))).toBeLessThan(1e-10);
  });

  it('needs two samples for a covariance', async () => {
    expect(await valueOf(frechetDistance(gaussian([0], [[1]])), batchOf([[1]]))).toBeNaN();
  });
});
