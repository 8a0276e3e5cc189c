import { grids } from '../solvers/grid.js';
import { solver as solverOf } from '../solvers/registry.js';
import type { Settings } from '../solvers/solver.js';
import type { Batch } from '../src/array/batch.js';
import { clip } from '../src/denoiser/adapters.js';
import { DivergedError, UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Plan } from '../src/plan/plan.js';
import { type SampleOptions, sample } from '../src/plan/sample.js';
import { type StartId, startLaw } from '../src/plan/start.js';
import { metricsFor } from './metrics/index.js';
import type { Problem } from './problem.js';
import { type ReferenceDistance, distanceToReference } from './reference-solution.js';
import { type Jackknifed, jackknife } from './statistics.js';

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
  /** Ids of metrics, as `metricsFor` takes them; absent for the default ones. */
  readonly metrics?: readonly string[];
  /** Of so many of the samples, the distance to the reference solution. */
  readonly referenceSamples?: number;
}

export interface CellOutcome {
  /** A run diverges at a number that is not finite; it fails where the network or a metric throws. */
  readonly status: 'ok' | 'diverged' | 'failed';
  /** What happened if not ok: of a diverged run solver, evaluation and time. */
  readonly message?: string;
  /** By metric id; empty if not ok. */
  readonly estimates: Readonly<Record<string, Jackknifed>>;
  /** If it was asked for; null where a run has no reference solution. */
  readonly distanceToReference?: ReferenceDistance | null;
  /** Wall-clock seconds of sampling and of the metrics. */
  readonly seconds: { readonly sampling: number; readonly metrics: number };
}

/** A solver's run made ready: its settings fit. */
export interface ReadyRun {
  readonly plan: Plan;
  readonly denoiser: Denoiser;
  readonly start: StartId;
  /** As used, defaults filled in. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** Throws a `UsageError` where solver, problem and settings do not fit. */
export const readyRun = (problem: Problem, { solver: id, nfe, settings }: SolverRun): ReadyRun => {
  const { process, denoiser, moments } = problem;
  const { start: asked, clip: range, ...others } = settings;
  const solver = solverOf(id);
  const plan = solver.plan(process, { nfe, ...planSettings(others) });
  const draws = plan.instructions.some((entry) => entry.op === 'evaluate' && entry.draw !== undefined);
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

/** The decoded samples of a cell. */
export const drawSamples = async (
  problem: Problem,
  { run, samples, seed }: CellTask,
  options: Pick<SampleOptions, 'onStep' | 'signal'> = {},
): Promise<Batch> => {
  if (!run) return problem.trueSamples(samples, seed);
  const { plan, denoiser, start } = readyRun(problem, run);
  const { moments } = problem;
  return problem.decode(await sample({ ...options, plan, denoiser, start, moments, samples, seed }));
};

const estimatesOf = async (
  problem: Problem,
  samples: Batch,
  ids?: readonly string[],
): Promise<Record<string, Jackknifed>> => {
  const estimates: Record<string, Jackknifed> = {};
  for (const metric of metricsFor(problem.truth, ids)) {
    const { id, bounds } = metric;
    try {
      estimates[id] = jackknife(await metric.over(samples), samples.shape[0], bounds ? { bounds } : {});
    } catch (error) {
      throw new Error(`${id}: ${(error as Error).message}`, { cause: error });
    }
  }
  return estimates;
};

const distanceOf = async (
  problem: Problem,
  { run, samples, seed, referenceSamples }: CellTask,
  signal?: AbortSignal,
): Promise<Pick<CellOutcome, 'distanceToReference'>> => {
  if (!run || referenceSamples === undefined) return {};
  const count = Math.min(samples, referenceSamples);
  const options = { samples: count, seed, ...(signal ? { signal } : {}) };
  return { distanceToReference: await distanceToReference(problem, readyRun(problem, run), options) };
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
    const samples = await drawSamples(problem, task, signal ? { signal } : {});
    sampled = performance.now();
    const estimates = await estimatesOf(problem, samples, task.metrics);
    const distance = await distanceOf(problem, task, signal);
    return { status: 'ok', estimates, ...distance, seconds: seconds() };
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
