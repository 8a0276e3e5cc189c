import { anySolver } from '../solvers/registry.js';
import { checkNfe } from '../solvers/solver.js';
import { UsageError, requireWhole } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import { type CellOutcome, type CellSettings, type CellTask, readyRun, runCell } from './cell.js';
import { type Comparison, qualityOf, summarise } from './comparison.js';
import { requireMeasurable } from './predictions.js';
import { recommendedId } from './recommended/recommend.js';
import type { Problem } from './problem.js';
import { makeProblem } from './problems/index.js';

export type { Cell, Comparison, MetricValue, ProblemReport } from './comparison.js';

export interface CompareOptions {
  readonly problems: readonly Specification[];
  /** Default: those of each problem's paper. The first is the one whose calls the others are counted in. */
  readonly solvers?: readonly string[];
  readonly nfe: readonly number[];
  /** A cell, at least 3: an interval leaves one out, and a variance takes two. */
  readonly samples: number;
  readonly seed: number;
  /** Independent repeats with seeds `seed`, `seed + 1`, …, pooled. Default 1. */
  readonly repeats?: number;
  readonly settings?: CellSettings;
  /** Ids of the metrics to compute, `default` standing for those that are computed where none are named. */
  readonly metrics?: readonly string[];
  /** Also measure how far the runs are from the fine solution of their equation, on up to 64 samples of each. */
  readonly distanceToReference?: boolean;
  /** Runs the cells, here one after the other if absent. No result depends on it. */
  readonly pool?: CellPool;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Where cells run: this thread, or workers. */
export interface CellPool {
  run(task: CellTask, signal?: AbortSignal): Promise<CellOutcome>;
}

/**
 * Runs problems x solvers x NFE, with the floor of every metric. All that a user can have got wrong is found before the first cell
 * runs: throws a `UsageError`. A cell that diverges or fails is reported as such and the others go on; without a floor
 * there is nothing to hold them against, and it throws.
 */
export const compare = async (options: CompareOptions): Promise<Comparison> => {
  const { nfe, samples, seed, repeats = 1, settings = {}, metrics, pool, onProgress, signal } = options;
  const extras = {
    ...(metrics ? { metrics } : {}),
    ...(options.distanceToReference ? { referenceSamples } : {}),
  };
  requireDistinct('NFE', nfe.map(checkNfe));
  requireWhole('samples', samples, 3);
  requireWhole('repeats', repeats, 1);
  requireWhole('seed', seed, 0);
  if (metrics) requireDistinct('metric', metrics);
  const names = namesOf(options.problems);
  const problems = await Promise.all(
    options.problems.map(({ id, parameters }) => makeProblem(id, parameters)),
  );
  const results = problems.map((problem, i) => {
    const { solvers = problem.solvers } = options;
    requireDistinct('solver', solvers);
    qualityOf(problem, metrics);
    requireMeasurable(problem, settings);
    const runs = solvers.flatMap((solver) =>
      nfe.map((calls) => {
        const run = { solver, nfe: calls, settings: settingsFor(solver, solvers, settings) };
        return { run, settings: readyRun(problem, run).settings, outcomes: outcomes() };
      }),
    );
    return { name: names[i], specification: options.problems[i], problem, truth: outcomes(), runs };
  });

  const jobs = results.flatMap(({ name, specification, problem, truth, runs }) =>
    [{ run: undefined, outcomes: truth }, ...runs].flatMap(({ run, outcomes: put }) =>
      Array.from({ length: repeats }, (_, repeat): Job => {
        const task = {
          problem: specification,
          ...(run ? { run } : {}),
          samples,
          seed: seed + repeat,
          ...extras,
        };
        return { name, problem, task, put: (outcome) => void (put[repeat] = outcome) };
      }),
    ),
  );
  // the longest first, so that no worker is left with one at the end
  jobs.sort((a, b) => (b.task.run?.nfe ?? 0) - (a.task.run?.nfe ?? 0));
  let done = 0;
  onProgress?.(done, jobs.length);
  const work = async ({ name, problem, task, put }: Job): Promise<void> => {
    signal?.throwIfAborted();
    const outcome = await (pool ? pool.run(task, signal) : runCell(problem, task, signal));
    if (!task.run && outcome.status !== 'ok') throw new Error(`${name}: ${outcome.message ?? ''}`);
    put(outcome);
    onProgress?.(++done, jobs.length);
  };
  if (pool) await Promise.all(jobs.map(work));
  else for (const job of jobs) await work(job).then(nextTurn);

  const summaries = results.map((result) => summarise(result, samples, metrics));
  return {
    cells: summaries.flatMap(({ cells }) => cells),
    problems: summaries.map(({ report }) => report),
    comparisons: summaries.flatMap(({ comparisons }) => comparisons),
    findings: summaries.flatMap(({ findings }) => findings),
    slopes: summaries.flatMap(({ slopes }) => slopes),
    nfe,
    samples,
    repeats,
    seed,
    settings,
  };
};

/** Of a cell, how many are held against the reference solution: it costs 384 calls, though once for all cells of a worker. */
const referenceSamples = 64;

/** One repeat of a solver at one NFE, or of the truth, on a problem. */
interface Job {
  readonly name: string;
  readonly problem: Problem;
  readonly task: CellTask;
  /** Takes what came of it to its place: repeats may end in any order. */
  put(outcome: CellOutcome): void;
}

const outcomes = (): CellOutcome[] => [];

/** A tolerance is for the solvers among them that take one. If none does, `readyRun` says so. */
const settingsFor = (id: string, among: readonly string[], settings: CellSettings): CellSettings => {
  const takes = (solver: string): boolean => {
    if (solver === recommendedId) return false;
    const one = anySolver(solver);
    return one.adaptive === true && one.defaults?.tolerance !== undefined;
  };
  const { tolerance, ...others } = settings;
  return tolerance === undefined || takes(id) || !among.some(takes) ? settings : others;
};

/** A turn of the event loop, so that timers and signals are heard between cells. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const requireDistinct = (what: string, values: readonly (number | string)[]): void => {
  if (values.length === 0) throw new UsageError(`there is no ${what} to compare; give one or more`);
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${what} ${twice} is listed twice`);
};

/** What tells problems apart: their ids; where one occurs twice, also the parameters that were given. */
const namesOf = (problems: readonly Specification[]): readonly string[] => {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  const line = ({ id, parameters }: Specification): string => {
    const given = Object.entries(parameters).map(([name, value]) => `${name}=${text(value)}`);
    return given.length > 0 ? `${id}:${given.join(',')}` : id;
  };
  const once = (id: string): boolean => problems.filter((other) => other.id === id).length === 1;
  const names = problems.map((problem) => (once(problem.id) ? problem.id : line(problem)));
  requireDistinct('problem', names);
  return names;
};
