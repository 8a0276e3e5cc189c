import type { Basis, Coefficient } from '../array/basis.js';
import type { Json } from '../json.js';
import type { Moment } from './denoiser.js';
import type { SymbolModel } from './symbols.js';

/**
 * A plan is a short program over registers that any loop can run: what a solver makes of a process and settings.
 * Every register is assigned once. docs/plans.md describes the format.
 */
export interface Plan {
  /** Which solver wrote it; for the record only. */
  readonly solver: string;
  readonly process: { readonly id: string; readonly parameters: Readonly<Record<string, Json>> };
  /** The settings it was written for, defaults of the solver filled in; the times that came of the grid are in the instructions. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Network calls that one sample costs: the number of `evaluate` instructions that ask the network. */
  readonly nfe: number;
  /** The register that holds the state at the start, where on the clock that is, and whether it is the process's noise end. */
  readonly start: Moment & { readonly register: Register; readonly atNoiseEnd: boolean };
  /** The basis whose components have coefficients of their own; absent where all coefficients are numbers. */
  readonly basis?: Basis;
  /** The model that `evaluate` with `ask: 'reference'` asks in the network's place. */
  readonly reference?: SymbolModel;
  readonly instructions: readonly Instruction[];
}

export type Register = string;

/** A linear combination of registers. */
export type Terms = readonly (readonly [coefficient: number, register: Register])[];

/** The same, where a coefficient may also be one number a component of the plan's basis. */
export type WideTerms = readonly (readonly [coefficient: Coefficient, register: Register])[];

/**
 * Calls the network on a state. With `draw`, asks for a sample of the predicted classes, of that number, instead of their mean. With `ask`,
 * asks the plan's own reference instead: its prediction costs no call.
 */
export interface Evaluate extends Moment {
  readonly op: 'evaluate';
  readonly into: Register;
  readonly from: Register;
  readonly draw?: number;
  readonly ask?: 'reference';
}

/** A standard normal in every coordinate: the one that (seed, sample, `draw`) names. Draw 0 is the start's. */
export interface DrawnNoise {
  readonly op: 'noise';
  readonly into: Register;
  readonly draw: number;
}

/** An interval of a named clock u >= 0, on which each sample has one Brownian path W in every coordinate. */
export interface ClockInterval {
  readonly clock: string;
  readonly from: number;
  readonly to: number;
}

/** The increment of a path over an interval as a standard normal, `(W(to) - W(from))/sqrt(to - from)`: two of one clock share what they overlap in. */
export interface PathNoise extends ClockInterval {
  readonly op: 'noise';
  readonly into: Register;
}

export type Noise = DrawnNoise | PathNoise;

export interface Combine {
  readonly op: 'combine';
  readonly into: Register;
  readonly terms: WideTerms;
}

/** Ends the plan. What is returned is `alpha x_0 + sigma noise`: alpha 1 and sigma 0 for a prediction of the data. */
export interface Return {
  readonly op: 'return';
  readonly from: Register;
  readonly alpha: number;
  readonly sigma: number;
}

export type Instruction = Evaluate | Noise | Combine | Return;

/** Whether an instruction calls the network. */
export const isCall = (instruction: Instruction): instruction is Evaluate =>
  instruction.op === 'evaluate' && instruction.ask === undefined;

/** The registers that an instruction reads. */
export const reads = (instruction: Instruction): readonly Register[] => {
  switch (instruction.op) {
    case 'noise':
      return [];
    case 'combine':
      return instruction.terms.map(([, register]) => register);
    default:
      return [instruction.from];
  }
};

/** The plan without the instructions on which its result does not depend. Evaluations that go are no longer counted. */
export const withoutDeadCode = (plan: Plan): Plan => {
  const needed = new Set<Register>();
  const instructions = plan.instructions
    .toReversed()
    .filter((instruction) => {
      const alive = instruction.op === 'return' || needed.has(instruction.into);
      if (alive) reads(instruction).forEach((register) => needed.add(register));
      return alive;
    })
    .reverse();
  return { ...plan, nfe: instructions.filter(isCall).length, instructions };
};
