import { type Batch, elements } from '../../src/array/batch.js';
import type { BayesianFlow } from '../../src/bfn/flow.js';
import {
  type LossEstimate,
  type LossOptions,
  continuousTimeLoss,
  discreteTimeLoss,
  reconstructionLoss,
} from '../../src/bfn/losses.js';
import type { Dataset, Split } from '../../src/data/dataset.js';
import { UsageError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';
import type { TrainedNetwork } from '../../src/train/trained.js';
import { codeLengths, referencesOf, spreadItems } from './references.js';

/** A mean over items with its standard error, as nats and as bits, an item and a dimension of it. */
export interface Measure {
  readonly nats: Estimate;
  readonly bits: Estimate;
  readonly perDimension: { readonly nats: Estimate; readonly bits: Estimate };
}

export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

export interface EvaluatedBound {
  /** n of `L^n`; null for `L_inf`. */
  readonly steps: number | null;
  /** What it costs to send the accuracy: `L^n` or `L_inf`. */
  readonly transmission: Measure;
  /** `transmission + reconstruction >= -ln p`; the standard error is at most this: both parts share the items. */
  readonly bound: Measure;
}

export interface EvaluatedReference {
  readonly id: string;
  readonly description: string;
  readonly code: Measure;
}

export interface Evaluation {
  /** Which part of the data it is about. */
  readonly part: 'valid' | 'test';
  readonly items: number;
  /** Monte-Carlo draws an item and loss. */
  readonly draws: number;
  readonly seed: number;
  /** Numbers, pixels or characters of an item. */
  readonly dimensions: number;
  /** Of values: how many bins [-1, 1] is cut into. */
  readonly bins?: number;
  readonly reconstruction: Measure;
  /** `L_inf` first. */
  readonly bounds: readonly EvaluatedBound[];
  /** Of the same items. */
  readonly references: readonly EvaluatedReference[];
}

export interface EvaluateOptions {
  readonly network: Pick<TrainedNetwork, 'flow' | 'denoiser' | 'description' | 'process'>;
  readonly dataset: Dataset;
  /** The test part where there is one, else the validation's, unless told. */
  readonly part?: 'valid' | 'test';
  /** At most so many, spread evenly over the part; 1000 unless told. */
  readonly items?: number;
  /** 1 unless told. */
  readonly draws?: number;
  /** The n of the `L^n` beside `L_inf`. */
  readonly steps?: readonly number[];
  readonly seed?: number;
  /** Of continuous data; 256 unless told. */
  readonly bins?: number;
  /** What is done next. */
  readonly onStage?: (stage: string) => void;
}

const measure = (value: number, standardError: number, dimensions: number): Measure => {
  const both = (scale: number) => {
    const inUnit = (unit: number): Estimate => ({
      value: (value * scale) / unit,
      standardError: (standardError * scale) / unit,
    });
    return { nats: inUnit(1), bits: inUnit(Math.LN2) };
  };
  return { ...both(1), perDimension: both(1 / dimensions) };
};

const measureOfItems = (nats: Float64Array, dimensions: number): Measure => {
  const n = nats.length;
  const mean = nats.reduce((sum, value) => sum + value, 0) / n;
  const squares = nats.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return measure(mean, Math.sqrt(squares / (n - 1) / n), dimensions);
};

/** Throws a `UsageError` unless the network is of such data. */
const requireFit = (
  { description, process }: EvaluateOptions['network'],
  flow: BayesianFlow | undefined,
  { id, kind, shape, classes, alphabet }: Dataset,
): BayesianFlow => {
  const fail = (what: string): never => {
    throw new UsageError(`the network does not fit the data "${id}": ${what}`);
  };
  if (!flow) {
    throw new UsageError(
      `the network is of the process ${process.id}; a bound is of Bayesian flow networks only: bfn compare measures samples`,
    );
  }
  const [variables] = description.sampleShape;
  if (elements(shape) !== variables)
    fail(`it takes ${variables} numbers, and an item has ${elements(shape)}`);
  const own = flow.kind === 'discrete' ? flow.classes : undefined;
  if (own !== classes) fail(`it is of ${own ?? 'no'} classes, and the data have ${classes ?? 'none'}`);
  const { data } = description;
  if (data.kind === 'text' && kind !== 'values' && alphabet !== undefined && alphabet !== data.alphabet) {
    fail(`its alphabet is ${JSON.stringify(data.alphabet)}, and theirs ${JSON.stringify(alphabet)}`);
  }
  return flow;
};

const partOf = (
  { id, valid, test }: Dataset,
  asked: 'valid' | 'test' | undefined,
): [Evaluation['part'], Split] => {
  if (asked === 'test' && !test) {
    throw new UsageError(`the data "${id}" have no test part; accepted is valid, or a third number of split`);
  }
  const [part, split]: [Evaluation['part'], Split] =
    asked !== 'valid' && test ? ['test', test] : ['valid', valid];
  if (split.count > 1) return [part, split];
  throw new UsageError(
    `the ${part} part of the data "${id}" has 1 item; accepted are 2 or more, for a standard error`,
  );
};

const flat = ({ shape, data }: Batch): Batch => ({ shape: [shape[0], elements(shape.slice(1))], data });

/**
 * The bounds of a Bayesian flow network on `-ln p` of held-out data, beside simple models with exact code lengths that are fitted to its training
 * data. Values are told to the bin: those of a discretised flow in its own, of a continuous one in `bins` by `N(prediction, 1/(1 + beta(1)))`.
 *
 * Rejects with a `UsageError` for a network or options that do not fit the data, and with a `DivergedError` where a loss is not finite.
 */
export const evaluate = async (options: EvaluateOptions): Promise<Evaluation> => {
  const { network, dataset, items = 1000, draws = 1, steps = [], seed = 1, onStage } = options;
  const flow = requireFit(network, network.flow, dataset);
  if (options.bins !== undefined && flow.kind !== 'continuous') {
    throw new UsageError(
      `bins are of continuous data; the network is of ${flow.kind} data: accepted is none`,
    );
  }
  const bins = flow.kind === 'discretised' ? flow.bins.count : (options.bins ?? 256);
  const [part, split] = partOf(dataset, options.part);
  const data = flat(spreadItems(split, items));
  const dimensions = data.shape[1];
  const common = (stage: string): LossOptions => {
    onStage?.(stage);
    return { flow, denoiser: network.denoiser, data, draws, stream: randomStream(seed, `evaluate ${stage}`) };
  };
  const measured = ({ value, standardError }: LossEstimate): Measure =>
    measure(value, standardError, dimensions);

  const reconstruction = measured(
    await reconstructionLoss({
      ...common('reconstruction'),
      ...(flow.kind === 'continuous' && { discretise: { bins, factor: 1 } }),
    }),
  );
  const boundOf = (n: number | null, transmission: Measure): EvaluatedBound => ({
    steps: n,
    transmission,
    bound: measure(
      transmission.nats.value + reconstruction.nats.value,
      transmission.nats.standardError + reconstruction.nats.standardError,
      dimensions,
    ),
  });
  const bounds = [boundOf(null, measured(await continuousTimeLoss(common('continuous time'))))];
  for (const n of steps) {
    bounds.push(boundOf(n, measured(await discreteTimeLoss({ ...common(`${n} steps`), steps: n }))));
  }
  onStage?.('references');
  const references = referencesOf(dataset, bins).map(({ id, description, code }) => ({
    ...{ id, description },
    code: measureOfItems(codeLengths(data, code), dimensions),
  }));
  return {
    ...{ part, items: data.shape[0], draws, seed, dimensions },
    ...(dataset.kind === 'values' && { bins }),
    ...{ reconstruction, bounds, references },
  };
};
