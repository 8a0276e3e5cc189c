import { elements } from '../array/batch.js';
import { continuousAccuracy, discreteAccuracy } from '../bfn/accuracy.js';
import { discreteFlow } from '../bfn/discrete-flow.js';
import type { BayesianFlow } from '../bfn/flow.js';
import { continuousFlow, discretisedFlow } from '../bfn/normal-flow.js';
import { type Dataset, type Split, openDataset } from '../data/dataset.js';
import { checkDescription } from '../denoiser/network-checks.js';
import {
  type NetworkData,
  type WrittenNetwork,
  networkFormat,
  readNetwork,
} from '../denoiser/network-file.js';
import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import { makeProcess } from '../process/registry.js';
import type { Process } from '../process/process.js';
import { architecture, architectures } from './architectures.js';
import { flowClassification } from './classification.js';
import type { TrainingConfig } from './config.js';
import { flowDiscretised } from './discretised.js';
import type { Objective } from './objective.js';
import type { Architecture } from './ops.js';
import { countParameters } from './shape-ops.js';
import { diffusionRegression, flowRegression, type Guise } from './regression.js';
import type { Items } from './trainer.js';

/** What a training is about: data, what is asked of the network, and what it is made of. */
export interface Task {
  readonly dataset: Dataset;
  /** Of BFN; none where the process is a diffusion. */
  readonly flow?: BayesianFlow;
  readonly process: Process;
  readonly objective: Objective;
  readonly architecture: Architecture;
  /** Items as the objective takes them: [n, d] values or [n, length] classes. */
  readonly train: Items;
  readonly valid: Items;
  /** Of the trained network, without what was found in training. */
  readonly network: WrittenNetwork;
}

/** Items with all but their first axis made one. */
const flat = ({ count, read }: Split): Items => ({
  count,
  read: (indices, epoch) => {
    const { shape, data } = read(indices, epoch);
    return { shape: [shape[0], elements(shape.slice(1))], data };
  },
});

/** That a vector of float32 can hold in one piece on every backend: 2 GiB. */
const mostNumbers = 2 ** 29;

/** How many items the deviation of the data is measured on. */
const measured = 1000;

/** Of a number of the data, to three digits: what `scaled` and `edm` are told unless the description says it. */
const deviationOf = ({ train }: Dataset): number => {
  const stride = Math.max(1, Math.floor(train.count / measured));
  const indices = Array.from({ length: Math.ceil(train.count / stride) }, (_, i) => i * stride);
  const { data } = train.read(indices, 0);
  let [sum, squares] = [0, 0];
  for (const x of data) {
    sum += x;
    squares += x * x;
  }
  const [mean, square] = [sum / data.length, squares / data.length];
  // of constant data the difference is rounding
  return square - mean ** 2 > 1e-12 * square ? Number(Math.sqrt(square - mean ** 2).toPrecision(3)) : 0;
};

const flowOf = (config: TrainingConfig, dataset: Dataset): BayesianFlow | undefined => {
  const { flow } = config;
  if (!flow) return undefined;
  switch (flow.kind) {
    case 'continuous':
      return continuousFlow(continuousAccuracy(flow));
    case 'discretised':
      return discretisedFlow(continuousAccuracy(flow), flow.bins);
    case 'discrete':
      return discreteFlow(discreteAccuracy(flow), dataset.classes ?? 0);
  }
};

const fail = (config: TrainingConfig, what: string): never => {
  throw new UsageError(`training "${config.name}": ${what}`);
};

const requireFit = (config: TrainingConfig, { id, kind, classes }: Dataset): void => {
  const { flow, predicts } = config;
  const ofClasses = flow?.kind === 'discrete';
  if (ofClasses !== (kind !== 'values')) {
    const accepted = kind === 'values' ? 'a continuous or discretised flow, or a process' : 'a discrete flow';
    fail(config, `the data "${id}" are ${kind}; accepted is ${accepted}`);
  }
  const accepted = ofClasses
    ? classes === 2
      ? ['binary-logit', 'logits']
      : ['logits']
    : flow?.kind === 'discretised'
      ? ['noise'] // a description has no word for the other
      : ['noise', 'data', 'velocity', 'flow-velocity', 'edm'];
  if (!accepted.includes(predicts)) {
    fail(
      config,
      `predicts is ${predicts}; accepted for ${flow?.kind ?? 'a process'} here are ${accepted.join(', ')}`,
    );
  }
};

/** Options that would have no effect are no options. */
const requireUse = (config: TrainingConfig): void => {
  const { flow, predicts, input, sigmaData, loss } = config;
  const what = flow ? `a ${flow.kind} flow` : 'a process';
  const ofValues = flow === undefined || flow.kind === 'continuous';
  const none = (name: string, where: string): never =>
    fail(config, `${name} is for ${where}; accepted for ${what} is none`);
  if (loss.steps !== undefined && !flow) none('loss.steps', 'flows');
  if (loss.clip !== undefined && flow?.kind !== 'continuous') none('loss.clip', 'continuous flows');
  if (input !== undefined && !ofValues) none('input', 'continuous flows and processes');
  if (sigmaData !== undefined && !(ofValues && (predicts === 'edm' || input === 'scaled'))) {
    fail(
      config,
      `sigmaData is for predicts: edm and input: scaled; accepted is none for predicts: ${predicts}`,
    );
  }
};

/** What the architecture has to know of the data, for those of its options that the description leaves out. */
const architectureOf = (config: TrainingConfig, { shape, classes }: Dataset): Architecture => {
  const { id, parameters } = config.network;
  const size = elements(shape);
  const known: Readonly<Record<string, Json>> = {
    dimension: size,
    length: size,
    ...(classes !== undefined && config.predicts === 'logits' && { classes }),
    ...(shape.length > 1 && { side: shape[0], channels: shape[2] ?? 1 }),
    outputs: config.flow?.kind === 'discretised' ? 2 : 1,
  };
  const family = architectures().find((one) => one.id === id);
  const taken = Object.entries(known).filter(([name]) => family?.parameters.some((one) => one.name === name));
  return architecture(id, { ...Object.fromEntries(taken), ...parameters });
};

const objectiveOf = (
  config: TrainingConfig,
  flow: BayesianFlow | undefined,
  process: Process,
  sigmaData: number | undefined,
): Objective => {
  const { predicts, loss, input } = config;
  const { steps, clip } = loss;
  const n = steps === undefined ? {} : { steps };
  if (flow?.kind === 'discrete') {
    return flowClassification(flow, { ...n, predicts: predicts as 'logits' | 'binary-logit' });
  }
  if (flow?.kind === 'discretised') {
    return flowDiscretised(flow, { ...n, predicts: predicts as 'noise' | 'data' });
  }
  const options = {
    predicts: predicts as Guise,
    ...(input && { input }),
    ...(sigmaData !== undefined && { sigmaData }),
  };
  return flow
    ? flowRegression(flow, { ...n, ...options, ...(clip && { clip }) })
    : diffusionRegression(process, options);
};

const viewOf = ({ shape, alphabet }: Dataset): NetworkData => {
  if (alphabet !== undefined) return { kind: 'text', alphabet };
  const [height, width, channels = 1] = shape;
  const isPicture = shape.length === 2 || shape.length === 3;
  return isPicture ? { kind: 'picture', width, height, channels } : { kind: 'vector' };
};

const descriptionOf = (
  config: TrainingConfig,
  dataset: Dataset,
  {
    flow,
    process,
    architecture: made,
    sigmaData,
  }: Pick<Task, 'flow' | 'process' | 'architecture'> & {
    readonly sigmaData: number | undefined;
  },
): WrittenNetwork => {
  const { predicts, input = predicts === 'edm' ? 'scaled' : 'state' } = config;
  const size = elements(dataset.shape);
  const ofClasses = flow?.kind === 'discrete';
  return {
    format: networkFormat,
    process: { id: process.id, parameters: process.parameters },
    sampleShape: ofClasses ? [size, flow.classes] : [size],
    predicts: flow?.kind === 'discretised' ? 'discretised-normal' : predicts,
    ...(flow?.kind === 'discretised' && { bins: flow.bins.count }),
    ...(sigmaData !== undefined && { sigmaData }),
    ...(predicts === 'noise' && flow && { smallTime: 1e-6 }),
    ...(flow?.kind === 'continuous' && { clip: dataset.range }),
    input: ofClasses ? (predicts === 'logits' ? 'softmax' : 'binary') : input,
    inputShape: made.inputShape,
    outputShape: made.outputShape,
    data: viewOf(dataset),
    ...(!ofClasses && { dataRange: dataset.range }),
    inputs: { state: 'x', time: 'time' },
    output: 'y',
    architecture: { id: made.id, options: made.options as Readonly<Record<string, Json>> },
    dataset: config.data,
    ...(config.licence !== undefined && { licence: config.licence }),
  };
};

/**
 * Opens the data of a training and makes what it needs. Rejects with a `UsageError` where data, flow, prediction and architecture do not go together, and for
 * all that `openDataset`, `makeProcess` and `architecture` do not accept.
 */
export const taskOf = async (config: TrainingConfig): Promise<Task> => {
  const dataset = await openDataset(config.data);
  requireFit(config, dataset);
  requireUse(config);
  const flow = flowOf(config, dataset);
  const process =
    flow?.process ?? (await makeProcess(config.process?.id ?? '', config.process?.parameters ?? {}));
  const usesDeviation = config.predicts === 'edm' || config.input === 'scaled';
  const sigmaData = usesDeviation ? (config.sigmaData ?? deviationOf(dataset)) : undefined;
  if (sigmaData !== undefined && !(sigmaData > 0)) {
    fail(config, 'the data do not vary, so that sigmaData has to be told: a number above 0');
  }
  const made = architectureOf(config, dataset);
  if (dataset.train.count < config.batch) {
    fail(
      config,
      `a batch is ${config.batch} items and the data have ${dataset.train.count}; accepted are at most these`,
    );
  }
  const parts = { ...(flow && { flow }), process, architecture: made };
  const task = {
    dataset,
    ...parts,
    objective: objectiveOf(config, flow, process, sigmaData),
    train: flat(dataset.train),
    valid: flat(dataset.valid),
    network: descriptionOf(config, dataset, { ...parts, sigmaData }),
  };
  const count = countParameters(made);
  if (count > mostNumbers) {
    fail(config, `the network has ${count} numbers; accepted are at most ${mostNumbers}`);
  }
  requireShapes(config, task);
  checkDescription(readNetwork(task.network), process); // what could not be opened need not be trained
  return task;
};

/** Whether the network takes and gives as many numbers as the data have. */
const requireShapes = (config: TrainingConfig, { dataset, flow, architecture: made }: Task): void => {
  const size = elements(dataset.shape);
  const channels = config.predicts === 'logits' && flow?.kind === 'discrete' ? flow.classes : 1;
  const wanted = [size * channels, size * channels * (flow?.kind === 'discretised' ? 2 : 1)];
  const found = [made.inputShape, made.outputShape].map(elements);
  if (found.join() === wanted.join()) return;
  fail(
    config,
    `the network ${made.id} takes [${made.inputShape.join(', ')}] and gives [${made.outputShape.join(', ')}]; the data need ${wanted[0]} numbers in and ${wanted[1]} out`,
  );
};
