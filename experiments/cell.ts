import type { AdaptiveSettings } from '../solvers/adaptive.js';
import { grids } from '../solvers/grid.js';
import { anySolver } from '../solvers/registry.js';
import type { Settings } from '../solvers/solver.js';
import type { Batch } from '../src/array/batch.js';
import { clip } from '../src/denoiser/adapters.js';
import { DivergedError, UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Lanes } from '../src/plan/lanes.js';
import type { Plan } from '../src/plan/plan.js';
import { type CallCount, type IncompleteSample, type SampleOptions, sample } from '../src/plan/sample.js';
import { type StartId, startLaw } from '../src/plan/start.js';
import { metricsFor } from './metrics/index.js';
import type { Problem } from './problem.js';
import { type Estimate, jackknife } from './statistics.js';

/** The settings of a plan but its NFE, the grid by name: as they are typed, recorded and sent to a worker. */
export interface PlanSettings extends Omit<Settings, 'nfe' | 'grid'> {
  readonly grid?: Specification;
}

/** Throws a `UsageError` for a grid that cannot be made. */
export const planSettings = ({ grid, ...others }: PlanSettings): Omit<Settings, 'nfe'> =>
  grid ? { ...others, grid: grids.make(grid.id, grid.parameters) } : others;

/** What all cells of a comparison share; a setting left out is the solver's own default. */
export interface CellSettings extends PlanSettings {
  readonly start?: StartId;
  /** Of solvers whose steps depend on the sample and that take it; the others have no use for it. */
  readonly tolerance?: AdaptiveSettings['tolerance'];
  /** Predictions are clipped to this range; for continuous data. */
  readonly clip?: readonly [number, number];
}

/** A solver at a number of network calls. */
export interface SolverRun {
  readonly solver: string;
  readonly nfe: number;
  readonly settings: CellSettings;
}

/** One point of a comparison: a solver, or the truth itself, on a problem. */
export interface CellTask {
  readonly problem: Specification;
  /** Absent for the floor: true samples in place of a solver's. */
  readonly run?: SolverRun;
  readonly samples: number;
  readonly seed: number;
}

export interface CellOutcome {
  /**
   * A run diverges at a number that is not finite; it is incomplete where the calls of a sample did not suffice for its tolerance;
   * it fails where the network or a metric throws.
   */
  readonly status: 'ok' | 'diverged' | 'incomplete' | 'failed';
  /** What happened if not ok: of a diverged run solver, evaluation and time. */
  readonly message?: string;
  /** Network calls that a sample took, as metered; absent for the floor and where sampling came to no end. */
  readonly calls?: CallCount;
  /** By metric id; empty if not ok. */
  readonly estimates: Readonly<Record<string, Estimate>>;
  /** Wall-clock seconds of sampling and of the metrics. */
  readonly seconds: { readonly sampling: number; readonly metrics: number };
}

/** A solver's run made ready: its settings fit. */
export interface ReadyRun {
  readonly plan: Plan | Lanes;
  readonly denoiser: Denoiser;
  readonly start: StartId;
  /** As used, defaults filled in. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** Throws a `UsageError` where solver, problem and settings do not fit. */
export const readyRun = (problem: Problem, { solver: id, nfe, settings }: SolverRun): ReadyRun => {
  const { process, denoiser, moments } = problem;
  const { start: asked, clip: range, tolerance, ...others } = settings;
  const solver = anySolver(id);
  const given = { nfe, ...planSettings(others) };
  if (!solver.adaptive && tolerance !== undefined) {
    throw new UsageError(`${id} does not take a tolerance: its steps do not depend on the sample`);
  }
  const plan = solver.adaptive
    ? solver.lanes(process, { ...given, ...(tolerance ? { tolerance } : {}) })
    : solver.plan(process, given);
  const draws =
    'instructions' in plan &&
    plan.instructions.some((entry) => entry.op === 'evaluate' && entry.draw !== undefined);
  if (draws && !denoiser.draw) {
    throw new UsageError(`${id} draws the predicted classes, and the network of "${problem.id}" cannot`);
  }
  if (range && process.classes !== undefined) {
    throw new UsageError(`clip is for continuous data; the problem "${problem.id}" is discrete`);
  }
  // a solver that starts from the prior can do so at the noise end only
  const own = solver.defaults?.start ?? 'zero-mean';
  const start = asked ?? (own === 'prior' && !plan.start.atNoiseEnd ? 'zero-mean' : own);
  const { standardDeviation } = startLaw(start, plan.start, moments);
  if (solver.kind === 'ode' && standardDeviation === 0 && !draws) {
    throw new UsageError(
      `${id} adds no noise, and at t = ${plan.start.t} ${process.id} has none either: all samples would be the same; use eta > 0`,
    );
  }
  return {
    plan,
    denoiser: range ? clip(denoiser, ...range) : denoiser,
    start,
    settings: { ...plan.settings, start, clip: range ?? null },
  };
};

/** The decoded samples of a cell, and what they took: absent for true samples. */
export interface DrawnSamples {
  readonly samples: Batch;
  readonly calls?: CallCount;
  readonly incomplete: readonly IncompleteSample[];
}

/** Draws them, or takes true ones where the task has no run. */
export const drawSamples = async (
  problem: Problem,
  { run, samples: count, seed }: CellTask,
  options: Pick<SampleOptions, 'onStep' | 'signal'> = {},
): Promise<DrawnSamples> => {
  if (!run) return { samples: problem.trueSamples(count, seed), incomplete: [] };
  const { plan, denoiser, start } = readyRun(problem, run);
  const { moments } = problem;
  const drawn = await sample({ ...options, plan, denoiser, start, moments, samples: count, seed });
  return { samples: problem.decode(drawn), calls: drawn.calls, incomplete: drawn.incomplete };
};

/** How many samples a budget did not suffice for, and how far the least advanced of them came. */
export const incompleteMessage = (
  { solver, nfe }: SolverRun,
  incomplete: readonly IncompleteSample[],
  samples: number,
): string => {
  const { sample, t, error } = incomplete.reduce((last, entry) => (entry.t > last.t ? entry : last));
  const reached =
    error === null
      ? 'before its first step'
      : `the error of its last step ${error.toPrecision(2)} of the tolerance`;
  return `${solver} did not get to the end with ${incomplete.length} of ${samples} samples in ${nfe} calls each: sample ${sample} stopped at t = ${Number(t.toPrecision(4))}, ${reached}`;
};

const estimatesOf = async (problem: Problem, samples: Batch): Promise<Record<string, Estimate>> => {
  const estimates: Record<string, Estimate> = {};
  for (const metric of metricsFor(problem.truth)) {
    const { id, bounds } = metric;
    try {
      estimates[id] = jackknife(await metric.over(samples), samples.shape[0], bounds ? { bounds } : {});
    } catch (error) {
      throw new Error(`${id}: ${(error as Error).message}`, { cause: error });
    }
  }
  return estimates;
};

/** Runs one cell: samples, then every metric of the problem on them. What goes wrong is an outcome; only an abort rejects. */
export const runCell = async (
  problem: Problem,
  task: CellTask,
  signal?: AbortSignal,
): Promise<CellOutcome> => {
  const begun = performance.now();
  let sampled = begun;
  const seconds = (): CellOutcome['seconds'] => ({
    sampling: (sampled - begun) / 1000,
    metrics: (performance.now() - sampled) / 1000,
  });
  try {
    const { samples, calls, incomplete } = await drawSamples(problem, task, signal ? { signal } : {});
    sampled = performance.now();
    const metered = calls ? { calls } : {};
    if (task.run && incomplete.length > 0) {
      const message = incompleteMessage(task.run, incomplete, task.samples);
      return { status: 'incomplete', message, ...metered, estimates: {}, seconds: seconds() };
    }
    const estimates = await estimatesOf(problem, samples);
    return { status: 'ok', ...metered, estimates, seconds: seconds() };
  } catch (error) {
    signal?.throwIfAborted();
    const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
    const failure =
      error instanceof DivergedError
        ? ({ status: 'diverged', message } as const)
        : ({ status: 'failed', message: `${task.run?.solver ?? 'the truth'} failed: ${message}` } as const);
    return { ...failure, estimates: {}, seconds: seconds() };
  }
};
