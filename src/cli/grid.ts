import { Command, Option } from 'commander';
import { markdownTable } from 'markdown-table';
import { dirname } from 'node:path';
import { planSettings } from '../../experiments/ready-run.js';
import { qualityMeasure } from '../../experiments/grid-quality.js';
import type { Problem } from '../../experiments/problem.js';
import { wrapped } from '../../experiments/predictions.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import { requireWritable, writeWhole } from '../../experiments/results.js';
import { alignGrid } from '../../solvers/align-grid.js';
import { type GridMeasure, gridMeasures } from '../../solvers/grid-measure.js';
import { timeGrid } from '../../solvers/grid.js';
import { type GridError, optimiseGrid } from '../../solvers/optimise-grid.js';
import { priorStep } from '../../solvers/prior-step.js';
import { solver as solverOf } from '../../solvers/registry.js';
import { UsageError } from '../errors.js';
import type { Specification } from '../family.js';
import type { Json } from '../json.js';
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
  readonly solver: string;
  readonly nfe: number;
  readonly how: 'optimised' | 'aligned';
  readonly freeStart?: boolean;
  readonly measure: GridMeasure | 'quality';
  readonly samples: number;
  readonly evaluations: number;
  readonly referenceNfe: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** What is printed and written: a grid that `--grid` takes, and how it was found. */
interface Found extends Specification {
  readonly found: Readonly<Record<string, Json>>;
  readonly rows: readonly (readonly string[])[];
}

const examples = `
A --grid is the one to be beaten, in place of all named ones.

Examples:
  $ bfn grid --problem digits --solver dpm-solver++2m --nfe 5 --start moment-matched --out grid.json
  $ bfn grid --problem text --solver exponential-adams:order=3,corrector=3,rate=2 --nfe 6 --measure quality --free-start
  $ bfn grid --problem mixture-1d --nfe 8 --how aligned
  $ bfn compare --problem digits --solvers dpm-solver++2m --nfe 5 --start moment-matched --grid grid.json`;

export const gridCommand = (): Command =>
  addImport(
    addRunSettings(
      new Command('grid')
        .description("find the times of a solver's steps for a problem and a number of calls")
        .option('--problem <problem>', 'the problem, with parameters as in text:order=3', 'text')
        .option('--solver <id>', 'an ODE solver', 'dpm-solver++2m')
        .option('--nfe <number>', 'number of network calls', whole(1), 8)
        .addOption(
          new Option('--how <way>', 'optimised for the solver, or aligned to the changes of the prediction')
            .choices(['optimised', 'aligned'])
            .default('optimised'),
        )
        .option('--free-start', 'optimise the time of the start, too')
        .addOption(
          new Option('--measure <what>', "what is minimised; quality is that of the problem's own metrics")
            .choices([...gridMeasures, 'quality'])
            .default('squared-error'),
        )
        .option('--samples <count>', 'trajectories', whole(1, 1_000_000), 128)
        .option('--evaluations <count>', 'grids that the search may try', whole(1, 1_000_000), 400)
        .option('--reference-nfe <number>', 'calls of the reference solution', whole(2), 256)
        .option('--seed <number>', 'seed of the search; the next is held out', whole(0), 0)
        .option('--out <file>', 'where to, as JSON: a file that --grid takes'),
    ),
  )
    .option('--json', 'print as JSON')
    .addHelpText('after', examples)
    .action(run);

const run = async (options: Options): Promise<void> => {
  const { out } = options;
  const begun = performance.now();
  if (out !== undefined) await requireWritable(dirname(out));
  const modules = await importModules(options);
  const { id, parameters } = parseProblem(options.problem);
  const problem = await makeProblem(id, parameters);
  const { rows, ...grid } = await (options.how === 'aligned' ? aligned : optimised)(problem, options);
  const seconds = (performance.now() - begun) / 1000;
  const whole = { ...grid, record: recordOf({ modules, seconds, workers: 1 }) };
  if (out !== undefined) await writeWhole(out, Buffer.from(`${JSON.stringify(whole, null, 1)}\n`));
  if (options.json) printJson(whole);
  else console.log(`${markdownTable(rows.map((row) => [...row]))}\n\n--grid '${lineOf(grid)}'`);
};

const lineOf = ({ id, parameters }: Specification): string =>
  `${id}:times=${JSON.stringify(parameters.times)}`;

const shown = (value: number): string => value.toPrecision(4);

/** The settings as `optimiseGrid` and `alignGrid` take them. */
const settled = (problem: Problem, options: Options) => {
  const {
    start = 'zero-mean',
    lastStep = 'predict',
    draw,
    answer,
    clip,
    threshold,
    guidance,
    ...rest
  } = settingsOf(options);
  if (start === priorStep || answer !== undefined) {
    throw new UsageError(
      `grids are found for starts by a law and for modes: neither --start ${priorStep} nor --answer goes with them`,
    );
  }
  if (draw === true || lastStep === 'stop') {
    throw new UsageError(
      'grids are found for predictions: neither --draw nor --last-step stop goes with them',
    );
  }
  const { process, moments } = problem;
  const { grid, ...settings } = planSettings(rest, problem);
  return {
    process,
    denoiser: wrapped(problem, { clip, threshold, guidance }).denoiser,
    moments,
    start,
    lastStep,
    settings,
    ends: options.eta === undefined ? {} : { eta: options.eta },
    ...(options.grid !== undefined && grid ? { named: [grid] } : {}),
  };
};

const optimised = async (problem: Problem, options: Options): Promise<Found> => {
  const { nfe, freeStart, measure, samples, evaluations, referenceNfe, seed } = options;
  const run = settled(problem, options);
  const bar = progressBar('grids');
  const { grid, ...found } = await optimiseGrid({
    ...run,
    solver: solverOf(options.solver),
    nfe,
    ...(freeStart ? { freeStart } : {}),
    measure: measure === 'quality' ? await qualityMeasure(problem, samples, seed) : measure,
    samples,
    evaluations,
    referenceNfe,
    seed,
    onProgress: bar.update,
  }).finally(bar.stop);
  const { start, lastStep } = run;
  const error = ({ objective }: { readonly objective: number }): string => shown(objective);
  const name = ({ id, parameters }: GridError): string =>
    [id, ...Object.entries(parameters).map(([key, value]) => `${key}=${JSON.stringify(value)}`)].join(' ');
  return {
    id: grid.id,
    parameters: grid.parameters,
    found: { by: 'optimiseGrid', solver: options.solver, nfe, start, lastStep, ...recorded(found) },
    rows: [
      ['grid', `${found.measure}, seed ${found.seeds.search}`, `held out, seed ${found.seeds.heldOut}`],
      ['optimised', error(found), error(found.heldOut)],
      [`best named there: ${name(found.baseline)}`, error(found.baseline), ''],
      [`best named there: ${name(found.heldOut.baseline)}`, '', error(found.heldOut.baseline)],
    ],
  };
};

const aligned = async (problem: Problem, options: Options): Promise<Found> => {
  const { nfe, samples, seed, referenceNfe } = options;
  const { process, start, lastStep, ends, ...run } = settled(problem, options);
  const alignment = await alignGrid({ ...run, process, start, ends, samples, seed, referenceNfe });
  const steps = lastStep === 'predict' ? nfe : nfe - 1;
  const grid = alignment.grid(steps);
  const { reference } = alignment;
  const bound = alignment.bound(grid.times(process, steps));
  const others = [timeGrid.uniform(ends), timeGrid.halfLogSnr(ends)];
  return {
    id: grid.id,
    parameters: grid.parameters,
    found: { by: 'alignGrid', nfe, start, lastStep, bound, samples, seed, reference: { ...reference } },
    rows: [
      ['grid', 'bound, nats a sample'],
      ['aligned', shown(bound)],
      ...others.map((other) => [other.id, shown(alignment.bound(other.times(process, steps)))]),
    ],
  };
};

/** As JSON has it. */
const recorded = (value: unknown): Readonly<Record<string, Json>> =>
  JSON.parse(JSON.stringify(value)) as Record<string, Json>;
