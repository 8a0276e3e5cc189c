import type { Batch } from '../src/array/batch.js';
import { DivergedError, UsageError, requireWhole } from '../src/errors.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Plan } from '../src/plan/plan.js';
import { sample } from '../src/plan/sample.js';
import type { DataMoments, StartId, StartLaw } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { dpmSolverPlusPlus2M } from './dpm-solver.js';
import { type GridMeasure, distanceFrom } from './grid-measure.js';
import { type Ends, type TimeGrid, timeGrid } from './grid.js';
import { nelderMead } from './nelder-mead.js';
import type { Solver } from './solver.js';

const predictions = ['predict', 'predict-at-end'] as const;

export interface OptimiseGridOptions {
  readonly process: Process;
  /** Of the kind `ode`: an SDE's noise can't be shared between grids. */
  readonly solver: Solver;
  readonly nfe: number;
  readonly denoiser: Denoiser;
  /** Default `zero-mean`. */
  readonly start?: StartId | StartLaw;
  /** Needed by the start `moment-matched`. */
  readonly moments?: DataMoments;
  /** Default `predict`. */
  readonly lastStep?: (typeof predictions)[number];
  /** What is minimised: `squared-error` of each sample (default), or `energy-distance` of their law. */
  readonly measure?: GridMeasure;
  /** The ends of the named grids; eta is kept, not optimised. */
  readonly ends?: Ends;
  /** What the search starts from and has to beat; all from one starting time. Default: every named grid at its default parameters. */
  readonly named?: readonly TimeGrid[];
  /** Trajectories in the objective. Default 128. */
  readonly samples?: number;
  /** Of the trajectories' starts; the next one's are held out. Default 0. */
  readonly seed?: number;
  /** Grids that the search may try, at least 1. Default 400. */
  readonly evaluations?: number;
  /** Calls of the reference solution, at least 2. Default 256. */
  readonly referenceNfe?: number;
}

/** A named grid by its id and parameters, and the error that it leaves. */
export interface GridError {
  readonly id: string;
  readonly parameters: Readonly<Record<string, Json>>;
  readonly objective: number;
}

export interface OptimisedGrid {
  /** An `explicit` grid. */
  readonly grid: TimeGrid;
  /** What the measure says of the grid against the reference; never above that of `baseline`. */
  readonly objective: number;
  /** The best named grid, where the search started. */
  readonly baseline: GridError;
  /** Of trajectories that the search never saw: the error of the grid, and of the named grid that is best *there*. */
  readonly heldOut: { readonly objective: number; readonly baseline: GridError };
  readonly measure: GridMeasure;
  /** Grids tried by the search. */
  readonly evaluations: number;
  readonly samples: number;
  readonly seeds: { readonly search: number; readonly heldOut: number };
  readonly reference: { readonly solver: string; readonly nfe: number; readonly grid: string };
}

const usualGrids = (ends: Ends): readonly TimeGrid[] => [
  timeGrid.uniform(ends),
  timeGrid.halfLogSnr(ends),
  timeGrid.power(ends),
  timeGrid.karras(ends),
  timeGrid.cosine(ends),
  timeGrid.beta(ends),
];

/**
 * Chooses all times between the ends of a grid for one process, denoiser, solver and number of calls: those whose final
 * prediction is closest to the ODE's own solution from the same starts, by many steps (docs/grids.md).
 * Derivative-free and deterministic; starts from the best named grid and returns nothing worse on its trajectories.
 *
 * Throws a `UsageError` for an SDE solver, and where no named grid can be used.
 */
export const optimiseGrid = async (options: OptimiseGridOptions): Promise<OptimisedGrid> => {
  const {
    process,
    solver,
    ends = {},
    samples = 128,
    seed = 0,
    evaluations = 400,
    referenceNfe = 256,
  } = options;
  if (solver.kind !== 'ode') {
    throw new UsageError(
      `grids are optimised for ODE solvers, and ${solver.id} is an SDE solver: its noise can't be shared between grids`,
    );
  }
  if (options.lastStep !== undefined && !predictions.includes(options.lastStep)) {
    throw new UsageError(
      `the last step is "${options.lastStep}"; for an optimised grid it must be ${predictions.join(' or ')}: the answer is a prediction`,
    );
  }
  requireWhole('samples', samples, 1);
  requireWhole('seed', seed, 0);
  requireWhole('evaluations', evaluations, 1);
  requireWhole('referenceNfe', referenceNfe, 2);

  const named = usableGrids(options, options.named ?? usualGrids(ends));
  const eta = (process.noiseEnd - named[0].plan.start.t) / (process.noiseEnd - process.dataEnd);
  const search = await errorOn(options, eta, samples, seed, referenceNfe);
  const baseline = await bestOf(named, search);

  const { from, toTimes } = increments(process, baseline.times);
  const found = await nelderMead(
    (point) => errorOrInfinity(() => search(planOn(options, timeGrid.explicit(toTimes(point))).plan)),
    from,
    { size: 0.5, evaluations },
  );
  const better = found.value < baseline.error.objective;
  const grid = timeGrid.explicit(better ? toTimes(found.point) : baseline.times);

  const heldOut = await errorOn(options, eta, samples, seed + 1, referenceNfe);
  return {
    grid,
    objective: better ? found.value : baseline.error.objective,
    baseline: baseline.error,
    heldOut: {
      objective: await heldOut(planOn(options, grid).plan),
      baseline: (await bestOf(named, heldOut)).error,
    },
    measure: options.measure ?? 'squared-error',
    evaluations: found.evaluations,
    samples,
    seeds: { search: seed, heldOut: seed + 1 },
    reference: { solver: dpmSolverPlusPlus2M.id, nfe: referenceNfe, grid: 'half-log-snr' },
  };
};

interface Planned {
  readonly grid: TimeGrid;
  readonly plan: Plan;
  /** As many as the solver asked for: how many steps a budget buys is the solver's business. */
  readonly times: readonly number[];
}

const planOn = (
  { process, solver, nfe, lastStep = 'predict' }: OptimiseGridOptions,
  grid: TimeGrid,
): Planned => {
  let times: readonly number[] = [];
  const watched: TimeGrid = { ...grid, times: (_, steps) => (times = grid.times(process, steps)) };
  const plan = solver.plan(process, { nfe, grid: watched, lastStep, draw: false });
  return { grid, plan, times };
};

/** Leaves out the grids that the solver can't use on this process; throws the reason of the first if none is left. */
const usableGrids = (options: OptimiseGridOptions, grids: readonly TimeGrid[]): readonly Planned[] => {
  const reasons: UsageError[] = [];
  const usable = grids.flatMap((grid) => {
    try {
      return [planOn(options, grid)];
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      reasons.push(error);
      return [];
    }
  });
  if (usable.length === 0)
    throw reasons[0] ?? new UsageError('there is no named grid to start from; give one at least');
  const [first] = usable;
  const other = usable.find(({ plan }) => plan.start.t !== first.plan.start.t);
  if (!other) return usable;
  throw new UsageError(
    `the named grids must start at one time; ${first.grid.id} starts at ${first.plan.start.t}, ${other.grid.id} at ${other.plan.start.t}`,
  );
};

/** The error of a plan against the reference solution from the same starts. */
const errorOn = async (
  { process, denoiser, start = 'zero-mean', moments, measure = 'squared-error' }: OptimiseGridOptions,
  eta: number,
  samples: number,
  seed: number,
  referenceNfe: number,
): Promise<(plan: Plan) => Promise<number>> => {
  const run = (plan: Plan): Promise<Batch> =>
    sample({
      plan,
      denoiser,
      start,
      samples,
      seed,
      precision: 'float64',
      chunk: samples,
      ...(moments ? { moments } : {}),
    });
  const grid = timeGrid.halfLogSnr({ eta });
  // where noise is left at the end there is one more prediction to be had, of the last state
  const lastStep = process.sigma(grid.end(process)) > 0 ? 'predict-at-end' : 'predict';
  const reference = await run(
    dpmSolverPlusPlus2M.plan(process, { nfe: referenceNfe, grid, lastStep, draw: false }),
  );
  const distance = distanceFrom(reference, measure);
  return async (plan) => distance(await run(plan));
};

const bestOf = async (
  grids: readonly Planned[],
  errorOf: (plan: Plan) => Promise<number>,
): Promise<Planned & { readonly error: GridError }> => {
  let best: (Planned & { readonly error: GridError }) | undefined;
  for (const planned of grids) {
    const { id, parameters } = planned.grid;
    const error = { id, parameters, objective: await errorOrInfinity(() => errorOf(planned.plan)) };
    if (!best || error.objective < best.error.objective) best = { ...planned, error };
  }
  if (best && best.error.objective < Infinity) return best;
  throw new UsageError('every named grid diverges with this denoiser: there is nothing to start from');
};

/** Grids that can't be used, and samples that diverge, are out of the search's bounds. */
const errorOrInfinity = async (act: () => Promise<number>): Promise<number> => {
  try {
    const value = await act();
    return Number.isNaN(value) ? Infinity : value;
  } catch (error) {
    if (error instanceof UsageError || error instanceof DivergedError) return Infinity;
    throw error;
  }
};

/**
 * The interior times of a grid as free numbers: logarithms of the steps in half log-SNR, so that any numbers give a
 * decreasing grid. Relative to the last step where the end has a finite half log-SNR (a softmax), else absolute.
 */
const increments = (
  process: Process,
  times: readonly number[],
): { from: readonly number[]; toTimes(point: readonly number[]): readonly number[] } => {
  const [start, end] = [times[0], times[times.length - 1]];
  const lambdas = times.map(process.lambda);
  const first = lambdas[0];
  if (first === -Infinity) {
    throw new UsageError(
      `half log-SNR is -infinity at t = ${start} on ${process.id}: give ends with eta > 0`,
    );
  }
  const range = lambdas[lambdas.length - 1] - first;
  const steps = lambdas.slice(1).map((lambda, i) => lambda - lambdas[i]);
  const unit = range < Infinity ? (steps.at(-1) ?? 1) : 1;
  const toTimes = (point: readonly number[]): readonly number[] => {
    if (times.length < 3) return times;
    const parts = point.map(Math.exp);
    const total = range < Infinity ? parts.reduce((sum, part) => sum + part, 1) : 1;
    const scale = range < Infinity ? range / total : 1;
    let lambda = first;
    return [start, ...parts.map((part) => process.timeAtLambda((lambda += scale * part))), end];
  };
  return { from: steps.slice(0, -1).map((step) => Math.log(step / unit)), toTimes };
};
