import fc from 'fast-check';
import type { Tensor } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type Solver, solver, solverList, timeGrid } from '../../solvers/index.js';
import { elements, zeros } from '../../src/array/batch.js';
import { upload } from '../../src/array/tensors.js';
import type { Tfjs } from '../../src/array/tfjs.js';
import { DivergedError, UsageError } from '../../src/errors.js';
import { entryOf } from '../../src/plan/components.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import type { Plan } from '../../src/plan/plan.js';
import { sample } from '../../src/plan/sample.js';
import {
  type TensorDenoiser,
  type TensorSampleOptions,
  sampleOnTensors,
} from '../../src/plan/sample-on-tensors.js';
import { classEvidence, predictSymbols } from '../../src/plan/symbols.js';
import { predictSymbolsOfTensor } from '../../src/plan/symbols-tensor.js';
import { continuousBfn, discreteBfn } from '../../src/process/index.js';
import { normals, pathNormals } from '../../src/random/index.js';
import { anySeed } from '../../src/testing/index.js';
import { leftBehind, onEveryBackend } from '../array/backends.js';
import { anyPlan } from './arbitraries.js';

const gain = 0.5;
const shift = 0.25;

/** A linear network, exact on the host and on tensors: half the state, and a quarter. */
const linear = (sampleShape: readonly number[]): Denoiser => ({
  sampleShape,
  predict: ({ shape, data }) => ({ shape, data: data.map((x) => gain * x + shift) }),
});
const linearOnTensors = ({ tf }: Tfjs, sampleShape: readonly number[]): TensorDenoiser => ({
  sampleShape,
  predict: (x) => tf.tidy(() => tf.add(tf.mul(x, gain), shift)),
});

/**
 * How far float32 may be from the truth in one sample of a plan with the linear network, coordinate by coordinate: the errors of what
 * an instruction reads, as far as it passes them on, and a rounding of every product and sum.
 */
const roundingOf = (plan: Plan, start: Float64Array, seed: number): Float64Array => {
  const eps = 2 ** -23;
  type Register = readonly { readonly value: number; readonly error: number }[];
  const rounded = (values: Float64Array): Register =>
    Array.from(values, (value) => ({ value, error: eps * Math.abs(value) }));
  const registers = new Map<string, Register>([[plan.start.register, rounded(start)]]);
  const read = (name: string): Register => registers.get(name) ?? [];
  const sum = (coefficients: readonly number[], parts: Register): Register[number] => {
    const sizes = parts.map(({ value }, i) => Math.abs(coefficients[i] * value));
    return {
      value: parts.reduce((total, { value }, i) => total + coefficients[i] * value, 0),
      error: parts.reduce(
        (total, { error }, i) =>
          total + Math.abs(coefficients[i]) * error * 1.001 + (parts.length + 2) * eps * sizes[i],
        1e-37,
      ),
    };
  };
  for (const entry of plan.instructions) {
    switch (entry.op) {
      case 'return':
        return Float64Array.from(read(entry.from), ({ error }) => error);
      case 'evaluate':
        registers.set(
          entry.into,
          read(entry.from).map((x) => sum([gain, 1], [x, { value: shift, error: 0 }])),
        );
        break;
      case 'combine':
        registers.set(
          entry.into,
          Array.from(start, (_, i) =>
            sum(
              entry.terms.map(([c]) => entryOf(c, 0)),
              entry.terms.map(([, name]) => read(name)[i]),
            ),
          ),
        );
        break;
      case 'noise': {
        const noise = new Float64Array(start.length);
        if ('draw' in entry) normals(noise, { seed, sample: 0, draw: entry.draw });
        else pathNormals(noise, { seed, sample: 0, clock: entry.clock }, entry);
        registers.set(entry.into, rounded(noise));
      }
    }
  }
  throw new Error('no return');
};

const continuous = continuousBfn({ sigma1: 0.02 });
const sde = solver('sde-bfn-solver++2');
const onePath = sde.plan(continuous, { nfe: 4, noise: 'path' });
const fromPrior = solver('bfn').plan(continuous, { nfe: 4, grid: timeGrid.uniform({ eta: 0 }) });
const onHost = {
  plan: sde.plan(continuous, { nfe: 4 }),
  start: 'zero-mean',
  samples: 5,
  seed: 3,
} as const satisfies Partial<TensorSampleOptions>;

describe('a plan on tensors', () => {
  onEveryBackend((tfjs) => {
    const { tf, backend } = tfjs;
    const runs = backend === 'webgpu' ? 12 : 40;
    const network = linearOnTensors(tfjs, [3]);
    const some = { ...onHost, tfjs };

    it('is the plan on the host to rounding, for every solver, process, grid and seed', async () => {
      let vacuous = 0;
      const check = async (plan: Plan, seed: number) => {
        const start = { shape: [1, 3], data: Float64Array.of(-0.4, 0.1, 0.7) };
        const host = await sample({ plan, denoiser: linear([3]), start, samples: 1, seed });
        const there = await sampleOnTensors({ tfjs, plan, denoiser: network, start, samples: 1, seed });
        const bound = roundingOf(plan, start.data, seed);
        host.data.forEach((value, i) =>
          expect(Math.abs(there.data[i] - value)).toBeLessThanOrEqual(bound[i]),
        );
        if (bound.some((error, i) => error > 1e-2 * Math.abs(host.data[i]))) vacuous++;
        expect(there.nfe).toBe(plan.nfe);
      };
      const plans = anyPlan().filter(({ nfe }) => backend !== 'webgpu' || nfe <= 8);
      await fc.assert(fc.asyncProperty(plans, anySeed(), check), { numRuns: runs });
      expect(vacuous).toBeLessThan(runs / 4);
    });

    it.each(['prior', 'zero-mean', 'moment-matched', 'full-covariance'] as const)(
      'has the start %s, the noises and the chunks of the host',
      async (start) => {
        const plan = start === 'prior' ? fromPrior : onePath;
        const spectrum = { basis: { id: 'coordinates', size: 3 }, variances: [0.1, 0.2, 0.3] } as const;
        const moments = { mean: [0.1, 0.2, 0.3], variance: 0.2, spectrum };
        const run = { plan, start, moments, samples: 5, firstSample: 7, seed: 3, chunk: 2 };
        const host = await sample({ ...run, denoiser: linear([3]) });
        const there = await sampleOnTensors({ ...run, tfjs, denoiser: network });
        expect(there.shape).toEqual([5, 3]);
        host.data.forEach((value, i) => expect(there.data[i]).toBeCloseTo(value, 5));
        const last = await sampleOnTensors({ ...run, tfjs, denoiser: network, samples: 1, firstSample: 11 });
        last.data.forEach((value, i) => expect(value).toBeCloseTo(there.data[12 + i], 6));
      },
    );

    it.each([
      ['coordinates', { id: 'coordinates', size: 4 }],
      ['cosine', { id: 'cosine', shape: [2, 2] }],
      ['vectors', { id: 'vectors', vectors: [[0.5, 0.5, 0.5, 0.5]] }],
    ] as const)('may have coefficients a component of a basis (%s)', async (_, basis) => {
      const variances = basis.id === 'vectors' ? [0.3, 0.02] : [0.3, 0.1, 0.05, 0.02];
      const plan = solver('dpm-solver++2m').plan(continuous, { nfe: 5, reference: { basis, variances } });
      expect(plan.basis?.id).toBe(basis.id);
      const host = await sample({ ...onHost, plan, denoiser: linear([4]) });
      const there = await sampleOnTensors({ ...some, plan, denoiser: linearOnTensors(tfjs, [4]) });
      host.data.forEach((value, i) => expect(there.data[i]).toBeCloseTo(value, 4));
    });

    it('asks a reference of symbols as the host does', async () => {
      const probabilities = [0.6, 0.4, 0];
      const known = solverList().find(({ takesSymbols }) => takesSymbols) as Solver;
      const plan = known.plan(discreteBfn({ classes: 3, beta1: 2 }), {
        nfe: 5,
        reference: { probabilities },
      });
      const moments = { mean: [0, 0, 0], variance: 1, probabilities };
      const run = { ...onHost, plan, start: 'symbol-frequencies', moments } as const;
      const host = await sample({ ...run, denoiser: linear([2, 3]) });
      const there = await sampleOnTensors({ ...run, tfjs, denoiser: linearOnTensors(tfjs, [2, 3]) });
      host.data.forEach((value, i) => expect(there.data[i]).toBeCloseTo(value, 4));
    });

    it('has the posterior of symbols of the host, whatever the evidence', async () => {
      const probabilities = [0.6, 0.3, 0.1, 0];
      const check = async (values: number[], alpha: number, sigma: number) => {
        const x = { shape: [1, 2, 4], data: Float32Array.from(values) };
        const exact = zeros(x.shape, 'float64');
        predictSymbols({ probabilities }, x, { alpha, sigma }, exact);
        const state = upload(tf, x);
        const there = predictSymbolsOfTensor(tf, { probabilities }, state, { alpha, sigma });
        const data = await there.data();
        tf.dispose([state, there]);
        // what float32 makes of the logarithms, as far as it tells; without noise, of x / alpha
        const kappa = classEvidence({ alpha, sigma }, 4);
        const error = 2 ** -20 * (1 + (kappa === Infinity ? 4 / alpha : Math.min(kappa, 1e6)));
        exact.data.forEach((value, i) => expect(Math.abs(data[i] - value)).toBeLessThanOrEqual(error));
      };
      const scales = [1e-30, 1e-3, 0.1, 0.5, 1];
      const states = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 8, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(states, fc.constantFrom(...scales), fc.constantFrom(0, ...scales), check),
        { numRuns: runs },
      );
    });

    it('takes answers that are promised, and the state itself for one', async () => {
      const direct = await sampleOnTensors({ ...some, denoiser: network });
      const promised: TensorDenoiser = {
        ...network,
        predict: async (x, moments) => network.predict(x, moments),
      };
      expect((await sampleOnTensors({ ...some, denoiser: promised })).data).toEqual(direct.data);
      const itself = await sampleOnTensors({ ...some, denoiser: { sampleShape: [3], predict: (x) => x } });
      const copy: Denoiser = { sampleShape: [3], predict: (x) => ({ ...x, data: x.data.slice() }) };
      const host = await sample({ ...onHost, denoiser: copy });
      host.data.forEach((value, i) => expect(itself.data[i]).toBeCloseTo(value, 4));
    });

    it('shows every call to a callback', async () => {
      const seen: number[] = [];
      await sampleOnTensors({
        ...some,
        denoiser: network,
        chunk: 3,
        onStep: ({ state, prediction, evaluation, firstSample, moments }) => {
          seen.push(evaluation);
          const shape = [firstSample === 0 ? 3 : 2, 3];
          expect([state.shape, prediction.shape, moments.length]).toEqual([shape, shape, shape[0]]);
        },
      });
      expect(seen).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
    });

    /** A network that answers NaN for the last sample of a call. */
    const broken = (call: number, value: number): TensorDenoiser => {
      let calls = 0;
      const spoil = (x: Tensor): Tensor => {
        const spoilt = new Float32Array(elements(x.shape));
        if (++calls === call) spoilt[spoilt.length - 1] = value;
        return tf.tidy(() => tf.add(network.predict(x, []) as Tensor, tf.tensor(spoilt, x.shape)));
      };
      return { sampleShape: [3], predict: spoil };
    };
    const failure = (run: Promise<unknown>): Promise<Error> =>
      run.then(
        () => new Error('it ran'),
        (error: Error) => error,
      );

    it.each([NaN, Infinity])('says where the network gave %f, in the words of the host', async (value) => {
      const error = await failure(
        sampleOnTensors({ ...some, denoiser: broken(3, value), samples: 4, firstSample: 10 }),
      );
      expect(error).toBeInstanceOf(DivergedError);
      expect(error.message).toMatch(
        /^sde-bfn-solver\+\+2 diverged: the prediction of sample 13 is NaN or infinite at evaluation 3 \(t = [\d.]+\)$/,
      );
    });

    it('refuses what does not fit in one line', async () => {
      const wrong: TensorDenoiser = { sampleShape: [3], predict: () => tf.zeros([5, 2]) };
      const shape = await failure(sampleOnTensors({ ...some, denoiser: wrong }));
      expect(shape.message).toBe('the denoiser answered with shape [5, 2] to a state of shape [5, 3]');
      const drawing = solver('bfn').plan(discreteBfn({ classes: 3, beta1: 1 }), { nfe: 3 });
      const draw = await failure(sampleOnTensors({ ...some, plan: drawing, denoiser: network }));
      expect(draw.message).toMatch(/asks for draws of the predicted classes, and the denoiser has no draw$/);
      const lanes = { solver: 'adaptive', lane: () => undefined } as never;
      const adaptive = await failure(sampleOnTensors({ ...some, plan: lanes, denoiser: network }));
      expect(adaptive.message).toMatch(/^adaptive chooses its steps by the sample, .*: use sample$/);
      const count = await failure(sampleOnTensors({ ...some, denoiser: network, samples: 0 }));
      for (const error of [shape, draw, adaptive, count]) expect(error).toBeInstanceOf(UsageError);
    });

    it('leaves no tensor behind, however it ends', async () => {
      const controller = new AbortController();
      const runs: Partial<TensorSampleOptions>[] = [
        { denoiser: network },
        { denoiser: { sampleShape: [3], predict: (x) => x } },
        { denoiser: broken(2, NaN) },
        { denoiser: { sampleShape: [3], predict: () => tf.zeros([5, 2]) } },
        { denoiser: { sampleShape: [3], predict: () => Promise.reject(new Error('broken')) } },
        {
          denoiser: network,
          onStep: () => {
            throw new Error('enough');
          },
        },
        { denoiser: network, signal: controller.signal, onStep: () => controller.abort() },
      ];
      for (const run of runs) {
        const left = await leftBehind(tfjs, () =>
          sampleOnTensors({ ...some, denoiser: network, chunk: 3, ...run }),
        );
        expect(left).toBe(0);
      }
      await expect(
        sampleOnTensors({ ...some, denoiser: network, signal: controller.signal }),
      ).rejects.toThrow('aborted');
    });
  });
});
