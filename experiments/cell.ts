import { type Batch, precisionOf, sampleSize, samplesOf, zeros } from '../src/array/batch.js';
import { DivergedError, UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import { type CallCount, type IncompleteSample, type SampleOptions, sample } from '../src/plan/sample.js';
import { metricsFor } from './metrics/index.js';
import type { Model, Problem } from './problem.js';
import { type SolverRun, readyRun } from './ready-run.js';
import { type ReferenceDistance, distanceToReference } from './reference-solution.js';
import { type Jackknifed, jackknife } from './statistics.js';

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
  readonly estimates: Readonly<Record<string, Jackknifed>>;
  /** If it was asked for; null where a run has no reference solution. */
  readonly distanceToReference?: ReferenceDistance | null;
  /** Of the truth's cell: the estimates of the problem's references, by their ids. */
  readonly references?: Readonly<Record<string, CellOutcome['estimates']>>;
  /** Wall-clock seconds of sampling and of the metrics. */
  readonly seconds: { readonly sampling: number; readonly metrics: number };
}

/** The decoded samples of a cell, and what they took: absent for true samples. */
export interface DrawnSamples {
  readonly samples: Batch;
  readonly calls?: CallCount;
  /** By their places among all samples of the cell. */
  readonly incomplete: readonly IncompleteSample[];
}

export interface DrawOptions extends Pick<SampleOptions, 'onStep' | 'signal' | 'chunk'> {
  /** To start from in place of the law of the start, `[samples, ...sampleShape]`. */
  readonly states?: Batch;
  /** How many samples are held before they are decoded. Default 1024. */
  readonly block?: number;
}

/** A multiple of the runner's chunk. */
const blockSize = 1024;

/** Of blocks of `counts` samples. */
const callsTogether = (calls: readonly CallCount[], counts: readonly number[]): CallCount => {
  // a block's own total is a whole number: so the mean does not depend on the blocks
  const total = calls.reduce((sum, { mean }, i) => sum + Math.round(mean * counts[i]), 0);
  const samples = counts.reduce((sum, count) => sum + count, 0);
  return { mean: total / samples, max: Math.max(...calls.map(({ max }) => max)) };
};

/**
 * The decoded samples of a solver's run, from its law of the start or from the
 * states given. They are drawn in blocks, so that what the plan returns, on discrete data K numbers a
 * variable, is held for one block only; the decoded samples are held in full. No result depends on the block. Throws a
 * `UsageError` for states of another number.
 */
export const drawRun = async (
  model: Model,
  { run, samples: count, seed }: Pick<CellTask, 'samples' | 'seed'> & { readonly run: SolverRun },
  { states, block = blockSize, ...options }: DrawOptions = {},
): Promise<DrawnSamples> => {
  if (states && states.shape[0] !== count) {
    throw new UsageError(`there are ${states.shape[0]} states to start from; ${count} are needed`);
  }
  const { plan, denoiser, start: law } = readyRun(model, run);
  const moments = model.moments && { moments: model.moments };
  const drawBlock = async (from: number) => {
    const to = Math.min(count, from + block);
    const start = states ? samplesOf(states, from, to) : law;
    const where = { samples: to - from, seed, firstSample: from };
    const drawn = await sample({ ...options, plan, denoiser, start, ...moments, ...where });
    const { calls, incomplete } = drawn;
    return { decoded: model.decode(drawn), calls, incomplete };
  };
  const first = await drawBlock(0);
  const { decoded } = first;
  if (block >= count) return { samples: decoded, calls: first.calls, incomplete: first.incomplete };
  const samples = zeros([count, ...decoded.shape.slice(1)], precisionOf(decoded.data));
  samples.data.set(decoded.data);
  const calls = [first.calls];
  const counts = [block];
  const incomplete = [...first.incomplete];
  for (let from = block; from < count; from += block) {
    const next = await drawBlock(from);
    samples.data.set(next.decoded.data, from * sampleSize(samples));
    calls.push(next.calls);
    counts.push(next.decoded.shape[0]);
    incomplete.push(...next.incomplete);
  }
  return { samples, calls: callsTogether(calls, counts), incomplete };
};

/** The decoded samples of a cell: true ones where the task has no run. */
export const drawSamples = async (
  problem: Problem,
  { run, samples, seed }: CellTask,
  options: DrawOptions = {},
): Promise<DrawnSamples> =>
  run
    ? drawRun(problem, { run, samples, seed }, options)
    : { samples: problem.trueSamples(samples, seed), incomplete: [] };

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

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

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
      requireFinite(estimates[id]);
    } catch (error) {
      throw new Error(`${id}: ${messageOf(error)}`, { cause: error });
    }
  }
  return estimates;
};

/** What is stored and averaged is a number: the estimate, and what it is without each group. */
const requireFinite = (estimate: Jackknifed): void => {
  for (const [name, numbers] of Object.entries(estimate) as [string, number | readonly number[]][]) {
    const odd = [numbers].flat().find((value) => !Number.isFinite(value));
    if (odd !== undefined) throw new RangeError(`its ${name} is ${odd}`);
  }
};

/** What the problem's references score, if it has any. */
const referencesOf = async (
  problem: Problem,
  { run, samples, seed, metrics }: CellTask,
): Promise<Pick<CellOutcome, 'references'>> => {
  const { references = [] } = problem;
  if (run || references.length === 0) return {};
  const entries: [string, CellOutcome['estimates']][] = [];
  for (const { id, samples: draw } of references) {
    entries.push([id, await estimatesOf(problem, draw(samples, seed), metrics)]);
  }
  return { references: Object.fromEntries(entries) };
};

const distanceOf = async (
  problem: Problem,
  { run, samples, seed, referenceSamples }: CellTask,
  signal?: AbortSignal,
): Promise<Pick<CellOutcome, 'distanceToReference'>> => {
  if (!run || referenceSamples === undefined) return {};
  const count = Math.min(samples, referenceSamples);
  const options = { samples: count, seed, ...(signal ? { signal } : {}) };
  const distance = await distanceToReference(problem, readyRun(problem, run), options);
  if (distance) requireFinite(distance);
  return { distanceToReference: distance };
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
    const estimates = await estimatesOf(problem, samples, task.metrics);
    const references = await referencesOf(problem, task);
    const distance = await distanceOf(problem, task, signal);
    return { status: 'ok', ...metered, estimates, ...references, ...distance, seconds: seconds() };
  } catch (error) {
    signal?.throwIfAborted();
    const message = messageOf(error).replaceAll(/\s*\n\s*/g, ' ');
    const failure =
      error instanceof DivergedError
        ? ({ status: 'diverged', message } as const)
        : ({ status: 'failed', message: `${task.run?.solver ?? 'the truth'} failed: ${message}` } as const);
    return { ...failure, estimates: {}, seconds: seconds() };
  }
};
