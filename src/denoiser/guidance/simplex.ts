import { floats, precisionOf, type Batch } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Denoiser } from '../../plan/denoiser.js';
import {
  drawBy,
  evaluationsOf,
  requireScale,
  requireShape,
  andThen,
  type Gradient,
  type WrappedDenoiser,
} from './shared.js';

export interface SimplexGuidanceOptions {
  /** Of classes: predicts `K e - 1`, [n, ..., K]. */
  readonly denoiser: Denoiser;
  /** `d ln p(y | e) / d e`, nats, at the class probabilities e that it is given, [n, ..., K]. */
  readonly gradient: Gradient;
  readonly scale: number;
}

export interface SimplexGuidedDenoiser extends WrappedDenoiser {
  /** `gradients`: how many calls of `gradient` a prediction takes beside its `evaluations`. */
  readonly simplexGuidance: { readonly scale: number; readonly gradients: 1 };
}

/** `normalise(e exp(scale g))` as `K e - 1`, over the prediction `K e - 1`. A class without probability stays so. */
const tilt = (prediction: Batch, e: Batch, g: Batch, classes: number, scale: number): void => {
  const weights = new Float64Array(classes);
  for (let at = 0; at < e.data.length; at += classes) {
    let highest = -Infinity;
    for (let k = 0; k < classes; k++) {
      if (e.data[at + k] > 0) highest = Math.max(highest, scale * g.data[at + k]);
    }
    let total = 0;
    for (let k = 0; k < classes; k++) {
      const p = e.data[at + k];
      total += weights[k] = p === 0 ? 0 : p * Math.exp(scale * g.data[at + k] - highest);
    }
    for (let k = 0; k < classes; k++) prediction.data[at + k] = (classes * weights[k]) / total - 1;
  }
};

/**
 * Guidance of class probabilities by a differentiable log-likelihood of them: `e' ∝ e exp(scale d ln p(y | e) / d e)`, which stays on
 * the simplex. It takes the likelihood to be linear in the one-hot data about e, and the variables to be independent given the state; where both
 * hold, scale 1 is the exact `E[e_x | z, y]`. For Markov text and a linear likelihood `withEvidence` is exact.
 *
 * Throws a `UsageError` for a sample shape without classes or a scale that is not finite; the denoiser does for a gradient of another shape.
 */
export const simplexGuidance = ({
  denoiser,
  gradient,
  scale,
}: SimplexGuidanceOptions): SimplexGuidedDenoiser => {
  requireScale('simplex guidance', scale);
  const { sampleShape } = denoiser;
  const classes = sampleShape[sampleShape.length - 1] ?? 0;
  if (sampleShape.length < 2 || classes < 2) {
    throw new UsageError(
      `simplex guidance of samples [${sampleShape.join(', ')}]; accepted is [length, K] with 2 classes or more`,
    );
  }
  const predict: Denoiser['predict'] = (x, moments, out) =>
    andThen(denoiser.predict(x, moments, out), (prediction) => {
      const { shape, data } = prediction;
      const e = { shape, data: floats(data.length, precisionOf(data)) };
      // rounding may leave a probability below 0
      for (let i = 0; i < data.length; i++) e.data[i] = Math.max((data[i] + 1) / classes, 0);
      return andThen(gradient(e, moments), (g) => {
        requireShape('the gradient', g, prediction);
        tilt(prediction, e, g, classes, scale);
        return prediction;
      });
    });
  return Object.freeze({
    sampleShape,
    simplexGuidance: Object.freeze({ scale, gradients: 1 }),
    evaluations: evaluationsOf(denoiser),
    predict,
    ...(denoiser.draw && { draw: drawBy(predict) }),
  });
};
