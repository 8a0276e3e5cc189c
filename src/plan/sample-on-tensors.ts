import type { Tensor } from '@tensorflow/tfjs-core';
import { samplesOf, zeros } from '../array/batch.js';
import { tensorBasis } from '../array/tensors.js';
import { type Tfjs, makeCurrent } from '../array/tfjs.js';
import { UsageError } from '../errors.js';
import type { Moment, Uniforms } from './denoiser.js';
import { runIn } from './loop.js';
import type { Plan } from './plan.js';
import type { StepperOptions } from './runner.js';
import type { Samples } from './sample.js';
import { type RunOptions, checkRun, defaultChunk, startStates } from './start-states.js';
import { type TensorMemory, type TensorRequest, tensorMemory } from './tensor-memory.js';

/**
 * A denoiser (see `Denoiser`) on tfjs tensors [n, ...sampleShape] of float32. Who calls it owns what it gives back, and it must not dispose of the
 * state.
 */
export interface TensorDenoiser {
  readonly sampleShape: readonly number[];
  /** Network calls that a prediction takes, where it is not one. */
  readonly evaluations?: number;
  predict(x: Tensor, moments: readonly Moment[]): Tensor | Promise<Tensor>;
  /** A sample of the predicted classes instead of their mean. */
  draw?(x: Tensor, moments: readonly Moment[], uniforms: Uniforms): Tensor | Promise<Tensor>;
}

/** What a callback is shown after each network call of a chunk; the tensors are only valid during the call. */
export interface TensorStepReport extends Omit<TensorRequest, 'uniforms'> {
  readonly prediction: Tensor;
  /** Index of the chunk's first sample. */
  readonly firstSample: number;
}

export interface TensorSampleOptions extends RunOptions, Pick<StepperOptions, 'noise' | 'pathNoise'> {
  readonly tfjs: Tfjs;
  readonly plan: Plan;
  readonly denoiser: TensorDenoiser;
  readonly onStep?: (report: TensorStepReport) => void;
  readonly signal?: AbortSignal;
}

/**
 * `sample` with the states on the backend of tfjs, where the denoiser's network is: only the start and the noises go there and only the
 * result comes back, once a chunk. The random numbers are those of `sample`, and so is the result but for rounding to float32: states, sums
 * and classes drawn near the edge of their probability.
 *
 * Whether all numbers are finite is read back at the end of a chunk too: the `DivergedError` is that of `sample`, later. Throws a `UsageError` for options
 * that do not fit and for lanes, whose steps depend on what the states are; the reason of an aborted signal.
 */
export const sampleOnTensors = async (options: TensorSampleOptions): Promise<Samples> => {
  const { plan, denoiser, samples, firstSample = 0, chunk = defaultChunk } = options;
  const { tf } = options.tfjs;
  const { sampleShape } = denoiser;
  checkRun(options, sampleShape);
  if ('lane' in plan) {
    throw new UsageError(
      `${plan.solver} chooses its steps by the sample, which does not run on tensors: use sample`,
    );
  }
  await makeCurrent(options.tfjs);
  const result = zeros([samples, ...sampleShape]);
  const basis = plan.basis && tensorBasis(tf, plan.basis);
  try {
    for (let from = 0; from < samples; from += chunk) {
      const to = Math.min(samples, from + chunk);
      const first = firstSample + from;
      const start = startStates(options, plan.start, sampleShape, 'float32', from, to);
      const memory = tensorMemory(tf, plan, start, basis, { ...options, firstSample: first });
      try {
        const last = await runChunk(options, memory, to - from, first);
        await memory.verdict();
        samplesOf(result, from, to).data.set(await last.data<'float32'>());
      } finally {
        memory.dispose();
      }
    }
  } finally {
    basis?.dispose();
  }
  const nfe = plan.nfe * (denoiser.evaluations ?? 1);
  return { ...result, nfe, calls: { mean: nfe, max: nfe }, incomplete: [] };
};

const runChunk = async (
  { plan, denoiser, onStep, signal }: TensorSampleOptions,
  memory: TensorMemory,
  samples: number,
  firstSample: number,
): Promise<Tensor> => {
  const running = runIn(plan, samples, memory);
  let next = running.next();
  while (!next.done) {
    signal?.throwIfAborted();
    const request = next.value;
    const prediction = await predict(denoiser, plan, request);
    try {
      onStep?.({ ...request, prediction, firstSample });
    } catch (error) {
      if (prediction !== request.state) prediction.dispose();
      throw error;
    }
    next = running.next(prediction);
  }
  return next.value;
};

const predict = (
  denoiser: TensorDenoiser,
  plan: Plan,
  { state, moments, uniforms }: TensorRequest,
): Tensor | Promise<Tensor> => {
  if (!uniforms) return denoiser.predict(state, moments);
  if (denoiser.draw) return denoiser.draw(state, moments, uniforms);
  throw new UsageError(
    `the plan of ${plan.solver} asks for draws of the predicted classes, and the denoiser has no draw`,
  );
};
