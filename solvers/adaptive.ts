import { UsageError } from '../src/errors.js';
import type { Lane, LaneInstruction, Lanes } from '../src/plan/lanes.js';
import type { Register, Terms } from '../src/plan/plan.js';
import type { StartId } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { timeGrid } from './grid.js';
import type { Node } from './step.js';
import { momentOf } from './recorder.js';
import {
  type LastStep,
  type Settings,
  type Solver,
  type SolverFacts,
  checkNfe,
  etasOf,
  lastStepOf,
  noiseOf,
  referenceOf,
  startUpOf,
} from './solver.js';

/**
 * How large the error of one step may be: coordinate by coordinate the larger of `absolute` and `relative` times the state, both with
 * states in units of `sqrt(alpha² + sigma²)`, which is 1 on a variance preserving process. So the steps depend on half log-SNR alone.
 */
export interface Tolerance {
  /** Positive. */
  readonly absolute: number;
  /** Not negative. */
  readonly relative: number;
}

export interface AdaptiveSettings extends Settings {
  /** The budget: most calls that a sample may take, from 1 to 100,000. */
  readonly nfe: number;
  /** For solvers that have a default for it, which stands in for a part that is left out. */
  readonly tolerance?: Partial<Tolerance>;
}

/** A solver whose steps depend on the sample: a pure function from a process and settings to lanes. */
export interface AdaptiveSolver extends SolverFacts {
  readonly adaptive: true;
  readonly defaults?: Omit<AdaptiveSettings, 'nfe'> & { readonly start?: StartId };
  /** Throws a `UsageError` for settings that it can't use on that process. */
  lanes(process: Process, settings: AdaptiveSettings): Lanes;
}

export type AdaptiveFacts = Omit<AdaptiveSolver, 'adaptive' | 'lanes'>;
export type AnySolver = Solver | AdaptiveSolver;

/** The tolerance of a run, checked; of a solver that has no default for it, none is accepted. */
export const toleranceOf = (
  { id, defaults }: AdaptiveFacts,
  { tolerance: given }: AdaptiveSettings,
): Tolerance | undefined => {
  const usual = defaults?.tolerance;
  if (given !== undefined && usual === undefined) throw new UsageError(`${id} does not take a tolerance`);
  if (usual === undefined) return undefined;
  const { absolute = NaN, relative = 0 } = { ...usual, ...given };
  if (!(absolute > 0 && absolute < Infinity)) {
    throw new UsageError(`the absolute tolerance is ${absolute}; it must be positive`);
  }
  if (!(relative >= 0 && relative < Infinity)) {
    throw new UsageError(`the relative tolerance is ${relative}; it must not be negative`);
  }
  return { absolute, relative };
};

/** What the lanes of a run are given, checked. */
export interface LaneSettings {
  readonly budget: number;
  readonly lastStep: LastStep;
  /** Present for a solver that has a default for it. */
  readonly tolerance?: Tolerance;
}

/** Makes lanes of the facts of a solver, settings, which are checked, and the node that its samples start at, in the register `x`. */
export const lanesOf = (
  facts: AdaptiveFacts,
  process: Process,
  settings: AdaptiveSettings,
  from: Node,
  lane: (settings: LaneSettings) => Lane,
): Lanes => {
  const budget = checkNfe(settings.nfe);
  const lastStep = lastStepOf(facts, settings);
  const tolerance = toleranceOf(facts, settings);
  if (settings.draw === true) {
    throw new UsageError(`${facts.id} takes the mean of the predicted classes, not a draw`);
  }
  etasOf(facts, settings);
  startUpOf({ id: facts.id }, settings);
  referenceOf({ id: facts.id }, process, settings);
  if (noiseOf(facts, settings) === 'path') throw new UsageError(`the noise of ${facts.id} is on no path`);
  const grid = settings.grid ?? facts.defaults?.grid ?? timeGrid.uniform();
  return {
    solver: facts.id,
    process: { id: process.id, parameters: process.parameters },
    settings: {
      grid: { id: grid.id, ...grid.parameters },
      lastStep,
      ...(tolerance ? { tolerance: { ...tolerance } } : {}),
    },
    start: { register: 'x', ...momentOf(from), atNoiseEnd: from.t === process.noiseEnd },
    budget,
    lane: () => lane({ budget, lastStep, ...(tolerance ? { tolerance } : {}) }),
  };
};

/** Calls the network on the state `x`. */
export const call = (at: Node): LaneInstruction => ({
  op: 'evaluate',
  into: 'D',
  from: 'x',
  ...momentOf(at),
});
export const combined = (into: Register, terms: Terms): LaneInstruction => ({ op: 'combine', into, terms });
