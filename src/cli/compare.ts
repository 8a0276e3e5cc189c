import { Command, InvalidArgumentError, Option } from 'commander';
import { markdownTable } from 'markdown-table';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { qualityOf } from '../../experiments/comparison.js';
import { estimateSeconds } from '../../experiments/estimate.js';
import { loadModules } from '../../experiments/modules.js';
import { requireWritable } from '../../experiments/results.js';
import { type RunOptions, runJobs, runStudy } from '../../experiments/run.js';
import { type Shard, type Study, jobsOfShard, prepare } from '../../experiments/study.js';
import { startWorkers } from '../../experiments/workers.js';
import { UsageError } from '../errors.js';
import { type ExperimentOptions, experimentOf, folderOf, usual } from './experiment.js';
import { interruptible } from './interrupt.js';
import { type ImportOption, addImport, addRunSettings, names, printJson, whole, wholes } from './options.js';
import { commandLine, recordOf } from './record.js';
import { type DeliveryOptions, deliver } from './results.js';
import { type RunReporter, durationText, runReporter } from './run-progress.js';

interface Options extends ExperimentOptions, ImportOption, DeliveryOptions {
  readonly workers: number;
  readonly shard?: Shard;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly keepFailed?: boolean;
}

const shardOf = (text: string): Shard => {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError('It must be a part and the number of parts, as in 1/4.');
};

const examples = `
An experiment is a YAML or JSON file, or the name of one that ships with the package: docs/experiments.md lists them.
What is done is kept in the folder at once: the same command goes on where an earlier one stopped, and other ones have other
folders.

Examples:
  $ bfn compare
  $ bfn compare --problem text:order=3,length=128 --solvers bfn,bfn-solver2 --nfe 8,16
  $ bfn compare --problem digits --grid half-log-snr --start moment-matched --json
  $ bfn compare --experiment eta-ablation --samples 300`;

export const compareCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('compare')
        .description(
          'compare solvers: sample quality against the number of network calls (NFE), with exact and learned networks',
        )
        .option('--experiment <experiment>', 'a file or name; what else is said here goes before it')
        .option(
          '--problem <problems...>',
          `problems, with parameters as in text:order=3 (default: ${usual.problems.join(' ')})`,
        )
        .option(
          '--model <files...>',
          'learned networks: NAME.onnx with NAME.json beside it, or the folder of a training (docs/bring-your-own-network.md)',
        )
        .option(
          '--data <data>',
          'the data set to hold their samples against, as in mnist:binarise=dynamic or npy:path=samples.npy, unless told what they were trained on',
        )
        .option(
          '--solvers <ids...>',
          "solvers, the first the one that others are measured by (default: each problem's paper's); recommended: what docs/results.md recommends",
          names,
        )
        .option('--nfe <numbers...>', `numbers of network calls (default: ${usual.nfe.join(',')})`, wholes(1))
        .option(
          '--metrics <ids...>',
          'metrics to compute; "default" stands for those computed where none are named (docs/statistics.md)',
          names,
        )
        .option(
          '--features <files...>',
          'networks in .onnx files to also measure the Fréchet distance on the features of (docs/statistics.md)',
        )
        .option('--samples <count>', `samples a cell (default: ${usual.samples})`, whole(3, 1_000_000))
        .option('--repeats <count>', 'independent repeats of each cell (default: 1)', whole(1, 1000))
        .option('--seed <number>', 'seed of the first repeat (default: 1)', whole(0))
        .option(
          '--workers <count>',
          'threads; no result depends on it',
          whole(1, 1000),
          availableParallelism(),
        )
        .option(
          '--distance-to-reference',
          'also measure how far runs are from the fine solution of their equation, from the same start and noise',
        )
        .option('--out <folder>', 'the run folder (default: results/<experiment>-<hash of what is asked>)')
        .option('--force', 'take the folder over if it belongs to another run; what both have is kept')
        .option(
          '--keep-failed',
          'take cells that failed in an earlier session as done; else they are run again',
        )
        .option('--shard <i/n>', 'run one of n parts only, to be joined by bfn merge', shardOf)
        .option('--dry-run', 'print the cells and about how long they take, and run none')
        .option('--no-report', 'write no report.html, plots and table'),
    ),
  )
    .option('--json', 'print the result as JSON')
    .addOption(new Option('--csv', 'print the result as CSV').conflicts('json'))
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  const { workers: threads, shard, force = false, keepFailed = false } = options;
  const begun = performance.now();
  const imports = [...(options.import ?? []), ...featuresOf(options)];
  const modules = await loadModules(imports);
  const experiment = await experimentOf(options, modules);
  const out = options.out ?? folderOf(experiment, modules, shard);
  await requireWritable(out);
  const study = await prepare(
    experiment,
    modules.map(({ sha256 }) => sha256),
  );
  for (const note of new Set(study.problems.flatMap(({ problem }) => problem.note ?? []))) {
    console.error(`note: ${note}`);
  }
  if (options.dryRun) return printPlanOfWork(study, options);

  const reporter = runReporter();
  const { signal, stop } = interruptible(() => {
    const { done = 0, total = 0 } = reporter.last ?? {};
    return `stopped: ${done} of ${total} cells are done and kept in ${out}; the same command goes on from there`;
  });
  const pool = await startWorkers(imports, threads);
  const seconds = (): number => (performance.now() - begun) / 1000;
  const runOptions: RunOptions = {
    out,
    force,
    keepFailed,
    modules,
    pool,
    signal,
    ...(shard ? { shard } : {}),
    session: { command: commandLine(), workers: threads },
    onProgress: reporter.update,
  };
  try {
    if (shard) {
      await runShard(study, runOptions);
      const count = jobsOfShard(study, shard).length;
      console.log(
        `shard ${shard.index}/${shard.count}: ${count} of ${study.jobs.length} cells are in ${out}`,
      );
      return;
    }
    const comparison = await runAll(study, runOptions, reporter);
    const record = await recordOf({ modules, seconds: seconds(), workers: threads });
    const found = reporter.last?.found ?? 0;
    const before = found > 0 ? `, ${found} of ${study.jobs.length} cells were there already` : '';
    await deliver(out, comparison, record, options, `${seconds().toFixed(0)} s${before}; `);
  } finally {
    stop();
    reporter.stop();
    await pool.close();
  }
};

/** The files of networks, which the workers import like any module. */
const featuresOf = ({ features = [] }: Options): readonly string[] => {
  const other = features.find((path) => extname(path) !== '.onnx');
  if (other === undefined) return features;
  throw new UsageError(`${other} is no network of features; the ending can be .onnx`);
};

const runShard = async (study: Study, options: RunOptions): Promise<void> => {
  const jobs = runJobs(study, options);
  while (!(await jobs.next()).done);
};

const runAll = async (study: Study, options: RunOptions, reporter: RunReporter) => {
  const qualities = new Map(
    study.problems.map(({ name, problem }) => [name, qualityOf(problem, study.experiment.metrics)[0]]),
  );
  const cells = runStudy(study, options);
  for (;;) {
    const { value, done } = await cells.next();
    if (done) {
      reporter.stop();
      return value;
    }
    reporter.cell(value, qualities.get(value.problem));
  }
};

/** What would be run, and about how long it would take. */
const printPlanOfWork = async (study: Study, { shard, workers, json }: Options): Promise<void> => {
  const jobs = jobsOfShard(study, shard);
  const seconds = await estimateSeconds(study, jobs, workers);
  const cells = jobs.map(({ key, about, task }) => ({ key, ...about, settings: task.run?.settings ?? {} }));
  if (json) return printJson({ cells, seconds });
  const rows = cells.map(({ problem, label, nfe, seed, key }) =>
    [problem, label ?? '*floor: true samples*', nfe ?? '', seed, key.slice(0, 12)].map(String),
  );
  console.log(markdownTable([['problem', 'solver', 'NFE', 'seed', 'key'], ...rows]));
  console.log(`\n${jobs.length} cells, about ${durationText(seconds)} on ${workers} threads`);
};
