import { requireWhole } from '../../src/errors.js';
import { registry } from '../../src/registry.js';
import type { EmpiricalLaw, Metric, MetricEntry, Mixture, Truth } from '../metric.js';
import { bitsGap, bitsPerCharacter } from './bits.js';
import { distinctNgrams, entropyRate } from './diversity.js';
import { classDivergence } from './class-divergence.js';
import { energyDistance } from './energy-distance.js';
import { frechetDistance } from './frechet-distance.js';
import { frechetExtrapolated } from './frechet-extrapolated.js';
import { gaussianKernelDistance } from './gaussian-kernel-distance.js';
import { onIndicators } from './indicators.js';
import { kernelDistance } from './kernel-distance.js';
import { logDensityKs } from './log-density-ks.js';
import { coverage, density, precision, recall } from './manifold.js';
import { marginalKsMax, marginalKsMean } from './marginal-ks.js';
import { ngramDivergence } from './ngram-divergence.js';
import { slicedWasserstein } from './sliced-wasserstein.js';
import { spellingAccuracy } from './spelling-accuracy.js';
import { symbolEntropy } from './symbol-entropy.js';
import { classifierTwoSample } from './two-sample.js';
import { type SampledText, wordFrequencyDivergence, wordLengthDivergence } from './words.js';

export { bitsGap, bitsPerCharacter } from './bits.js';
export { classDivergence } from './class-divergence.js';
export { energyDistance } from './energy-distance.js';
export { distinctNgrams, entropyRate } from './diversity.js';
export { frechetDistance } from './frechet-distance.js';
export { frechetExtrapolated } from './frechet-extrapolated.js';
export { type FeatureOptions, frechetOnFeatures } from './frechet-on-features.js';
export { onnxFeatures } from './onnx-features.js';
export { gaussianKernelDistance, medianDistance } from './gaussian-kernel-distance.js';
export { jensenShannon } from './jensen-shannon.js';
export { kernelDistance } from './kernel-distance.js';
export { logDensityKs } from './log-density-ks.js';
export { type ManifoldOptions, coverage, density, precision, recall } from './manifold.js';
export { marginalKsMax, marginalKsMean } from './marginal-ks.js';
export { ngramDivergence } from './ngram-divergence.js';
export { slicedWasserstein } from './sliced-wasserstein.js';
export { spellingAccuracy } from './spelling-accuracy.js';
export { symbolEntropy } from './symbol-entropy.js';
export { classifierTwoSample } from './two-sample.js';
export { wordFrequencyDivergence, wordLengthDivergence } from './words.js';

type Of<Kind extends Truth['kind']> = Extract<Truth, { kind: Kind }>;

/** An entry that applies to one kind of truth. */
const entryFor = <Kind extends Truth['kind']>(
  id: string,
  kind: Kind,
  description: string,
  make: (truth: Of<Kind>) => Metric | undefined,
): MetricEntry => ({
  id,
  description,
  version: 1,
  make: (truth) => (truth.kind === kind ? make(truth as Of<Kind>) : undefined),
});

/** An entry that applies to every law of vectors, in closed form or of items. */
const ofVectors = (
  id: string,
  description: string,
  make: (law: Mixture | EmpiricalLaw) => Metric,
): MetricEntry => ({
  id,
  description,
  version: 1,
  make: (truth) => {
    if (truth.kind === 'vectors') return make(truth.mixture);
    if (truth.kind !== 'items') return undefined;
    const { law, classes } = truth;
    return classes === undefined ? make(law) : onIndicators(make(law), law.dimension, classes);
  },
});

/** An entry whose values or intervals have changed since the first version. */
const version = (number: number, entry: MetricEntry): MetricEntry => ({ ...entry, version: number });

/** An entry that is only computed where asked for by name. */
const optIn = (entry: MetricEntry): MetricEntry => ({ ...entry, optIn: true });

/** Metrics of words hold samples against true ones: the model must have a `sample`, and its alphabet a space. */
const ofWords =
  (make: (model: SampledText, length: number) => Metric) =>
  ({ model, length }: Of<'text'>): Metric | undefined =>
    model.sample && model.alphabet.includes(' ') ? make(model as SampledText, length) : undefined;

const metrics = registry<MetricEntry>('metric', [
  entryFor(
    'bits-per-character',
    'text',
    'code length of the samples under the true model',
    ({ model, length }) => bitsPerCharacter(model, length),
  ),
  entryFor('bits-gap', 'text', 'distance of bits-per-character from that of the truth', ({ model, length }) =>
    bitsGap(model, length),
  ),
  entryFor(
    'ngram-divergence',
    'text',
    'Jensen-Shannon divergence of the n-grams from their exact law',
    (truth) => (truth.length > truth.model.order ? ngramDivergence(truth.model, truth.length) : undefined),
  ),
  entryFor('symbol-entropy', 'text', 'entropy of the symbol frequencies', ({ model, length }) =>
    symbolEntropy(model, length),
  ),
  // with other characters, what stands between spaces is not a word
  entryFor('spelling-accuracy', 'text', 'share of words that Hunspell en_US accepts', ({ model, length }) =>
    /^[a-z]* [a-z]*$/i.test(model.alphabet) ? spellingAccuracy(model.alphabet, length) : undefined,
  ),
  ofVectors('sliced-wasserstein', '2-Wasserstein distance of projections', (law) => slicedWasserstein(law)),
  version(
    2,
    entryFor('energy-distance', 'vectors', 'squared energy distance', ({ mixture }) =>
      energyDistance(mixture),
    ),
  ),
  ofVectors('frechet-distance', 'squared Fréchet distance of two moments', frechetDistance),
  version(
    2,
    entryFor('log-density-ks', 'vectors', 'Kolmogorov-Smirnov distance of the log density', ({ mixture }) =>
      logDensityKs(mixture),
    ),
  ),
  entryFor(
    'class-divergence',
    'class',
    'Jensen-Shannon divergence of class frequencies',
    ({ probabilities }) => classDivergence(probabilities),
  ),
  ...[
    entryFor('kernel-distance', 'vectors', 'unbiased MMD with the cubic kernel of KID', ({ mixture }) =>
      kernelDistance(mixture),
    ),
    entryFor('gaussian-kernel-distance', 'vectors', 'unbiased MMD with a Gaussian kernel', ({ mixture }) =>
      gaussianKernelDistance(mixture),
    ),
    ofVectors(
      'frechet-distance-extrapolated',
      'Fréchet distance extrapolated to infinitely many samples',
      (law) => frechetExtrapolated(law),
    ),
    ofVectors('precision', 'share of samples near true ones', precision),
    ofVectors('recall', 'share of true samples near samples', recall),
    entryFor('density', 'vectors', 'true samples near a sample', ({ mixture }) => density(mixture)),
    ofVectors('coverage', 'share of true samples that are covered', coverage),
    ofVectors('classifier-two-sample', 'accuracy of telling samples from true ones', (law) =>
      classifierTwoSample(law),
    ),
    entryFor('marginal-ks-mean', 'vectors', 'mean Kolmogorov-Smirnov distance of variables', ({ mixture }) =>
      marginalKsMean(mixture),
    ),
    entryFor(
      'marginal-ks-max',
      'vectors',
      'largest Kolmogorov-Smirnov distance of variables',
      ({ mixture }) => marginalKsMax(mixture),
    ),
    entryFor('entropy-rate', 'text', 'entropy rate of the samples themselves', ({ model, length }) =>
      length > model.order ? entropyRate(model, length) : undefined,
    ),
    entryFor('distinct-ngrams', 'text', 'share of 4-grams that are new in a sample', ({ model, length }) =>
      length >= 4 ? distinctNgrams(model, length) : undefined,
    ),
    entryFor(
      'word-frequency-divergence',
      'text',
      'Jensen-Shannon divergence of word frequencies',
      ofWords((model, length) => wordFrequencyDivergence(model, length)),
    ),
    entryFor(
      'word-length-divergence',
      'text',
      'Jensen-Shannon divergence of word lengths',
      ofWords((model, length) => wordLengthDivergence(model, length)),
    ),
  ].map(optIn),
]);

/** Adds a metric. Throws a `UsageError` if its id is taken or not kebab-case, or its version is no whole number. */
export const registerMetric = (entry: MetricEntry): void => {
  requireWhole(`version of the metric "${entry.id}"`, entry.version ?? 1, 1);
  metrics.register(entry);
};

/** What makes the metric of that id. Throws a `UsageError` that says what exists. */
export const metricEntry = metrics.get;

export const metricEntries = metrics.list;

// What a metric prepares once, such as a reference sample, lives as long as the truth that it belongs to.
const made = new WeakMap<Truth, Map<MetricEntry, Metric | undefined>>();

/** Stands for all metrics that are computed where none are asked for. */
const usual = 'default';

/** An id that metrics can be asked for by. Throws a `UsageError` for one that does not exist. */
export const metricId = (id: string): string => (id === usual ? usual : metricEntry(id).id);

/** The entries asked for by id, where `default` stands for the usual ones, in the order of registration. Throws a `UsageError` for an unknown id. */
const chosen = (ids: readonly string[]): readonly MetricEntry[] => {
  const named = new Set(ids.filter((id) => id !== usual).map(metricEntry));
  return metrics.list().filter((entry) => named.has(entry) || (ids.includes(usual) && !entry.optIn));
};

/**
 * The metrics that apply to a truth, in the order of registration; made once for each truth. Without `ids`, all but those
 * that are opt-in. Throws a `UsageError` for an id that does not exist.
 */
export const metricsFor = (truth: Truth, ids: readonly string[] = [usual]): Metric[] => {
  const ofTruth = made.get(truth) ?? new Map<MetricEntry, Metric | undefined>();
  made.set(truth, ofTruth);
  return chosen(ids).flatMap((entry) => {
    if (!ofTruth.has(entry)) ofTruth.set(entry, entry.make(truth));
    return ofTruth.get(entry) ?? [];
  });
};
