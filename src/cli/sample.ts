import { Command, Option } from 'commander';
import { dirname } from 'node:path';
import { drawSamples, incompleteMessage } from '../../experiments/cell.js';
import { readyRun } from '../../experiments/ready-run.js';
import { printedSamples, rowsOf, samplesWriter } from '../../experiments/files.js';
import { statesFrom } from '../../experiments/given-start.js';
import type { Problem } from '../../experiments/problem.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import { recommendedId } from '../../experiments/recommended/recommend.js';
import { readSamples } from '../../experiments/read-samples.js';
import { requireWritable, writeWhole } from '../../experiments/results.js';
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
  readonly problem: string;
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
  $ bfn sample --problem mixture-2d --solver dormand-prince --rtol 1e-4 --nfe 500 --json`;

export const sampleCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('sample')
        .description(
          'draw samples to the terminal, or to a picture (.png), text (.txt) or array (.npy, .csv)',
        )
        .option('--problem <problem>', 'the problem, with parameters as in text:order=3', 'text')
        .option('--solver <id>', "the solver, or recommended (default: the last of the problem's paper's)")
        .option('--nfe <number>', 'number of network calls; of adaptive solvers the budget', whole(1), 20)
        .option('--samples <count>', 'how many (default: 16, or those of --from)', whole(1, 1_000_000))
        .option('--seed <number>', 'seed', whole(0), 1)
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
const startingAt = (options: Options, { process: { id, dataEnd, noiseEnd } }: Problem): Options => {
  const { fromTime: t, eta } = options;
  if (t === undefined) return options;
  if (eta !== undefined) throw new UsageError('--from-time and --eta both say where the grid starts');
  if (!(t > dataEnd && t <= noiseEnd)) {
    throw new UsageError(`--from-time is ${t}; on ${id} it must be above ${dataEnd} and up to ${noiseEnd}`);
  }
  return { ...options, eta: (noiseEnd - t) / (noiseEnd - dataEnd) };
};

const run = async (options: Options): Promise<void> => {
  const { nfe, seed, from, invert = false, out } = options;
  requireFrom(options);
  const begun = performance.now();
  if (out !== undefined) await requireWritable(dirname(out));
  const modules = await importModules(options);
  const specification = parseProblem(options.problem);
  const problem = await makeProblem(specification.id, specification.parameters);
  const settings = settingsOf(startingAt(options, problem));
  const data = from === undefined ? undefined : await readSamples(from, problem);
  const { samples: count = data?.shape[0] ?? 16 } = options;
  const { solver = problem.solvers[problem.solvers.length - 1] } = options;
  const write = out === undefined ? undefined : samplesWriter(out, problem);
  const task = { problem: specification, run: { solver, nfe, settings }, samples: count, seed };
  const ready = readyRun(problem, task.run);

  const states = data && (await statesFrom(problem, task.run, { data, invert, samples: count, seed }));
  const bar = progressBar('samples');
  const { samples, calls, incomplete } = await drawSamples(problem, task, {
    onStep: ({ firstSample }) => bar.update(firstSample, count),
    ...(states && { states }),
  }).finally(bar.stop);
  if (out !== undefined && write) await writeWhole(out, write(samples));

  if (options.json) {
    printJson({
      problem: specification.id,
      parameters: problem.parameters,
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
      record: await recordOf({ modules, seconds: (performance.now() - begun) / 1000, workers: 1 }),
    });
  } else if (out !== undefined) console.log(`${count} samples of ${specification.id} are in ${out}`);
  else process.stdout.write(printedSamples(samples, problem));
  if (incomplete.length > 0) throw new Error(incompleteMessage(task.run, incomplete, count));
};
