import { UsageError, UsageErrors } from '../src/errors.js';
import type { CellOutcome } from './cell.js';
import { type Comparison, checkExperiment } from './compare.js';
import { packageVersion } from './environment.js';
import type { CheckedExperiment } from './experiment.js';
import { readLines } from './journal.js';
import { canonicalJson } from './key.js';
import type { LoadedModule } from './modules.js';
import { tabulator } from './run.js';
import { without } from '../src/json.js';
import { type Manifest, cellParser, parseTiming } from './store-format.js';
import { files, identityOf, openStore, outcomesOf, readManifest } from './store.js';
import { type Job, type Study, prepare } from './study.js';

export interface MergeOptions {
  /** What the user imported: the same modules as when the folders were written. */
  readonly modules?: readonly LoadedModule[];
  /** Take the folder over if it belongs to another run. */
  readonly force?: boolean;
}

const manifestOf = async (folder: string): Promise<Manifest> => {
  const manifest = await readManifest(folder);
  if (manifest) return manifest;
  throw new UsageError(`${folder} is no run folder: it has no manifest.json`);
};

/** The experiment of all folders, and their manifests. Rejects with a `UsageError` where they are not of one run. */
export const commonRun = async (
  folders: readonly string[],
  modules: readonly LoadedModule[],
): Promise<{ readonly experiment: CheckedExperiment; readonly manifests: readonly Manifest[] }> => {
  if (folders.length === 0) throw new UsageError('there is no folder to merge; give one or more');
  const manifests = await Promise.all(folders.map(manifestOf));
  const [first] = manifests;
  const whole = (manifest: Manifest): string => identityOf({ ...manifest, shard: null });
  const hashes = (list: readonly LoadedModule[]): string => canonicalJson(list.map(({ sha256 }) => sha256));
  manifests.forEach((manifest, i) => {
    if (manifest.version !== packageVersion()) {
      throw new UsageError(
        `${folders[i]} was written by bfn-sde ${manifest.version}; this is ${packageVersion()}`,
      );
    }
    if (whole(manifest) !== whole(first)) {
      throw new UsageError(`${folders[i]} holds another experiment than ${folders[0]}`);
    }
    if (hashes(manifest.modules) !== hashes(modules)) {
      const needed = manifest.modules.map(({ path }) => `--import ${path}`).join(' ') || 'none';
      throw new UsageError(`${folders[i]} was written with other modules: ${needed}`);
    }
  });
  try {
    return { experiment: checkExperiment(first.experiment), manifests };
  } catch (error) {
    if (!(error instanceof UsageErrors)) throw error;
    throw new UsageError(`${files(folders[0]).manifest} is malformed: ${error.mistakes.join('; ')}`);
  }
};

/** What is known of a cell, unless it failed then and did not now. */
const better = (known: CellOutcome | undefined, now: CellOutcome): CellOutcome =>
  known && (known.status !== 'failed' || now.status === 'failed') ? known : now;

/** All that the folders hold. Throws a `UsageError` where two disagree on what has not failed. */
const collected = async (
  folders: readonly string[],
  jobs: readonly Job[],
): Promise<ReadonlyMap<string, CellOutcome>> => {
  const all = new Map<string, CellOutcome>();
  const numbers = (outcome: CellOutcome): string => canonicalJson(without(outcome, ['message', 'seconds']));
  for (const folder of folders) {
    const { cells, timings } = files(folder);
    const stored = await readLines(cells, cellParser(jobs));
    for (const [key, outcome] of outcomesOf(
      stored.entries,
      (await readLines(timings, parseTiming)).entries,
    )) {
      const known = all.get(key);
      const failed = [known, outcome].some((one) => one?.status === 'failed');
      if (known && !failed && numbers(known) !== numbers(outcome)) {
        throw new UsageError(`${folder} has other numbers for the cell ${key} than a folder before it`);
      }
      all.set(key, better(known, outcome));
    }
  }
  return all;
};

const requireAll = (
  { jobs }: Study,
  outcomes: ReadonlyMap<string, CellOutcome>,
  manifests: readonly Manifest[],
): void => {
  const missing = jobs.filter(({ key }) => !outcomes.has(key));
  if (missing.length === 0) return;
  const shards = manifests.flatMap(({ shard }) => (shard ? [`${shard.index}/${shard.count}`] : []));
  const given = shards.length > 0 ? `; given are the shards ${shards.join(', ')}` : '';
  throw new UsageError(`${missing.length} of ${jobs.length} cells are in none of the folders${given}`);
};

/**
 * Joins the folders of the shards of a run. The files in `out` are what one run of all would have written: `cells.jsonl` byte for
 * byte. The folders are only read. Rejects with a `UsageError` where they are not of one run, or do not hold all of it.
 */
export const mergeRuns = async (
  folders: readonly string[],
  out: string,
  { modules = [], force = false }: MergeOptions = {},
): Promise<Comparison> => {
  const { experiment, manifests } = await commonRun(folders, modules);
  const study = await prepare(
    experiment,
    modules.map(({ sha256 }) => sha256),
  );
  const found = await collected(folders, study.jobs);
  requireAll(study, found, manifests);
  const store = await openStore(out, study, { modules, force, keepFailed: true });
  try {
    const outcomes = new Map(
      [...found].map(([key, outcome]) => [key, better(store.outcomes.get(key), outcome)]),
    );
    const sessions = manifests.flatMap((manifest) => manifest.sessions);
    const left = study.jobs.flatMap((job) => {
      const outcome = outcomes.get(job.key);
      return outcome && outcome !== store.outcomes.get(job.key) ? [{ job, outcome }] : [];
    });
    if (left.length > 0) for (const session of sessions) await store.begin(session);
    for (const { job, outcome } of left) await store.put(job, outcome);
    await store.finish(outcomes);
    return tabulator(study, outcomes).comparison();
  } finally {
    await store.close();
  }
};
