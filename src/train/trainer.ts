import type * as core from '@tensorflow/tfjs-core';
import { type Batch, elements, joined } from '../array/batch.js';
import type { Tf, Tfjs } from '../array/tfjs.js';
import { DivergedError } from '../errors.js';
import { uniforms } from '../random/index.js';
import { type Feeds, type Objective, type TensorFeeds, batchDraw } from './objective.js';
import type { Architecture } from './ops.js';
import { type OptimiserOptions, type OptimiserState, adamW, stateNames } from './optimiser.js';
import { parametersOf } from './shape-ops.js';
import { type BatchPart, batchItems } from './shuffle.js';
import { tfjsOps } from './tfjs-ops.js';

/** Items that can be read by index: what to train on. */
export interface Items {
  readonly count: number;
  /** [n, ...]: values, or class indices. `epoch` counts passes over the data, for what is drawn anew in each. */
  read(indices: ArrayLike<number>, epoch: number): Batch | Promise<Batch>;
}

export interface TrainerOptions {
  readonly tfjs: Tfjs;
  readonly architecture: Architecture;
  readonly objective: Objective;
  readonly items: Items;
  /** Items a step. */
  readonly batch: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly optimiser: OptimiserOptions;
  /** Of the order of the items, of places in time, of noise and dropout. */
  readonly seed: number;
  readonly state: TrainingState;
}

/** All that a run goes on from, with data, options and seed. */
export interface TrainingState extends OptimiserState<Float32Array> {
  /** Steps done. */
  readonly step: number;
}

export interface StepRecord {
  /** Counted from 1. */
  readonly step: number;
  /** Of the batch, in the objective's unit. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradientNorm: number;
}

export interface Trainer {
  readonly step: number;
  /** Takes one step. What it computes stays on the device. */
  advance(): Promise<void>;
  /**
   * The steps since the last call. Throws a `DivergedError` at the first whose loss or gradient is not finite: the state has been lost
   * with it.
   */
  records(): Promise<readonly StepRecord[]>;
  state(): Promise<TrainingState>;
  /**
   * The objective on other items, of the averaged weights, with noise of its own that is always the same: the mean over batches. Throws a `DivergedError` where
   * it is not finite.
   */
  validate(items: Items, count: number): Promise<number>;
  dispose(): void;
}

const toDevice = (tf: Tf, feeds: Feeds): TensorFeeds =>
  Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape], 'float32')]),
  );

/** The items of a batch, each as it is in its own epoch. */
const readParts = async (of: Items, parts: readonly BatchPart[]): Promise<Batch> => {
  const batches: Batch[] = [];
  for (const { items, epoch } of parts) batches.push(await of.read(items, epoch));
  return joined(batches);
};

/**
 * Trains a network on an objective, with all tensors on the device from step to step. The state after a step is a function of the state before,
 * the data, the options and the seed: a run that goes on from a state ends where it would have ended, bit for bit on one backend.
 */
export const trainer = (options: TrainerOptions): Trainer => {
  const { tfjs, architecture, objective, items, batch, steps, optimiser, seed } = options;
  const { tf } = tfjs;
  const parameters = parametersOf(architecture);
  const sizes = parameters.map(({ shape }) => elements(shape));
  const decays = tf.tidy(() =>
    tf.concat(parameters.map((parameter, i) => tf.fill([sizes[i]], parameter.decays ? 1 : 0))),
  ) as core.Tensor1D;

  /** The trained tensors of a flat vector, in the order of the parameters. */
  const apart = (flat: core.Tensor1D): core.Tensor[] =>
    tf.split(flat, sizes).map((own, i) => tf.reshape(own, [...parameters[i].shape]));

  const lossOf = (tensors: readonly core.Tensor[], feeds: TensorFeeds, step?: number): core.Scalar => {
    const byName = new Map(parameters.map(({ name }, i) => [name, tensors[i]]));
    let masks = 0;
    const ops = tfjsOps(tf, {
      weight: (name) => byName.get(name) as core.Tensor,
      ...(step !== undefined && {
        uniforms: (count) => {
          const drawn = new Float64Array(count);
          uniforms(drawn, { seed, sample: step, draw: 1 + masks++ });
          return Float32Array.from(drawn);
        },
      }),
    });
    const x = tf.reshape(objective.input(tf, feeds), [-1, ...architecture.inputShape]);
    return objective.loss(tf, architecture.forward(ops, x, feeds.time), feeds);
  };

  let { step } = options.state;
  let state = Object.fromEntries(
    stateNames.map((name) => [name, tf.tensor1d(options.state[name], 'float32')]),
  ) as unknown as OptimiserState<core.Tensor1D>;
  let pending: { readonly step: number; readonly loss: core.Scalar; readonly norm: core.Scalar }[] = [];

  const replace = (next: OptimiserState<core.Tensor1D>): void => {
    stateNames.forEach((name) => state[name].dispose());
    state = next;
  };

  return {
    get step() {
      return step;
    },
    async advance() {
      const data = await readParts(items, batchItems(step, batch, items.count, seed));
      const feeds = objective.feeds(data, batchDraw(seed, step, batch));
      const before = step;
      const { loss, ...next } = tf.tidy(() => {
        const placed = toDevice(tf, feeds);
        const { value, grads } = tf.valueAndGrads((...tensors: core.Tensor[]) =>
          lossOf(tensors, placed, before),
        )(apart(state.weights));
        const gradient = tf.concat(grads.map((one) => tf.reshape(one, [-1]))) as core.Tensor1D;
        const { state: after, norm } = adamW(tf, state, gradient, decays, optimiser, {
          step: before + 1,
          steps,
        });
        return { ...after, loss: value as core.Scalar, norm };
      });
      const { norm, ...after } = next;
      step++;
      pending.push({ step, loss, norm });
      replace(after);
    },
    async records() {
      const now = pending;
      pending = [];
      if (now.length === 0) return [];
      const both = tf.tidy(() =>
        tf.concat([tf.stack(now.map(({ loss }) => loss)), tf.stack(now.map(({ norm }) => norm))]),
      );
      const values = await both.data();
      tf.dispose([both, ...now.flatMap(({ loss, norm }) => [loss, norm])]);
      return now.map(({ step: at }, i) => {
        const [loss, gradientNorm] = [values[i], values[now.length + i]];
        if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return { step: at, loss, gradientNorm };
        const what = Number.isFinite(loss)
          ? `the norm of the gradient is ${gradientNorm}`
          : `the loss is ${loss}`;
        throw new DivergedError('training', at, at / steps, what);
      });
    },
    async state() {
      const vectors = await Promise.all(
        stateNames.map(async (name) => [name, (await state[name].data<'float32'>()).slice()] as const),
      );
      return { step, ...(Object.fromEntries(vectors) as unknown as OptimiserState<Float32Array>) };
    },
    async validate(others, count) {
      let sum = 0;
      const batches = Math.ceil(count / batch);
      for (let b = 0; b < batches; b++) {
        const size = Math.min(batch, count - b * batch);
        const chosen = batchItems(b, batch, others.count, seed).flatMap((part) => part.items);
        const data = await others.read(chosen.slice(0, size), 0);
        const feeds = objective.feeds(data, batchDraw(seed, b, size, { apart: true }));
        const loss = tf.tidy(() => lossOf(apart(state.average), toDevice(tf, feeds)));
        const [value] = await loss.data();
        loss.dispose();
        sum += value * size;
      }
      if (Number.isFinite(sum)) return sum / count;
      throw new DivergedError('training', step, step / steps, `the loss on held-out items is ${sum}`);
    },
    dispose() {
      tf.dispose([
        decays,
        ...stateNames.map((name) => state[name]),
        ...pending.flatMap(({ loss, norm }) => [loss, norm]),
      ]);
      pending = [];
    },
  };
};
