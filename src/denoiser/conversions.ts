import { sampleSize, type Batch, type Floats } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';

/** `x_0 = state x + network y` for the noisy x and the network's y. */
export interface Conversion {
  readonly state: number;
  readonly network: number;
}

/**
 * What a network may predict of `x = alpha x_0 + sigma eps`, eps standard normal, and how x_0 follows from it: the
 * definition, solved for x_0, at any alpha and sigma. With sigma = 0 all but 'data' give `x / alpha` and y has no say.
 * Not finite where that divides by 0; `conversionAt` says what holds there.
 */
export const conversions = {
  /** x_0 itself */
  data: () => ({ state: 0, network: 1 }),
  /** eps: x_0 = (x - sigma y) / alpha */
  noise: ({ alpha, sigma }) => ({ state: 1 / alpha, network: -sigma / alpha }),
  /** grad ln p_t, Tweedie's formula: x_0 = (x + sigma² y) / alpha */
  score: ({ alpha, sigma }) => ({ state: 1 / alpha, network: sigma ** 2 / alpha }),
  /** alpha eps - sigma x_0 (Salimans and Ho 2022, without their alpha² + sigma² = 1) */
  velocity: ({ alpha, sigma }) => {
    const total = alpha ** 2 + sigma ** 2;
    return { state: alpha / total, network: -sigma / total };
  },
  /** eps - x_0 (Liu et al. 2023, rectified flow): x_0 = (x - sigma y) / (alpha + sigma) */
  'flow-velocity': ({ alpha, sigma }) => ({ state: 1 / (alpha + sigma), network: -sigma / (alpha + sigma) }),
  /**
   * F of Karras et al. 2022, table 1, at noise level sigma / alpha: x_0 = c_skip x / alpha + c_out y. Where BFN starts alpha and sigma are 0 and so is
   * alpha / sigma: c_out is sigmaData there, and x, which is 0, has no say.
   */
  edm: ({ alpha, sigma }, sigmaData) => {
    const total = (alpha * sigmaData) ** 2 + sigma ** 2;
    if (total === 0) return { state: 0, network: sigmaData };
    return { state: (alpha * sigmaData ** 2) / total, network: (sigma * sigmaData) / Math.sqrt(total) };
  },
} satisfies Record<string, (moment: Moment, sigmaData: number) => Conversion>;

/**
 * The conversion at a moment. Where alpha = sigma = 0, as where BFN starts, x is 0 whatever the data: they are predicted as 0 there by all but data and edm,
 * as training has it. Throws a `UsageError` where alpha alone is 0: noise and score say nothing of the data.
 */
export const conversionAt = (
  predicts: keyof typeof conversions,
  sigmaData: number,
  moment: Moment,
): Conversion => {
  const conversion = conversions[predicts](moment, sigmaData);
  if (Number.isFinite(conversion.state) && Number.isFinite(conversion.network)) return conversion;
  const { t, alpha, sigma } = moment;
  if (alpha === 0 && sigma === 0) return { state: 0, network: 0 };
  throw new UsageError(
    `a prediction of ${predicts} does not determine the data at t = ${t} (alpha = ${alpha}, sigma = ${sigma}); ` +
      'accepted is a start nearer to the data (eta > 0)',
  );
};

/** `x_0` of every sample into `out`; those whose `isZero` moment says so are predicted as 0. */
export const toData = (
  predicts: keyof typeof conversions,
  sigmaData: number,
  isZero: (moment: Moment) => boolean,
  x: Batch,
  y: Batch,
  moments: readonly Moment[],
  out: Batch,
): void => {
  const size = sampleSize(x);
  moments.forEach((moment, i) => {
    const [from, to] = [i * size, (i + 1) * size];
    if (isZero(moment)) {
      out.data.fill(0, from, to);
      return;
    }
    const { state, network } = conversionAt(predicts, sigmaData, moment);
    // a factor of 0 also silences an infinite prediction, as a score is at the data end
    for (let j = from; j < to; j++) {
      out.data[j] = state * x.data[j] + (network === 0 ? 0 : network * y.data[j]);
    }
  });
};

/** `scale softmax(data) + shift` along the last axis, of K classes, into `out`; the sums are float64. */
export const softmax = (data: Floats, classes: number, out: Floats, scale = 1, shift = 0): void => {
  const exponentials = new Float64Array(classes);
  for (let from = 0; from < data.length; from += classes) {
    let [peak, sum] = [-Infinity, 0];
    for (let k = 0; k < classes; k++) peak = Math.max(peak, data[from + k]);
    for (let k = 0; k < classes; k++) sum += exponentials[k] = Math.exp(data[from + k] - peak);
    for (let k = 0; k < classes; k++) out[from + k] = (scale * exponentials[k]) / sum + shift;
  }
};

/** The standard deviation of x, `sqrt(alpha² sigmaData² + sigma²)`; 1 where alpha and sigma, hence x, are 0. */
export const deviationAt = (sigmaData: number, { alpha, sigma }: Moment): number =>
  Math.hypot(alpha * sigmaData, sigma) || 1;

/** x over its standard deviation, of unit variance. */
export const scaled = (x: Batch, moments: readonly Moment[], sigmaData: number, out: Batch): void => {
  const size = sampleSize(x);
  moments.forEach((moment, i) => {
    const deviation = deviationAt(sigmaData, moment);
    for (let j = i * size; j < (i + 1) * size; j++) out.data[j] = x.data[j] / deviation;
  });
};
