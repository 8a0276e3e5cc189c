import type { Batch, Floats } from '../src/array/batch.js';
import { UsageError, requireWhole } from '../src/errors.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import { sample } from '../src/plan/sample.js';
import type { DataMoments, StartId, StartLaw } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { sdeDpmSolverPlusPlus2M } from './dpm-solver.js';
import { type Ends, type TimeGrid, timeGrid } from './grid.js';

export interface AlignGridOptions {
  readonly process: Process;
  readonly denoiser: Denoiser;
  /** Default `zero-mean`. */
  readonly start?: StartId | StartLaw;
  /** Needed by the starts `moment-matched` and `full-covariance`. */
  readonly moments?: DataMoments;
  readonly ends?: Ends;
  /** Trajectories. Default 128. */
  readonly samples?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Steps of the trajectories, at least 2: the times among which a grid's are chosen, uniform in half log-SNR. Default 256. */
  readonly referenceNfe?: number;
}

/** What the prediction changes along the reverse SDE, and the grids that follow it. */
export interface Alignment {
  /**
   * The best `explicit` grid of that many steps: exactly, by dynamic programming, among the times of the trajectories. Throws a
   * `UsageError` for more steps than those have.
   */
  grid(steps: number): TimeGrid;
  /** What a grid leaves of the bound, in nats a sample; what is beyond the ends of the trajectories is not counted. */
  bound(times: readonly number[]): number;
  /** How it was found. */
  readonly reference: { readonly solver: string; readonly nfe: number; readonly grid: string };
  readonly samples: number;
  readonly seed: number;
}

/**
 * Align your steps (Sabour et al. 2024, arXiv:2404.14507, theorem 3.1) for any process. With `gamma = (alpha/sigma)²`, a step of the reverse SDE
 * that keeps the prediction of its start is off by `½ ∫ E|D_gamma - D_s|² dgamma` nats at most (Girsanov), summed over the steps. The exact
 * prediction is a martingale, whose changes are orthogonal: `E|D_t - D_s|² = V(t) - V(s)`, so that one curve V,
 * measured along a few trajectories (short by a part of the order of their steps), gives the bound of every grid, and the best grid of any number of steps. For a network that is
 * not exact, V is the same sum of squared changes.
 *
 * It knows no solver: it is for first-order steps of the SDE, and a guess for others; `optimiseGrid` looks at the solver.
 */
export const alignGrid = async (options: AlignGridOptions): Promise<Alignment> => {
  const { process, denoiser, start = 'zero-mean', moments, ends = {} } = options;
  const { samples = 128, seed = 0, referenceNfe = 256 } = options;
  requireWhole('samples', samples, 1);
  requireWhole('referenceNfe', referenceNfe, 2);
  const fine = timeGrid.halfLogSnr(ends);
  const plan = sdeDpmSolverPlusPlus2M.plan(process, {
    nfe: referenceNfe + 1,
    grid: fine,
    lastStep: 'predict-at-end',
  });
  const changes = changesOf(samples);
  await sample({
    plan,
    denoiser,
    start,
    samples,
    seed,
    chunk: samples,
    ...(moments ? { moments } : {}),
    onStep: ({ prediction, moments: [{ t }] }) => changes.see(t, prediction),
  });
  const curve = curveOf(process, changes.times, changes.means);
  return {
    grid: (steps) => timeGrid.explicit(bestOf(curve, steps)),
    bound: (times) => boundOf(curve, process, times),
    reference: { solver: plan.solver, nfe: plan.nfe, grid: fine.id },
    samples,
    seed,
  };
};

/** The times of the calls and `E|D_i - D_(i-1)|²`, a squared norm. */
const changesOf = (samples: number) => {
  const times: number[] = [];
  const means: number[] = [];
  let previous: Floats | undefined;
  const see = (t: number, { data }: Batch): void => {
    let sum = 0;
    for (let i = 0; previous && i < data.length; i++) sum += (data[i] - previous[i]) ** 2;
    times.push(t);
    means.push(sum / samples);
    previous = data.slice();
  };
  return { times, means, see };
};

/** At the times of the trajectories: SNR, V, and `∫ V dgamma`, V a line in gamma between them. */
interface Curve {
  readonly times: readonly number[];
  readonly gamma: readonly number[];
  readonly V: readonly number[];
  readonly integral: readonly number[];
}

const curveOf = (process: Process, times: readonly number[], changes: readonly number[]): Curve => {
  const gamma = times.map((t) => Math.exp(2 * process.lambda(t)));
  const V: number[] = [0];
  const integral: number[] = [0];
  for (let i = 1; i < times.length; i++) {
    V.push(V[i - 1] + changes[i]);
    integral.push(integral[i - 1] + ((V[i] + V[i - 1]) / 2) * (gamma[i] - gamma[i - 1]));
  }
  return { times, gamma, V, integral };
};

type Point = readonly [gamma: number, V: number, integral: number];

/** `½ ∫ (V - V(s)) dgamma` from s to t. */
const costOf = ([from, V, before]: Point, [to, , after]: Point): number =>
  Math.max(0, after - before - V * (to - from)) / 2;

const pointAt = ({ gamma, V, integral }: Curve, at: number): Point => {
  const value = Math.min(Math.max(at, gamma[0]), gamma[gamma.length - 1]);
  const next = Math.max(
    1,
    gamma.findIndex((other) => other >= value),
  );
  const i = next - 1;
  const part = (value - gamma[i]) / (gamma[next] - gamma[i]);
  const there = V[i] + part * (V[next] - V[i]);
  return [value, there, integral[i] + ((V[i] + there) / 2) * (value - gamma[i])];
};

const boundOf = (curve: Curve, process: Process, times: readonly number[]): number => {
  const points = times.map((t) => pointAt(curve, Math.exp(2 * process.lambda(t))));
  return points.slice(1).reduce((sum, point, i) => sum + costOf(points[i], point), 0);
};

/** The times of the cheapest way from the first to the last in that many steps. */
const bestOf = ({ times, gamma, V, integral }: Curve, steps: number): readonly number[] => {
  const last = times.length - 1;
  requireWhole('steps', steps, 0);
  if (steps > last) {
    throw new UsageError(`${steps} steps cannot be aligned on ${last}: give a larger referenceNfe`);
  }
  const points = gamma.map((value, i): Point => [value, V[i], integral[i]]);
  let costs = points.map((_, i) => (i === 0 ? 0 : Infinity));
  const cameFrom: number[][] = [];
  for (let step = 0; step < steps; step++) {
    const origins: number[] = [];
    costs = points.map((point, to) => {
      let best = Infinity;
      for (let from = step; from < to; from++) {
        const cost = costs[from] + costOf(points[from], point);
        if (cost < best) [best, origins[to]] = [cost, from];
      }
      return best;
    });
    cameFrom.push(origins);
  }
  const chosen = [times[steps === 0 ? 0 : last]];
  for (let step = steps - 1, at = last; step >= 0; step--) chosen.unshift(times[(at = cameFrom[step][at])]);
  return chosen;
};
