import { join } from 'node:path';
import { type Batch, elements } from '../../src/array/batch.js';
import { packageRoot } from '../../src/data/bundled.js';
import { type Dataset, openDataset } from '../../src/data/dataset.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import type { DataMoments } from '../../src/plan/start.js';
import { randomStream } from '../../src/random/index.js';
import type { EmpiricalLaw, Truth } from '../metric.js';
import { openModel } from '../network-model.js';
import { type Model, type Problem, classMoments } from '../problem.js';

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

/** How many items stand for the data in moments and projections: more take memory and time, and say no more. */
const mostItems = 20_000;
const usualOrder = 3;

/** Items of the training data spread evenly over them, [n, d]. */
const spread = ({ train, shape }: Dataset, most: number): Batch => {
  const count = Math.min(train.count, most);
  const { data } = train.read(
    Array.from({ length: count }, (_, i) => Math.floor((i * train.count) / count)),
    0,
  );
  return { shape: [count, elements(shape)], data };
};

/** Items of the training data at random, each independently of the others, [count, d]. */
const drawn = ({ train, shape }: Dataset, count: number, seed: number): Batch => {
  const { integer } = randomStream(seed, 'items of the data');
  const { data } = train.read(
    Array.from({ length: count }, () => integer(train.count)),
    0,
  );
  return { shape: [count, elements(shape)], data };
};

const momentsOf = ({ shape: [count, d], data }: Batch): Pick<EmpiricalLaw, 'mean' | 'covariance'> => {
  const mean = new Float64Array(d);
  data.forEach((x, at) => (mean[at % d] += x / count));
  const covariance = Array.from({ length: d }, () => new Float64Array(d));
  const centred = new Float64Array(d);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) centred[j] = data[i * d + j] - mean[j];
    for (let j = 0; j < d; j++) {
      const [row, x] = [covariance[j], centred[j] / count];
      for (let k = 0; k <= j; k++) row[k] += x * centred[k];
    }
  }
  for (let j = 0; j < d; j++) for (let k = 0; k < j; k++) covariance[k][j] = covariance[j][k];
  return { mean, covariance };
};

/** The items of the training data as a law. */
const lawOf = (dataset: Dataset): EmpiricalLaw => {
  const items = spread(dataset, mostItems);
  return {
    dimension: items.shape[1],
    items,
    ...momentsOf(items),
    sample: (count, seed) => drawn(dataset, count, seed),
  };
};

const trace = (covariance: EmpiricalLaw['covariance']): number =>
  covariance.reduce((sum, row, i) => sum + row[i], 0) / covariance.length;

/** Moments of the data as the state of the process holds them. */
const stateMoments = ({ mean, covariance }: EmpiricalLaw, { classes }: Dataset): DataMoments => {
  if (classes === undefined) {
    return {
      mean,
      variance: trace(covariance),
      spectrum: spectrumOf(covariance.map((row) => Array.from(row))),
    };
  }
  if (classes !== 2) throw new UsageError(`pictures of ${classes} classes; accepted are 2`);
  // of K e - 1 = (1, -1) or (-1, 1): a variable's class is 1 with the probability of its mean
  return {
    mean: Float64Array.from(
      { length: 2 * mean.length },
      (_, i) => (i % 2 === 0 ? 1 : -1) * (1 - 2 * mean[i >> 1]),
    ),
    variance: 4 * trace(covariance),
  };
};

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
  const { model, description, engine, checksum } = await openModel(file, { threads: 1 });
  const specification = data ?? description.dataset;
  if (specification === undefined) {
    throw new UsageError(
      `${file} does not say what it was trained on; name the data to hold samples against, as in data=mnist or data=npy:path=samples.npy`,
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
  const law = lawOf(dataset);
  return {
    ...common,
    moments: stateMoments(law, dataset),
    truth: { kind: 'items', law },
    trueSamples: (count, seed) => law.sample(count, seed),
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
