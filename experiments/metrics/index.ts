import { registry } from '../../src/registry.js';
import type { Metric, MetricEntry, Truth } from '../metric.js';
import { bitsGap, bitsPerCharacter } from './bits.js';
import { classDivergence } from './class-divergence.js';
import { energyDistance } from './energy-distance.js';
import { frechetDistance } from './frechet-distance.js';
import { logDensityKs } from './log-density-ks.js';
import { ngramDivergence } from './ngram-divergence.js';
import { slicedWasserstein } from './sliced-wasserstein.js';
import { spellingAccuracy } from './spelling-accuracy.js';
import { symbolEntropy } from './symbol-entropy.js';

export { bitsGap, bitsPerCharacter } from './bits.js';
export { classDivergence } from './class-divergence.js';
export { energyDistance } from './energy-distance.js';
export { frechetDistance } from './frechet-distance.js';
export { jensenShannon } from './jensen-shannon.js';
export { logDensityKs } from './log-density-ks.js';
export { ngramDivergence } from './ngram-divergence.js';
export { slicedWasserstein } from './sliced-wasserstein.js';
export { spellingAccuracy } from './spelling-accuracy.js';
export { symbolEntropy } from './symbol-entropy.js';

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
  make: (truth) => (truth.kind === kind ? make(truth as Of<Kind>) : undefined),
});

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
  entryFor('sliced-wasserstein', 'vectors', '2-Wasserstein distance of projections', ({ mixture }) =>
    slicedWasserstein(mixture),
  ),
  entryFor('energy-distance', 'vectors', 'squared energy distance to a true sample', ({ mixture }) =>
    energyDistance(mixture),
  ),
  entryFor('frechet-distance', 'vectors', 'squared Fréchet distance of two moments', ({ mixture }) =>
    frechetDistance(mixture),
  ),
  entryFor('log-density-ks', 'vectors', 'Kolmogorov-Smirnov distance of the log density', ({ mixture }) =>
    logDensityKs(mixture),
  ),
  entryFor(
    'class-divergence',
    'class',
    'Jensen-Shannon divergence of class frequencies',
    ({ probabilities }) => classDivergence(probabilities),
  ),
]);

/** Adds a metric. Throws a `UsageError` if its id is taken or not kebab-case. */
export const registerMetric = metrics.register;

/** What makes the metric of that id. Throws a `UsageError` that says what exists. */
export const metricEntry = metrics.get;

export const metricEntries = metrics.list;

// What a metric prepares once, such as a reference sample, lives as long as the truth that it belongs to.
const made = new WeakMap<Truth, Map<MetricEntry, Metric | undefined>>();

/** All registered metrics that apply to a truth, in the order of registration; made once for each truth. */
export const metricsFor = (truth: Truth): Metric[] => {
  const ofTruth = made.get(truth) ?? new Map<MetricEntry, Metric | undefined>();
  made.set(truth, ofTruth);
  return metrics.list().flatMap((entry) => {
    if (!ofTruth.has(entry)) ofTruth.set(entry, entry.make(truth));
    return ofTruth.get(entry) ?? [];
  });
};
