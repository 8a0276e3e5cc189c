import type { Moment } from '../src/plan/denoiser.js';
import type { Register, Terms } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import type { SymbolFlow } from './departure.js';

/** A point of the grid with all that a solver's formulas need. */
export interface Node extends Moment {
  /** Half log-SNR. */
  readonly lambda: number;
  /** `sigma²/alpha`; the reverse SDE carries the state over by the ratio of two of these. */
  readonly varianceOverSignal: number;
}

/** A state that the network was called on, and its prediction. */
export interface Evaluation {
  readonly node: Node;
  readonly state: Register;
  readonly D: Register;
}

/** What a step rule is given: the step from s to t < s, the state x there and the prediction D of it. */
export interface Step {
  readonly process: Process;
  readonly s: Node;
  readonly t: Node;
  readonly x: Register;
  readonly D: Register;
  /** Where D comes from: its `state` is x, but after a corrector, where it is the state that x was corrected from. */
  readonly current: Evaluation;
  /** The first evaluations of earlier steps, newest first; fewer towards the end with `lowerOrderFinal`. */
  readonly history: readonly Evaluation[];
  /** `history[0]`; absent in the first step. */
  readonly previous?: Evaluation;
  /** Number of this step, from 0. */
  readonly index: number;
  /** Of how many. */
  readonly steps: number;
  /** 0 on the ODE, 1 on the reverse SDE, for a solver that takes it in between; its mean over the step where it varies. */
  readonly etaSde: number;
  readonly etaDdim: number;
  /** The data variance that the nodes count as noise, in a step that a reference preconditions; else 0. */
  readonly variance: number;
  /** The reference of symbol frequencies, in a step from whose prediction it is subtracted. */
  readonly symbols?: SymbolFlow;
  /** Calls that this step may make, that for D included: `evaluationsPerStep`, or fewer in a cheaper step. */
  readonly calls: number;
  /**
   * A standard normal for the way between two moments, by default from s to t; in a corrector the normals of its step again, in
   * order. With `noise: 'path'` the increment of the sample's Brownian path; else, and for a way back to the noise, a new draw.
   */
  noise(from?: Node, to?: Node): Register;
  /** The prediction at another state and time. */
  evaluate(x: Terms, at: Node): Register;
  node(t: number): Node;
}

/** From a step to the next state. */
export type StepRule = (step: Step) => Terms;

/** The state at t once more, when the network has been called on the state that the step rule gave. */
export type CorrectorRule = (step: Step, there: Evaluation) => Terms;

export const nodeAt = (process: Process, t: number): Node => ({
  t,
  alpha: process.alpha(t),
  sigma: process.sigma(t),
  time: process.networkTime(t),
  lambda: process.lambda(t),
  varianceOverSignal: process.varianceOverSignal(t),
});
