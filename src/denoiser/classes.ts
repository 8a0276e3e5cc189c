import { elements, precisionOf, zeros, type Batch } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Denoiser, Moment, Uniforms } from '../plan/denoiser.js';
import { classEvidence } from '../plan/symbols.js';

export { classEvidence };

/**
 * A class a variable, drawn from predicted ones: from `K e - 1` to `K e_k - 1`, k drawn from e with one uniform, each variable by
 * itself. Shape [n, ..., K]; `out` may be `prediction` itself. Class probabilities that rounding made negative count as 0.
 */
export const drawClasses = (
  prediction: Batch,
  uniforms: Uniforms,
  out: Batch = zeros(prediction.shape, precisionOf(prediction.data)),
): Batch => {
  const { shape, data } = prediction;
  const classes = shape[shape.length - 1];
  const variables = elements(shape.slice(1, -1));
  const uniform = new Float64Array(variables);
  for (let sample = 0, at = 0; sample < shape[0]; sample++) {
    uniforms(sample, uniform);
    for (let variable = 0; variable < variables; variable++, at += classes) {
      let total = 0;
      for (let k = 0; k < classes; k++) total += Math.max(data[at + k] + 1, 0);
      if (!(total > 0 && total < Infinity)) {
        out.data.fill(NaN, at, at + classes); // a diverged prediction stays one
        continue;
      }
      const threshold = uniform[variable] * total;
      let drawn = 0;
      for (let k = 0, sum = 0; k < classes && sum <= threshold; k++) {
        const weight = Math.max(data[at + k] + 1, 0);
        if (weight > 0) drawn = k;
        sum += weight;
      }
      out.data.fill(-1, at, at + classes);
      out.data[at + drawn] = classes - 1;
    }
  }
  return out;
};

const check = (
  what: string,
  sampleShape: readonly number[],
  x: Batch,
  moments: readonly Moment[],
  out: Batch,
): void => {
  const [n, ...shape] = x.shape;
  const wanted = `[n, ${sampleShape.join(', ')}]`;
  if (shape.join() !== sampleShape.join() || x.data.length !== elements(x.shape)) {
    throw new UsageError(`the state of ${what} is [${x.shape.join(', ')}]; accepted is ${wanted}`);
  }
  if (moments.length !== n) {
    throw new UsageError(
      `${what} was given ${moments.length} moments for ${n} samples; accepted is one each`,
    );
  }
  if (out.shape.join() !== x.shape.join() || precisionOf(out.data) !== precisionOf(x.data)) {
    throw new UsageError(
      `the output of ${what} is [${out.shape.join(', ')}]; accepted is the state's shape and precision`,
    );
  }
};

/** An exact denoiser of classes: it answers at once, and can draw. */
export interface ClassDenoiser extends Denoiser {
  predict(x: Batch, moments: readonly Moment[], out?: Batch): Batch;
  draw(x: Batch, moments: readonly Moment[], uniforms: Uniforms, out?: Batch): Batch;
}

/**
 * A denoiser from a posterior: `posterior(x, kappa, out)` writes `K e - 1` for the class probabilities e given the state and, for each
 * sample, a finite kappa (`classEvidence`). Where there is no noise the state is the data, and the prediction is `x / alpha`.
 * Its functions throw a `UsageError` unless states are [n, ...sampleShape] with a moment a sample.
 */
export const classDenoiser = (
  what: string,
  sampleShape: readonly number[],
  posterior: (x: Batch, kappa: Float64Array, out: Batch) => void,
): ClassDenoiser => {
  const classes = sampleShape[sampleShape.length - 1];
  const size = elements(sampleShape);
  const predict: ClassDenoiser['predict'] = (x, moments, out = zeros(x.shape, precisionOf(x.data))) => {
    check(what, sampleShape, x, moments, out);
    const kappa = Float64Array.from(moments, (moment) => classEvidence(moment, classes));
    posterior(
      x,
      kappa.map((value) => (value === Infinity ? 0 : value)),
      out,
    );
    for (let sample = 0; sample < kappa.length; sample++) {
      if (kappa[sample] !== Infinity) continue;
      for (let i = sample * size; i < (sample + 1) * size; i++)
        out.data[i] = x.data[i] / moments[sample].alpha;
    }
    return out;
  };
  return {
    sampleShape,
    predict,
    draw(x, moments, uniforms, out) {
      const prediction = predict(x, moments, out);
      return drawClasses(prediction, uniforms, prediction);
    },
  };
};
