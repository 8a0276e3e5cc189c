import { sampleSize, type Batch } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Denoiser, Moment } from '../../plan/denoiser.js';
import type { GaussianMixture, MixtureOptions } from '../mixture.js';
import { selectComponents } from './condition.js';
import {
  drawBy,
  evaluationsOf,
  requireScale,
  requireShape,
  andThen,
  type Gradient,
  type WrappedDenoiser,
} from './shared.js';

export interface ClassifierGuidanceOptions {
  readonly denoiser: Denoiser;
  /** `grad ln p(y | x_t)` with respect to the state, nats a unit of the state. */
  readonly gradient: Gradient;
  /** 1 is Bayes' rule; above 1 goes further. */
  readonly scale: number;
}

export interface ClassifierGuidedDenoiser extends WrappedDenoiser {
  /** `gradients`: how many calls of `gradient` a prediction takes beside its `evaluations`. */
  readonly classifierGuidance: { readonly scale: number; readonly gradients: 1 };
}

const requireSignal = ({ t, alpha, sigma }: Moment): void => {
  if (alpha > 0) return;
  throw new UsageError(
    `a gradient with respect to the state does not guide at t = ${t} (alpha = ${alpha}, sigma = ${sigma}); ` +
      'accepted is a start nearer to the data (eta > 0)',
  );
};

/**
 * Classifier guidance (Dhariwal and Nichol 2021) on the prediction of the data: `D + scale (sigma² / alpha) grad ln p(y | x_t)`. At scale 1,
 * with the gradient of the classifier of the noisy state, it is `E[x_0 | x_t, y]`: Tweedie's formula on Bayes' rule.
 *
 * Where there is no noise the gradient has no say, whatever it is. Throws a `UsageError` for a scale that is not finite; the denoiser
 * does for a moment with alpha = 0, where the gradient is 0 whatever y is, and for gradients of another shape than the state.
 */
export const classifierGuidance = ({
  denoiser,
  gradient,
  scale,
}: ClassifierGuidanceOptions): ClassifierGuidedDenoiser => {
  requireScale('classifier guidance', scale);
  const predict: Denoiser['predict'] = (x, moments, out) => {
    moments.forEach(requireSignal);
    return andThen(denoiser.predict(x, moments, out), (guided) =>
      andThen(gradient(x, moments), (g) => {
        requireShape('the gradient', g, x);
        const size = sampleSize(x);
        moments.forEach(({ alpha, sigma }, i) => {
          const factor = scale * (sigma / alpha) * sigma;
          if (factor === 0) return; // the gradient may be infinite there
          for (let j = i * size; j < (i + 1) * size; j++) guided.data[j] += factor * g.data[j];
        });
        return guided;
      }),
    );
  };
  return Object.freeze({
    sampleShape: denoiser.sampleShape,
    classifierGuidance: Object.freeze({ scale, gradients: 1 }),
    evaluations: evaluationsOf(denoiser),
    predict,
    ...(denoiser.draw && { draw: drawBy(predict) }),
  });
};

/**
 * `grad ln p(y | x_t)` where y says that a sample is from one of these components of the mixture: exactly `(alpha / sigma²)
 * (E[x_0 | x_t, y] - E[x_0 | x_t])`, a form in which the state, often far larger than the answer, does not cancel. 0 where there is no
 * noise. Throws a `UsageError` unless the components are distinct numbers of components.
 */
export const componentGradient = (
  mixture: GaussianMixture,
  components: readonly number[],
  options: MixtureOptions = {},
): Gradient => {
  const selected = selectComponents(mixture, components, options);
  return (x: Batch, moments: readonly Moment[]) => {
    const gradient = selected.predict(x, moments);
    const { data } = mixture.predict(x, moments);
    const size = sampleSize(x);
    moments.forEach(({ alpha, sigma }, i) => {
      for (let j = i * size; j < (i + 1) * size; j++) {
        const difference = gradient.data[j] - data[j];
        gradient.data[j] = difference === 0 ? 0 : (difference * alpha) / sigma / sigma;
      }
    });
    return gradient;
  };
};
