import { UsageError } from '../../errors.js';
import type { Denoiser } from '../../plan/denoiser.js';
import {
  drawBy,
  evaluationsOf,
  requireScale,
  requireShape,
  andThen,
  type WrappedDenoiser,
} from './shared.js';

export interface ClassifierFreeOptions {
  /** Predicts `E[x_0 | x_t, y]`. */
  readonly conditional: Denoiser;
  /** Predicts `E[x_0 | x_t]`. */
  readonly unconditional: Denoiser;
  /** 0 is the unconditional prediction, 1 the conditional one, above 1 goes further. Ho and Salimans's w is `scale - 1`. */
  readonly scale: number;
}

export interface ClassifierFreeDenoiser extends WrappedDenoiser {
  readonly classifierFree: { readonly scale: number };
}

/**
 * Classifier-free guidance (Ho and Salimans 2022) on the prediction of the data: `D = D_u + scale (D_c - D_u)`. A prediction takes a call of
 * both denoisers, one after the other, and `evaluations` says so.
 *
 * It follows the scores of `p_t(x)^(1 - scale) p_t(x | y)^scale`, which from scale 0 and 1 apart are not those of noised data: a
 * sampler does not converge to a sharpened law of the data, except where both laws are Gaussians of one covariance (docs/guidance.md).
 *
 * Throws a `UsageError` if the sample shapes differ or the scale is not finite.
 */
export const classifierFree = ({
  conditional,
  unconditional,
  scale,
}: ClassifierFreeOptions): ClassifierFreeDenoiser => {
  requireScale('classifier-free guidance', scale);
  const { sampleShape } = unconditional;
  if (conditional.sampleShape.join() !== sampleShape.join()) {
    throw new UsageError(
      `classifier-free guidance: conditional samples are [${conditional.sampleShape.join(', ')}], unconditional ones ` +
        `[${sampleShape.join(', ')}]; accepted are equal shapes`,
    );
  }
  const predict: Denoiser['predict'] = (x, moments, out) =>
    andThen(unconditional.predict(x, moments, out), (guided) =>
      andThen(conditional.predict(x, moments), ({ shape, data }) => {
        requireShape('the conditional prediction', { shape, data }, guided);
        // as a weighted mean, so that scales 0 and 1 give the predictions back to the bit
        for (let i = 0; i < data.length; i++) {
          guided.data[i] = (1 - scale) * guided.data[i] + scale * data[i];
        }
        return guided;
      }),
    );
  return Object.freeze({
    sampleShape,
    classifierFree: Object.freeze({ scale }),
    evaluations: evaluationsOf(unconditional) + evaluationsOf(conditional),
    predict,
    ...(unconditional.draw && conditional.draw && { draw: drawBy(predict) }),
  });
};
