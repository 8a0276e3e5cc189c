import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { elements } from '../array/batch.js';
import { upload } from '../array/tensors.js';
import { type Tf, type Tfjs, makeCurrent } from '../array/tfjs.js';
import { UsageError } from '../errors.js';
import type { Moment, Uniforms } from '../plan/denoiser.js';
import type { TensorDenoiser } from '../plan/sample-on-tensors.js';
import { type AdapterOptions, type Network, settle } from './adapters.js';
import { conversionAt, deviationAt } from './conversions.js';

/**
 * A network on tfjs tensors: from a batch [n, ...sampleShape] and a time a sample, [n], to a batch of the same shape. It runs within
 * `tf.tidy`: what it makes on its way is disposed of, and it must not dispose of what it is given.
 */
export type TensorNetwork = (input: Tensor, times: Tensor1D) => Tensor;

/**
 * A function on tensors as a `Network` of host arrays, for `adapt`, the losses and all that runs on the host: each batch goes to the backend of tfjs
 * and its answer comes back.
 */
export const hostNetwork =
  (tfjs: Tfjs, network: TensorNetwork): Network =>
  async (input, times) => {
    const { tf } = tfjs;
    await makeCurrent(tfjs);
    const output = tf.tidy(() => network(upload(tf, input), tf.tensor1d(Float32Array.from(times))));
    try {
      return { shape: output.shape, data: await output.data<'float32'>() };
    } finally {
      output.dispose();
    }
  };

/** A class a variable, drawn from predicted ones: `drawClasses` of classes.ts on a tensor [n, ..., K]. */
const drawClasses = (tf: Tf, prediction: Tensor, uniforms: Uniforms): Tensor =>
  tf.tidy(() => {
    const { shape } = prediction;
    const classes = shape[shape.length - 1];
    const variables = elements(shape.slice(1, -1));
    const levels = new Float32Array(shape[0] * variables);
    const ofSample = new Float64Array(variables);
    for (let sample = 0; sample < shape[0]; sample++) {
      uniforms(sample, ofSample);
      levels.set(ofSample, sample * variables);
    }
    const weights = tf.maximum(tf.add(prediction, 1), 0);
    const total = tf.sum(weights, -1, true);
    // the last class of any weight before which the weights come to no more than the threshold
    const threshold = tf.mul(tf.tensor(levels, [...shape.slice(0, -1), 1]), total);
    const before = tf.cumsum(weights, shape.length - 1, true); // its axis may not be -1
    const reached = tf.logicalAnd(tf.lessEqual(before, threshold), tf.greater(weights, 0));
    const index = tf.tensor1d(Float32Array.from({ length: classes }, (_, k) => k));
    const drawn = tf.max(tf.where<Tensor>(reached, index, tf.scalar(-1)), -1, true);
    const classOf = tf.where<Tensor>(tf.equal(index, drawn), tf.scalar(classes - 1), tf.scalar(-1));
    // a diverged prediction stays one: the maximum above may have lost its NaN
    const sound = tf.logicalAnd(tf.isFinite(tf.sum(prediction, -1, true)), tf.greater(total, 0));
    return tf.where(sound, classOf, tf.scalar(NaN));
  });

/** A number a sample, to be applied to tensors [n, ...sampleShape]. */
const aSample = (tf: Tf, values: readonly number[], rank: number): Tensor =>
  tf.tensor(Float32Array.from(values), [values.length, ...new Array<number>(rank - 1).fill(1)]);

/**
 * `adapt` of adapters.ts for a network on tensors: what it is shown and what it predicts are converted where its tensors are. Options,
 * ends and errors are the same.
 */
export const adaptTensors = (
  { tf }: Tfjs,
  network: TensorNetwork,
  options: AdapterOptions<Tensor>,
): TensorDenoiser => {
  const { sampleShape, predicts, input, sigmaData, classes, clock, isZero } = settle(options);

  const inputOf = (x: Tensor, moments: readonly Moment[]): Tensor => {
    if (typeof input === 'function') return input(x, moments);
    if (input === 'state') return x;
    if (input === 'softmax') return tf.softmax(x);
    const factors = moments.map((moment) => 1 / deviationAt(sigmaData, moment));
    return tf.mul(x, aSample(tf, factors, x.rank));
  };
  const dataOf = (x: Tensor, y: Tensor, moments: readonly Moment[]): Tensor => {
    if (predicts === 'logits') return tf.sub(tf.mul(tf.softmax(y), classes), 1);
    const conversions = moments.map((moment) =>
      isZero(moment) ? { state: 0, network: 0 } : conversionAt(predicts, sigmaData, moment),
    );
    const [ofState, ofNetwork] = (['state', 'network'] as const).map((key) =>
      aSample(
        tf,
        conversions.map((conversion) => conversion[key]),
        x.rank,
      ),
    );
    // a factor of 0 also silences an infinite prediction, as a score is at the data end
    const heard = tf.where(tf.notEqual(ofNetwork, 0), tf.mul(ofNetwork, y), tf.zerosLike(y));
    return tf.add(tf.mul(ofState, x), heard);
  };

  const predict = (x: Tensor, moments: readonly Moment[]): Tensor => {
    checkShape('the state', x, sampleShape, moments.length);
    return tf.tidy(() => {
      const times = tf.tensor1d(Float32Array.from(moments, clock));
      const y = network(inputOf(x, moments), times);
      checkShape("the network's prediction", y, sampleShape, moments.length);
      return dataOf(x, y, moments);
    });
  };
  const draw = (x: Tensor, moments: readonly Moment[], uniforms: Uniforms): Tensor =>
    tf.tidy(() => drawClasses(tf, predict(x, moments), uniforms));
  return Object.freeze({
    sampleShape: Object.freeze([...sampleShape]),
    predict,
    ...(predicts === 'logits' && { draw }),
  });
};

const checkShape = (what: string, { shape }: Tensor, sampleShape: readonly number[], n: number): void => {
  const wanted = [n, ...sampleShape];
  if (shape.join() === wanted.join()) return;
  throw new UsageError(`${what} has shape [${shape.join(', ')}]; accepted is [${wanted.join(', ')}]`);
};
