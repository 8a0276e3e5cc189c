import type * as core from '@tensorflow/tfjs-core';
import type { Batch } from '../array/batch.js';
import { normalsOfSamples } from '../array/host.js';
import { uniforms } from '../random/index.js';
import type { Tf } from '../array/tfjs.js';

/** One array of a batch, on its way to the device. */
export interface Feed {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What one batch puts on the device, by name. Every objective has the `time` that the network is shown, [n]. */
export type Feeds = Readonly<Record<string, Feed>> & { readonly time: Feed };
export type TensorFeeds = Readonly<Record<string, core.Tensor>>;

/** The random numbers of one batch of n items. */
export interface BatchDraw {
  /** In (0, 1), one an item: where in time. */
  readonly places: Float64Array;
  /** Standard normals, [n, size]: those of a draw are always the same. */
  normals(draw: number, size: number): Float32Array;
}

/** What a network is trained on: which question a batch of data makes, and what an answer costs. */
export interface Objective {
  readonly id: string;
  /** What `loss` is measured in, an item. */
  readonly unit: 'nats' | 'mean squared error';
  feeds(data: Batch, draw: BatchDraw): Feeds;
  /** What the network is shown beside the time. */
  input(tf: Tf, feeds: TensorFeeds): core.Tensor;
  /** The mean over the items, a scalar, from what the network gives. */
  loss(tf: Tf, output: core.Tensor, feeds: TensorFeeds): core.Scalar;
}

/**
 * The random numbers of step `step` of a run: functions of (seed, step), so that a run can go on from any step. The places in time lie 1/n
 * apart, moved around the unit interval together, which leaves each of them uniform and makes the loss less noisy (Kingma et al. 2021,
 * arXiv:2107.00630, appendix I.1). `apart`: other random numbers, that no training shares.
 */
export const batchDraw = (seed: number, step: number, n: number, { apart = false } = {}): BatchDraw => {
  const first = apart ? 2 ** 31 : 0;
  const shift = new Float64Array(1);
  uniforms(shift, { seed, sample: step, draw: first });
  return {
    places: Float64Array.from({ length: n }, (_, i) => (shift[0] + i / n) % 1),
    normals: (draw, size) => {
      const data = new Float32Array(n * size);
      normalsOfSamples({ shape: [1, n * size], data }, { seed, firstSample: step, draw: first + draw });
      return data;
    },
  };
};

/** The index of a place in n equal parts of (0, 1), from 1. */
export const stepOf = (place: number, steps: number): number =>
  Math.min(steps, Math.floor(place * steps) + 1);

/** One number an item, beside its other axes. */
export const anItem = (values: ArrayLike<number>, axes: number): Feed => ({
  shape: [values.length, ...new Array<number>(axes).fill(1)],
  data: Float32Array.from(values),
});

/** `state = alpha target + sigma noise`, an item after the other. */
export const noisedStates = (
  targets: ArrayLike<number>,
  noise: Float32Array,
  moments: readonly { readonly alpha: number; readonly sigma: number }[],
): Float32Array => {
  const size = noise.length / moments.length;
  const out = new Float32Array(noise.length);
  moments.forEach(({ alpha, sigma }, i) => {
    for (let j = i * size; j < (i + 1) * size; j++) out[j] = alpha * targets[j] + sigma * noise[j];
  });
  return out;
};
