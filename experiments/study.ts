import { anySolver } from '../solvers/registry.js';
import { UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import { type CellTask } from './cell.js';
import { type CellSettings, type ReadyRun, type SolverRun, readyRun } from './ready-run.js';
import { qualityOf } from './comparison.js';
import type { CheckedEntry, CheckedExperiment } from './experiment.js';
import { keysOf } from './key.js';
import { metricsFor } from './metrics/index.js';
import { requireMeasurable } from './predictions.js';
import type { Problem } from './problem.js';
import { makeProblem } from './problems/index.js';
import { recommendedId } from './recommended/recommend.js';

/** One run of one solver at one NFE with one seed, or of the truth. */
export interface Job {
  readonly key: string;
  readonly problem: Problem;
  readonly task: CellTask;
  /** What it is, for people: the same in every file and every session. */
  readonly about: {
    readonly problem: string;
    /** Null for the truth. */
    readonly solver: string | null;
    readonly label: string | null;
    readonly nfe: number | null;
    readonly seed: number;
    readonly samples: number;
  };
}

/** A solver at one NFE: a cell of the table. */
export interface StudyRun {
  readonly label: string;
  readonly run: SolverRun;
  /** As used, defaults filled in. */
  readonly settings: ReadyRun['settings'];
  /** One a repeat. */
  readonly keys: readonly string[];
}

export interface StudyProblem {
  readonly name: string;
  readonly problem: Problem;
  /** Of true samples, one a repeat. */
  readonly truth: readonly string[];
  /** Entry by entry; the first one is the baseline. */
  readonly runs: readonly StudyRun[];
}

/** An experiment made ready: all that a user can have got wrong has been found. */
export interface Study {
  readonly experiment: CheckedExperiment;
  readonly problems: readonly StudyProblem[];
  /** One a key, in the order of the tables: problem by problem, the truth first. */
  readonly jobs: readonly Job[];
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const specificationText = ({ id, parameters }: Specification): string => {
  const given = Object.entries(parameters).map(([name, value]) => `${name}=${shown(value)}`);
  return given.length > 0 ? `${id}:${given.join(',')}` : id;
};

const settingsText = ({ grid, reference, ...others }: CellSettings): string =>
  [
    ...(grid ? [`grid ${specificationText(grid)}`] : []),
    ...(reference ? [`reference ${specificationText(reference)}`] : []),
    ...Object.entries(others).map(([name, value]) => `${name} ${shown(value)}`),
  ].join(', ');

const requireDistinct = (what: string, values: readonly string[]): void => {
  if (values.length === 0) throw new UsageError(`there is no ${what} to compare; give one or more`);
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${what} ${twice} is listed twice`);
};

/** What tells problems apart: their ids; where one occurs twice, also the parameters that were given. */
const namesOf = (problems: readonly Specification[]): readonly string[] => {
  const once = (id: string): boolean => problems.filter((other) => other.id === id).length === 1;
  const names = problems.map((problem) => (once(problem.id) ? problem.id : specificationText(problem)));
  requireDistinct('problem', names);
  return names;
};

/** What tables call the entries: their labels or ids; where an id occurs twice, also the entry's settings. */
const labelsOf = (entries: readonly CheckedEntry[]): readonly string[] => {
  const once = (id: string): boolean => entries.filter(({ solver }) => solver === id).length === 1;
  const labels = entries.map(({ solver, label, settings }) => {
    const own = settingsText(settings);
    return label ?? (once(solver) || own === '' ? solver : `${solver} (${own})`);
  });
  requireDistinct('solver', labels);
  return labels;
};

/** Of a cell, how many are held against the reference solution: it costs 384 calls, though once for all cells of a worker. */
const referenceSamples = 64;

/** The experiment's tolerance is for the solvers among its entries that take one; if none does, `readyRun` says so. */
const sharedSettings = (settings: CellSettings, entries: readonly CheckedEntry[]) => {
  const takes = (id: string): boolean => {
    if (id === recommendedId) return false;
    const solver = anySolver(id);
    return solver.adaptive === true && solver.defaults?.tolerance !== undefined;
  };
  const none = !entries.some(({ solver }) => takes(solver));
  const { tolerance, ...others } = settings;
  return (id: string): CellSettings => (tolerance === undefined || none || takes(id) ? settings : others);
};

const studyProblem = async (
  specification: Specification,
  name: string,
  experiment: CheckedExperiment,
  modules: readonly string[],
): Promise<StudyProblem & { readonly jobs: readonly Job[] }> => {
  const { nfe, samples, repeats, seed, settings, metrics: ids, distanceToReference } = experiment;
  const problem = await makeProblem(specification.id, specification.parameters);
  const entries = experiment.solvers ?? problem.solvers.map((solver) => ({ solver, settings: {} }));
  const labels = labelsOf(entries);
  const metrics = metricsFor(problem.truth, ids);
  if (metrics.length === 0) {
    throw new UsageError(`no metric applies to ${name}${ids ? `: not ${ids.join(', ')}` : ''}`);
  }
  qualityOf(problem, ids);
  const extras = distanceToReference ? { referenceSamples } : {};
  const keyOf = keysOf({ problem, samples, metrics, ...extras, modules });
  const sharedBy = sharedSettings(settings, entries);
  const seeds = Array.from({ length: repeats }, (_, repeat) => seed + repeat);
  const common = { problem: specification, samples, ...(ids ? { metrics: ids } : {}), ...extras };
  const truth = seeds.map(keyOf(undefined));
  const truthJobs = seeds.map((of, i): Job => {
    const about = { problem: name, solver: null, label: null, nfe: null, seed: of, samples };
    return { key: truth[i], problem, task: { ...common, seed: of }, about };
  });
  const runs = entries.flatMap(({ solver, settings: own }, entry) =>
    nfe.map((calls) => {
      const run = { solver, nfe: calls, settings: { ...sharedBy(solver), ...own } };
      requireMeasurable(problem, run.settings);
      const ready = readyRun(problem, run);
      const keys = seeds.map(keyOf(ready));
      const label = labels[entry];
      const jobs = seeds.map((of, i): Job => {
        const about = { problem: name, solver, label, nfe: calls, seed: of, samples };
        return { key: keys[i], problem, task: { ...common, run, seed: of }, about };
      });
      return { label, run, settings: ready.settings, keys, jobs };
    }),
  );
  return { name, problem, truth, runs, jobs: [...truthJobs, ...runs.flatMap(({ jobs }) => jobs)] };
};

/**
 * Makes an experiment ready. `modules` are the SHA-256 of what the user imported. Rejects with a `UsageError` for all that does
 * not fit.
 */
export const prepare = async (
  experiment: CheckedExperiment,
  modules: readonly string[] = [],
): Promise<Study> => {
  const names = namesOf(experiment.problems);
  const problems = await Promise.all(
    experiment.problems.map((specification, i) => studyProblem(specification, names[i], experiment, modules)),
  );
  const jobs = new Map<string, Job>();
  for (const job of problems.flatMap(({ jobs: of }) => of)) if (!jobs.has(job.key)) jobs.set(job.key, job);
  return { experiment, problems, jobs: [...jobs.values()] };
};

/** Part `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** Network calls of a sample, and about as much again as one or two for the metrics. */
export const weightOf = ({ task }: Job): number => (task.run?.nfe ?? 0) + 2;

/** The jobs in the order to run them in: the truth first, for the floors, then the longest, so that no worker is left with one at the end. */
export const inRunningOrder = (jobs: readonly Job[]): readonly Job[] =>
  jobs.toSorted((a, b) => (b.task.run?.nfe ?? Infinity) - (a.task.run?.nfe ?? Infinity));

/** Every `count`-th job of the running order: parts of about the same length. */
export const jobsOfShard = ({ jobs }: Study, shard?: Shard): readonly Job[] => {
  if (!shard) return jobs;
  const mine = new Set(inRunningOrder(jobs).filter((_, i) => i % shard.count === shard.index - 1));
  return jobs.filter((job) => mine.has(job));
};
