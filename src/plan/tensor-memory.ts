import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { type Batch, zeros } from '../array/batch.js';
import { type TensorBasis, combineTensors, finiteSamples, upload } from '../array/tensors.js';
import type { Tf } from '../array/tfjs.js';
import { DivergedError, UsageError } from '../errors.js';
import { uniforms } from '../random/index.js';
import { allocate } from './allocation.js';
import type { Moment, Uniforms } from './denoiser.js';
import { type Memory, type Place, referenceOf } from './loop.js';
import type { Plan, Register } from './plan.js';
import { type StepperOptions, fillNoise } from './runner.js';
import { predictSymbolsOfTensor } from './symbols-tensor.js';

/** A call of the network that a plan asks for, on tensors. */
export interface TensorRequest {
  /** The noisy batch, [n, ...sampleShape]; not to be disposed of, and only valid until the answer. */
  readonly state: Tensor;
  readonly moments: readonly Moment[];
  /** Counted from 1. */
  readonly evaluation: number;
  readonly uniforms?: Uniforms;
}

export interface TensorMemory extends Memory<TensorRequest, Tensor> {
  /** Reads back what the checks found. Throws the `DivergedError` of the first that failed. */
  verdict(): Promise<void>;
  dispose(): void;
}

/** The registers of a run as tensors: each in the slot of its host array, disposed of as another takes the slot. */
export const tensorMemory = (
  tf: Tf,
  plan: Plan,
  start: Batch,
  basis: TensorBasis | undefined,
  options: StepperOptions,
): TensorMemory => {
  const { seed = 0, firstSample = 0 } = options;
  const { shape } = start;
  const { slotOf } = allocate(plan);
  const slots = new Map<number, Tensor>();
  const checks: { readonly finite: Tensor1D; readonly what: string; readonly place: Place }[] = [];

  const put = (register: Register, tensor: Tensor): void => {
    const slot = slotOf.get(register) ?? 0;
    slots.get(slot)?.dispose();
    slots.set(slot, tensor);
  };
  const at = (register: Register): Tensor => {
    const tensor = slots.get(slotOf.get(register) ?? 0);
    if (tensor) return tensor;
    throw new UsageError(`the plan reads the register ${register}, which is not defined there`);
  };
  put(plan.start.register, upload(tf, start));

  return {
    noise(instruction) {
      const noise = zeros(shape);
      fillNoise(noise, instruction, options);
      put(instruction.into, upload(tf, noise));
    },
    combine({ into, terms }) {
      const operands = terms.map(([coefficient, register]) => ({ coefficient, tensor: at(register) }));
      put(into, combineTensors(tf, operands, basis));
    },
    askReference: (instruction) =>
      put(instruction.into, predictSymbolsOfTensor(tf, referenceOf(plan), at(instruction.from), instruction)),
    request({ from, draw }, moments, evaluation) {
      const asked = { state: at(from), moments, evaluation };
      if (draw === undefined) return asked;
      return {
        ...asked,
        uniforms: (index, out) => uniforms(out, { seed, sample: firstSample + index, draw }),
      };
    },
    answer({ from, into }, prediction) {
      if (prediction.shape.join() !== shape.join()) {
        if (prediction !== at(from)) prediction.dispose();
        throw new UsageError(
          `the denoiser answered with shape [${prediction.shape.join(', ')}] to a state of shape [${shape.join(', ')}]`,
        );
      }
      // the state itself is no answer to keep: it goes when its own register does
      put(into, prediction === at(from) ? prediction.clone() : prediction);
    },
    check(register, what, place) {
      checks.push({ finite: finiteSamples(tf, at(register)), what, place });
    },
    result: at,
    async verdict() {
      const all = tf.tidy(() => tf.stack(checks.map(({ finite }) => finite)));
      const finite = await all.data();
      all.dispose();
      const position = finite.indexOf(0);
      if (position < 0) return;
      const { what, place } = checks[Math.floor(position / shape[0])];
      const sample = firstSample + (position % shape[0]);
      throw new DivergedError(
        plan.solver,
        place.evaluation,
        place.t,
        `${what} of sample ${sample} is NaN or infinite`,
      );
    },
    dispose() {
      tf.dispose([...slots.values(), ...checks.map(({ finite }) => finite)]);
      slots.clear();
      checks.length = 0;
    },
  };
};
