import { Command } from 'commander';
import { dirname } from 'node:path';
import { drawSamples, incompleteMessage, readyRun } from '../../experiments/cell.js';
import { printedSamples, rowsOf, samplesWriter } from '../../experiments/files.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import { requireWritable, writeWhole } from '../../experiments/results.js';
import {
  type ImportOption,
  type SettingOptions,
  addImport,
  addRunSettings,
  importModules,
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
  readonly samples: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  $ bfn sample --problem text --solver bfn-solver2 --nfe 10 --samples 8
  $ bfn sample --problem digits --solver sde-bfn-solver++2 --nfe 20 --samples 64 --out digits.png
  $ bfn sample --problem mixture-2d --samples 5000 --out points.npy
  $ bfn sample --problem mixture-2d --solver dormand-prince --rtol 1e-4 --nfe 500 --json`;

export const sampleCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('sample')
        .description(
          'draw samples to the terminal, or to a picture (.png), text (.txt) or array (.npy, .csv)',
        )
        .option('--problem <problem>', 'the problem, with parameters as in text:order=3', 'text')
        .option('--solver <id>', "the solver (default: the last of the problem's paper's)")
        .option('--nfe <number>', 'number of network calls; of adaptive solvers the budget', whole(1), 20)
        .option('--samples <count>', 'how many', whole(1, 1_000_000), 16)
        .option('--seed <number>', 'seed', whole(0), 1)
        .option('--out <file>', 'where to; the ending says how'),
    ),
  )
    .option('--json', 'print as JSON: the samples, or with --out what was written')
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  const { nfe, samples: count, seed, out } = options;
  const begun = performance.now();
  if (out !== undefined) await requireWritable(dirname(out));
  const modules = await importModules(options);
  const specification = parseProblem(options.problem);
  const settings = settingsOf(options);
  const problem = await makeProblem(specification.id, specification.parameters);
  const { solver = problem.solvers[problem.solvers.length - 1] } = options;
  const write = out === undefined ? undefined : samplesWriter(out, problem);
  const task = { problem: specification, run: { solver, nfe, settings }, samples: count, seed };
  const ready = readyRun(problem, task.run);

  const bar = progressBar('samples');
  const { samples, calls, incomplete } = await drawSamples(problem, task, {
    onStep: ({ firstSample }) => bar.update(firstSample, count),
  }).finally(bar.stop);
  if (out !== undefined && write) await writeWhole(out, write(samples));

  if (options.json) {
    printJson({
      problem: specification.id,
      parameters: problem.parameters,
      solver,
      nfe,
      ...(calls ? { calls } : {}),
      incomplete,
      settings: ready.settings,
      seed,
      shape: samples.shape,
      ...(out === undefined ? { samples: rowsOf(samples) } : { file: out }),
      record: recordOf({ modules, seconds: (performance.now() - begun) / 1000, workers: 1 }),
    });
  } else if (out !== undefined) console.log(`${count} samples of ${specification.id} are in ${out}`);
  else process.stdout.write(printedSamples(samples, problem));
  if (incomplete.length > 0) throw new Error(incompleteMessage(task.run, incomplete, count));
};
