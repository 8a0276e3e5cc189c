import { UsageError } from '../errors.js';
import type { Moment } from './denoiser.js';
import { type Combine, type Evaluate, type Noise, type Plan, type Register, isCall } from './plan.js';

/** Where in a run something is: after how many network calls, and the process time of the last. */
export interface Place {
  readonly evaluation: number;
  readonly t: number;
}

/** What holds the registers of a run and computes with them: host arrays (runner.ts) or tensors (tensor-memory.ts). */
export interface Memory<Request, Answer> {
  noise(instruction: Noise): void;
  combine(instruction: Combine): void;
  /** What the plan asks of its own reference. */
  askReference(instruction: Evaluate): void;
  /** What the network is asked; `moments` are one a sample. */
  request(instruction: Evaluate, moments: readonly Moment[], evaluation: number): Request;
  answer(instruction: Evaluate, answer: Answer): void;
  /** Sees to it that numbers that are not finite end the run with a `DivergedError`. */
  check(register: Register, what: string, place: Place): void;
  result(register: Register): Answer;
}

/** The loop that every plan runs in: yields each network call, is sent the answer, returns the result. */
export function* runIn<Request, Answer>(
  plan: Plan,
  samples: number,
  memory: Memory<Request, Answer>,
): Generator<Request, Answer, Answer> {
  let place: Place = { evaluation: 0, t: plan.start.t };
  for (const instruction of plan.instructions) {
    switch (instruction.op) {
      case 'noise':
        memory.noise(instruction);
        break;
      case 'combine':
        memory.combine(instruction);
        break;
      case 'evaluate': {
        if (!isCall(instruction)) {
          memory.askReference(instruction);
          break;
        }
        const { t, alpha, sigma, time } = instruction;
        place = { evaluation: place.evaluation + 1, t };
        memory.check(instruction.from, 'the state', place);
        const moments = new Array<Moment>(samples).fill({ t, alpha, sigma, time });
        memory.answer(instruction, yield memory.request(instruction, moments, place.evaluation));
        memory.check(instruction.into, 'the prediction', place);
        break;
      }
      case 'return':
        memory.check(instruction.from, 'the result', place);
        return memory.result(instruction.from);
    }
  }
  throw new UsageError('the plan has no return');
}

/** The model that a plan asks in the network's place. Throws a `UsageError` where it has none. */
export const referenceOf = ({ reference }: Plan): NonNullable<Plan['reference']> => {
  if (reference) return reference;
  throw new UsageError('the plan asks a reference, and has none');
};
