import { type GaussianMixture, type MixtureParameters, gaussianMixture } from '../../src/denoiser/mixture.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import { continuousBfn } from '../../src/process/continuous-bfn.js';
import type { Problem, Reference } from '../problem.js';

/** What two moments alone are worth: it has the floor's Fréchet distance by construction, and is not the data. */
const gaussianReference = ({ mean, covariance }: GaussianMixture): Reference => ({
  id: 'gaussian',
  description: 'Gaussian of the true mean and covariance',
  samples: (count, seed) => {
    const gaussian = gaussianMixture({ weights: [1], means: [mean], covariances: [covariance] });
    return gaussian.sample(count, seed);
  },
});

/** A Gaussian mixture under continuous BFN. */
export const mixtureProblem = (
  id: string,
  parameters: Readonly<Record<string, Json>>,
  mixture: GaussianMixture,
  sigma1: number,
  view?: Problem['view'],
): Problem => ({
  id,
  parameters,
  process: continuousBfn({ sigma1 }),
  denoiser: mixture,
  moments: {
    mean: mixture.mean,
    variance: mixture.covariance.reduce((trace, row, i) => trace + row[i], 0) / mixture.dimension,
    spectrum: spectrumOf(mixture.covariance),
  },
  truth: { kind: 'vectors', mixture },
  decode: (result) => result,
  trueSamples: (count, seed) => mixture.sample(count, seed),
  // not the log densities: with few calls their law crosses the truth's by accident, which no distance of the samples does
  quality: ['frechet-distance', 'sliced-wasserstein'],
  solvers: ['bfn', 'bfn-solver++1', 'bfn-solver++2', 'sde-bfn-solver++2'],
  kernel: mixture.kernel,
  references: [gaussianReference(mixture)],
  ...(view ? { view } : {}),
});

/** Three Gaussians on a line, unequal in weight and width. */
export const mixture1d = (options: { sigma1: number }): Problem => {
  const mixture = {
    weights: [0.3, 0.5, 0.2],
    means: [[-0.7], [0.2], [0.75]],
    covariances: [[[0.01]], [[0.02]], [[0.004]]],
  };
  return mixtureProblem('mixture-1d', { ...options }, gaussianMixture(mixture), options.sigma1);
};

/** Gaussians on a circle of radius .7, drawn out along it: neighbours meet. */
export const mixture2d = (options: { components: number; sigma1: number }): Problem => {
  const { components, sigma1 } = options;
  if (!(Number.isInteger(components) && components >= 1 && components <= 1000)) {
    throw new UsageError(
      `problem "mixture-2d": components = ${components} is not accepted; give a whole number from 1 to 1000`,
    );
  }
  return mixtureProblem('mixture-2d', { ...options }, gaussianMixture(ring(components)), sigma1);
};

const ring = (components: number): MixtureParameters => {
  const [radius, across, along] = [0.7, 0.04, 0.12];
  const angles = Array.from({ length: components }, (_, i) => (2 * Math.PI * i) / components);
  return {
    weights: angles.map(() => 1 / components),
    means: angles.map((angle) => [radius * Math.cos(angle), radius * Math.sin(angle)]),
    covariances: angles.map((angle) => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const off = (across ** 2 - along ** 2) * c * s;
      return [
        [(across * c) ** 2 + (along * s) ** 2, off],
        [off, (across * s) ** 2 + (along * c) ** 2],
      ];
    }),
  };
};
