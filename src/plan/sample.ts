import { type Batch, type Precision, precisionOf, sampleSize, samplesOf, zeros } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { Denoiser } from './denoiser.js';
import { type LaneResults, laneStepper } from './lane-runner.js';
import type { Incomplete, Lanes } from './lanes.js';
import type { Plan } from './plan.js';
import { type Request, type StepperOptions, run, workspace } from './runner.js';
import { type RunOptions, checkRun, defaultChunk, givenStates, startStates } from './start-states.js';

/** What a callback is shown after each network call of a chunk; the batches are only valid during the call. */
export interface StepReport extends Omit<Request, 'out' | 'uniforms'> {
  readonly prediction: Batch;
  /** Index of the chunk's first sample. */
  readonly firstSample: number;
}

export interface SampleOptions extends RunOptions, Pick<StepperOptions, 'noise' | 'pathNoise'> {
  /** A plan, or the lanes of a solver whose steps depend on the sample. */
  readonly plan: Plan | Lanes;
  readonly denoiser: Denoiser;
  /** Default float32, or that of the start states. */
  readonly precision?: Precision;
  readonly onStep?: (report: StepReport) => void;
  /** Keep every evaluated state and its prediction; of a plan, whose samples share their times. */
  readonly trajectory?: boolean;
  readonly signal?: AbortSignal;
}

/** Network calls a sample, as metered at the innermost network: of a plan all alike. */
export interface CallCount {
  readonly mean: number;
  readonly max: number;
}

/** A sample whose budget of calls did not suffice, by its index in the whole run. */
export interface IncompleteSample extends Incomplete {
  readonly sample: number;
}

export interface Samples extends Batch {
  /** The most network calls that a sample took, as metered. */
  readonly nfe: number;
  readonly calls: CallCount;
  /** Those that stopped short of the end, with what there was of them; empty for a plan. */
  readonly incomplete: readonly IncompleteSample[];
  /** One entry an evaluation, in order, if asked for. */
  readonly trajectory?: readonly { readonly t: number; readonly state: Batch; readonly prediction: Batch }[];
}

/**
 * Draws samples by a plan. Sample i depends on the seed and i alone: not on how many are drawn, in which chunks or order
 * (bit for bit with exact denoisers).
 *
 * Returns `[samples, ...sampleShape]`: what the plan returns, a prediction of the data or a state; of a sample whose budget did not
 * suffice, which `incomplete` names, the last prediction or state that there was. Throws a `UsageError` for
 * options that do not fit, a `DivergedError` at the first number that is not finite, and the reason of an aborted signal.
 */
export const sample = async (options: SampleOptions): Promise<Samples> => {
  const { plan, denoiser, samples, firstSample = 0, chunk = defaultChunk, signal } = options;
  const { sampleShape } = denoiser;
  checkRun(options, sampleShape);
  const given = givenStates(options);
  const shape = [samples, ...sampleShape];
  const precision = given ? precisionOf(given.data) : (options.precision ?? 'float32');
  const result = zeros(shape, precision);
  if (options.trajectory && 'lane' in plan) {
    throw new UsageError(`the samples of ${plan.solver} have no times in common to keep: use onStep`);
  }
  const arrays =
    'lane' in plan ? [] : workspace(plan, Math.min(chunk, samples) * sampleSize(result), precision);
  const trajectory: { t: number; state: Batch; prediction: Batch }[] = [];
  const incomplete: IncompleteSample[] = [];
  const taken = new Uint32Array(samples);

  for (let from = 0; from < samples; from += chunk) {
    const to = Math.min(samples, from + chunk);
    const first = firstSample + from;
    const initial = startStates(options, plan.start, sampleShape, precision, from, to);
    const ofChunk = { ...options, firstSample: first };
    const running: Generator<Request, Batch | LaneResults, Batch> =
      'lane' in plan ? laneStepper(plan, initial, ofChunk) : run(plan, initial, ofChunk, arrays);
    let next = running.next();
    while (!next.done) {
      signal?.throwIfAborted();
      const request = next.value;
      if (request.samples) request.samples.forEach((i) => taken[from + i]++);
      else for (let i = from; i < to; i++) taken[i]++;
      const answer = predict(denoiser, plan, request);
      const prediction = answer instanceof Promise ? await answer : answer;
      options.onStep?.({ ...request, prediction, firstSample: first });
      if (options.trajectory) {
        const { t } = request.moments[0];
        const entry = (trajectory[request.evaluation - 1] ??= {
          t,
          state: zeros(shape, precision),
          prediction: zeros(shape, precision),
        });
        samplesOf(entry.state, from, to).data.set(request.state.data);
        samplesOf(entry.prediction, from, to).data.set(prediction.data);
      }
      next = running.next(prediction);
    }
    samplesOf(result, from, to).data.set(next.value.data);
    if ('incomplete' in next.value) {
      incomplete.push(...next.value.incomplete.map((entry) => ({ ...entry, sample: first + entry.sample })));
    }
  }
  const each = denoiser.evaluations ?? 1;
  const calls = {
    mean: (each * taken.reduce((sum, count) => sum + count, 0)) / samples,
    max: each * taken.reduce((most, count) => Math.max(most, count), 0),
  };
  return { ...result, nfe: calls.max, calls, incomplete, ...(options.trajectory ? { trajectory } : {}) };
};

const predict = (denoiser: Denoiser, plan: Plan | Lanes, request: Request): Batch | Promise<Batch> => {
  const { state, moments, out } = request;
  if (!request.uniforms) return denoiser.predict(state, moments, out);
  if (denoiser.draw) return denoiser.draw(state, moments, request.uniforms, out);
  throw new UsageError(
    `the plan of ${plan.solver} asks for draws of the predicted classes, and the denoiser has no draw`,
  );
};
