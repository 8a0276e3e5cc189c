import { type Batch, type Precision, precisionOf, sampleSize, samplesOf, zeros } from '../array/batch.js';
import { combineIn } from '../array/basis.js';
import { normalsOfSamples } from '../array/host.js';
import { UsageError, requireWhole } from '../errors.js';
import { uniforms } from '../random/index.js';
import type { Denoiser } from './denoiser.js';
import { type LaneResults, laneStepper } from './lane-runner.js';
import type { Incomplete, Lanes } from './lanes.js';
import type { Plan } from './plan.js';
import { type Request, type StepperOptions, run, workspace } from './runner.js';
import { type DataMoments, type StartId, type StartLaw, startLaw } from './start.js';

/** What a callback is shown after each network call of a chunk; the batches are only valid during the call. */
export interface StepReport extends Omit<Request, 'out' | 'uniforms'> {
  readonly prediction: Batch;
  /** Index of the chunk's first sample. */
  readonly firstSample: number;
}

export interface SampleOptions extends Pick<StepperOptions, 'noise' | 'pathNoise'> {
  /** A plan, or the lanes of a solver whose steps depend on the sample. */
  readonly plan: Plan | Lanes;
  readonly denoiser: Denoiser;
  /** A named law, a law, or the start states themselves, `[samples, ...sampleShape]`. */
  readonly start: StartId | StartLaw | Batch;
  /** Needed by the starts `moment-matched`, `full-covariance` and `symbol-frequencies`. */
  readonly moments?: DataMoments;
  /** How many, at least 1. */
  readonly samples: number;
  /** Non-negative whole number below 2^53. Default 0. */
  readonly seed?: number;
  /** Index of the first sample: samples 100 to 199 of a run are `{ firstSample: 100, samples: 100 }`. Default 0. */
  readonly firstSample?: number;
  /** Default float32, or that of the start states. */
  readonly precision?: Precision;
  /** How many samples run at a time; no result depends on it. Default 64. */
  readonly chunk?: number;
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
  const { plan, denoiser, start, samples, seed = 0, firstSample = 0, chunk = 64, signal } = options;
  requireWhole('samples', samples, 1);
  requireWhole('seed', seed, 0);
  requireWhole('firstSample', firstSample, 0);
  requireWhole('chunk', chunk, 1);
  const given = typeof start === 'object' && 'data' in start ? start : undefined;
  const shape = [samples, ...denoiser.sampleShape];
  if (given && given.shape.join() !== shape.join()) {
    throw new UsageError(
      `the start states have shape [${given.shape.join(', ')}]; [${shape.join(', ')}] is needed`,
    );
  }
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
    const initial = given
      ? samplesOf(given, from, to)
      : drawStart(startLawOf(options), zeros([to - from, ...denoiser.sampleShape], precision), seed, first);
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

const startLawOf = ({ start, plan, moments }: SampleOptions): StartLaw =>
  typeof start === 'string' ? startLaw(start, plan.start, moments) : (start as StartLaw);

const drawStart = (law: StartLaw, out: Batch, seed: number, firstSample: number): Batch => {
  normalsOfSamples(out, { seed, firstSample, draw: 0 });
  const { mean, standardDeviation, basis, symbols } = law;
  const { data } = out;
  if (typeof standardDeviation !== 'number') {
    if (!basis) throw new UsageError('a start law with a standard deviation a component needs their basis');
    // white noise is white in every basis
    combineIn(basis, out, [{ coefficient: standardDeviation, array: data }]);
  }
  const scale = typeof standardDeviation === 'number' ? standardDeviation : 1;
  const size = data.length / out.shape[0];
  for (let i = 0; i < data.length; i++) {
    data[i] = (typeof mean === 'number' ? mean : mean[i % size]) + scale * data[i];
  }
  if (symbols) addSymbols(symbols, out, seed, firstSample);
  return out;
};

const addSymbols = (
  { probabilities, scale }: NonNullable<StartLaw['symbols']>,
  { shape, data }: Batch,
  seed: number,
  firstSample: number,
): void => {
  const classes = probabilities.length;
  if (shape[shape.length - 1] !== classes) {
    throw new UsageError(
      `the start is for ${classes} classes, and the states have shape [${shape.join(', ')}]`,
    );
  }
  const size = data.length / shape[0];
  const drawn = new Float64Array(size / classes);
  for (let at = 0, sample = firstSample; at < data.length; at += size, sample++) {
    uniforms(drawn, { seed, sample, draw: 0 });
    drawn.forEach((uniform, variable) => {
      const first = at + variable * classes;
      let chosen = 0;
      for (let left = uniform - probabilities[0]; left >= 0 && chosen < classes - 1;)
        left -= probabilities[++chosen];
      for (let k = 0; k < classes; k++) data[first + k] += scale * (k === chosen ? classes - 1 : -1);
    });
  }
};
