import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import { readCheckpoint } from './checkpoint.js';
import { type TrainingConfig, determining, readConfig } from './config.js';
import { trainingFiles } from './files.js';
import { trainingHash } from './run.js';
import { countParameters } from './shape-ops.js';
import type { Task } from './task.js';
import { weightBytes } from './weights-file.js';

/** What `runTraining` writes of a training beside its numbers. */
export interface TrainingRecord {
  readonly config: TrainingConfig;
  /** The hash of all that the weights are a function of, but for the backend. */
  readonly training: string;
  readonly data: {
    readonly id: string;
    readonly parameters: Readonly<Record<string, Json>>;
    readonly sha256: string;
  };
  /** How many numbers are trained. */
  readonly parameters: number;
  readonly loss: { readonly id: string; readonly unit: string };
  /** Each time that it was begun or gone on with: from which step, on what. */
  readonly sessions: readonly Readonly<Record<string, Json>>[];
}

/** The record of a training's folder; undefined where there is none. Rejects with a `UsageError` for one that cannot be read. */
export const findRecord = async (folder: string): Promise<TrainingRecord | undefined> => {
  const path = join(folder, trainingFiles.record);
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as TrainingRecord;
    return { ...record, config: readConfig(record.config, path) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error instanceof UsageError ? error : new UsageError(`cannot read ${path}: ${message}`);
  }
};

/** The same where there has to be one. */
export const readRecord = async (folder: string): Promise<TrainingRecord> => {
  const record = await findRecord(folder);
  if (record) return record;
  throw new UsageError(`${folder} is no folder of a training: it has no ${trainingFiles.record}`);
};

/** What differs between two descriptions: `steps is 300 there and 400 here`. */
const differences = (there: Json, here: Json, place = ''): readonly string[] => {
  if (JSON.stringify(there) === JSON.stringify(here)) return [];
  const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(there) || !isObject(here)) {
    const [was, is] = [there, here].map((value) => JSON.stringify(value) ?? 'not given');
    return [`${place} is ${was} there and ${is} here`];
  }
  return [...new Set([...Object.keys(there), ...Object.keys(here)])].flatMap((name) =>
    differences(there[name], here[name], place === '' ? name : `${place}.${name}`),
  );
};

/** What a folder has of a training. */
export interface FolderProgress {
  /** Steps that are done; 0 where there is none of it. */
  readonly step: number;
  /** Whether the network is there, which comes after the last step. */
  readonly finished: boolean;
}

/** Whether a folder has all of a network: the weights in their number. */
const isWhole = async (folder: string, { architecture }: Task): Promise<boolean> => {
  const { weights, graph, description } = trainingFiles;
  const sizes = await Promise.all(
    [weights, graph, description].map((name) =>
      stat(join(folder, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes[0] === weightBytes(architecture) && sizes.every((size) => size > 0);
};

/**
 * What a folder has of a training. Rejects with a `UsageError` for a checkpoint that is cut off or corrupt, and where the folder
 * holds another training, with what differs.
 */
export const progressIn = async (
  folder: string,
  config: TrainingConfig,
  task: Task,
): Promise<FolderProgress> => {
  const hash = trainingHash(config, task);
  const path = join(folder, trainingFiles.checkpoint);
  const record = await findRecord(folder);
  const [begun, done] = await Promise.all(
    [path, join(folder, trainingFiles.description)].map((file) => stat(file).catch(() => undefined)),
  );
  // where there is neither a checkpoint nor a network nothing has been learned yet
  if (record && record.training !== hash && (begun ?? done)) {
    const others =
      record.data.sha256 === task.dataset.checksum
        ? 'this version of the package makes another network or order of it'
        : 'the data have changed since (their checksum)';
    const [what = others] = differences(determining(record.config), determining(config));
    throw new UsageError(
      `the folder ${folder} holds another training: ${what}; give another folder, or remove it`,
    );
  }
  const state = await readCheckpoint(path, hash, countParameters(task.architecture));
  const whole = await isWhole(folder, task); // the checkpoint of a finished training can be removed
  const step = state?.step ?? (record && whole ? config.steps : 0);
  return { step, finished: whole && step === config.steps };
};
