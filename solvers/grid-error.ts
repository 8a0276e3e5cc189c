import type { Batch } from '../src/array/batch.js';
import { DivergedError, UsageError } from '../src/errors.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Plan } from '../src/plan/plan.js';
import { sample } from '../src/plan/sample.js';
import type { DataMoments, StartId, StartLaw } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { dpmSolverPlusPlus2M } from './dpm-solver.js';
import { type GridMeasure, type OwnMeasure, distanceFrom } from './grid-measure.js';
import { type TimeGrid, timeGrid } from './grid.js';
import type { Settings, Solver } from './solver.js';

export const predictions = ['predict', 'predict-at-end'] as const;

/** Start states `[samples, ...]` of a plan, the same for the same seed: for a start that is no law of `StartId`. */
export type DrawStart = (at: Plan['start'], samples: number, seed: number) => Batch;

/** What the error of a grid is measured on. */
export interface GridProblem {
  readonly process: Process;
  /** Of the kind `ode`: an SDE's noise can't be shared between grids. */
  readonly solver: Solver;
  readonly nfe: number;
  readonly denoiser: Denoiser;
  /** Default `zero-mean`. */
  readonly start?: StartId | StartLaw | DrawStart;
  /** Needed by the starts `moment-matched` and `full-covariance`. */
  readonly moments?: DataMoments;
  /** Default `predict`. */
  readonly lastStep?: (typeof predictions)[number];
  /** Further settings of the solver's plan, such as `reference`. */
  readonly settings?: Omit<Settings, 'nfe' | 'grid' | 'lastStep' | 'draw'>;
  /** What is minimised: `squared-error` of each sample (default), `energy-distance` of their law, or a measure of your own. */
  readonly measure?: GridMeasure | OwnMeasure;
}

export interface Planned {
  readonly grid: TimeGrid;
  readonly plan: Plan;
  /** As many as the solver asked for: how many steps a budget buys is the solver's business. */
  readonly times: readonly number[];
}

/** Throws a `UsageError` for a grid that the solver can't use on this process. */
export const planOn = (
  { process, solver, nfe, settings, lastStep = 'predict' }: GridProblem,
  grid: TimeGrid,
): Planned => {
  let times: readonly number[] = [];
  const watched: TimeGrid = { ...grid, times: (_, steps) => (times = grid.times(process, steps)) };
  const plan = solver.plan(process, { ...settings, nfe, grid: watched, lastStep, draw: false });
  return { grid, plan, times };
};

export type ErrorOf = (plan: Plan) => Promise<number>;

/** What the solutions of the ODE are, for records. */
export const referenceSolver = { solver: dpmSolverPlusPlus2M.id, grid: 'half-log-snr' } as const;

/**
 * The error of plans on the trajectories of a seed, against the solutions of the ODE from the same starts at `eta`, or by the measure
 * alone where it is one of the user's own. A plan that starts later than at eta starts from the same normals.
 */
export const errorOn = async (
  { process, denoiser, start = 'zero-mean', moments, measure = 'squared-error' }: GridProblem,
  eta: number,
  samples: number,
  seed: number,
  referenceNfe: number,
): Promise<ErrorOf> => {
  const own = typeof measure === 'object';
  const run = (plan: Plan): Promise<Batch> =>
    sample({
      plan,
      denoiser,
      start: typeof start === 'function' ? start(plan.start, samples, seed) : start,
      samples,
      seed,
      ...(own ? {} : { precision: 'float64', chunk: samples }),
      ...(moments ? { moments } : {}),
    });
  if (own) return async (plan) => measure.of(await run(plan));
  const grid = timeGrid.halfLogSnr({ eta });
  // where noise is left at the end there is one more prediction to be had, of the last state
  const lastStep = process.sigma(grid.end(process)) > 0 ? 'predict-at-end' : 'predict';
  const reference = await run(
    dpmSolverPlusPlus2M.plan(process, { nfe: referenceNfe, grid, lastStep, draw: false }),
  );
  const distance = distanceFrom(reference, measure);
  return async (plan) => distance(await run(plan));
};

/** Grids that can't be used, and samples that diverge, are out of a search's bounds. */
export const errorOrInfinity = async (act: () => Promise<number>): Promise<number> => {
  try {
    const value = await act();
    return Number.isNaN(value) ? Infinity : value;
  } catch (error) {
    if (error instanceof UsageError || error instanceof DivergedError) return Infinity;
    throw error;
  }
};
