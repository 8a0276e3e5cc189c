import { Command, Option } from 'commander';
import { dirname } from 'node:path';
import { drawRun, incompleteMessage } from '../../experiments/cell.js';
import { readyRun } from '../../experiments/ready-run.js';
import { printedSamples, samplesWriter } from '../../experiments/files.js';
import { rowsOf } from '../../experiments/rows.js';
import { statesFrom } from '../../experiments/given-start.js';
import { type OpenModel, openModel } from '../../experiments/network-model.js';
import type { Model } from '../../experiments/problem.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import { recommendedId } from '../../experiments/recommended/recommend.js';
import { readSamples } from '../../experiments/read-samples.js';
import { requireWritable, writeWhole } from '../../experiments/results.js';
import { type OnnxProvider, onnxProviders } from '../denoiser/onnx.js';
import { UsageError } from '../errors.js';
import {
  type ImportOption,
  type SettingOptions,
  addImport,
  addRunSettings,
  importModules,
  number,
  printJson,
  settingsOf,
  whole,
} from './options.js';
import { progressBar } from './progress.js';
import { recordOf } from './record.js';

interface Options extends SettingOptions, ImportOption {
  readonly problem?: string;
  readonly model?: string;
  readonly provider?: OnnxProvider;
  readonly threads?: number;
  readonly batch?: number;
  readonly solver?: string;
  readonly nfe: number;
  readonly samples?: number;
  readonly seed: number;
  readonly from?: string;
  readonly fromTime?: number;
  readonly invert?: boolean;
  readonly out?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ bfn sample --problem text --solver bfn-solver2 --nfe 10 --samples 8
  $ bfn sample --problem digits --solver sde-bfn-solver++2 --nfe 20 --samples 64 --out digits.png
  $ bfn sample --problem mixture-2d --samples 5000 --out points.npy
  $ bfn sample --problem digits:given=3 --guidance 2 --out threes.png
  $ bfn sample --problem text:given=once_____ --answer draw
  $ bfn sample --problem digits --from digits.npy --from-time 0.5 --out variations.png
  $ bfn sample --model network.onnx --solver bfn-solver++2 --nfe 10 --batch 16 --out pictures.png
  $ bfn sample --problem mixture-2d --solver dormand-prince --rtol 1e-4 --nfe 500 --json`;

export const sampleCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('sample')
        .description(
          'draw samples to the terminal, or to a picture (.png), text (.txt) or array (.npy, .csv)',
        )
        .option('--problem <problem>', 'the problem, with parameters as in text:order=3 (default: "text")')
        .option(
          '--model <file>',
          'a learned network in place of a problem: NAME.onnx with NAME.json beside it, or the folder of a training',
        )
        .addOption(
          new Option('--provider <provider>', 'what it runs on (default: "cpu")').choices(onnxProviders),
        )
        .option('--threads <number>', 'of a network call (default: all cores)', whole(1))
        .option('--solver <id>', "the solver, or recommended (default: the last of the problem's paper's)")
        .option('--nfe <number>', 'number of network calls; of adaptive solvers the budget', whole(1), 20)
        .option('--samples <count>', 'how many (default: 16, or those of --from)', whole(1, 1_000_000))
        .option('--seed <number>', 'seed', whole(0), 1)
        .option('--batch <count>', 'samples of a network call (default: 64)', whole(1))
        .option('--from <file>', 'start from these data (.npy, .csv, .txt), noised, and not from a law')
        .addOption(new Option('--from-time <t>', 'the time that they are noised to').argParser(number))
        .option('--invert', "carry them there by the solver's own ODE instead, at as many calls again")
        .option('--out <file>', 'where to; the ending says how'),
    ),
  )
    .option('--json', 'print as JSON: the samples, or with --out what was written')
    .addHelpText('after', examples)
    .action(run);

/** Throws a `UsageError` for options that only go together. */
const requireFrom = ({ from, fromTime, invert, start }: Options): void => {
  const given = fromTime !== undefined ? '--from-time' : invert ? '--invert' : undefined;
  if (from === undefined && given !== undefined) throw new UsageError(`${given} needs data: --from <file>`);
  if (from !== undefined && start !== undefined) {
    throw new UsageError('--from and --start are two starts; give one of them');
  }
};

/** The options, with the grid truncated so that it starts at a time. Throws a `UsageError` for one outside the process. */
const startingAt = (options: Options, { process: { id, dataEnd, noiseEnd } }: Model): Options => {
  const { fromTime: t, eta } = options;
  if (t === undefined) return options;
  if (eta !== undefined) throw new UsageError('--from-time and --eta both say where the grid starts');
  if (!(t > dataEnd && t <= noiseEnd)) {
    throw new UsageError(`--from-time is ${t}; on ${id} it must be above ${dataEnd} and up to ${noiseEnd}`);
  }
  return { ...options, eta: (noiseEnd - t) / (noiseEnd - dataEnd) };
};

/** The model or problem that is asked for; a problem holds nothing to release. Rejects with a `UsageError` for options that don't go together. */
const opened = async ({
  problem,
  model,
  provider,
  threads,
}: Options): Promise<Pick<OpenModel, 'model' | 'note' | 'release'>> => {
  if (model !== undefined) {
    if (problem !== undefined)
      throw new UsageError('--model and --problem both say what to sample; give one');
    return openModel(model, { ...(provider && { provider }), ...(threads !== undefined && { threads }) });
  }
  const ofModel = provider !== undefined ? '--provider' : threads !== undefined ? '--threads' : undefined;
  if (ofModel !== undefined) throw new UsageError(`${ofModel} is of a learned network: --model <file>`);
  const { id, parameters } = parseProblem(problem ?? 'text');
  const made = await makeProblem(id, parameters);
  const { note } = made;
  return { model: made, release: async () => undefined, ...(note !== undefined && { note }) };
};

const run = async (options: Options): Promise<void> => {
  requireFrom(options);
  if (options.out !== undefined) await requireWritable(dirname(options.out));
  const begun = performance.now();
  const modules = await importModules(options);
  const { model, note, release } = await opened(options);
  if (note !== undefined) console.error(`note: ${note}`);
  try {
    await sampleModel(model, options, async () =>
      recordOf({ modules, seconds: (performance.now() - begun) / 1000, workers: 1 }),
    );
  } finally {
    await release();
  }
};

const sampleModel = async (
  model: Model,
  options: Options,
  record: () => ReturnType<typeof recordOf>,
): Promise<void> => {
  const { nfe, seed, from, invert = false, out, batch } = options;
  const settings = settingsOf(startingAt(options, model));
  const data = from === undefined ? undefined : await readSamples(from, model);
  const { samples: count = data?.shape[0] ?? 16 } = options;
  const { solver = model.solvers[model.solvers.length - 1] } = options;
  const write = out === undefined ? undefined : samplesWriter(out, model);
  const task = { run: { solver, nfe, settings }, samples: count, seed };
  const ready = readyRun(model, task.run);

  const states = data && (await statesFrom(model, task.run, { data, invert, samples: count, seed }));
  const bar = progressBar('samples');
  const { samples, calls, incomplete } = await drawRun(model, task, {
    onStep: ({ firstSample }) => bar.update(firstSample, count),
    ...(states && { states }),
    ...(batch !== undefined && { chunk: batch }),
  }).finally(bar.stop);
  if (out !== undefined && write) await writeWhole(out, write(samples));

  if (options.json) {
    printJson({
      [options.model === undefined ? 'problem' : 'model']: model.id,
      parameters: model.parameters,
      solver,
      ...(solver === recommendedId ? { recommended: true } : {}),
      nfe,
      ...(calls ? { calls } : {}),
      incomplete,
      settings: {
        ...ready.settings,
        ...(from !== undefined && { start: { from, t: ready.plan.start.t, invert } }),
      },
      seed,
      shape: samples.shape,
      ...(out === undefined ? { samples: rowsOf(samples) } : { file: out }),
      record: await record(),
    });
  } else if (out !== undefined) console.log(`${count} samples of ${model.id} are in ${out}`);
  else process.stdout.write(printedSamples(samples, model));
  if (incomplete.length > 0) throw new Error(incompleteMessage(task.run, incomplete, count));
};
