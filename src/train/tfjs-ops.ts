import type * as core from '@tensorflow/tfjs-core';
import { elements } from '../array/batch.js';
import { convolve } from './tfjs-convolution.js';
import { number } from './numbers.js';
import type { Ops } from './ops.js';
import type { Tf } from '../array/tfjs.js';
import { linear, matMul } from './tfjs-products.js';

type Tensor = core.Tensor;

/** The mean over axes one after the other, the last first: tfjs reduces the last axis without moving others. */
const mean = (tf: Tf, x: Tensor, axes: readonly number[]): Tensor =>
  axes.toSorted((a, b) => b - a).reduce((y, axis) => tf.mean(y, axis, true), x);

/** A function of one tensor with its derivative in closed form, so that backwards takes few operations and keeps few tensors. */
const withGradient = (
  tf: Tf,
  f: (x: Tensor) => { value: Tensor; saved: Tensor[] },
  gradient: (dy: Tensor, saved: Tensor[]) => Tensor,
): ((x: Tensor) => Tensor) =>
  tf.customGrad((x, save) => {
    const { value, saved } = f(x as Tensor);
    (save as (tensors: Tensor[]) => void)(saved);
    return { value, gradFunc: (dy, kept) => gradient(dy as Tensor, kept as Tensor[]) };
  });

const silu = (tf: Tf): ((x: Tensor) => Tensor) =>
  withGradient(
    tf,
    (x) => {
      const s = tf.sigmoid(x);
      return { value: tf.mul(x, s), saved: [x, s] };
    },
    (dy, [x, s]) => tf.mul(dy, tf.mul(s, tf.add(tf.mul(x, tf.sub(number(tf, 1), s)), number(tf, 1)))),
  );

/** `x sigmoid(2 u)`, u = sqrt(2/pi) (x + .044715 x³), which is `x (1 + tanh u)/2`. */
const gelu = (tf: Tf): ((x: Tensor) => Tensor) => {
  const [a, b] = [2 * Math.sqrt(2 / Math.PI), 2 * Math.sqrt(2 / Math.PI) * 0.044715];
  return withGradient(
    tf,
    (x) => {
      const s = tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), number(tf, b)), number(tf, a))));
      return { value: tf.mul(x, s), saved: [x, s] };
    },
    (dy, [x, s]) => {
      const slope = tf.mul(x, tf.add(tf.mul(tf.square(x), number(tf, 3 * b)), number(tf, a))); // x times that of 2 u
      return tf.mul(dy, tf.mul(s, tf.add(tf.mul(slope, tf.sub(number(tf, 1), s)), number(tf, 1))));
    },
  );
};

const normalise = (tf: Tf, axes: readonly number[], epsilon: number): ((x: Tensor) => Tensor) =>
  withGradient(
    tf,
    (x) => {
      const centred = tf.sub(x, mean(tf, x, axes));
      const rate = tf.rsqrt(tf.add(mean(tf, tf.square(centred), axes), number(tf, epsilon)));
      const value = tf.mul(centred, rate);
      return { value, saved: [value, rate] };
    },
    (dy, [y, rate]) => {
      const along = tf.mul(y, mean(tf, tf.mul(dy, y), axes));
      return tf.mul(rate, tf.sub(tf.sub(dy, mean(tf, dy, axes)), along));
    },
  );

export interface TfjsOpsOptions {
  /** The trained tensor of that name. */
  weight(name: string): Tensor;
  /** While training: uniforms for the masks of dropout, in the order in which the network asks. */
  readonly uniforms?: (count: number) => Float32Array;
}

/**
 * Networks on tensors of tfjs, with gradients. They are expressed through operations that every backend has, and that none gets wrong: see
 * tfjs-products.ts and tfjs-convolution.ts; tfjs's own gradient of nearest-neighbour resizing is wrong for batches on its CPU backend.
 */
export const tfjsOps = (tf: Tf, { weight, uniforms }: TfjsOpsOptions): Ops<Tensor> => {
  const ops: Ops<Tensor> = {
    weight,
    constant: (values, shape) => tf.tensor(values, [...shape]),
    add: (a, b) => tf.add(a, b),
    multiply: (a, b) => tf.mul(a, b),
    scale: (x, factor, shift = 0) => {
      const scaled = factor === 1 ? x : tf.mul(x, number(tf, factor));
      return shift === 0 ? scaled : tf.add(scaled, number(tf, shift));
    },
    linear: (x, w) => {
      const rows = tf.reshape(x, [-1, w.shape[0]]);
      return tf.reshape(linear(tf, rows as core.Tensor2D, w as core.Tensor2D), [
        ...x.shape.slice(0, -1),
        w.shape[1] as number,
      ]);
    },
    matMul: (a, b) => matMul(tf, a as core.Tensor4D, b as core.Tensor4D),
    convolve: (x, filter, stride = 1) =>
      filter.shape[0] === 1 && stride === 1
        ? ops.linear(x, tf.reshape(filter, filter.shape.slice(2)))
        : convolve(tf, x as core.Tensor4D, filter as core.Tensor4D, stride),
    upsample: (x) => {
      const [n, height, width, channels] = x.shape as [number, number, number, number];
      const wide = tf.reshape(x, [n * height * width, 1, channels]);
      const rows = tf.reshape(tf.concat([wide, wide], 1), [n * height, 1, 2 * width * channels]);
      return tf.reshape(tf.concat([rows, rows], 1), [n, 2 * height, 2 * width, channels]);
    },
    reshape: (x, shape) => tf.reshape(x, [...shape]),
    transpose: (x, order) => tf.transpose(x, [...order]),
    concat: (parts, axis) => tf.concat([...parts], axis),
    slice: (x, axis, from, to) =>
      tf.slice(
        x,
        x.shape.map((_, i) => (i === axis ? from : 0)),
        x.shape.map((size, i) => (i === axis ? to - from : size)),
      ),
    sin: (x) => tf.sin(x),
    cos: (x) => tf.cos(x),
    silu: silu(tf),
    gelu: gelu(tf),
    softmax: (x) => tf.softmax(x),
    normalise: (x, axes, epsilon) => normalise(tf, axes, epsilon)(x),
    dropout: (x, rate) => {
      if (rate === 0 || uniforms === undefined) return x;
      const mask = uniforms(elements(x.shape)).map((u) => (u < rate ? 0 : 1 / (1 - rate)));
      return tf.mul(x, tf.tensor(mask, x.shape));
    },
  };
  return ops;
};
