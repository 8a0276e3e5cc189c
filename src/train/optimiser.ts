import type * as core from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';
import { number } from './numbers.js';

/** AdamW with warm-up, clipping of the gradient's norm, and an average of the weights. */
export interface OptimiserOptions {
  /** Learning rate. */
  readonly rate: number;
  /** Of the averages of the gradient and of its square; .9 and .98 (Graves et al. 2023's code, images and text: .99 on CIFAR-10). */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Times the learning rate: how much of a weight goes a step. */
  readonly weightDecay: number;
  /** The largest norm of a gradient; larger ones are scaled down to it. None: as they are. */
  readonly clip?: number;
  /** Decay of the moving average of the weights, which is what is used in the end; at first less, step / (step + 9), that the start is soon forgotten. */
  readonly average: number;
  /** Steps in which the learning rate rises to its own. */
  readonly warmUp: number;
  /** 'constant', or 'cosine': down to 0 along half a cosine over the run. */
  readonly schedule: 'constant' | 'cosine';
}

/** All that a step changes, as vectors of all trained numbers one after the other. */
export interface OptimiserState<V> {
  readonly weights: V;
  /** The moving average of the weights. */
  readonly average: V;
  /** The moving averages of the gradient and of its square. */
  readonly first: V;
  readonly second: V;
}

export const stateNames = ['weights', 'average', 'first', 'second'] as const;

/** The learning rate of a step, counted from 1, of a run of `steps`. */
export const learningRate = (
  { rate, warmUp, schedule }: OptimiserOptions,
  step: number,
  steps: number,
): number => {
  if (step < warmUp) return (rate * step) / warmUp;
  if (schedule === 'constant') return rate;
  return (rate / 2) * (1 + Math.cos((Math.PI * (step - warmUp)) / Math.max(1, steps - warmUp)));
};

/**
 * The state after step `step`, counted from 1, and the norm of the gradient before clipping, a scalar. `decays`: 1 for numbers that weight decay
 * applies to, else 0. (Loshchilov and Hutter 2019, arXiv:1711.05101; one vector for all, since tensors are many and small)
 */
export const adamW = (
  tf: Tf,
  { weights, average, first, second }: OptimiserState<core.Tensor1D>,
  gradient: core.Tensor1D,
  decays: core.Tensor1D,
  options: OptimiserOptions,
  { step, steps }: { readonly step: number; readonly steps: number },
): { readonly state: OptimiserState<core.Tensor1D>; readonly norm: core.Scalar } => {
  const { betas, epsilon, weightDecay, clip } = options;
  const norm = tf.sqrt(tf.sum(tf.square(gradient))) as core.Scalar;
  const kept =
    clip === undefined
      ? gradient
      : tf.mul(gradient, tf.minimum(number(tf, 1), tf.div(number(tf, clip), tf.add(norm, number(tf, 1e-6)))));
  const toward = <T extends core.Tensor>(old: T, value: core.Tensor, decay: number): T =>
    tf.add(tf.mul(old, number(tf, decay)), tf.mul(value, number(tf, 1 - decay)));
  const nextFirst = toward(first, kept, betas[0]);
  const nextSecond = toward(second, tf.square(kept), betas[1]);
  const rate = learningRate(options, step, steps);
  const deviation = tf.add(
    tf.mul(tf.sqrt(nextSecond), 1 / Math.sqrt(1 - betas[1] ** step)),
    number(tf, epsilon),
  );
  const change = tf.div(tf.mul(nextFirst, rate / (1 - betas[0] ** step)), deviation);
  const decayed = tf.mul(weights, tf.add(tf.mul(decays, -rate * weightDecay), number(tf, 1)));
  const nextWeights = tf.sub(decayed, change) as core.Tensor1D;
  const memory = Math.min(options.average, step / (step + 9));
  const nextAverage = tf.add(tf.mul(average, memory), tf.mul(nextWeights, 1 - memory)) as core.Tensor1D;
  return {
    state: { weights: nextWeights, average: nextAverage, first: nextFirst, second: nextSecond },
    norm,
  };
};
