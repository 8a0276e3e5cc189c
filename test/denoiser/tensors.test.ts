import fc from 'fast-check';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Batch, elements } from '../../src/array/batch.js';
import { upload } from '../../src/array/tensors.js';
import { type Network, type Predicts, adapt } from '../../src/denoiser/adapters.js';
import { type TensorNetwork, adaptTensors, hostNetwork } from '../../src/denoiser/tensors.js';
import { UsageError } from '../../src/errors.js';
import type { Moment, Uniforms } from '../../src/plan/denoiser.js';
import { sample } from '../../src/plan/sample.js';
import { sampleOnTensors } from '../../src/plan/sample-on-tensors.js';
import { discreteBfn } from '../../src/process/index.js';
import { solver } from '../../solvers/index.js';
import { leftBehind, onEveryBackend } from '../array/backends.js';

const sampleShape = [2, 3];
const size = elements(sampleShape);

/** A network that looks at all that it is shown: half the input and a quarter of the time. */
const network: Network = ({ shape, data }, times) => ({
  shape,
  data: Float64Array.from(data, (x, i) => 0.5 * x + 0.25 * times[Math.floor(i / size)]),
});

const predictions: readonly Predicts[] = [
  ...(['data', 'noise', 'score', 'velocity', 'flow-velocity', 'edm', 'logits'] as const),
];
const anyMoment = fc.record({
  t: fc.constant(0.5),
  alpha: fc.double({ min: 0.2, max: 1, noNaN: true }),
  sigma: fc.oneof(fc.constant(0), fc.double({ min: 0.05, max: 1, noNaN: true })),
  time: fc.double({ min: 0, max: 1, noNaN: true }),
});

/** A batch of samples with their moments. */
const anyBatch = fc
  .array(
    fc.tuple(
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size }),
      anyMoment,
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((samples) => ({
    x: { shape: [samples.length, ...sampleShape], data: Float32Array.from(samples.flatMap(([x]) => x)) },
    moments: samples.map(([, moment]) => moment),
  }));

/** A sample where BFN starts, and one later. */
const fromStart: { readonly x: Batch; readonly moments: readonly Moment[] } = {
  x: { shape: [2, ...sampleShape], data: Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2, 1, 2, 1, 2) },
  moments: [
    { t: 1, alpha: 0, sigma: 0, time: 0 },
    { t: 0.5, alpha: 0.5, sigma: 0.5, time: 0.5 },
  ],
};

const downloaded = async (tensor: Tensor): Promise<Float32Array> => {
  const data = await tensor.data<'float32'>();
  tensor.dispose();
  return data;
};

describe('a network on tensors', () => {
  onEveryBackend((tfjs) => {
    const { tf, backend } = tfjs;
    const numRuns = backend === 'webgpu' ? 10 : 30;
    const onTensors: TensorNetwork = (input, times) =>
      tf.add(tf.mul(input, 0.5), tf.mul(tf.reshape(times, [-1, 1, 1]), 0.25));
    const both = <const O extends object>(options: O) => ({ ...options, sampleShape, sigmaData: 0.5 });

    it.each(
      predictions.flatMap((predicts) =>
        (['state', 'scaled', 'softmax'] as const).map((input) => [predicts, input] as const),
      ),
    )('that predicts %s of the %s is converted as on the host', async (predicts, input) => {
      const options = {
        ...both({ predicts, input, clock: ({ time }: Moment) => 1 - time }),
        ...(predicts === 'noise' && { smallTime: { tMin: 0.3 } }),
      };
      const check = async ({ x, moments }: { x: Batch; moments: readonly Moment[] }) => {
        const host = (await adapt(network, options).predict(x, moments)) as Batch;
        const state = upload(tf, x);
        const there = adaptTensors(tfjs, onTensors, options).predict(state, moments) as Tensor;
        const data = await downloaded(there);
        state.dispose();
        host.data.forEach((value, i) => expect(Math.abs(data[i] - value)).toBeLessThan(2e-5));
      };
      await check(fromStart);
      await fc.assert(fc.asyncProperty(anyBatch, check), { numRuns: numRuns / 5 });
    });

    it('may see what a function of the user shows it', async () => {
      const x = { shape: [1, ...sampleShape], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
      const moments = [{ t: 0.5, alpha: 0.5, sigma: 0.5, time: 0 }];
      const denoiser = adaptTensors(
        tfjs,
        onTensors,
        both({
          predicts: 'data',
          input: (state: Tensor, [{ alpha }]: readonly Moment[]) => tf.mul(state, 4 * alpha),
        }),
      );
      const state = upload(tf, x);
      const data = await downloaded(denoiser.predict(state, moments) as Tensor);
      state.dispose();
      expect(data).toEqual(x.data);
    });

    it('of logits draws the classes that the host draws', async () => {
      const options = both({ predicts: 'logits', input: 'state' });
      const check = async ({ x, moments }: { x: Batch; moments: readonly Moment[] }, levels: number[]) => {
        const uniforms: Uniforms = (i, out) => out.set(levels.slice(2 * i, 2 * i + 2));
        const host = (await adapt(network, options).draw?.(x, moments, uniforms)) as Batch;
        const state = upload(tf, x);
        const there = adaptTensors(tfjs, onTensors, options).draw?.(state, moments, uniforms) as Tensor;
        const data = await downloaded(there);
        state.dispose();
        expect(Array.from(data)).toEqual(Array.from(host.data));
      };
      const level = fc.double({ min: 2 ** -33, max: 1 - 2 ** -33, noNaN: true });
      const levels = fc.array(level, { minLength: 6, maxLength: 6 });
      await fc.assert(fc.asyncProperty(anyBatch, levels, check), { numRuns });
    });

    it('draws no class of a prediction that has diverged, and none of probability 0', async () => {
      const x = { shape: [2, ...sampleShape], data: new Float32Array(2 * size) };
      const logits = Float32Array.of(-200, 0, -200, 0, NaN, 0, 0, -200, -200, -200, 0, -200);
      const denoiser = adaptTensors(tfjs, () => tf.tensor(logits, x.shape), both({ predicts: 'logits' }));
      const state = upload(tf, x);
      const moments = new Array<Moment>(2).fill({ t: 0.5, alpha: 0.5, sigma: 0.5, time: 0.5 });
      const uniforms: Uniforms = (_, out) => void out.set([2 ** -33, 1 - 2 ** -33]);
      const data = await downloaded(denoiser.draw?.(state, moments, uniforms) as Tensor);
      state.dispose();
      expect(Array.from(data)).toEqual([-1, 2, -1, NaN, NaN, NaN, 2, -1, -1, -1, 2, -1]);
    });

    it('runs a plan that draws with the classes of the host', async () => {
      const plan = solver('bfn').plan(discreteBfn({ classes: 3, beta1: 2 }), { nfe: 4 });
      const run = { plan, start: 'prior', samples: 6, seed: 5, chunk: 4 } as const;
      const options = both({ predicts: 'logits' });
      const host = await sample({ ...run, denoiser: adapt(network, options) });
      const denoiser = adaptTensors(tfjs, onTensors, options);
      const there = await sampleOnTensors({ ...run, tfjs, denoiser });
      host.data.forEach((value, i) => expect(there.data[i]).toBeCloseTo(value, 4));
    });

    it('is a network on the host, too', async () => {
      const check = async ({ x, moments }: { x: Batch; moments: readonly Moment[] }) => {
        const times = Float64Array.from(moments, ({ time }) => time);
        const { shape, data } = await hostNetwork(tfjs, onTensors)(x, times);
        const host = (await network(x, times)).data;
        expect(shape).toEqual(x.shape);
        host.forEach((value, i) => expect(data[i]).toBeCloseTo(value, 5));
      };
      await fc.assert(fc.asyncProperty(anyBatch, check), { numRuns });
    });

    it('leaves no tensor behind', async () => {
      const x = { shape: [2, ...sampleShape], data: new Float32Array(2 * size) };
      const moments = new Array<Moment>(2).fill({ t: 0.5, alpha: 0.5, sigma: 0.5, time: 0.5 });
      const wrong: TensorNetwork = (input) => tf.tidy(() => tf.reshape(input, [2, 6]));
      const uniforms: Uniforms = (_, out) => void out.fill(0.5);
      const state = upload(tf, x);
      const works: readonly (() => unknown)[] = [
        () => hostNetwork(tfjs, onTensors)(x, Float64Array.of(0, 1)),
        () => hostNetwork(tfjs, (input) => input)(x, Float64Array.of(0, 1)),
        async () => adaptTensors(tfjs, wrong, both({ predicts: 'data' })).predict(state, moments),
        ...predictions.map((predicts) => async () => {
          const { predict, draw } = adaptTensors(tfjs, onTensors, both({ predicts }));
          tf.dispose([await predict(state, moments), (await draw?.(state, moments, uniforms)) ?? []]);
        }),
      ];
      for (const work of works) expect(await leftBehind(tfjs, work)).toBe(0);
      state.dispose();
    });

    it('refuses what does not fit, in the words of the host', async () => {
      const state = tf.zeros([2, ...sampleShape]);
      const moments = new Array<Moment>(2).fill({ t: 1, alpha: 0, sigma: 1, time: 0 });
      const predict =
        (answer: TensorNetwork, predicts: Predicts, x: Tensor = state) =>
        () =>
          adaptTensors(tfjs, answer, both({ predicts })).predict(x, moments);
      const flat: TensorNetwork = (x) => tf.reshape(x, [2, 6]);
      expect(predict(flat, 'data')).toThrow(
        "the network's prediction has shape [2, 6]; accepted is [2, 2, 3]",
      );
      expect(predict(onTensors, 'data', tf.zeros([2, 3]))).toThrow('the state has shape [2, 3]');
      expect(predict(onTensors, 'noise')).toThrow(
        /a prediction of noise does not determine the data at t = 1/,
      );
      expect(predict(onTensors, 'colour' as Predicts)).toThrow(UsageError);
    });
  });
});
