import { type Batch, type Floats, type Precision, elements, precisionOf, samplesOf } from '../array/batch.js';
import { type Basis, combineIn, project } from '../array/basis.js';
import { arena, combine, firstNonFinite, normalsOfSamples } from '../array/host.js';
import { DivergedError, UsageError } from '../errors.js';
import { uniforms as fillUniforms, pathNormals } from '../random/index.js';
import { allocate } from './allocation.js';
import { entryOf } from './components.js';
import type { Moment, Uniforms } from './denoiser.js';
import { type Memory, referenceOf, runIn } from './loop.js';
import type { ClockInterval, Noise, Plan } from './plan.js';
import { predictSymbols } from './symbols.js';

/** A call of the network that a plan asks for. Answer with the prediction, in `out` or in a batch that you give away. */
export interface Request {
  /** The noisy batch; not to be written to, and only valid until the answer. */
  readonly state: Batch;
  /** One a sample; in a fixed plan all the same. */
  readonly moments: readonly Moment[];
  /** Which samples of the batch these are, where not all are in the call: those of lanes that go on. */
  readonly samples?: readonly number[];
  /** Counted from 1. */
  readonly evaluation: number;
  /** Present where a sample of the predicted classes is asked for: the uniforms to draw it with. */
  readonly uniforms?: Uniforms;
  /** Of the state's shape and precision: where an answer may be written. */
  readonly out: Batch;
}

export interface StepperOptions {
  /** Non-negative whole number; default 0. */
  readonly seed?: number;
  /** Index in the whole run of the first sample of the batch; default 0. */
  readonly firstSample?: number;
  /** Replaces the standard normals: fills `out` (all coordinates of one sample) for a sample and a draw (from 1). */
  readonly noise?: (out: Batch['data'], sample: number, draw: number) => void;
  /** The same for the increments of Brownian paths, scaled to standard normals. */
  readonly pathNoise?: (out: Batch['data'], sample: number, interval: ClockInterval) => void;
}

export type Stepper = Generator<Request, Batch, Batch>;

/**
 * Runs a plan by hand: yields each network call (what is asked of a reference it answers itself), is sent its prediction, returns the result, a batch in the shape and
 * precision of `start` (which is not changed). Throws a `DivergedError` where a state or prediction is not finite, a
 * `UsageError` for a prediction of another shape.
 */
export const stepper = (plan: Plan, start: Batch, options: StepperOptions = {}): Stepper =>
  run(plan, start, options, workspace(plan, start.data.length, precisionOf(start.data)));

/** The arrays that a run of the plan works in; `length` is that of a whole batch. Can serve one run after another. */
export const workspace = (plan: Plan, length: number, precision: Precision): readonly Floats[] =>
  arena(allocate(plan).slots, length, precision);

/** Fills a batch, whose first sample has the index `firstSample` in the run, with the normals that an instruction names. */
export const fillNoise = (out: Batch, instruction: Noise, options: StepperOptions): void => {
  const { seed = 0, firstSample = 0, noise, pathNoise } = options;
  if ('draw' in instruction && !noise) {
    normalsOfSamples(out, { seed, firstSample, draw: instruction.draw });
    return;
  }
  for (let i = 0; i < out.shape[0]; i++) {
    const [data, sample] = [samplesOf(out, i, i + 1).data, firstSample + i];
    if ('draw' in instruction) noise?.(data, sample, instruction.draw);
    else if (pathNoise) pathNoise(data, sample, instruction);
    else pathNormals(data, { seed, sample, clock: instruction.clock }, instruction);
  }
};

/** Brings an answer to where it was asked for. Throws a `UsageError` for one of another size. */
export const takeAnswer = (prediction: Batch, out: Batch): void => {
  if (prediction.data.length !== out.data.length) {
    throw new UsageError(
      `the denoiser answered with shape [${prediction.shape.join(', ')}] to a state of shape [${out.shape.join(', ')}]`,
    );
  }
  if (prediction.data !== out.data) out.data.set(prediction.data);
};

/** The registers in host arrays, of at least the length of the batch. */
const hostMemory = (
  plan: Plan,
  start: Batch,
  options: StepperOptions,
  arrays: readonly Floats[],
): Memory<Request, Batch> => {
  const { seed = 0, firstSample = 0 } = options;
  const { shape } = start;
  const { slotOf } = allocate(plan);
  const at = (register: string): Batch => ({
    shape,
    data: arrays[slotOf.get(register) ?? 0].subarray(0, start.data.length),
  });
  at(plan.start.register).data.set(start.data);

  // a register is read by several steps and their corrections, and projected once
  const projections = new Map<number, { register: string; data: Float64Array }>();
  const projectionOf = (basis: Basis, register: string): Float64Array => {
    const slot = slotOf.get(register) ?? 0;
    const known = projections.get(slot);
    if (known?.register === register) return known.data;
    const data = project(basis, at(register).data, known?.data);
    projections.set(slot, { register, data });
    return data;
  };

  return {
    noise: (instruction) => fillNoise(at(instruction.into), instruction, options),
    combine(instruction) {
      const out = at(instruction.into);
      const terms = instruction.terms.map(([coefficient, register]) => ({
        coefficient,
        array: at(register).data,
      }));
      const { basis } = plan;
      if (basis && terms.some(({ coefficient }) => typeof coefficient !== 'number')) {
        const projected = instruction.terms.map(([coefficient, register], i) => ({
          ...terms[i],
          ...(typeof coefficient === 'number' ? {} : { projection: projectionOf(basis, register) }),
        }));
        combineIn(basis, out, projected);
      } else
        combine(
          out.data,
          terms.map(({ coefficient, array }) => ({ coefficient: entryOf(coefficient, 0), array })),
        );
    },
    askReference: (instruction) =>
      predictSymbols(referenceOf(plan), at(instruction.from), instruction, at(instruction.into)),
    request({ from, into, draw }, moments, evaluation) {
      const uniforms: Uniforms = (index, out) =>
        fillUniforms(out, { seed, sample: firstSample + index, draw: draw ?? 0 });
      const asked = { state: at(from), moments, evaluation, out: at(into) };
      return draw === undefined ? asked : { ...asked, uniforms };
    },
    answer: ({ into }, prediction) => takeAnswer(prediction, at(into)),
    check(register, what, { evaluation, t }) {
      const position = firstNonFinite(at(register).data);
      if (position < 0) return;
      const sample = firstSample + Math.floor(position / elements(shape.slice(1)));
      throw new DivergedError(plan.solver, evaluation, t, `${what} of sample ${sample} is NaN or infinite`);
    },
    result: (register) => ({ shape, data: at(register).data.slice() }),
  };
};

/** `stepper` in given arrays, of at least the length of the batch. */
export const run = (plan: Plan, start: Batch, options: StepperOptions, arrays: readonly Floats[]): Stepper =>
  runIn(plan, start.shape[0], hostMemory(plan, start, options, arrays));
