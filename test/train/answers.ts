import type * as core from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { Batch } from '../../src/array/batch.js';
import type { Tfjs } from '../../src/array/tfjs.js';
import { type BayesianFlow, type Head, type LossDraw, lossAndGradient } from '../../src/bfn/index.js';
import { logUniform } from '../../src/testing/processes.js';
import { type BatchDraw, type Objective, batchDraw, stepOf } from '../../src/train/objective.js';
import { normalsOf } from '../bfn/helpers.js';

export const items = 3;
export const variables = 4;

/** Where a batch is in time, as near to either end as training comes; and the n of an n-step loss, or none. */
export interface Chosen {
  readonly seed: number;
  readonly places: readonly number[];
  readonly steps?: number;
}

const anyPlace = fc.oneof(
  fc.double({ min: 1e-3, max: 1 - 1e-3, noNaN: true }),
  logUniform(1e-9, 1e-3),
  logUniform(1e-9, 1e-3).map((rest) => 1 - rest),
);

export const anyChosen = (): fc.Arbitrary<Chosen> =>
  fc.record(
    {
      seed: fc.nat(1e6),
      places: fc.array(anyPlace, { minLength: items, maxLength: items }),
      steps: fc.integer({ min: 1, max: 30 }),
    },
    { requiredKeys: ['seed', 'places'] },
  );

export const drawAt = ({ seed, places }: Chosen): BatchDraw => ({
  ...batchDraw(seed, 7, items),
  places: Float64Array.from(places),
});

export const float32Normals = (seed: number, count: number): Float32Array =>
  Float32Array.from(normalsOf(seed, count));

/** The part of one item. */
export const itemOf = (all: Float32Array, i: number): Float64Array => {
  const size = all.length / items;
  return Float64Array.from(all.subarray(i * size, (i + 1) * size));
};

/** Loss, gradient with respect to what the network gives, and what the network is shown. */
export const answerOf = async (
  { tf }: Tfjs,
  objective: Objective,
  data: Batch,
  draw: BatchDraw,
  raw: Float32Array,
) => {
  const feeds = objective.feeds(data, draw);
  const n = data.shape[0];
  const [loss, gradient, shown] = tf.tidy(() => {
    const placed = Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [name, tf.tensor(feed.data, [...feed.shape])]),
    );
    const { value, grad } = tf.valueAndGrad((output: core.Tensor) => objective.loss(tf, output, placed))(
      tf.tensor(raw, [n, raw.length / n]),
    );
    return [value, grad, tf.clone(objective.input(tf, placed))];
  });
  const [[value], slope, seen] = await Promise.all([loss.data(), gradient.data(), shown.data()]);
  tf.dispose([loss, gradient, shown]);
  return { loss: value, gradient: slope as Float32Array, shown: seen as Float32Array, time: feeds.time.data };
};

/** The draw of item i as the reference takes it. */
export const lossDrawOf = (flow: BayesianFlow, chosen: Chosen, i: number): LossDraw => {
  const draw = drawAt(chosen);
  const part = (which: number): Float64Array => itemOf(draw.normals(which, variables * flow.channels), i);
  const { places, steps } = chosen;
  return steps === undefined
    ? { loss: 'continuous-time', tau: places[i], noise: part(1) }
    : { loss: 'discrete-time', steps, step: stepOf(places[i], steps), noise: part(1), senderNoise: part(2) };
};

/** What the squared error of the predicted target costs at the place of item i. */
export const weightOf = (
  { schedule, errorWeight }: BayesianFlow,
  { places, steps }: Chosen,
  i: number,
): number =>
  (errorWeight / 2) *
  (steps === undefined ? schedule.rate(places[i]) : steps * schedule.step(stepOf(places[i], steps), steps));

/** Losses and gradients of the items, in float64. */
export const referenceOf = (flow: BayesianFlow, head: Head, data: Batch, raw: Float32Array, chosen: Chosen) =>
  Array.from({ length: items }, (_, i) =>
    lossAndGradient(
      flow,
      head,
      itemOf(data.data as Float32Array, i),
      lossDrawOf(flow, chosen, i),
      itemOf(raw, i),
    ),
  );

/** A few roundings of float32; of exp, log and erf tfjs's plain backend and WGSL grant a few more digits. */
export const unitOf = ({ backend }: Tfjs): number => (backend === 'webgpu' ? 2 ** -18 : 2 ** -21);
