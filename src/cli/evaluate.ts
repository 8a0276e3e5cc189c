import { Command, Option } from 'commander';
import { markdownTable } from 'markdown-table';
import { type Comparison, compare } from '../../experiments/compare.js';
import { type Evaluation, type Measure, evaluate } from '../../experiments/evaluation/evaluate.js';
import { recommendedId } from '../../experiments/recommended/recommend.js';
import { comparisonTable } from '../../experiments/table.js';
import { type BackendName, backendNames } from '../array/tfjs.js';
import { type Dataset, openDataset } from '../data/dataset.js';
import { UsageError } from '../errors.js';
import { findRecord } from '../train/folder.js';
import { type Engine, type TrainedNetwork, engines, openTrained } from '../train/trained.js';
import { type ImportOption, addImport, importModules, printJson, whole, wholes } from './options.js';
import { progressBar } from './progress.js';
import { recordOf } from './record.js';

interface Options extends ImportOption {
  readonly data?: string;
  readonly part?: 'valid' | 'test';
  readonly items: number;
  readonly draws: number;
  readonly steps?: readonly number[];
  readonly bins?: number;
  readonly unit: 'nats' | 'bits';
  readonly seed: number;
  readonly nfe?: readonly number[];
  readonly solver?: string;
  readonly samples?: number;
  readonly engine?: Engine;
  readonly backend?: BackendName;
  readonly json?: boolean;
}

const examples = `
A bound is what it costs to send an item with the network, transmission and reconstruction: at least -ln p of it. Beside it stand exact code lengths of simple
models of the same training data. With --nfe samples are drawn as well and held against the training data; solvers are compared by bfn compare.

Examples:
  $ bfn evaluate results/digits
  $ bfn evaluate results/digits --steps 10,100 --draws 8
  $ bfn evaluate results/digits --nfe 5,10,20 --samples 1000
  $ bfn evaluate network.onnx --data text:length=64 --unit nats --json`;

export const evaluateCommand = (): Command =>
  addImport(
    new Command('evaluate')
      .description('bounds of a trained network on held-out data, beside simple models of its training data')
      .argument('<model>', 'the folder of a finished training, or NAME.onnx with NAME.json beside it')
      .option('--data <data>', 'data, as in mnist:side=7,binarise=dynamic (default: those of the training)')
      .addOption(
        new Option('--part <part>', 'of the data (default: test where there is one, else valid)').choices([
          'valid',
          'test',
        ]),
      )
      .option('--items <count>', 'at most so many, spread evenly over the part', whole(2), 1000)
      .option('--draws <count>', 'of time and noise, an item and loss', whole(1), 4)
      .option('--steps <numbers...>', 'also the losses of so many steps', wholes(1))
      .option(
        '--bins <count>',
        'of [-1, 1], for a network of continuous data (default: 256)',
        whole(2, 65536),
      )
      .addOption(new Option('--unit <unit>', 'of the table').choices(['nats', 'bits']).default('bits'))
      .option('--seed <number>', 'seed', whole(0), 1)
      .option('--nfe <numbers...>', 'also the quality of samples of so many network calls each', wholes(1))
      .option('--solver <id>', `of the samples (default: ${recommendedId})`)
      .option('--samples <count>', 'how many of them (default: 500)', whole(3, 1_000_000))
      .addOption(
        new Option('--engine <engine>', 'what computes it (default: onnx where it is installed)').choices(
          engines,
        ),
      )
      .addOption(new Option('--backend <name>', 'of tfjs; then the engine is tfjs').choices(backendNames)),
  )
    .option('--json', 'print as JSON, nats and bits')
    .addHelpText('after', examples)
    .action(run);

/** The data that are asked for, or those that the network was trained on. */
const dataOf = async (
  model: string,
  { description }: TrainedNetwork,
  { data }: Options,
): Promise<Dataset> => {
  const asked = data ?? description.dataset;
  if (asked !== undefined) return openDataset(asked);
  throw new UsageError(`${model} does not say what it was trained on; say what data with --data`);
};

/** Whether the data of a training have changed since. */
const differsFromTraining = async (
  model: string,
  { checksum }: Dataset,
  { data }: Options,
): Promise<boolean> => {
  const record = data === undefined ? await findRecord(model) : undefined;
  return record !== undefined && record.data.sha256 !== checksum;
};

/** Samples of the network held against the data, as `bfn compare` does it. */
const qualityOf = async (
  model: string,
  { data, nfe, solver, samples, seed }: Options,
): Promise<Comparison | undefined> => {
  if (!nfe) {
    if (solver === undefined && samples === undefined) return undefined;
    throw new UsageError('--solver and --samples are of the samples that --nfe asks for: --nfe <numbers>');
  }
  const problem = { id: 'network', parameters: { path: model, ...(data !== undefined && { data }) } };
  const comparison = await compare({
    problems: [problem],
    solvers: [solver ?? recommendedId],
    nfe,
    samples: samples ?? 500,
    seed,
  });
  const bad = comparison.cells.find(({ status }) => status !== 'ok');
  if (bad) throw new Error(`NFE ${bad.nfe}: ${bad.message ?? bad.status}`);
  return comparison;
};

const run = async (model: string, options: Options): Promise<void> => {
  const begun = performance.now();
  const { items, draws, steps, bins, part, seed, engine, backend } = options;
  if (engine === 'onnx' && backend !== undefined) {
    throw new UsageError('--backend is of tfjs, and --engine says onnx; give one of them');
  }
  const modules = await importModules(options);
  const network = await openTrained(model, { ...(engine && { engine }), ...(backend && { backend }) });
  try {
    if (network.note !== undefined) console.error(`note: ${network.note}`);
    const dataset = await dataOf(model, network, options);
    if (await differsFromTraining(model, dataset, options)) {
      console.error(
        `note: the data are others than when ${model} was trained (their checksum says so); what is held out now may have been trained on`,
      );
    }
    const comparison = await qualityOf(model, options);
    const stages = 3 + (steps?.length ?? 0);
    const bar = progressBar('losses', '{stage}');
    let done = 0;
    const evaluation = await evaluate({
      ...{ network, dataset, items, draws, seed },
      ...(steps && { steps }),
      ...(bins !== undefined && { bins }),
      ...(part && { part }),
      onStage: (stage) => bar.update(done++, stages, { stage }),
    }).finally(bar.stop);
    if (!options.json) {
      print(model, network, dataset, evaluation, options.unit);
      if (comparison) console.log(`\n${comparisonTable(comparison)}`);
      return;
    }
    printJson({
      ...{ model, engine: network.engine, device: network.device },
      data: { id: dataset.id, parameters: dataset.parameters, sha256: dataset.checksum },
      ...evaluation,
      ...(comparison && { samples: comparison.cells }),
      record: await recordOf({ modules, seconds: (performance.now() - begun) / 1000, workers: 1 }),
    });
  } finally {
    await network.release();
  }
};

const print = (
  model: string,
  { engine, device }: TrainedNetwork,
  { id, kind, alphabet }: Dataset,
  { part, items, draws, dimensions, bins, reconstruction, bounds, references }: Evaluation,
  unit: 'nats' | 'bits',
): void => {
  const number = ({ value, standardError }: Measure['nats']): string =>
    `${value.toPrecision(5)} ± ${standardError.toPrecision(2)}`;
  const row = (name: string, measure: Measure): string[] => [
    name,
    number(measure[unit]),
    number(measure.perDimension[unit]),
  ];
  const dimension =
    alphabet !== undefined ? 'character' : kind === 'values' && bins ? 'dimension' : 'variable';
  console.log(
    `${model} on ${items} items of ${id} (${part}), ${draws} draws each${bins === undefined ? '' : `, in ${bins} bins`}; ${engine}, ${device}\n`,
  );
  console.log(
    markdownTable(
      [
        ['', `${unit} an item`, `${unit} a ${dimension}`],
        row('reconstruction', reconstruction),
        ...bounds.flatMap(({ steps, transmission, bound }) => {
          const name = steps === null ? 'continuous time' : `${steps} step${steps === 1 ? '' : 's'}`;
          return [row(`${name}: transmission`, transmission), row(`${name}: bound`, bound)];
        }),
        ...references.map((reference) => row(reference.id, reference.code)),
      ],
      { align: ['l', 'r', 'r'] },
    ),
  );
  console.log(
    `\n± is one standard error; an item has ${dimensions} ${dimension}s. To compare with, exact code lengths:`,
  );
  for (const description of new Set(references.map((reference) => reference.description))) {
    const ids = references.filter((reference) => reference.description === description).map((one) => one.id);
    console.log(`  ${ids.join(', ')}: ${description}`);
  }
};
