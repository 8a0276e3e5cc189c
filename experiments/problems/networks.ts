import { join } from 'node:path';
import { elements } from '../../src/array/batch.js';
import { packageRoot } from '../../src/data/bundled.js';
import { type Dataset, openDataset } from '../../src/data/dataset.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { UsageError } from '../../src/errors.js';
import type { DataMoments } from '../../src/plan/start.js';
import type { Truth } from '../metric.js';
import { openModel } from '../network-model.js';
import { type Model, type Problem, classMoments } from '../problem.js';
import { drawn, itemsOf } from './items.js';

export interface NetworkOptions {
  /** A `.onnx` file with its description beside it. */
  readonly path: string;
  /** The data to hold samples against, as `openDataset` reads it; what the network was trained on unless told. */
  readonly data?: string;
}

export interface TextNetworkOptions {
  /** Characters that the next one depends on in the model that texts are measured by. */
  readonly order: number;
}

const usualOrder = 3;

/** What samples of a text are held against: a Markov model of the training text as the ruler, and real windows of it as true samples. */
const textTruth = (
  dataset: Dataset,
  order: number,
): { readonly truth: Truth; readonly moments: DataMoments } => {
  const { id, alphabet = '', shape, trainText } = dataset;
  const [length] = shape;
  if (trainText === undefined) {
    throw new UsageError(
      `texts are held against a model of the text trained on, and the data "${id}" have no trainText`,
    );
  }
  const model = fitMarkov(trainText, { order, alphabet, mix: 0.001 });
  const sample = (count: number, long: number, seed: number): ArrayLike<number> => {
    if (long !== length)
      throw new UsageError(`texts of ${long} characters; the data are windows of ${length}`);
    return drawn(dataset, count, seed).data;
  };
  return {
    truth: { kind: 'text', model: { ...model, sample }, length },
    moments: classMoments(model.unigram, length),
  };
};

const requireSame = (model: Model, dataset: Dataset, file: string): void => {
  const [size, classes] = [elements(dataset.shape), dataset.classes];
  const wanted = model.denoiser.sampleShape;
  const found = classes === undefined ? [size] : [size, classes];
  if (wanted.join() === found.join()) return;
  throw new UsageError(
    `the data "${dataset.id}" have samples of shape [${found.join(', ')}], and the network ${file} takes [${wanted.join(', ')}]; name the data that it was trained on`,
  );
};

/** A learned network held against the data that it was trained on: what is measured has its error and the sampler's. */
const problemOf = async (
  id: string,
  parameters: Problem['parameters'],
  file: string,
  { data, order = usualOrder }: { readonly data?: string; readonly order?: number },
): Promise<Problem> => {
  const { model, description, engine, checksum, note } = await openModel(file, { threads: 1 });
  const specification = data ?? description.dataset;
  if (specification === undefined) {
    throw new UsageError(
      `${file} does not say what it was trained on; name the data to hold samples against, as in --data mnist, or data=mnist of the problem`,
    );
  }
  const dataset = await openDataset(specification);
  requireSame(model, dataset, file);
  const common = {
    ...model,
    id,
    parameters,
    kernel: engine === 'onnx' ? 'onnxruntime' : 'tfjs',
    checksum,
    ...(note !== undefined && { note }),
  } as const;
  if (dataset.alphabet !== undefined) {
    const [length] = dataset.shape;
    return {
      ...common,
      ...textTruth(dataset, order),
      trueSamples: (count, seed) => ({ ...drawn(dataset, count, seed), shape: [count, length] }),
      quality: ['bits-gap', 'ngram-divergence'],
    };
  }
  return {
    ...common,
    ...itemsOf(dataset),
    trueSamples: (count, seed) => drawn(dataset, count, seed),
    quality: ['frechet-distance', 'sliced-wasserstein'],
  };
};

/** A network of the user's own. Rejects with a `UsageError` like `openModel` and `openDataset`, and where the two do not fit. */
export const network = async (options: NetworkOptions & Partial<TextNetworkOptions>): Promise<Problem> =>
  problemOf('network', { ...options }, options.path, options);

/** A network that ships with the package (models/README.md). */
const shipped =
  (name: string) =>
  async (options: Partial<TextNetworkOptions>): Promise<Problem> =>
    problemOf(
      `${name}-network`,
      { ...options },
      join(packageRoot(), 'models', name, 'network.onnx'),
      options,
    );

export const digitsNetwork = shipped('digits');
export const mnistNetwork = shipped('mnist');
export const textNetwork = shipped('text');
