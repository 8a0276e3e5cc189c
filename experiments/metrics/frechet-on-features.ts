import { createHash } from 'node:crypto';
import { type Batch, sampleSize } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, MetricEntry, VectorLaw, Statistic } from '../metric.js';
import { distanceFromMoments, momentsOf } from './frechet-distance.js';
import { lazy, vectors } from './samples.js';

export interface FeatureOptions {
  /** Kebab-case name of the feature network. */
  readonly label: string;
  /** Of its weights: 8 or more hexadecimal digits. */
  readonly hash: string;
  /** What is done to samples before they are shown to it, in words. */
  readonly preprocessing?: string;
  /** From samples `[n, d]` to features `[n, f]`, row by row. */
  features(samples: Batch): Batch | Promise<Batch>;
  /** True samples that the features of the truth are taken of. Default 10,000. */
  readonly referenceSize?: number;
}

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 3;

const metricOn = (law: VectorLaw, id: string, options: FeatureOptions): Metric => {
  const { label, hash, preprocessing = 'none', features, referenceSize = 10_000 } = options;
  const rowsOf = async (samples: Batch): Promise<{ rows: Float64Array; width: number }> => {
    const result = await features(samples);
    if (result.shape[0] !== samples.shape[0]) {
      throw new UsageError(`${id}: ${result.shape[0]} rows of features for ${samples.shape[0]} samples`);
    }
    const width = sampleSize(result);
    return { rows: vectors(id, result, width), width };
  };
  const truth = lazy(async () => {
    const { rows, width } = await rowsOf(law.sample(referenceSize, referenceSeed));
    return { width, distance: distanceFromMoments(momentsOf(rows, width)) };
  });
  return Object.freeze({
    id,
    unit: 'features²',
    description: `squared Fréchet distance on the features of ${label} (${hash}; preprocessing: ${preprocessing}) from those of ${referenceSize} true samples`,
    reference: 'Heusel et al. 2017',
    bounds: { low: 0 },
    over: async (samples: Batch): Promise<Statistic> => {
      vectors(id, samples, law.dimension);
      const { width, distance } = await truth();
      const { rows, width: own } = await rowsOf(samples);
      if (own === width) return distance(rows);
      throw new UsageError(`${id}: ${own} features a sample, and ${width} of the truth`);
    },
  });
};

/**
 * The squared Fréchet distance of the features of a network, to be registered with `registerMetric`. Its id carries the label and
 * a digest of hash and preprocessing, so that distances on different features are different metrics and never
 * compared: `frechet-distance-on-LABEL-DIGEST`. For problems of vectors, and opt-in. Throws a `UsageError` for a label or hash
 * that is none.
 */
export const frechetOnFeatures = (options: FeatureOptions): MetricEntry => {
  const { label, hash, preprocessing = 'none' } = options;
  if (!/^[0-9a-f]{8,}$/i.test(hash)) {
    throw new UsageError(
      `hash "${hash}" of the features "${label}": accepted are 8 or more hexadecimal digits`,
    );
  }
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(label)) {
    throw new UsageError(`label "${label}" of features is not kebab-case, like my-network`);
  }
  const digest = createHash('sha256').update(`${hash.toLowerCase()}\n${preprocessing}`).digest('hex');
  const id = `frechet-distance-on-${label}-${digest.slice(0, 8)}`;
  return {
    id,
    description: `squared Fréchet distance on the features of ${label}`,
    version: 1,
    optIn: true,
    make: (truth) => {
      if (truth.kind === 'vectors') return metricOn(truth.mixture, id, options);
      // indicators of classes are no pictures
      return truth.kind === 'items' && truth.classes === undefined
        ? metricOn(truth.law, id, options)
        : undefined;
    },
  };
};
