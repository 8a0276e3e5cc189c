import { Command, Option } from 'commander';
import { availableParallelism } from 'node:os';
import { compare } from '../../experiments/compare.js';
import { parseProblem } from '../../experiments/problems/index.js';
import { comparisonCsv, requireWritable, writeComparison } from '../../experiments/results.js';
import { writeReport } from '../../experiments/report/index.js';
import { comparisonTable } from '../../experiments/table.js';
import { startWorkers } from '../../experiments/workers.js';
import {
  type ImportOption,
  type SettingOptions,
  addImport,
  addRunSettings,
  importModules,
  names,
  printJson,
  settingsOf,
  whole,
  wholes,
} from './options.js';
import { progressBar } from './progress.js';
import { recordOf } from './record.js';

interface Options extends SettingOptions, ImportOption {
  readonly problem: readonly string[];
  readonly solvers?: readonly string[];
  readonly nfe?: readonly number[];
  readonly samples: number;
  readonly repeats: number;
  readonly seed: number;
  readonly workers: number;
  readonly out: string;
  readonly metrics?: readonly string[];
  readonly distanceToReference?: boolean;
  readonly report: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const examples = `
Examples:
  $ bfn compare
  $ bfn compare --problem text:order=3,length=128 --solvers bfn,bfn-solver2 --nfe 8,16
  $ bfn compare --problem digits --grid half-log-snr --start moment-matched --json`;

export const compareCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('compare')
        .description(
          'compare solvers: sample quality against the number of network calls (NFE), with exact networks',
        )
        .addOption(
          new Option('--problem <problems...>', 'problems, with parameters as in text:order=3').default(
            ['text', 'digits'],
            'text digits',
          ),
        )
        .option(
          '--solvers <ids...>',
          "solvers, the first the one that others are measured by (default: each problem's paper's); recommended: what docs/results.md recommends",
          names,
        )
        .option('--nfe <numbers...>', 'numbers of network calls (default: 5,10,20,50)', wholes(1))
        .option('--samples <count>', 'samples a cell', whole(3, 1_000_000), 1000)
        .option('--repeats <count>', 'independent repeats of each cell', whole(1, 1000), 1)
        .option('--seed <number>', 'seed of the first repeat', whole(0), 1)
        .option(
          '--workers <count>',
          'threads; no result depends on it',
          whole(1, 1000),
          availableParallelism(),
        )
        .option(
          '--metrics <ids...>',
          'metrics to compute; "default" stands for those computed where none are named (docs/statistics.md)',
          names,
        )
        .option(
          '--distance-to-reference',
          'also measure how far runs are from the fine solution of their equation, from the same start and noise',
        )
        .option('--out <folder>', 'where compare.json, compare.csv and report.html are written', 'results')
        .option('--no-report', 'write no report.html, plots and table'),
    ),
  )
    .option('--json', 'print the result as JSON')
    .addOption(new Option('--csv', 'print the result as CSV').conflicts('json'))
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  const { problem, solvers, nfe = [5, 10, 20, 50], samples, repeats, seed, workers: threads, out } = options;
  const begun = performance.now();
  await requireWritable(out);
  const modules = await importModules(options);
  const problems = problem.map(parseProblem);
  const settings = settingsOf(options);
  const workers = await startWorkers(options.import, threads);
  const bar = progressBar('cells');
  const comparison = await compare({
    problems,
    ...(solvers ? { solvers } : {}),
    nfe,
    samples,
    repeats,
    seed,
    settings,
    ...(options.metrics ? { metrics: options.metrics } : {}),
    ...(options.distanceToReference ? { distanceToReference: true } : {}),
    pool: workers,
    onProgress: bar.update,
  }).finally(() => {
    bar.stop();
    return workers.close();
  });
  const seconds = (performance.now() - begun) / 1000;
  const record = recordOf({ modules, seconds, workers: threads });
  await writeComparison(out, comparison, record);
  const report = options.report ? await writeReport(out, [{ folder: out, comparison, record }]) : undefined;

  if (options.json) printJson({ ...comparison, record });
  else if (options.csv) process.stdout.write(comparisonCsv(comparison));
  else {
    const where = `${seconds.toFixed(0)} s; the numbers are in ${out}/compare.json and .csv${report === undefined ? '' : `, the report in ${report}`}`;
    console.log(`${comparisonTable(comparison)}\n\n${where}`);
  }
  const failed = comparison.cells.filter(({ status }) => status !== 'ok');
  for (const { problem: name, nfe: calls, message = '' } of failed) {
    console.error(`error: ${name}, NFE ${calls}: ${message}`);
  }
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${comparison.cells.length} cells have no result`);
};
