import type * as core from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Tfjs, loadTfjs } from '../../src/array/tfjs.js';
import { DivergedError } from '../../src/errors.js';
import { variancePreserving } from '../../src/process/index.js';
import { architecture } from '../../src/train/architectures.js';
import { number } from '../../src/train/numbers.js';
import type { Objective } from '../../src/train/objective.js';
import type { OptimiserOptions } from '../../src/train/optimiser.js';
import { diffusionRegression } from '../../src/train/regression.js';
import { countParameters, parametersOf } from '../../src/train/shape-ops.js';
import { batchItems, shuffled } from '../../src/train/shuffle.js';
import { type Items, type TrainerOptions, type TrainingState, trainer } from '../../src/train/trainer.js';
import { split, startWeights } from '../../src/train/weights.js';
import { onEveryBackend } from '../array/backends.js';
import { float32Normals } from './answers.js';

const [dimension, count, batch, steps] = [3, 20, 8, 12];
const sizes = { dimension, width: 8, depth: 1 };
const network = architecture('mlp', { ...sizes, dropout: 0.1 });
const values = float32Normals(1, count * dimension);

/** The items of a table; `spoilt` of them are NaN. */
const itemsOf = (spoilt: readonly number[] = []): Items => ({
  count,
  read: (indices) => {
    const rows = Array.from(indices, (i) =>
      spoilt.includes(i)
        ? new Array<number>(dimension).fill(NaN)
        : [...values.subarray(i * dimension, (i + 1) * dimension)],
    );
    return { shape: [rows.length, dimension], data: Float32Array.from(rows.flat()) };
  },
});

const optimiser: OptimiserOptions = {
  ...{ rate: 0.01, betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
  ...{ average: 0.9, warmUp: 2, schedule: 'cosine' },
};

const start = (): TrainingState => {
  const weights = startWeights(network, 1);
  const zeros = () => new Float32Array(weights.length);
  return { step: 0, weights, average: weights.slice(), first: zeros(), second: zeros() };
};

const made = (tfjs: Tfjs, changes: Partial<TrainerOptions> = {}) =>
  trainer({
    ...{
      tfjs,
      architecture: network,
      objective: diffusionRegression(variancePreserving(), { predicts: 'noise' }),
    },
    ...{ items: itemsOf(), batch, steps, optimiser, seed: 1, state: start(), ...changes },
  });

/** The state after so many steps more. */
const after = async (more: number, ...options: Parameters<typeof made>): Promise<TrainingState> => {
  const running = made(...options);
  for (let i = 0; i < more; i++) await running.advance();
  const state = await running.state();
  running.dispose();
  return state;
};

describe('a training', () => {
  onEveryBackend((tfjs) => {
    const some = tfjs.backend === 'webgpu' ? 3 : steps;

    it('is a function of state, data and seed: gone on with from any step it ends with the same bits', async () => {
      const whole = await after(some, tfjs);
      expect(whole.step).toBe(some);
      for (const k of new Set([1, some - 2])) {
        const half = await after(k, tfjs);
        expect(await after(some - k, tfjs, { state: half })).toEqual(whole);
      }
      expect((await after(some, tfjs, { seed: 2 })).weights).not.toEqual(whole.weights);
    });

    it('keeps two numbers a step until they are asked for, and in the end nothing', async () => {
      await after(1, tfjs); // numbers that recur are kept
      const tensors = (): number => tfjs.tf.memory().numTensors;
      const before = tensors();
      const running = made(tfjs);
      const held = tensors();
      for (let step = 1; step <= 3; step++) {
        await running.advance();
        expect(tensors()).toBe(held + 2 * step);
      }
      expect((await running.records()).map(({ step }) => step)).toEqual([1, 2, 3]);
      await running.validate(itemsOf(), count);
      expect(tensors()).toBe(held);
      await running.advance();
      running.dispose();
      expect(tensors()).toBe(before);
    });

    it.skipIf(tfjs.backend === 'webgpu')(
      'validates the same at any time, on its average and without dropout, and does not feel it',
      async () => {
        const running = made(tfjs);
        for (let i = 0; i < 2; i++) await running.advance();
        const first = await running.validate(itemsOf(), count);
        expect(await running.validate(itemsOf(), count)).toBe(first);
        for (let i = 2; i < some; i++) await running.advance();
        expect(await running.state()).toEqual(await after(some, tfjs));
        const state = await running.state();
        const last = await running.validate(itemsOf(), count);
        running.dispose();
        const calm = made(tfjs, {
          architecture: architecture('mlp', sizes),
          state: { ...state, weights: state.average },
        });
        expect(await calm.validate(itemsOf(), count)).toBe(last);
        calm.dispose();
      },
    );
  });
});

describe('on the plain backend', () => {
  let tfjs: Tfjs;
  beforeAll(async () => {
    tfjs = await loadTfjs('cpu');
  });

  it('learns', async () => {
    const running = made(tfjs, { steps: 300, optimiser: { ...optimiser, rate: 0.02 } });
    const before = await running.validate(itemsOf(), count);
    for (let i = 0; i < 300; i++) await running.advance();
    expect(await running.validate(itemsOf(), count)).toBeLessThan(0.7 * before);
    running.dispose();
  });

  it('reads each item as it is in its own epoch, in a batch that two epochs share too', async () => {
    const objective = diffusionRegression(variancePreserving(), { predicts: 'noise' });
    const seen: string[] = [];
    const recording: Objective = {
      ...objective,
      feeds: (data, draw) => {
        for (let i = 0; i < batch; i++)
          seen.push(data.data.subarray(i * dimension, (i + 1) * dimension).join());
        return objective.feeds(data, draw);
      },
    };
    const drawn: Items = {
      count,
      read: (indices, epoch) => ({
        shape: [indices.length, dimension],
        data: Float32Array.from(Array.from(indices, (i) => [epoch, i, 0]).flat()),
      }),
    };
    await after(Math.ceil((3 * count) / batch), tfjs, { items: drawn, objective: recording });
    for (let epoch = 0; epoch < 3; epoch++) {
      const own = Array.from({ length: count }, (_, place) =>
        [epoch, shuffled(place, count, 1, epoch), 0].join(),
      );
      expect(seen.slice(epoch * count, (epoch + 1) * count)).toEqual(own);
    }
  });

  it('names the first step whose loss is not finite: the one that saw the item that is NaN', async () => {
    for (const spoilt of [3, 4, 11]) {
      const wanted =
        Array.from({ length: 3 }, (_, step) =>
          batchItems(step, batch, count, 1).some(({ items }) => items.includes(spoilt)),
        ).indexOf(true) + 1;
      const running = made(tfjs, { items: itemsOf([spoilt]) });
      for (let i = 0; i < 6; i++) await running.advance();
      const failure = await running.records().catch((error: unknown) => error);
      running.dispose();
      expect(failure).toBeInstanceOf(DivergedError);
      expect(failure).toMatchObject({ evaluation: wanted, what: 'the loss is NaN' });
    }
  });

  it('a rate that is much too large is found out within a few steps, and in validation', async () => {
    const running = made(tfjs, { optimiser: { ...optimiser, rate: 1e30, warmUp: 0 } });
    for (let i = 0; i < 4; i++) await running.advance();
    await expect(running.records()).rejects.toThrow(/the (loss|norm of the gradient) is (NaN|Infinity)/);
    await expect(running.validate(itemsOf(), count)).rejects.toThrow(
      /the loss on held-out items is (NaN|Infinity)/,
    );
    running.dispose();
  });

  it('where the loss is flat, only weights that are to decay do, at the rate times the decay', async () => {
    const { id, unit, feeds, input } = diffusionRegression(variancePreserving(), { predicts: 'noise' });
    const flat: Objective = {
      ...{ id, unit, feeds, input },
      loss: (tf, output) => tf.mul(tf.sum(output), 0),
    };
    const rate = 0.1;
    const state = await after(3, tfjs, {
      objective: flat,
      optimiser: { ...optimiser, rate, warmUp: 0, schedule: 'constant' },
    });
    const [now, then] = [split(network, state.weights), split(network, start().weights)];
    const kinds = new Set<boolean>();
    for (const { name, decays } of parametersOf(network)) {
      kinds.add(decays);
      const factor = decays ? (1 - rate * optimiser.weightDecay) ** 3 : 1;
      then.get(name)!.forEach((value, i) => expect(now.get(name)![i]).toBeCloseTo(factor * value, 6));
    }
    expect(kinds.size).toBe(2);
    expect(state.weights).toHaveLength(countParameters(network));
  });

  it('a number that recurs is one tensor for each value, which no tidy takes away', () => {
    const { tf } = tfjs;
    const before = tf.memory().numTensors;
    const seen = [1.25, -7.5, 1.25, 1.25, -7.5].map((value) => tf.tidy<core.Scalar>(() => number(tf, value)));
    expect(new Set(seen).size).toBe(2);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect(seen.map((one) => one.dataSync()[0])).toEqual([1.25, -7.5, 1.25, 1.25, -7.5]);
  });
});
