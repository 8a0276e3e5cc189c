import fc from 'fast-check';
import { type Batch, zeros } from '../array/batch.js';
import { independentCategorical } from '../denoiser/categorical.js';
import type { ClassDenoiser } from '../denoiser/classes.js';
import { type GaussianMixture, gaussianMixture } from '../denoiser/mixture.js';
import type { Denoiser } from '../plan/denoiser.js';

const weights = (count: number): fc.Arbitrary<number[]> =>
  fc
    .array(fc.double({ min: 0.1, max: 1, noNaN: true }), { minLength: count, maxLength: count })
    .map((values) => {
      const total = values.reduce((sum, value) => sum + value, 0);
      return values.map((value) => value / total);
    });

/** The exact network of a mixture of one to three Gaussians on a line. */
export const anyMixture1d = (): fc.Arbitrary<GaussianMixture> =>
  fc.integer({ min: 1, max: 3 }).chain((count) =>
    fc
      .record({
        weights: weights(count),
        means: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: count, maxLength: count }),
        variances: fc.array(fc.double({ min: 1e-3, max: 0.2, noNaN: true }), {
          minLength: count,
          maxLength: count,
        }),
      })
      .map(({ weights: w, means, variances }) =>
        gaussianMixture({
          weights: w,
          means: means.map((mean) => [mean]),
          covariances: variances.map((variance) => [[variance]]),
        }),
      ),
  );

/** The exact network of up to three independent variables over K classes. */
export const anyCategorical = (classes: number): fc.Arbitrary<ClassDenoiser> =>
  fc
    .array(weights(classes), { minLength: 1, maxLength: 3 })
    .map((probabilities) => independentCategorical({ probabilities }));

/** A smooth nonlinear map of a state of any shape, for laws that hold for every network, exact or not. */
export const anyNetwork = (sampleShape: readonly number[]): fc.Arbitrary<Denoiser> =>
  fc
    .record({
      gain: fc.double({ min: -3, max: 3, noNaN: true }),
      shift: fc.double({ min: -1, max: 1, noNaN: true }),
    })
    .map(({ gain, shift }) => ({
      sampleShape,
      predict: (x: Batch, moments) => {
        const out = zeros(x.shape, x.data instanceof Float64Array ? 'float64' : 'float32');
        const size = x.data.length / x.shape[0];
        for (let i = 0; i < x.data.length; i++) {
          out.data[i] = Math.tanh(gain * x.data[i] + shift + moments[Math.floor(i / size)].time);
        }
        return out;
      },
    }));
