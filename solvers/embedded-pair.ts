import { UsageError } from '../src/errors.js';
import { type Lane, type LaneEnd, type LaneInstruction, measure } from '../src/plan/lanes.js';
import type { Register } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import {
  type AdaptiveFacts,
  type AdaptiveSolver,
  type LaneSettings,
  type Tolerance,
  call,
  combined,
  lanesOf,
} from './adaptive.js';
import { timeGrid } from './grid.js';
import { type Node, nodeAt } from './step.js';
import type { StepControl } from './step-control.js';

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
export const defineAdaptive = (
  facts: AdaptiveFacts & { readonly defaults: { readonly tolerance: Tolerance } },
  pair: EmbeddedPair,
): AdaptiveSolver => ({
  ...facts,
  adaptive: true,
  lanes: (process, settings) => {
    const usual = facts.defaults.tolerance;
    const grid = settings.grid ?? facts.defaults.grid ?? timeGrid.halfLogSnr();
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
    return lanesOf(facts, process, { ...settings, grid }, from, ({ tolerance = usual, ...run }) =>
      laneOf(pair, process, [from, to], tolerance, run),
    );
  },
});

function* laneOf(
  pair: EmbeddedPair,
  process: Process,
  [from, to]: readonly [Node, Node],
  { absolute, relative }: Tolerance,
  { budget, lastStep }: LaneSettings,
): Lane {
  const stop = lastStep === 'stop';
  const [there, here] = pair.sizes;
  const predictsAhead = pair.keep.some(([into]) => into === 'D');
  const nextLength = pair.control();
  let s = from;
  let h = pair.firstStep({ absolute, relative });
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
