import { type Batch, sampleSize, zeros } from '../array/batch.js';
import { UsageError, requireWhole } from '../errors.js';
import type { ClassDenoiser } from '../denoiser/classes.js';
import { type GaussianMixture, gaussianMixture } from '../denoiser/mixture.js';
import { decompose } from '../denoiser/mixture/components.js';
import { normalise } from '../denoiser/mixture/posterior.js';
import type { Denoiser, Moment } from '../plan/denoiser.js';
import { uniforms } from '../random/index.js';

/** The divergence `sum_j dD_j/dx_j` of a denoiser's prediction D, or independent estimates of it. */
export interface Divergence {
  /** How many estimates there are a sample: 1 where it is exact. */
  readonly estimates: number;
  /**
   * [n, estimates], row by row, at states [n, ...] in float64 whose predictions are known. `samples` are the places of the states in
   * the whole run, so that the estimates of a sample don't depend on the batch that it is in.
   */
  at(
    x: Batch,
    moments: readonly Moment[],
    prediction: Batch,
    samples: readonly number[],
  ): Float64Array | Promise<Float64Array>;
}

/** A denoiser that can differentiate itself: `jvp` gives the derivative of every sample's prediction along its row of `direction`. */
export interface DifferentiableDenoiser extends Denoiser {
  jvp(x: Batch, moments: readonly Moment[], direction: Batch): Batch | Promise<Batch>;
}

const canDifferentiate = (denoiser: Denoiser): denoiser is DifferentiableDenoiser => 'jvp' in denoiser;

export interface DifferenceOptions {
  /** The relative rounding of the denoiser's arithmetic: 2^-52 unless told; about 2^-23 for a float32 network. */
  readonly rounding?: number;
}

/**
 * `v' J v` for one direction v a sample, J the Jacobian of the prediction: by the denoiser's `jvp`, or else by central differences. The
 * posterior mean varies over distances of sigma or more, which sets the step; the relative error is then about
 * `(rounding max(1, alpha/sigma))^(2/3)`: 4e-9 in float64 at alpha/sigma = 1000.
 */
const curvature = async (
  denoiser: Denoiser,
  x: Batch,
  moments: readonly Moment[],
  direction: Batch,
  { rounding = Number.EPSILON }: DifferenceOptions,
): Promise<Float64Array> => {
  const size = sampleSize(x);
  const out = new Float64Array(moments.length);
  if (canDifferentiate(denoiser)) {
    const slope = await denoiser.jvp(x, moments, direction);
    for (let i = 0; i < slope.data.length; i++)
      out[Math.floor(i / size)] += direction.data[i] * slope.data[i];
    return out;
  }
  const steps = moments.map(({ alpha, sigma }, i) => {
    const length = Math.hypot(...direction.data.subarray(i * size, (i + 1) * size));
    return (sigma / length) * Math.cbrt(rounding * Math.max(1, alpha / sigma));
  });
  // both sides of every sample in one call
  const both = zeros([2 * moments.length, ...x.shape.slice(1)], 'float64');
  for (let i = 0; i < x.data.length; i++) {
    const shift = steps[Math.floor(i / size)] * direction.data[i];
    both.data[i] = x.data[i] + shift;
    both.data[x.data.length + i] = x.data[i] - shift;
  }
  const { data } = await denoiser.predict(both, [...moments, ...moments]);
  for (let i = 0; i < x.data.length; i++) {
    const sample = Math.floor(i / size);
    const rise = data[i] - data[x.data.length + i];
    out[sample] += (direction.data[i] * rise) / (2 * steps[sample]);
  }
  return out;
};

/** Exact up to the differences (`curvature`), or exact with a `jvp`: one direction a coordinate, so for low dimensions. */
export const coordinateDivergence = (denoiser: Denoiser, options: DifferenceOptions = {}): Divergence => ({
  estimates: 1,
  async at(x, moments) {
    const size = sampleSize(x);
    const total = new Float64Array(moments.length);
    for (let j = 0; j < size; j++) {
      const direction = zeros(x.shape, 'float64');
      for (let i = j; i < direction.data.length; i += size) direction.data[i] = 1;
      const part = await curvature(denoiser, x, moments, direction, options);
      part.forEach((value, sample) => (total[sample] += value));
    }
    return total;
  },
});

export interface HutchinsonOptions extends DifferenceOptions {
  /** Directions a sample, 2 or more: so many estimates, whose spread is the standard error. Default 4. */
  readonly probes?: number;
  /** Non-negative whole number below 2^53. Default 0. */
  readonly seed?: number;
}

/**
 * Hutchinson's estimator: `v' J v` with random signs v has the trace of J as its mean (Hutchinson 1989; Grathwohl et al. 2019,
 * FFJORD). The signs of a sample stay the same along its path, so that an adaptive integrator sees a smooth function. Throws a
 * `UsageError` for fewer than 2 probes.
 */
export const hutchinson = (denoiser: Denoiser, options: HutchinsonOptions = {}): Divergence => {
  const { probes = 4, seed = 0 } = options;
  requireWhole('probes', probes, 2);
  return {
    estimates: probes,
    async at(x, moments, _prediction, samples) {
      const size = sampleSize(x);
      const out = new Float64Array(moments.length * probes);
      const direction = zeros(x.shape, 'float64');
      const signs = new Float64Array(size);
      for (let draw = 0; draw < probes; draw++) {
        samples.forEach((sample, i) => {
          uniforms(signs, { seed, sample, draw });
          direction.data.set(
            signs.map((u) => (u < 0.5 ? -1 : 1)),
            i * size,
          );
        });
        const values = await curvature(denoiser, x, moments, direction, options);
        values.forEach((value, i) => (out[i * probes + draw] = value));
      }
      return out;
    },
  };
};

/** For exact denoisers `J = (alpha/sigma²) Cov(x_0 | x_t)`: the derivative of the posterior mean of a Gaussian channel. */
const fromPosteriorVariance = (
  variance: (x: Batch, moments: readonly Moment[], prediction: Batch) => Float64Array,
): Divergence => ({
  estimates: 1,
  at: (x, moments, prediction) =>
    variance(x, moments, prediction).map((total, i) => (moments[i].alpha / moments[i].sigma ** 2) * total),
});

/** In closed form for an *exact* denoiser of classes: `tr Cov(K e_x - 1 | z) = K² sum over variables of (1 - |e|²)`. No further calls. */
export const classDivergence = ({ sampleShape }: ClassDenoiser): Divergence => {
  const classes = sampleShape[sampleShape.length - 1];
  return fromPosteriorVariance((_x, moments, prediction) => {
    const size = sampleSize(prediction);
    const total = new Float64Array(moments.length);
    prediction.data.forEach((value, i) => {
      const e = (value + 1) / classes;
      total[Math.floor(i / size)] += classes ** 2 * e * (1 - e); // sum e (1 - e) = 1 - |e|²
    });
    return total;
  });
};

/**
 * In closed form for a Gaussian mixture: with the posterior r_c of the components and the posterior mean D_c and covariance of x_0 in each,
 * `tr Cov(x_0 | x_t) = sum_c r_c (sum_k l_k sigma²/(alpha² l_k + sigma²) + |D_c - D|²)`, l_k the eigenvalues of C_c.
 */
export const mixtureDivergence = (mixture: GaussianMixture): Divergence => {
  const { weights, means, covariances } = mixture;
  const parts = weights.map((weight, c) => {
    const part = { weights: [1], means: [means[c]], covariances: [covariances[c]] };
    const [{ eigenvalues }] = decompose(part).components;
    return { logWeight: Math.log(weight), eigenvalues, law: gaussianMixture(part) };
  });
  return fromPosteriorVariance((x, moments, prediction) => {
    const size = sampleSize(x);
    const centres = parts.map(({ law }) => law.predict(x, moments).data);
    return Float64Array.from(moments, (moment, i) => {
      const { alpha, sigma } = moment;
      const rows = i * size;
      const state = { shape: [1, size], data: x.data.subarray(rows, rows + size) };
      const shares = Float64Array.from(
        parts,
        ({ logWeight, law }) => logWeight + law.logDensity(state, moment)[0],
      );
      normalise(shares, 0);
      return parts.reduce((total, { eigenvalues }, c) => {
        let spread = 0;
        for (let j = 0; j < size; j++) {
          const variance = eigenvalues[j];
          spread += (variance * sigma ** 2) / (alpha ** 2 * variance + sigma ** 2);
          spread += (centres[c][rows + j] - prediction.data[rows + j]) ** 2;
        }
        return total + shares[c] * spread;
      }, 0);
    });
  });
};

/** Throws a `UsageError` for a divergence that does not fit what it was asked. */
export const checkDivergence = (values: Float64Array, wanted: number): Float64Array => {
  if (values.length === wanted) return values;
  throw new UsageError(`the divergence gave ${values.length} numbers; accepted are ${wanted}`);
};
