import { describe, expect, it } from 'vitest';
import { fitGaussianMixture } from '../../src/denoiser/em.js';
import { principalCoordinates } from '../../src/denoiser/mixture/principal.js';
import { UsageError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';

// two clouds in five dimensions, apart in the first, narrow in the last three
const n = 400;
const d = 5;
const { normal } = randomStream(1, 'clouds');
const widths = [0.2, 0.5, 0.1, 0.1, 0.1];
const rows = Float64Array.from({ length: n * d }, (_, at) => {
  const [i, j] = [Math.floor(at / d), at % d];
  return (j === 0 ? (i % 4 === 0 ? -1 : 1) : 0.3) + widths[j] * normal();
});

describe('a fit in a subspace', () => {
  it('is that of all coordinates where the clouds are told apart in it', () => {
    const options = { components: 2, seed: 1, ridge: 1e-3 };
    const [whole, part] = [
      fitGaussianMixture(rows, d, options),
      fitGaussianMixture(rows, d, { ...options, subspace: 2 }),
    ];
    part.parameters.weights.forEach((w, c) => expect(w).toBeCloseTo(whole.parameters.weights[c], 3));
    part.parameters.means.forEach((mean, c) =>
      mean.forEach((value, j) => expect(value).toBeCloseTo(whole.parameters.means[c][j], 2)),
    );
    expect(part.logLikelihood).toBeCloseTo(whole.logLikelihood, 2);
    expect(part.shares).toHaveLength(2 * n);
    for (let i = 0; i < n; i++) expect(part.shares[2 * i] + part.shares[2 * i + 1]).toBeCloseTo(1, 12);
  });

  it('is refused unless smaller than the whole', () => {
    for (const subspace of [0, 5, 1.5]) {
      const fit = () => fitGaussianMixture(rows, d, { components: 2, seed: 1, subspace });
      expect(fit).toThrow(UsageError);
      expect(fit).toThrow(/subspace is .*; accepted are integers from 1 to 4/);
    }
  });
});

it('principal coordinates are uncorrelated, of falling variance, and together those of the rows', () => {
  const coordinates = principalCoordinates(rows, d, d);
  const moment = (a: number, b: number, of: Float64Array): number => {
    const mean = (j: number): number => of.reduce((sum, x, at) => (at % d === j ? sum + x / n : sum), 0);
    const [ma, mb] = [mean(a), mean(b)];
    let sum = 0;
    for (let i = 0; i < n; i++) sum += ((of[i * d + a] - ma) * (of[i * d + b] - mb)) / n;
    return sum;
  };
  const variances = Array.from({ length: d }, (_, j) => moment(j, j, coordinates));
  expect(variances).toEqual([...variances].sort((a, b) => b - a));
  expect(moment(0, 1, coordinates)).toBeCloseTo(0, 10);
  const total = (of: Float64Array): number => variances.reduce((sum, _, j) => sum + moment(j, j, of), 0);
  expect(total(coordinates)).toBeCloseTo(total(rows), 10);
});
