import * as v from 'valibot';
import { UsageError } from '../src/errors.js';
import { type Json, without } from '../src/json.js';
import type { CellOutcome } from './cell.js';
import type { CheckedExperiment } from './experiment.js';
import type { Metric } from './metric.js';
import { metricsFor } from './metrics/index.js';
import type { LoadedModule } from './modules.js';
import type { Problem } from './problem.js';
import { defaultGroups } from './statistics.js';
import type { Job, Shard } from './study.js';

/** Of the files of a run folder; docs/experiments.md describes them. */
export const storeFormat = 1;

/** `manifest.json`: whose folder it is, and what was done in it. */
export interface Manifest {
  readonly format: number;
  /** Of the package. */
  readonly version: string;
  readonly experiment: CheckedExperiment;
  /** Null where the folder is to hold all cells. */
  readonly shard: Shard | null;
  readonly modules: readonly LoadedModule[];
  /** One a session in which cells were run: command, environment, time. */
  readonly sessions: readonly Readonly<Record<string, Json>>[];
}

/** A line of `cells.jsonl`. */
export type StoredCell = { readonly key: string } & Job['about'] & Omit<CellOutcome, 'seconds'>;

/** A line of `timings.jsonl`: the wall-clock seconds of a cell, and when it was done. */
export interface Timing {
  readonly key: string;
  readonly seconds: CellOutcome['seconds'];
  readonly date: string;
}

const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const jackknifed = {
  ...{ value: v.number(), low: v.number(), high: v.number(), standardError: v.number() },
  left: v.array(v.number()),
};

const estimates = v.record(v.string(), v.looseObject(jackknifed));

const cellSchema = v.looseObject({
  key,
  status: v.picklist(['ok', 'diverged', 'incomplete', 'failed'] satisfies CellOutcome['status'][]),
  message: v.exactOptional(v.string()),
  calls: v.exactOptional(v.looseObject({ mean: v.number(), max: v.number() })),
  estimates,
  distanceToReference: v.exactOptional(
    v.nullable(v.looseObject({ ...jackknifed, samples: v.number(), floor: v.number() })),
  ),
  references: v.exactOptional(v.record(v.string(), estimates)),
});

const timingSchema = v.looseObject({
  key,
  seconds: v.looseObject({ sampling: v.number(), metrics: v.number() }),
});

const manifestSchema = v.looseObject({
  format: v.number(),
  version: v.string(),
  experiment: v.looseObject({ solvers: v.exactOptional(v.array(v.looseObject({}))) }),
  shard: v.nullable(v.looseObject({ index: v.number(), count: v.number() })),
  modules: v.array(v.looseObject({ path: v.string(), sha256: v.string() })),
  sessions: v.array(v.looseObject({})),
});

const parsed = <T>(schema: v.GenericSchema, text: string): T | undefined => {
  try {
    const value = JSON.parse(text) as T;
    return v.is(schema, value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Whether a cell that is ok has all that a comparison takes of its job: every metric, with as many replicates as there are groups. */
const isWhole = (cell: StoredCell, { problem, task }: Job, metrics: readonly Metric[]): boolean => {
  const groups = Math.min(defaultGroups, task.samples);
  const measured = task.run ? [] : (problem.references ?? []).map(({ id }) => cell.references?.[id]);
  return [cell.estimates, ...measured].every((of) =>
    metrics.every(({ id }) => of?.[id]?.left.length === groups),
  );
};

/** Reads lines of `cells.jsonl`: undefined for what is none, or lacks what the job of its key has. Other jobs' lines are let be. */
export const cellParser = (jobs: readonly Job[]): ((line: string) => StoredCell | undefined) => {
  const byKey = new Map(jobs.map((job) => [job.key, job]));
  const known = new Map<Problem, readonly Metric[]>(); // the same for all jobs of a problem
  return (line) => {
    const cell = parsed<StoredCell>(cellSchema, line);
    const job = cell && byKey.get(cell.key);
    if (!job || cell.status !== 'ok') return cell;
    const metrics = known.get(job.problem) ?? metricsFor(job.problem.truth, job.task.metrics);
    known.set(job.problem, metrics);
    return isWhole(cell, job, metrics) ? cell : undefined;
  };
};

/** Undefined for what is no line of `timings.jsonl`. */
export const parseTiming = (line: string): Timing | undefined => parsed(timingSchema, line);

/** Throws a `UsageError` for a text that is no manifest, or one of another format. */
export const parseManifest = (text: string, path: string): Manifest => {
  const format = parsed<{ format: number }>(v.looseObject({ format: v.number() }), text)?.format;
  if (format !== undefined && format !== storeFormat) {
    throw new UsageError(`${path} has format ${format}; this version of bfn-sde reads format ${storeFormat}`);
  }
  const manifest = parsed<Manifest>(manifestSchema, text);
  if (manifest) return manifest;
  throw new UsageError(`${path} is malformed: it is no manifest of a run`);
};

/** The line of a cell: the same bytes for the same experiment, whoever ran it and when. */
export const cellLine = ({ key: of, about }: Job, outcome: CellOutcome): string =>
  `${JSON.stringify({ key: of, ...about, ...without(outcome, ['seconds']) } satisfies StoredCell)}\n`;

/** What came of a stored cell, but for its seconds. */
export const outcomeOf = (cell: StoredCell): Omit<CellOutcome, 'seconds'> =>
  without(cell, ['key', 'problem', 'solver', 'label', 'nfe', 'seed', 'samples']);
