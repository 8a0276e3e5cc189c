import { elements, zeros, precisionOf, type Batch } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Denoiser, Moment, Uniforms } from '../plan/denoiser.js';
import { drawClasses } from './classes.js';
import { conversions, scaled, softmax, toData } from './conversions.js';

/**
 * A user's network: from a batch [n, ...sampleShape] and a time a sample, [n], to a batch of the same shape. It must not
 * write to the batch that it is given; the batch that it gives is only read.
 */
export type Network = (input: Batch, times: Float64Array) => Batch | Promise<Batch>;

export type Predicts = keyof typeof conversions | 'logits';
const predictions: readonly string[] = [...Object.keys(conversions), 'logits'];

const inputs = ['state', 'scaled', 'softmax'] as const;
/** `A` is what holds a batch: `Batch`, or a tensor (tensors.ts). */
export type NetworkInput<A = Batch> = (typeof inputs)[number] | ((x: A, moments: readonly Moment[]) => A);

export interface AdapterOptions<A = Batch> {
  /** [d], or [length, K] */
  readonly sampleShape: readonly number[];
  /**
   * 'data', 'noise', 'score', 'velocity' (alpha eps - sigma x_0), 'flow-velocity' (eps - x_0), 'edm' (Karras et al.'s F) or
   * 'logits' (of the K classes along the last axis, the prediction being `K softmax - 1`). Formulas: conversions.ts.
   */
  readonly predicts: Predicts;
  /**
   * What the network sees: 'state', x as it is; 'scaled', x / sqrt(alpha² sigmaData² + sigma²), of unit variance;
   * 'softmax', the probabilities softmax(x) along the last axis; or a function of the user's. Unless told: 'softmax' for
   * logits, 'scaled' for edm, else 'state'.
   */
  readonly input?: NetworkInput<A>;
  /** The standard deviation of a coordinate of the data, for 'scaled' and 'edm'; 0.5 in Karras et al. 2022. */
  readonly sigmaData?: number;
  /** The time shown to the network; unless told, the process's own, `moment.time`. */
  readonly clock?: (moment: Moment) => number;
  /**
   * For noise predictions: the data are predicted as 0 where `moment.time` (BFN time) is below `tMin`, as in the original BFN
   * code with 1e-6. (Its clamp of the time inside the formula then has no effect.) Off unless given.
   */
  readonly smallTime?: { readonly tMin: number };
}

const defaultInput = (predicts: Predicts): (typeof inputs)[number] =>
  predicts === 'logits' ? 'softmax' : predicts === 'edm' ? 'scaled' : 'state';

/** The options with their defaults. Throws a `UsageError` for those that don't go together. */
export const settle = <A>(options: AdapterOptions<A>) => {
  const { sampleShape, predicts, input = defaultInput(predicts), sigmaData = NaN, smallTime } = options;
  const classes = sampleShape.at(-1) ?? 0;
  if (!predictions.includes(predicts)) {
    throw new UsageError(`predicts is "${predicts}"; accepted are ${predictions.join(', ')}`);
  }
  if (!(typeof input === 'function' || inputs.includes(input))) {
    throw new UsageError(`input is "${String(input)}"; accepted are ${inputs.join(', ')} or a function`);
  }
  if ((predicts === 'edm' || input === 'scaled') && !(sigmaData > 0 && sigmaData < Infinity)) {
    throw new UsageError(
      `sigmaData is ${options.sigmaData}; accepted is a positive number for edm and scaled`,
    );
  }
  if (smallTime && predicts !== 'noise') {
    throw new UsageError(`smallTime is for predictions of noise, not of ${predicts}; accepted is none`);
  }
  if ((predicts === 'logits' || input === 'softmax') && classes < 2) {
    throw new UsageError(
      `sampleShape [${sampleShape.join(', ')}] has ${classes} classes; accepted are 2 or more`,
    );
  }
  const clock = options.clock ?? ((moment: Moment) => moment.time);
  const isZero = ({ time }: Moment): boolean => smallTime !== undefined && time < smallTime.tMin;
  return { sampleShape, predicts, input, sigmaData, classes, clock, isZero };
};

const checkShape = (
  what: string,
  { shape, data }: Batch,
  sampleShape: readonly number[],
  n: number,
): void => {
  const wanted = [n, ...sampleShape];
  if (shape.join() === wanted.join() && data.length === elements(wanted)) return;
  throw new UsageError(`${what} has shape [${shape.join(', ')}]; accepted is [${wanted.join(', ')}]`);
};

/** What follows a prediction, at once if it is there. */
const then = (value: Batch | Promise<Batch>, next: (batch: Batch) => Batch): Batch | Promise<Batch> =>
  'then' in value ? value.then(next) : next(value);

/**
 * A denoiser from a network that predicts the data in another guise, sees the state in another, or reads another clock.
 *
 * The ends: with sigma = 0 the network's word is dropped and the prediction is `x / alpha` (but for 'data' and 'logits',
 * where it is the network's); with alpha = 0, where noise and score say nothing of the data, those throw a `UsageError`
 * unless `smallTime` applies; with both 0, where BFN starts, all but data, edm and logits predict 0. A network of logits can
 * `draw` classes, too.
 *
 * Throws a `UsageError` for options that don't go together; the denoiser does for batches, the network's included, that
 * are not [n, ...sampleShape].
 */
export const adapt = (network: Network, options: AdapterOptions): Denoiser => {
  const { sampleShape, predicts, input, sigmaData, classes, clock, isZero } = settle(options);

  const inputOf = (x: Batch, moments: readonly Moment[]): Batch => {
    if (input === 'state') return x;
    if (typeof input === 'function') return input(x, moments);
    const shown = zeros(x.shape, precisionOf(x.data));
    if (input === 'scaled') scaled(x, moments, sigmaData, shown);
    else softmax(x.data, classes, shown.data);
    return shown;
  };

  const predict: Denoiser['predict'] = (x, moments, out = zeros(x.shape, precisionOf(x.data))) => {
    checkShape('the state', x, sampleShape, moments.length);
    const finish = (y: Batch): Batch => {
      checkShape("the network's prediction", y, sampleShape, moments.length);
      if (predicts === 'logits') softmax(y.data, classes, out.data, classes, -1);
      else toData(predicts, sigmaData, isZero, x, y, moments, out);
      return out;
    };
    return then(network(inputOf(x, moments), Float64Array.from(moments, clock)), finish);
  };
  const draw = (x: Batch, moments: readonly Moment[], uniforms: Uniforms, out?: Batch) =>
    then(predict(x, moments, out), (prediction) => drawClasses(prediction, uniforms, prediction));

  return Object.freeze({
    sampleShape: Object.freeze([...sampleShape]),
    predict,
    ...(predicts === 'logits' && { draw }),
  });
};

/** A denoiser whose predictions are kept within [low, high]. */
export interface ClippedDenoiser extends Denoiser {
  readonly clip: { readonly low: number; readonly high: number };
  readonly unclipped: Denoiser;
}

/**
 * Clips the prediction of the data, coordinate by coordinate, to [low, high]; the state is not touched, nor are draws, and
 * NaN stays NaN. Throws a `UsageError` unless low < high.
 */
export const clip = (denoiser: Denoiser, low: number, high: number): ClippedDenoiser => {
  if (!(low < high)) throw new UsageError(`clip(${low}, ${high}): accepted are low < high`);
  const bound = (prediction: Batch): Batch => {
    const { data } = prediction;
    for (let i = 0; i < data.length; i++) data[i] = Math.min(Math.max(data[i], low), high);
    return prediction;
  };
  return Object.freeze({
    sampleShape: denoiser.sampleShape,
    ...(denoiser.evaluations !== undefined && { evaluations: denoiser.evaluations }),
    clip: Object.freeze({ low, high }),
    unclipped: denoiser,
    predict(x: Batch, moments: readonly Moment[], out?: Batch) {
      return then(denoiser.predict(x, moments, out), bound);
    },
    ...(denoiser.draw && { draw: denoiser.draw.bind(denoiser) }),
  });
};
