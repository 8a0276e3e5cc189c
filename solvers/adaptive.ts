import { UsageError } from '../src/errors.js';
import { type Lane, type LaneEnd, type LaneInstruction, type Lanes, measure } from '../src/plan/lanes.js';
import type { Register, Terms } from '../src/plan/plan.js';
import type { StartId } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { timeGrid } from './grid.js';
import { type Node, nodeAt } from './program.js';
import { momentOf } from './recorder.js';
import {
  type Settings,
  type Solver,
  type SolverFacts,
  checkNfe,
  etasOf,
  lastStepOf,
  noiseOf,
} from './solver.js';
import type { StepControl } from './step-control.js';

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

/** What all lanes of a run have in common, checked but for the grid. */
export const lanesOf = (
  facts: AdaptiveFacts,
  process: Process,
  settings: AdaptiveSettings,
  from: Node,
  lane: (budget: number, lastStep: Settings['lastStep'], tolerance: Tolerance | undefined) => Lane,
): Lanes => {
  const budget = checkNfe(settings.nfe);
  const lastStep = lastStepOf(facts, settings);
  const tolerance = toleranceOf(facts, settings);
  if (settings.draw === true) {
    throw new UsageError(`${facts.id} takes the mean of the predicted classes, not a draw`);
  }
  etasOf(facts, settings);
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
    lane: () => lane(budget, lastStep, tolerance),
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

/** A step of two orders at once, whose difference is an estimate of its error. */
export interface EmbeddedPair {
  /** Calls of a step that is tried. */
  readonly calls: number;
  /**
   * From the state `x` and its prediction `D` at s to the state `next` at t, and its `gap` from that of the other order. Other
   * registers are the pair's own.
   */
  step(process: Process, s: Node, t: Node): readonly LaneInstruction[];
  /** What the relative tolerance is relative to: a state at t, and one at s. */
  readonly sizes: readonly [there: Register, here: Register];
  /** After a step that is accepted: each register gets what the other holds. If `D` is among them, no call is made for it. */
  readonly keep: readonly (readonly [into: Register, from: Register])[];
  /** Length in half log-SNR of the first step to try. */
  firstStep(tolerance: Tolerance): number;
  readonly control: StepControl;
}

/** The size of a state of the process, as its tolerance counts it. */
export const scaleOf = ({ alpha, sigma }: Node): number => Math.hypot(alpha, sigma);

/**
 * A solver of the probability-flow ODE that chooses its steps in half log-SNR, sample by sample, from the first to the last time of
 * the grid, of which no other counts. `predict` and `predict-at-end` are one: its last call is at the end.
 */
export const defineAdaptive = (facts: AdaptiveFacts, pair: EmbeddedPair): AdaptiveSolver => ({
  ...facts,
  adaptive: true,
  lanes: (process, settings) => {
    const grid = settings.grid ?? facts.defaults?.grid ?? timeGrid.halfLogSnr();
    const times = grid.times(process, 1);
    const [from, to] = [nodeAt(process, times[0]), nodeAt(process, times[times.length - 1])];
    for (const { t, lambda } of [from, to]) {
      if (Number.isFinite(lambda)) continue;
      throw new UsageError(
        `${facts.id} steps in half log-SNR, which on ${process.id} is infinite at t = ${t}; the grid half-log-snr ends short of that`,
      );
    }
    if (process.roundsNetworkTime) {
      throw new UsageError(
        `${facts.id} chooses its own times, and ${process.id} rounds those that it shows to the network: use real network times`,
      );
    }
    return lanesOf(facts, process, { ...settings, grid }, from, (budget, lastStep, tolerance) =>
      laneOf(pair, {
        process,
        from,
        to,
        budget,
        stop: lastStep === 'stop',
        tolerance: tolerance as Tolerance,
      }),
    );
  },
});

interface Run {
  readonly process: Process;
  readonly from: Node;
  readonly to: Node;
  readonly budget: number;
  readonly stop: boolean;
  readonly tolerance: Tolerance;
}

function* laneOf(pair: EmbeddedPair, { process, from, to, budget, stop, tolerance }: Run): Lane {
  const { absolute, relative } = tolerance;
  const [there, here] = pair.sizes;
  const predictsAhead = pair.keep.some(([into]) => into === 'D');
  const nextLength = pair.control();
  let s = from;
  let h = pair.firstStep(tolerance);
  let error: number | null = null;
  const end = (): LaneEnd =>
    stop ? { from: 'x', alpha: s.alpha, sigma: s.sigma } : { from: 'D', alpha: 1, sigma: 0 };
  const incomplete = (): LaneEnd => ({ ...end(), incomplete: { t: s.t, error } });

  yield call(s);
  let left = budget - 1;
  for (const [into] of pair.keep) if (into !== 'D' && into !== 'x') yield combined(into, [[1, 'x']]);
  while (s !== to) {
    const t = s.lambda + h < to.lambda ? nodeAt(process, process.timeAtLambda(s.lambda + h)) : to;
    if (left < pair.calls || !(t.t < s.t)) return incomplete();
    left -= pair.calls;
    yield* pair.step(process, s, t);
    error = yield* measure('gap', absolute * scaleOf(t), [
      [relative, there],
      [(relative * scaleOf(t)) / scaleOf(s), here],
    ]);
    h = nextLength(error, t.lambda - s.lambda);
    if (error > 1) continue;
    for (const [into, kept] of pair.keep) yield combined(into, [[1, kept]]);
    s = t;
    if (predictsAhead || (s === to && stop)) continue;
    if (left === 0) return incomplete();
    left--;
    yield call(s);
  }
  return end();
}
