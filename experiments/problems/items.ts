import { type Batch, elements } from '../../src/array/batch.js';
import type { Dataset } from '../../src/data/dataset.js';
import { spectrumOf } from '../../src/denoiser/spectra.js';
import { UsageError } from '../../src/errors.js';
import type { DataMoments } from '../../src/plan/start.js';
import { randomStream } from '../../src/random/index.js';
import type { EmpiricalLaw, Truth } from '../metric.js';
import { indicatorScale, indicators } from '../metrics/indicators.js';
import { lazy } from '../metrics/samples.js';

/** How many items stand for the data in moments and projections: more take memory and time, and say no more. */
const mostItems = 20_000;
/** Variables times classes up to which classes are held against items: their covariance has the square of it. */
const mostIndicators = 4096;

/** Items of the training data spread evenly over them, [n, d]. */
const spread = ({ train, shape }: Dataset): Batch => {
  const count = Math.min(train.count, mostItems);
  const { data } = train.read(
    Array.from({ length: count }, (_, i) => Math.floor((i * train.count) / count)),
    0,
  );
  return { shape: [count, elements(shape)], data };
};

/** Items of the training data at random, each independently of the others, [count, d]. */
export const drawn = ({ train, shape }: Dataset, count: number, seed: number): Batch => {
  const { integer } = randomStream(seed, 'items of the data');
  const { data } = train.read(
    Array.from({ length: count }, () => integer(train.count)),
    0,
  );
  return { shape: [count, elements(shape)], data };
};

const meanOf = ({ shape: [count, d], data }: Batch): Float64Array => {
  const mean = new Float64Array(d);
  data.forEach((x, at) => (mean[at % d] += x / count));
  return mean;
};

/** Of a coordinate, averaged over all: d sums, where the covariance is d² of them. */
const varianceOf = ({ shape: [count, d], data }: Batch, mean: Float64Array): number => {
  const variances = new Float64Array(d);
  data.forEach((x, at) => (variances[at % d] += ((x - mean[at % d]) / count) * (x - mean[at % d])));
  return variances.reduce((a, b) => a + b, 0) / d;
};

const covarianceOf = ({ shape: [count, d], data }: Batch, mean: Float64Array): readonly Float64Array[] => {
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
  return covariance;
};

/** Items as a law, whose covariance is computed where a metric or solver asks for it: of 3072 variables that takes minutes. */
const lawOf = (
  items: Batch,
  sample: EmpiricalLaw['sample'],
): EmpiricalLaw & { readonly mean: Float64Array } => {
  const mean = meanOf(items);
  const covariance = lazy(() => covarianceOf(items, mean));
  return {
    dimension: items.shape[1],
    items,
    mean,
    get covariance() {
      return covariance();
    },
    sample,
  };
};

/** The moments of values, as the state of the process holds them. */
const valueMoments = (law: ReturnType<typeof lawOf>): DataMoments => {
  const spectrum = lazy(() => spectrumOf(law.covariance.map((row) => Array.from(row))));
  return {
    mean: law.mean,
    variance: varianceOf(law.items, law.mean),
    get spectrum() {
      return spectrum();
    },
  };
};

/** The same of classes, whose state holds K e - 1, from how often each variable has each class, [d * K]. */
const indicatorMoments = (probabilities: Float64Array, classes: number): DataMoments => ({
  mean: probabilities.map((p) => classes * p - 1),
  variance: probabilities.reduce((sum, p) => sum + classes ** 2 * p * (1 - p), 0) / probabilities.length,
});

/** The same of two classes: a variable's class is 1 with the probability of its mean. */
const binaryMoments = ({ items, mean }: ReturnType<typeof lawOf>): DataMoments => ({
  mean: Float64Array.from(
    { length: 2 * mean.length },
    (_, i) => (i % 2 === 0 ? 1 : -1) * (1 - 2 * mean[i >> 1]),
  ),
  variance: 4 * varianceOf(items, mean),
});

/**
 * The items of the training data as what samples are held against. Of more than two classes, which have no order, they are held as
 * indicators. Throws a `UsageError` where these are too many.
 */
export const itemsOf = (dataset: Dataset): { readonly truth: Truth; readonly moments: DataMoments } => {
  const { classes, shape, id } = dataset;
  const sample: EmpiricalLaw['sample'] = (count, seed) => drawn(dataset, count, seed);
  if (classes === undefined || classes === 2) {
    const law = lawOf(spread(dataset), sample);
    return {
      truth: { kind: 'items', law },
      moments: classes === undefined ? valueMoments(law) : binaryMoments(law),
    };
  }
  if (elements(shape) * classes > mostIndicators) {
    throw new UsageError(
      `the data "${id}" have ${elements(shape)} variables of ${classes} classes, ${elements(shape) * classes} in all; accepted are up to ${mostIndicators}`,
    );
  }
  const law = lawOf(indicators(spread(dataset), classes), (...which) =>
    indicators(sample(...which), classes),
  );
  return {
    truth: { kind: 'items', law, classes },
    moments: indicatorMoments(
      law.mean.map((value) => value / indicatorScale),
      classes,
    ),
  };
};
