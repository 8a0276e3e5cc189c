import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { Tfjs } from '../array/tfjs.js';
import { DivergedError } from '../errors.js';
import { without } from '../json.js';
import { readCheckpoint, writeCheckpoint, writeWhole } from './checkpoint.js';
import { type TrainingConfig, determining, writtenConfig } from './config.js';
import { trainingFiles } from './files.js';
import { exportOnnx } from './onnx.js';
import { learningRate } from './optimiser.js';
import { countParameters } from './shape-ops.js';
import type { Task } from './task.js';
import { type StepRecord, type Trainer, type TrainingState, trainer } from './trainer.js';
import { littleEndian } from './weights-file.js';
import { split, startWeights } from './weights.js';

/** Steps between two lines of the log, each of which waits for the device. */
export const logEvery = 50;

export interface LogEntry {
  readonly step: number;
  /** Means over the last `logEvery` steps. */
  readonly loss?: number;
  readonly gradientNorm?: number;
  readonly rate?: number;
  /** The objective on held-out items, of the averaged weights. */
  readonly validation?: number;
}

export interface TrainingProgress {
  readonly steps: number;
  readonly entry: LogEntry;
  readonly stepsPerSecond: number;
}

export interface RunTrainingOptions {
  readonly config: TrainingConfig;
  readonly task: Task;
  readonly tfjs: Tfjs;
  /** What is in it is gone on from. */
  readonly folder: string;
  /** Recorded: versions, command. */
  readonly session?: Readonly<Record<string, unknown>>;
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Called after every step with how many are done; a GPU may still be at work on it. */
  readonly onStep?: (step: number) => void;
}

/** The hash of all that the weights are a function of, but for the backend. */
export const trainingHash = (config: TrainingConfig, { dataset, network }: Task): string => {
  const described = without(network, ['dataset', 'licence']);
  return createHash('sha256')
    .update(JSON.stringify([determining(config), dataset.checksum, described]))
    .digest('hex');
};

/** Where a training begins: weights drawn with its seed, and nothing learned. */
export const startState = (config: TrainingConfig, { architecture }: Task): TrainingState => {
  const weights = startWeights(architecture, config.seed);
  const zeros = (): Float32Array => new Float32Array(weights.length);
  return { step: 0, weights, average: weights.slice(), first: zeros(), second: zeros() };
};

/** The lines of the log up to a step; what is after it, or torn, is done again. */
export const readLog = async (path: string, upTo = Infinity): Promise<readonly LogEntry[]> => {
  const content = await readFile(path, 'utf8').catch(() => '');
  return content.split('\n').flatMap((line) => {
    try {
      const entry = JSON.parse(line) as LogEntry;
      return entry.step <= upTo ? [entry] : [];
    } catch {
      return [];
    }
  });
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A line of the log, of the steps since the last one. */
const summary = (records: readonly StepRecord[], { optimiser, steps }: TrainingConfig): LogEntry => {
  const { step } = records[records.length - 1];
  return {
    step,
    loss: mean(records.map(({ loss }) => loss)),
    gradientNorm: mean(records.map(({ gradientNorm }) => gradientNorm)),
    rate: learningRate(optimiser, step, steps),
  };
};

/** How many times the loss that it began with a loss may be: more is no noise. */
const tooMuch = 10;

/** Throws a `DivergedError` where the loss of the last `logEvery` steps has run away from that of the first. */
const checkLoss = (log: readonly LogEntry[], steps: number): void => {
  const lines = log.flatMap(({ step, loss }) => (loss === undefined ? [] : [{ step, loss }]));
  const [first, last] = [lines[0], lines[lines.length - 1]];
  if (first.step < logEvery || last.loss <= tooMuch * Math.abs(first.loss)) return;
  const what = `the loss is ${last.loss.toPrecision(4)} and began with ${first.loss.toPrecision(4)}; try a lower rate or a longer warm-up`;
  throw new DivergedError('training', last.step, last.step / steps, what);
};

/** Puts the network into the folder: averaged weights, graph and description. */
const writeNetwork = async (
  { architecture, network }: Task,
  folder: string,
  weights: Float32Array,
  trainedOn: string,
): Promise<void> => {
  const { weights: file, graph, description } = trainingFiles;
  await writeWhole(join(folder, file), [littleEndian(weights)]);
  await writeWhole(join(folder, graph), [
    exportOnnx(architecture, split(architecture, weights), { external: file }),
  ]);
  await writeWhole(join(folder, description), [`${JSON.stringify({ ...network, trainedOn }, null, 2)}\n`]);
};

/** What is done between steps, and after how many. */
const isDue = (step: number, every: number, steps: number): boolean => step % every === 0 || step === steps;

/**
 * Trains a network in a folder, from where the folder's checkpoint is, and in the end puts the network there. Returns the last state, which has fewer steps than
 * were asked for if the signal came.
 *
 * Rejects with a `DivergedError` where a loss or gradient is not finite, or the loss has run away: the last checkpoint, which is from before, stays; and with a
 * `UsageError` for a checkpoint of another training.
 */
export const runTraining = async (options: RunTrainingOptions): Promise<TrainingState> => {
  const { config, task, tfjs, folder, session = {}, signal, onProgress, onStep } = options;
  const { steps, validation, checkpointEvery } = config;
  const path = (name: keyof typeof trainingFiles): string => join(folder, trainingFiles[name]);
  await mkdir(folder, { recursive: true });
  const hash = trainingHash(config, task);
  const found = await readCheckpoint(path('checkpoint'), hash, countParameters(task.architecture));
  const start = found ?? startState(config, task);
  const log = [...(await readLog(path('log'), found?.step ?? 0))];
  await writeWhole(path('log'), [log.map((entry) => `${JSON.stringify(entry)}\n`).join('')]);
  await record(path('record'), config, task, hash, {
    ...session,
    from: found?.step ?? 0,
    backend: tfjs.backend,
    device: tfjs.device,
  });

  const running: Trainer = trainer({
    ...config,
    ...task,
    tfjs,
    items: task.train,
    state: start,
  });
  /** Of the steps that no line tells of yet. */
  let records = found?.records ?? [];
  let saved = running.step;
  let since = { step: running.step, time: performance.now() };
  const put = async (entry: LogEntry): Promise<void> => {
    await appendFile(path('log'), `${JSON.stringify(entry)}\n`);
    log.push(entry);
    const stepsPerSecond = ((running.step - since.step) / (performance.now() - since.time)) * 1000;
    onProgress?.({ steps, entry, stepsPerSecond });
    since = { step: running.step, time: performance.now() };
  };
  const settle = async (): Promise<void> => {
    records = [...records, ...(await running.records())];
  };
  const save = async (): Promise<void> => {
    await settle(); // no state that has diverged is kept
    await writeCheckpoint(path('checkpoint'), hash, { ...(await running.state()), records });
    saved = running.step;
  };
  try {
    while (running.step < steps && !signal?.aborted) {
      await running.advance();
      await othersTurn(); // where a step is computed on this thread, signals come through only here
      const { step } = running;
      onStep?.(step);
      if (isDue(step, logEvery, steps)) {
        await settle();
        await put(summary(records, config));
        if (records.length === logEvery) checkLoss(log, steps);
        records = [];
      }
      if (isDue(step, validation.every, steps)) {
        await settle(); // a step that diverged is named, not the validation after it
        const count = Math.min(validation.items, task.valid.count);
        await put({ step, validation: await running.validate(task.valid, count) });
      }
      if (isDue(step, checkpointEvery, steps)) await save();
    }
    if (saved !== running.step) await save();
    const state = await running.state();
    if (state.step === steps) {
      await writeNetwork(
        task,
        folder,
        state.average,
        `${task.dataset.id}, ${steps} steps of ${config.batch}`,
      );
    }
    return state;
  } finally {
    running.dispose();
  }
};

/** What is trained, once, and a line a session. */
const record = async (
  path: string,
  config: TrainingConfig,
  { dataset, architecture, objective }: Task,
  hash: string,
  session: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const before = await readFile(path, 'utf8').then(
    (content) => JSON.parse(content) as { sessions: unknown[]; training: string },
    () => undefined,
  );
  const sessions = before?.training === hash ? before.sessions : [];
  const what = {
    config: writtenConfig(config),
    training: hash,
    data: { id: dataset.id, parameters: dataset.parameters, sha256: dataset.checksum },
    parameters: countParameters(architecture),
    loss: { id: objective.id, unit: objective.unit },
    sessions: [...sessions, session],
  };
  await writeWhole(path, [`${JSON.stringify(what, null, 2)}\n`]);
};
