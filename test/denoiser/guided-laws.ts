import fc from 'fast-check';
import type { Batch } from '../../src/array/batch.js';
import { gaussianMixture, type GaussianMixture } from '../../src/denoiser/mixture.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { momentAt, someMixture } from './laws.js';
import { sequences } from './markov-brute-force.js';

export const channel = fc.record({
  alpha: fc.double({ min: 1e-3, max: 2, noNaN: true }),
  sigma: fc.double({ min: 1e-3, max: 5, noNaN: true }),
});
export const number = fc.double({ min: -3, max: 3, noNaN: true });
export const vector = (d: number) => fc.array(number, { minLength: d, maxLength: d });

export const mixture = gaussianMixture(someMixture(5, 4, 3));
export const gaussian = (mean: number, variance: number): GaussianMixture =>
  gaussianMixture({ weights: [1], means: [[mean]], covariances: [[variance]] });

export const dataOf = (denoiser: Denoiser, x: Batch, alpha: number, sigma: number) =>
  (denoiser.predict(x, new Array(x.shape[0]).fill(momentAt(alpha, sigma))) as Batch).data;

/** The same, later. */
export const slow = (denoiser: Denoiser): Denoiser => ({
  sampleShape: denoiser.sampleShape,
  predict: async (...asked) => denoiser.predict(...asked),
});

/** E of `K e_x - 1` under weights `exp(log(text))`, by going through all texts of 3 classes. */
export const enumerated = (length: number, log: (text: number[]) => number): Float64Array => {
  const texts = sequences(3, length);
  const logs = texts.map(log);
  const peak = Math.max(...logs);
  const sums = new Float64Array(3 * length);
  let total = 0;
  texts.forEach((text, j) => {
    const p = Math.exp(logs[j] - peak);
    total += p;
    text.forEach((k, i) => (sums[3 * i + k] += p));
  });
  return sums.map((sum) => (3 * sum) / total - 1);
};
