import { UsageError, requireWhole } from '../src/errors.js';
import type { Json } from '../src/json.js';
import type { Process } from '../src/process/process.js';
import { gridCoordinates } from './grid-coordinates.js';
import {
  type ErrorOf,
  type GridProblem,
  type Planned,
  errorOn,
  errorOrInfinity,
  planOn,
  predictions,
  referenceSolver,
} from './grid-error.js';
import { type Ends, type TimeGrid, defaultEta, timeGrid } from './grid.js';
import { nelderMead } from './nelder-mead.js';

export interface OptimiseGridOptions extends GridProblem {
  /** The ends of the named grids; eta is kept, unless the start is free. */
  readonly ends?: Ends;
  /** Optimise the start time, too, from eta on. Default false. */
  readonly freeStart?: boolean;
  /**
   * What the search starts from and has to beat; all from one starting time where it is not free. Default: every named grid at its
   * default parameters; where the start is free, from several starting times.
   */
  readonly named?: readonly TimeGrid[];
  /** Named grids, the best ones, that the search starts from; it goes on from where it has come farthest. Default 3. */
  readonly starts?: number;
  /** Trajectories in the objective. Default 128. */
  readonly samples?: number;
  /** Of the trajectories' starts; the next one's are held out. Default 0. */
  readonly seed?: number;
  /** Grids that the search may try, at least 1. Default 400. */
  readonly evaluations?: number;
  /** Calls of the reference solution, at least 2. Default 256. */
  readonly referenceNfe?: number;
  readonly onProgress?: (done: number, total: number) => void;
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
  /** The best named grid. */
  readonly baseline: GridError;
  /** Of trajectories that the search never saw: the error of the grid, and of the named grid that is best *there*. */
  readonly heldOut: { readonly objective: number; readonly baseline: GridError };
  readonly measure: string;
  /** Whether the start time was among the unknowns. */
  readonly freeStart: boolean;
  /** Grids tried by the search. */
  readonly evaluations: number;
  readonly samples: number;
  readonly seeds: { readonly search: number; readonly heldOut: number };
  /** Null where the measure is the user's own, which needs none. */
  readonly reference: { readonly solver: string; readonly nfe: number; readonly grid: string } | null;
}

const usualGrids = (ends: Ends): readonly TimeGrid[] => [
  timeGrid.uniform(ends),
  timeGrid.halfLogSnr(ends),
  timeGrid.power(ends),
  timeGrid.karras(ends),
  timeGrid.cosine(ends),
  timeGrid.beta(ends),
];

/** Later starts, tried where the start is free. */
const laterEtas = [0.01, 0.03, 0.1, 0.2];

const usualFrom = (process: Process, ends: Ends, freeStart: boolean): readonly TimeGrid[] => {
  const eta = ends.eta ?? defaultEta(process);
  const etas = freeStart ? [eta, ...laterEtas.filter((later) => later > eta)] : [eta];
  return etas.flatMap((value) => usualGrids({ ...ends, eta: value }));
};

/**
 * Chooses all times of a grid but its end for one process, denoiser, solver and number of calls: those whose final prediction is
 * closest to the ODE's own solution from the same starts, by many steps, or best by a measure of the user's own (docs/grids.md).
 * Derivative-free and deterministic; starts from the best named grids and returns nothing worse on its trajectories.
 *
 * Throws a `UsageError` for an SDE solver, and where no named grid can be used.
 */
export const optimiseGrid = async (options: OptimiseGridOptions): Promise<OptimisedGrid> => {
  const {
    process,
    solver,
    ends = {},
    freeStart = false,
    measure = 'squared-error',
    starts = 3,
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
  requireWhole('starts', starts, 1);
  requireWhole('referenceNfe', referenceNfe, 2);

  const named = usableGrids(options, options.named ?? usualFrom(process, ends, freeStart));
  const earliest = Math.max(...named.map(({ plan }) => plan.start.t));
  const eta = (process.noiseEnd - earliest) / (process.noiseEnd - process.dataEnd);
  const errorOf = await errorOn(options, eta, samples, seed, referenceNfe);
  const ranked = await rank(named, errorOf);
  const found = await search(options, ranked, errorOf, freeStart ? earliest : undefined, starts, evaluations);

  const heldOut = await errorOn(options, eta, samples, seed + 1, referenceNfe);
  return {
    grid: found.grid,
    objective: found.objective,
    baseline: ranked[0].error,
    heldOut: {
      objective: await heldOut(planOn(options, found.grid).plan),
      baseline: (await rank(named, heldOut))[0].error,
    },
    measure: typeof measure === 'string' ? measure : measure.id,
    freeStart,
    evaluations: found.evaluations,
    samples,
    seeds: { search: seed, heldOut: seed + 1 },
    reference: typeof measure === 'string' ? { ...referenceSolver, nfe: referenceNfe } : null,
  };
};

interface Ranked extends Planned {
  readonly error: GridError;
}

/** A quarter of the evaluations is spent on finding out which of the starts leads farthest, the rest from there. */
const search = async (
  options: OptimiseGridOptions,
  ranked: readonly Ranked[],
  errorOf: ErrorOf,
  earliest: number | undefined,
  starts: number,
  evaluations: number,
): Promise<{ readonly grid: TimeGrid; readonly objective: number; readonly evaluations: number }> => {
  let best = { grid: timeGrid.explicit(ranked[0].times), objective: ranked[0].error.objective };
  let spent = 0;
  const from = async (times: readonly number[], most: number): Promise<void> => {
    const { from: start, toTimes } = gridCoordinates(options.process, times, earliest);
    const gridAt = (point: readonly number[]): TimeGrid => timeGrid.explicit(toTimes(point));
    const value = (point: readonly number[]): Promise<number> => {
      spent++;
      options.onProgress?.(spent, evaluations);
      return errorOrInfinity(() => errorOf(planOn(options, gridAt(point)).plan));
    };
    const found = await nelderMead(value, start, { size: 0.5, evaluations: most });
    if (found.value < best.objective) best = { grid: gridAt(found.point), objective: found.value };
  };
  const heats = ranked.slice(0, starts);
  const heat = heats.length > 1 ? Math.floor(evaluations / (4 * heats.length)) : 0;
  if (heat > 0) for (const { times } of heats) await from(times, heat);
  const { times } = planOn(options, best.grid);
  await from(times, evaluations - spent);
  return { ...best, evaluations: spent };
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
  if (!other || options.freeStart) return usable;
  throw new UsageError(
    `the named grids must start at one time; ${first.grid.id} starts at ${first.plan.start.t}, ${other.grid.id} at ${other.plan.start.t}`,
  );
};

/** The named grids by their error, the best first; those that diverge are left out. */
const rank = async (grids: readonly Planned[], errorOf: ErrorOf): Promise<readonly Ranked[]> => {
  const ranked: Ranked[] = [];
  for (const planned of grids) {
    const { id, parameters } = planned.grid;
    const objective = await errorOrInfinity(() => errorOf(planned.plan));
    if (objective < Infinity) ranked.push({ ...planned, error: { id, parameters, objective } });
  }
  if (ranked.length === 0)
    throw new UsageError('every named grid diverges with this denoiser: there is nothing to start from');
  return ranked.sort((a, b) => a.error.objective - b.error.objective);
};
