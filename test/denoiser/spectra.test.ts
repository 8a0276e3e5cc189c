import { describe, expect, it } from 'vitest';
import { cosineSpectrum, diagonalSpectrum, spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import { checkSpectrum, covarianceOf } from '../../src/plan/spectrum.js';

const covariance = [
  [2, 0.5, 0.3, 0.1],
  [0.5, 1, 0.2, 0.1],
  [0.3, 0.2, 0.7, 0],
  [0.1, 0.1, 0, 0.4],
];
const near = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): void =>
  a.forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(b[i][j], 10)));
const trace = (rows: readonly (readonly number[])[]): number => rows.reduce((sum, row, i) => sum + row[i], 0);

describe('a spectrum', () => {
  it('of all components is the covariance', () => {
    const spectrum = spectrumOf(covariance);
    near(covarianceOf(spectrum), covariance);
    expect([...spectrum.variances].sort((a, b) => b - a)).toEqual(spectrum.variances);
  });

  it('of low rank keeps the first components and the whole variance', () => {
    const all = spectrumOf(covariance);
    const some = spectrumOf(covariance, { rank: 2 });
    expect(some.variances.slice(0, 2)).toEqual(all.variances.slice(0, 2));
    expect(some.variances).toHaveLength(3);
    expect(trace(covarianceOf(some))).toBeCloseTo(trace(covariance), 12);
  });

  it('of coordinates and of cosines keeps the diagonal there', () => {
    expect(diagonalSpectrum(covariance).variances).toEqual([2, 1, 0.7, 0.4]);
    const cosine = cosineSpectrum(covariance, [2, 2]);
    expect(trace(covarianceOf(cosine))).toBeCloseTo(trace(covariance), 12);
    // of a covariance that is diagonal there, it is all
    near(covarianceOf(cosineSpectrum(covarianceOf(cosine), [2, 2])), covarianceOf(cosine));
    // the mean of the picture, times its size: 1' C 1/4
    expect(cosine.variances[0]).toBeCloseTo(covariance.flat().reduce((a, b) => a + b, 0) / 4, 12);
  });

  it('has zeros where the covariance is singular', () => {
    expect(
      spectrumOf([
        [1, 1],
        [1, 1],
      ]).variances[1],
    ).toBe(0);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a rank of 0',
      () => spectrumOf(covariance, { rank: 0 }),
      /rank is 0; accepted are whole numbers from 1 to 4/,
    ],
    ['an oblong', () => spectrumOf([[1, 0]]), /has to be \[d, d\]/],
    [
      'no symmetry',
      () =>
        diagonalSpectrum([
          [1, 0.5],
          [0, 1],
        ]),
      /has to be symmetric/,
    ],
    [
      'a negative eigenvalue',
      () =>
        spectrumOf([
          [1, 2],
          [2, 1],
        ]),
      /negative eigenvalue -0.99999/,
    ],
    ['pictures of another size', () => cosineSpectrum(covariance, [2, 3]), /4 variances for 6 components/],
    [
      'a negative variance',
      () => checkSpectrum({ basis: { id: 'coordinates', size: 1 }, variances: [-1] }),
      /variance 0 of a spectrum is -1/,
    ],
  ])('is refused with %s', (_, make, message) => {
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});
