import { setMaxListeners } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Json } from '../src/json.js';
import { type CellOutcome, type CellTask, runCell } from './cell.js';
import {
  type Cell,
  type Comparison,
  type ProblemSummarizer,
  type RunResult,
  summaryOf,
} from './comparison.js';
import { environment } from './environment.js';
import { type Outcomes, type StoreOptions, openStore } from './store.js';
import {
  type Job,
  type Study,
  type StudyProblem,
  type StudyRun,
  inRunningOrder,
  jobsOfShard,
  weightOf,
} from './study.js';

/** Where cells run: this thread, or workers. */
export interface CellPool {
  /** How many run at a time. Default 1. */
  readonly threads?: number;
  run(task: CellTask, signal?: AbortSignal): Promise<CellOutcome>;
}

export interface Progress {
  /** Runs of cells, one a repeat, that are done, and how many there are. */
  readonly done: number;
  readonly total: number;
  /** How many of them were found in the folder. */
  readonly found: number;
  /** The part of the work of this session that is done, in [0, 1], by network calls. */
  readonly share: number;
}

export interface RunOptions extends StoreOptions {
  /** A run folder: what is in it is not run again, what is run is put there at once. */
  readonly out?: string;
  /** Recorded in the folder beside the environment. */
  readonly session?: Readonly<Record<string, Json>>;
  /** Runs the cells, here one after the other if absent. No result depends on it. */
  readonly pool?: CellPool;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Finished {
  readonly job: Job;
  readonly outcome: CellOutcome;
}

/** A worker that breaks down, for want of memory, say, takes its cell with it and no other. */
const brokenDown = (error: unknown): CellOutcome => ({
  status: 'failed',
  message: `the worker failed: ${error instanceof Error ? error.message : String(error)}`,
  estimates: {},
  seconds: { sampling: 0, metrics: 0 },
});

/** Runs jobs, a few at a time, and yields each when it is done. Once it ends, for whatever reason, none is running. */
async function* finished(jobs: readonly Job[], { pool, signal }: RunOptions): AsyncGenerator<Finished> {
  const stop = new AbortController();
  const aborted = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  setMaxListeners(0, aborted);
  const run = async (job: Job): Promise<Finished> => {
    if (!pool) return { job, outcome: await runCell(job.problem, job.task, aborted) };
    const outcome = await pool.run(job.task, aborted).catch((error: unknown) => {
      aborted.throwIfAborted();
      return brokenDown(error);
    });
    return { job, outcome };
  };
  const running = new Map<Job, Promise<Finished>>();
  const atATime = pool ? 2 * (pool.threads ?? 1) : 1; // each worker has its next one waiting
  const queue = jobs.values();
  try {
    for (;;) {
      while (running.size < atATime) {
        const { value: job, done } = queue.next();
        if (done) break;
        running.set(job, run(job));
      }
      if (running.size === 0) return;
      signal?.throwIfAborted();
      const next = await Promise.race(running.values());
      running.delete(next.job);
      yield next;
      if (!pool) await nextTurn(); // so that timers and signals are heard
    }
  } finally {
    stop.abort();
    await Promise.allSettled(running.values());
  }
}

/** What the truth itself has to be: without a floor there is nothing to hold a solver against. */
const requireTruth = ({ job: { about }, outcome }: Finished): void => {
  if (about.solver === null && outcome.status !== 'ok') {
    throw new Error(`${about.problem}: ${outcome.message ?? ''}`);
  }
};

/** Runs the jobs of a study, or of a shard of it, but for those in the folder, and yields all as they are known. */
export async function* runJobs(study: Study, options: RunOptions = {}): AsyncGenerator<Finished> {
  const { out, shard, session, onProgress } = options;
  const jobs = jobsOfShard(study, shard);
  const store = out === undefined ? undefined : await openStore(out, study, options);
  try {
    const outcomes = new Map<string, CellOutcome>(store?.outcomes);
    const found = outcomes.size;
    const left = inRunningOrder(jobs.filter(({ key }) => !outcomes.has(key)));
    const work = left.reduce((sum, job) => sum + weightOf(job), 0);
    let worked = 0;
    const report = (): void =>
      onProgress?.({ done: outcomes.size, total: jobs.length, found, share: work > 0 ? worked / work : 1 });
    report();
    for (const job of jobs) {
      const outcome = outcomes.get(job.key);
      if (outcome) yield { job, outcome };
    }
    if (store && left.length > 0) await store.begin({ ...(await environment()), ...session });
    for await (const one of finished(left, options)) {
      requireTruth(one);
      await store?.put(one.job, one.outcome);
      outcomes.set(one.job.key, one.outcome);
      worked += weightOf(one.job);
      report();
      yield one;
    }
    await store?.finish(outcomes);
  } finally {
    await store?.close();
  }
}

/** The cells of a study from the outcomes known so far, and in the end the comparison. */
export const tabulator = (study: Study, outcomes: Outcomes) => {
  const summarizers = new Map<StudyProblem, ProblemSummarizer>();
  const known = (keys: readonly string[]): CellOutcome[] => keys.flatMap((key) => outcomes.get(key) ?? []);
  const { samples, metrics, nfe, repeats, seed, settings, name, description, tags } = study.experiment;

  const summarizer = (of: StudyProblem): ProblemSummarizer => {
    const made =
      summarizers.get(of) ??
      summaryOf({ ...of, truth: known(of.truth), samples, ...(metrics ? { metrics } : {}) });
    summarizers.set(of, made);
    return made;
  };
  const resultOf = (run: StudyRun): RunResult => ({ ...run, outcomes: known(run.keys) });
  /** Needs the outcomes of the run and of the truth of its problem. */
  const cellOf = (problem: StudyProblem, run: StudyRun): Cell => summarizer(problem).cellOf(resultOf(run));
  /** Needs all outcomes. */
  const comparison = (): Comparison => {
    const summaries = study.problems.map((problem) =>
      summarizer(problem).summary(problem.runs.map(resultOf)),
    );
    return {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      tags,
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
  return { cellOf, comparison };
};

/** Runs a study and yields each cell when all its repeats and its floor are known; `callsOfBaseline` is in the comparison only. */
export async function* runStudy(study: Study, options: RunOptions = {}): AsyncGenerator<Cell, Comparison> {
  const outcomes = new Map<string, CellOutcome>();
  const table = tabulator(study, outcomes);
  const waiting = study.problems.flatMap((problem) =>
    problem.runs.map((run) => ({ problem, run, keys: new Set([...problem.truth, ...run.keys]) })),
  );
  const byKey = new Map<string, typeof waiting>();
  for (const cell of waiting) {
    for (const key of cell.keys) {
      const others = byKey.get(key);
      if (others) others.push(cell);
      else byKey.set(key, [cell]);
    }
  }
  for await (const { job, outcome } of runJobs(study, options)) {
    outcomes.set(job.key, outcome);
    for (const { problem, run, keys } of byKey.get(job.key) ?? []) {
      keys.delete(job.key);
      if (keys.size === 0) yield table.cellOf(problem, run);
    }
  }
  return table.comparison();
}
