import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { environment } from '../../experiments/environment.js';
import type { LoadedModule } from '../../experiments/modules.js';
import { lockFolder } from '../../experiments/lock.js';
import { writeTrainingReport } from '../../experiments/report/index.js';
import { makeFolders, requireWritable } from '../../experiments/results.js';
import { type BackendName, type Tfjs, backendNames, loadTfjs } from '../array/tfjs.js';
import { DivergedError, Interruption } from '../errors.js';
import { type TrainingConfig, loadConfig } from '../train/config.js';
import { trainingFiles } from '../train/files.js';
import { progressIn, readRecord } from '../train/folder.js';
import { type LogEntry, readLog, runTraining } from '../train/run.js';
import { countParameters } from '../train/shape-ops.js';
import { type Task, taskOf } from '../train/task.js';
import { interruptible } from './interrupt.js';
import { type ImportOption, addImport, importModules, printJson, whole } from './options.js';
import { commandLine } from './record.js';
import { durationText } from './run-progress.js';
import { trainingReporter } from './train-progress.js';

interface Options extends ImportOption {
  readonly out?: string;
  readonly backend?: BackendName;
  readonly steps?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

const examples = `
A folder with a checkpoint is gone on with, one that is finished stays as it is. Ctrl-C finishes the step and keeps a checkpoint.

Examples:
  $ bfn train digits.yaml
  $ bfn train digits.yaml --backend wasm --steps 300 --out results/short
  $ bfn train results/digits`;

export const trainCommand = (): Command =>
  addImport(
    new Command('train')
      .description('train a network by a description, in a folder to go on in')
      .argument('<config>', 'a description (.yaml, .json), or the folder of a training to go on with')
      .option('--out <folder>', 'where to (default: results/<name of the description>)')
      .addOption(
        new Option('--backend <name>', 'of tfjs (default: the first of these that works here)').choices(
          backendNames,
        ),
      )
      .option('--steps <number>', 'in place of those of the description', whole(1))
      .option('--seed <number>', 'in place of that of the description', whole(0)),
  )
    .option('--json', 'print what was trained as JSON')
    .addHelpText('after', examples)
    .action(run);

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** The description that is asked for, and the folder. */
const asked = async (
  path: string,
  { out, steps, seed }: Options,
): Promise<{ readonly config: TrainingConfig; readonly folder: string }> => {
  const folder = (await isFolder(path)) ? path : undefined;
  const written = folder === undefined ? await loadConfig(path) : (await readRecord(folder)).config;
  const config = {
    ...written,
    ...(steps !== undefined && { steps }),
    ...(seed !== undefined && { seed }),
  };
  return { config, folder: out ?? folder ?? join('results', config.name) };
};

const run = async (path: string, options: Options): Promise<void> => {
  const modules = await importModules(options);
  const { config, folder } = await asked(path, options);
  const task = await taskOf(config);
  await requireWritable(folder);
  const { step: from, finished } = await progressIn(folder, config, task);
  const begun = performance.now();
  if (!finished) await train({ config, task, folder, from, modules }, options);
  const seconds = (performance.now() - begun) / 1000;
  await tell(config, task, folder, { from, finished, seconds }, options);
};

/** A training that is not finished. */
interface Unfinished {
  readonly config: TrainingConfig;
  readonly task: Task;
  readonly folder: string;
  /** Steps that are done. */
  readonly from: number;
  readonly modules: readonly LoadedModule[];
}

const train = async (unfinished: Unfinished, { backend }: Options): Promise<void> => {
  const { folder } = unfinished;
  const tfjs = await loadTfjs(backend);
  try {
    await makeFolders(folder);
    const unlock = await lockFolder(folder);
    try {
      await trainWith(tfjs, unfinished);
    } finally {
      await unlock();
    }
  } finally {
    tfjs.release();
  }
};

const trainWith = async (tfjs: Tfjs, { config, task, folder, from, modules }: Unfinished): Promise<void> => {
  const { name, steps } = config;
  const { dataset, architecture } = task;
  process.stderr.write(
    `${name}: ${architecture.id} of ${countParameters(architecture)} numbers, ${dataset.train.count} items of ${dataset.id}, ` +
      `on ${tfjs.backend} (${tfjs.device}), in ${folder}\n`,
  );
  if (from > 0) process.stderr.write(`going on from step ${from} of ${steps}\n`);
  const reporter = trainingReporter({ steps, from });
  const { signal, stop } = interruptible(() => '');
  try {
    const { step } = await runTraining({
      ...{ config, task, tfjs, folder, signal },
      session: {
        command: commandLine(),
        ...(await environment()),
        ...(modules.length > 0 && { modules: modules.map(({ path, sha256 }) => ({ path, sha256 })) }),
      },
      onStep: reporter.step,
      onProgress: ({ entry }) => reporter.entry(entry),
    }).catch((error: unknown) => {
      throw error instanceof DivergedError ? explained(error, config, folder) : error;
    });
    reporter.stop();
    await writeTrainingReport(folder);
    if (step < steps) {
      const { exitCode } = signal.reason as Interruption;
      throw new Interruption(
        step === 0
          ? 'stopped before the first step'
          : `stopped after step ${step} of ${steps}, with a checkpoint; the same command goes on, or bfn train ${folder}`,
        exitCode,
      );
    }
  } finally {
    reporter.stop();
    stop();
  }
};

/** What a user can do about it. */
const explained = (
  { evaluation, what }: DivergedError,
  { optimiser }: TrainingConfig,
  folder: string,
): Error => {
  const advice = `try an optimiser.rate below ${optimiser.rate}, an optimiser.warmUp above ${optimiser.warmUp} or a smaller optimiser.clip than ${optimiser.clip}`;
  return new Error(
    `the training diverged at step ${evaluation}: ${what}; ${advice} (another description needs another folder than ${folder})`,
  );
};

const last = (log: readonly LogEntry[], name: 'loss' | 'validation'): number | undefined =>
  log.findLast((entry) => entry[name] !== undefined)?.[name];

/** Says what there is now. */
const tell = async (
  config: TrainingConfig,
  { architecture, objective: { unit } }: Task,
  folder: string,
  {
    from,
    finished,
    seconds,
  }: { readonly from: number; readonly finished: boolean; readonly seconds: number },
  { json = false }: Options,
): Promise<void> => {
  const { steps, name } = config;
  const log = await readLog(join(folder, trainingFiles.log));
  const [loss, validation] = [last(log, 'loss'), last(log, 'validation')];
  const network = join(folder, trainingFiles.graph);
  if (json) {
    const { sessions } = await readRecord(folder);
    printJson({
      ...{ name, folder, network, steps, from, seconds, unit, loss, validation },
      parameters: countParameters(architecture),
      session: sessions[sessions.length - 1],
    });
    return;
  }
  const numbers = `loss ${loss?.toPrecision(5)}, validation ${validation?.toPrecision(5)} ${unit}`;
  const what = finished
    ? `${folder} has all ${steps} steps of ${name} already; there is nothing to do`
    : `${steps - from} steps in ${durationText(seconds)}`;
  console.log(`${what}: ${numbers}`);
  console.log(
    `the network is in ${network}, the curve in ${join(folder, 'loss.svg')}, all of it in ${join(folder, 'report.html')}`,
  );
};
