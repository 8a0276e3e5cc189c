import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UsageError } from '../src/errors.js';
import type { Json } from '../src/json.js';
import type { CellOutcome } from './cell.js';
import { packageVersion } from './environment.js';
import { type Append, openJournal, readLines } from './journal.js';
import { canonicalJson } from './key.js';
import { lockFolder } from './lock.js';
import { without } from '../src/json.js';
import type { LoadedModule } from './modules.js';
import { makeFolders, writeWhole } from './results.js';
import {
  type Manifest,
  type StoredCell,
  type Timing,
  cellLine,
  cellParser,
  outcomeOf,
  parseManifest,
  parseTiming,
  storeFormat,
} from './store-format.js';
import { type Job, type Shard, type Study, jobsOfShard } from './study.js';

/** What is known of cells, by key. */
export type Outcomes = ReadonlyMap<string, CellOutcome>;

/** A run folder that this process has for itself. */
export interface Store {
  /** Of earlier sessions: only those of this run, and of failed cells only where they are kept. */
  readonly outcomes: Outcomes;
  /** Records that cells are about to be run. */
  begin(session: Readonly<Record<string, Json>>): Promise<void>;
  put(job: Job, outcome: CellOutcome): Promise<void>;
  /** Puts all lines in the order of the tables, once there is an outcome for each job. */
  finish(outcomes: Outcomes): Promise<void>;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly shard?: Shard;
  readonly modules?: readonly LoadedModule[];
  /** Take a folder over that belongs to another run. Cells that the two have in common are kept. */
  readonly force?: boolean;
  /**
   * Take a cell that failed as done. Without it, it is run again: what a network or a metric threw, want of memory say, may be no
   * result of the cell. That a run diverged or was incomplete is one.
   */
  readonly keepFailed?: boolean;
  readonly append?: Append;
}

export const files = (folder: string) => ({
  manifest: join(folder, 'manifest.json'),
  cells: join(folder, 'cells.jsonl'),
  timings: join(folder, 'timings.jsonl'),
});

/** The manifest of a run folder; undefined where there is none. Rejects with a `UsageError` for one that cannot be read. */
export const readManifest = async (folder: string): Promise<Manifest | undefined> => {
  const path = files(folder).manifest;
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UsageError(`cannot read ${path}: ${error.message}`);
  });
  return text === undefined ? undefined : parseManifest(text, path);
};

const unknownSeconds = { sampling: NaN, metrics: NaN };

/** The outcomes of stored lines; of two lines of a cell, which failed at first, the later. A cell whose timing was lost has NaN seconds. */
export const outcomesOf = (cells: readonly StoredCell[], timings: readonly Timing[]): Outcomes => {
  const secondsOf = new Map(timings.map(({ key, seconds }) => [key, seconds]));
  return new Map(
    cells.map((cell) => [
      cell.key,
      { ...outcomeOf(cell), seconds: secondsOf.get(cell.key) ?? unknownSeconds },
    ]),
  );
};

/** What makes two experiments one run: all but what they are called. */
export const identityOf = ({ experiment, shard }: Pick<Manifest, 'experiment' | 'shard'>): string => {
  const rest = without(experiment, ['name', 'description', 'tags']);
  const solvers = experiment.solvers?.map((entry) => without(entry, ['label'])) ?? null;
  return canonicalJson({ ...rest, solvers, shard });
};

const commandOf = ({ sessions, experiment }: Manifest): string => {
  const command = sessions[0]?.command;
  return Array.isArray(command) ? command.join(' ') : (experiment.name ?? 'no command line');
};

/** Says why a folder cannot be gone on with; undefined where it can. */
const obstacle = (found: Manifest, wanted: Manifest): string | undefined => {
  if (found.version !== wanted.version) {
    return `was written by bfn-sde ${found.version}; this is ${wanted.version}`;
  }
  return identityOf(found) === identityOf(wanted) ? undefined : `holds another run (${commandOf(found)})`;
};

/** The manifest of the folder, which is written where it has none: cells never stand in a folder without. Rejects with a `UsageError` where the folder is not free. */
const claimed = async (folder: string, wanted: Manifest): Promise<Manifest> => {
  const found = await readManifest(folder);
  if (!found && existsSync(files(folder).cells)) {
    throw new UsageError(`the folder ${folder} has cells.jsonl, but no manifest.json to say of which run`);
  }
  const why = found ? obstacle(found, wanted) : undefined;
  if (why !== undefined) throw new UsageError(`the folder ${folder} ${why}`);
  if (!found) await writeManifest(folder, wanted);
  return { ...wanted, sessions: found?.sessions ?? [] };
};

/** Keeps of a folder that is taken over the cells of this run, unless another version made them. */
const takeOver = async (folder: string, wanted: Manifest, jobs: readonly Job[]): Promise<void> => {
  const found = await readManifest(folder).catch(() => undefined);
  const keys = new Set(found?.version === wanted.version ? jobs.map(({ key }) => key) : []);
  const { cells, timings } = files(folder);
  const { entries } = await readLines(cells, cellParser(jobs), true);
  const kept = entries.filter(({ key }) => keys.has(key)).map((entry) => `${JSON.stringify(entry)}\n`);
  await writeWhole(cells, kept.join(''));
  const { entries: times } = await readLines(timings, parseTiming, true);
  await writeWhole(timings, times.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  await writeManifest(folder, wanted);
};

const writeManifest = (folder: string, manifest: Manifest): Promise<void> =>
  writeWhole(files(folder).manifest, JSON.stringify(manifest, null, 1) + '\n');

const timingLine = (timing: Timing): string => `${JSON.stringify(timing)}\n`;

/** Whether the lines are those of the jobs already, names included. */
const inOrder = (cells: readonly StoredCell[], jobs: readonly Job[]): boolean =>
  cells.length === jobs.length &&
  jobs.every(({ key, about }, i) => {
    const { label, problem, solver } = cells[i];
    return (
      cells[i].key === key && label === about.label && problem === about.problem && solver === about.solver
    );
  });

/**
 * Opens the run folder of a study, makes it where there is none, and locks it. Rejects with a `UsageError` where another process
 * has it, where it belongs to another run or version, and where a file in it is malformed; nothing is changed then.
 */
export const openStore = async (
  folder: string,
  study: Study,
  { shard, modules = [], force = false, keepFailed = false, append }: StoreOptions = {},
): Promise<Store> => {
  await makeFolders(resolve(folder));
  const release = await lockFolder(folder);
  try {
    const jobs = jobsOfShard(study, shard);
    const wanted: Manifest = {
      format: storeFormat,
      version: packageVersion(),
      experiment: study.experiment,
      shard: shard ?? null,
      modules,
      sessions: [],
    };
    const paths = files(folder);
    const open = async () => {
      const manifest = await claimed(folder, wanted);
      const timings = await openJournal(paths.timings, parseTiming, append);
      const cells = await openJournal(paths.cells, cellParser(jobs), append).catch(async (error: unknown) => {
        await timings.close();
        throw error;
      });
      return { manifest, cells, timings };
    };
    const { cells, timings, ...opened } = await open().catch(async (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      if (!force)
        throw new UsageError(`${error.message}; give another folder, or --force to take this one over`);
      await takeOver(folder, wanted, jobs);
      return open();
    });
    let { manifest } = opened;
    await writeManifest(folder, manifest);
    const mine = new Set(jobs.map(({ key }) => key));
    const known = outcomesOf(
      cells.entries.filter(({ key }) => mine.has(key)),
      timings.entries,
    );
    let settled = inOrder(cells.entries, jobs);
    const dates = new Map(timings.entries.map(({ key, date }) => [key, date]));
    return {
      outcomes: keepFailed ? known : new Map([...known].filter(([, { status }]) => status !== 'failed')),
      begin: async (session) => {
        manifest = { ...manifest, sessions: [...manifest.sessions, session] };
        await writeManifest(folder, manifest);
      },
      // the timing first: a cell that is there is there with all that is known of it
      put: async (job, outcome) => {
        const date = new Date().toISOString();
        dates.set(job.key, date);
        settled = false;
        await timings.add(timingLine({ key: job.key, seconds: outcome.seconds, date }));
        await cells.add(cellLine(job, outcome));
      },
      finish: async (outcomes) => {
        if (settled) return;
        const done = jobs.flatMap((job) => {
          const outcome = outcomes.get(job.key);
          return outcome ? [{ job, outcome }] : [];
        });
        const lines = done.map(({ job, outcome }) => cellLine(job, outcome)).join('');
        const times = done.flatMap(({ job: { key }, outcome: { seconds } }) => {
          const date = dates.get(key);
          return date === undefined ? [] : [timingLine({ key, seconds, date })];
        });
        await writeWhole(paths.timings, times.join(''));
        // the last of all: cells in their order say that nothing is left to be done
        await writeWhole(paths.cells, lines, { flush: true });
      },
      close: async () => {
        await Promise.all([cells.close(), timings.close()]);
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
};
