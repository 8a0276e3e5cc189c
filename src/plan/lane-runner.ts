import { type Batch, type Floats, floats, precisionOf, sampleSize, samplesOf } from '../array/batch.js';
import { combine, firstNonFinite } from '../array/host.js';
import { scaledNorm } from '../array/norm.js';
import type { Term } from '../array/plain.js';
import { DivergedError } from '../errors.js';
import { scalarOf } from './components.js';
import type { Moment } from './denoiser.js';
import type { Incomplete, Lanes } from './lanes.js';
import type { Register, WideTerms } from './plan.js';
import { type Request, type StepperOptions, fillNoise, takeAnswer } from './runner.js';

/** What came of lanes, in the shape of the start. */
export interface LaneResults extends Batch {
  /** The samples, by index in the batch, whose budget did not suffice. */
  readonly incomplete: readonly (Incomplete & { readonly sample: number })[];
}

/**
 * Runs a lane a sample, side by side: each round yields one call of the network for all samples that still go on, and is sent its
 * prediction, as `stepper` does for a plan. No sample feels its batch mates: its registers and its steps are its own. Throws a
 * `DivergedError` where a number is not finite, and an `Error` for a lane that breaks its rules.
 */
export function* laneStepper(
  lanes: Lanes,
  start: Batch,
  options: StepperOptions = {},
): Generator<Request, LaneResults, Batch> {
  const { firstSample = 0 } = options;
  const [count, ...sampleShape] = start.shape;
  const size = sampleSize(start);
  const [states, predictions] = [start.data.slice(), start.data.slice()];
  const row = (array: Floats, i: number): Floats => array.subarray(i * size, (i + 1) * size);
  const ahead = (array: Floats, samples: number): Batch => ({
    shape: [samples, ...sampleShape],
    data: array.subarray(0, samples * size),
  });

  const running = Array.from({ length: count }, (_, i) => {
    const ofSample = { ...options, firstSample: firstSample + i };
    const one = runOne(lanes, samplesOf(start, i, i + 1), ofSample);
    return { sample: i, one, next: one.next() };
  });
  for (let evaluation = 1; ; evaluation++) {
    const waiting = running.flatMap((run) => (run.next.done ? [] : [{ run, call: run.next.value }]));
    if (waiting.length === 0) break;
    waiting.forEach(({ call }, i) => row(states, i).set(call.state));
    const out = ahead(predictions, waiting.length);
    const prediction = yield {
      state: ahead(states, waiting.length),
      moments: waiting.map(({ call }) => call.moment),
      samples: waiting.map(({ run }) => run.sample),
      evaluation,
      out,
    };
    takeAnswer(prediction, out);
    waiting.forEach(({ run }, i) => (run.next = run.one.next(row(predictions, i))));
  }

  const data = start.data.slice();
  const ended = running.flatMap(({ sample, next }) => (next.done ? [{ sample, ...next.value }] : []));
  for (const { sample, result } of ended) row(data, sample).set(result);
  return {
    shape: start.shape,
    data,
    incomplete: ended.flatMap(({ sample, incomplete }) => (incomplete ? [{ sample, ...incomplete }] : [])),
  };
}

interface Ended {
  readonly result: Floats;
  readonly incomplete?: Incomplete;
}

/** One lane on its sample, a batch of one: yields each call, is sent the prediction. */
function* runOne(
  lanes: Lanes,
  start: Batch,
  options: StepperOptions,
): Generator<{ readonly state: Floats; readonly moment: Moment }, Ended, Floats> {
  const registers = new Map<Register, Floats>([[lanes.start.register, start.data.slice()]]);
  const read = (register: Register): Floats => {
    const data = registers.get(register);
    if (data) return data;
    throw new Error(`${lanes.solver}: a lane reads the register ${register}, which has not been written`);
  };
  const write = (register: Register): Floats => {
    const data = registers.get(register) ?? floats(start.data.length, precisionOf(start.data));
    registers.set(register, data);
    return data;
  };
  const termsOf = (terms: WideTerms): Term[] =>
    terms.map(([coefficient, register]) => ({ coefficient: scalarOf(coefficient), array: read(register) }));

  let [calls, now] = [0, lanes.start.t];
  const check = (holds: boolean, what: string): void => {
    if (holds) return;
    const sample = options.firstSample ?? 0;
    throw new DivergedError(lanes.solver, calls, now, `${what} of sample ${sample} is NaN or infinite`);
  };
  const finite = (data: Floats): boolean => firstNonFinite(data) < 0;

  const lane = lanes.lane();
  let next = lane.next();
  while (!next.done) {
    const instruction = next.value;
    let answer: number | undefined;
    switch (instruction.op) {
      case 'noise':
        fillNoise({ shape: start.shape, data: write(instruction.into) }, instruction, options);
        break;
      case 'combine': {
        const terms = termsOf(instruction.terms);
        combine(write(instruction.into), terms);
        break;
      }
      case 'measure':
        answer = scaledNorm(read(instruction.from), instruction.absolute, termsOf(instruction.sizes));
        check(Number.isFinite(answer), 'a measured norm');
        break;
      case 'evaluate': {
        if (calls === lanes.budget) {
          throw new Error(`${lanes.solver}: a lane makes more calls than its budget, ${lanes.budget}`);
        }
        const { t, alpha, sigma, time } = instruction;
        calls++;
        now = t;
        const state = read(instruction.from);
        check(finite(state), 'the state');
        const prediction = yield { state, moment: { t, alpha, sigma, time } };
        check(finite(prediction), 'the prediction');
        write(instruction.into).set(prediction);
        break;
      }
    }
    next = lane.next(answer);
  }
  const { from, incomplete } = next.value;
  const result = read(from);
  check(finite(result), 'the result');
  return { result, ...(incomplete ? { incomplete } : {}) };
}
