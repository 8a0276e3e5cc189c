import { elements, sampleSize, type Batch } from '../../array/batch.js';
import type { Denoiser, Moment, Uniforms } from '../../plan/denoiser.js';
import { requireKnown, type Known } from './known.js';
import { evaluationsOf, andThen, type WrappedDenoiser } from './shared.js';

export interface InpaintOptions {
  readonly denoiser: Denoiser;
  /** One entry a coordinate of a sample, in the units of the prediction; `knownCoordinates` makes it from classes. */
  readonly known: Known;
}

export interface InpaintedDenoiser extends WrappedDenoiser {
  readonly known: Known;
}

/**
 * Replaces the prediction, and draws, at the known coordinates by their values. For any denoiser, and approximate: the other coordinates are
 * predicted from the noisy state, which knows the known values no better than its noise lets it. Exact where they are
 * independent of the known ones. `conditionOn` and `conditionOnClasses` are exact, for laws that are known.
 *
 * Throws a `UsageError` unless mask and values have an entry a coordinate, and known values are finite.
 */
export const inpaint = ({ denoiser, known }: InpaintOptions): InpaintedDenoiser => {
  requireKnown(known, elements(denoiser.sampleShape), 'finite numbers', Number.isFinite);
  const mask = Object.freeze([...known.mask]);
  const values = Object.freeze([...known.values]);
  const replace = (prediction: Batch): Batch => {
    const size = sampleSize(prediction);
    for (let i = 0; i < prediction.data.length; i++) {
      if (mask[i % size]) prediction.data[i] = values[i % size];
    }
    return prediction;
  };
  const draw = denoiser.draw?.bind(denoiser);
  return Object.freeze({
    sampleShape: denoiser.sampleShape,
    known: Object.freeze({ mask, values }),
    evaluations: evaluationsOf(denoiser),
    predict: (x: Batch, moments: readonly Moment[], out?: Batch) =>
      andThen(denoiser.predict(x, moments, out), replace),
    ...(draw && {
      draw: (x: Batch, moments: readonly Moment[], uniforms: Uniforms, out?: Batch) =>
        andThen(draw(x, moments, uniforms, out), replace),
    }),
  });
};
