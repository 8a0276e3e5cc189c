import type { Batch } from '../src/array/batch.js';
import type { Bounds, Indices } from './statistics.js';

/**
 * A metric of a subset of the samples that it was prepared with: a list of their indices, in any order, an index counting as
 * often as it is listed. NaN for an empty list, unless the metric says otherwise.
 */
export type Statistic = (indices: Indices) => number;

/** A measure of sample quality against the exact law of the data. */
export interface Metric {
  readonly id: string;
  readonly unit: string;
  /** What it measures, in one line. */
  readonly description: string;
  readonly reference?: string;
  /** The value that the truth itself has, where that is a number to be met. Without it the metric is a distance: 0 on the truth, lower is better. */
  readonly truth?: number;
  readonly bounds?: Bounds;
  /** Which way is better: solvers are only told apart where there is one. Default `lower` for a distance, `neither` where there is a `truth`. */
  readonly better?: 'lower' | 'higher' | 'neither';
  /**
   * Computes once what each sample contributes, so that the statistic is cheap on a subset. Samples are decoded: `[n, d]`
   * for vectors; `[n, length]` class indices for text; `[n, 1]` for one categorical variable.
   * Throws a `UsageError` if their shape is not the truth's, and a `RangeError` if one has an entry that is no number or no class.
   */
  over(samples: Batch): Statistic | Promise<Statistic>;
}

/** Which way of a metric is better. */
export const betterOf = ({ better, truth }: Metric): 'lower' | 'higher' | 'neither' =>
  better ?? (truth === undefined ? 'lower' : 'neither');

/** A character chain with an exact law. A state is a function of the last `order` characters. */
export interface TextModel {
  /** One character a class. */
  readonly alphabet: string;
  readonly order: number;
  /** Stationary probability of each state: that of the characters before any position. */
  readonly stationary: ArrayLike<number>;
  /** The state after `symbol` in `state`. */
  next(state: number, symbol: number): number;
  /** `p(symbol | state)`. */
  conditional(state: number, symbol: number): number;
  /** Nats. */
  logProbability(sequence: ArrayLike<number>): number;
  /** Entropy of a sequence of that length, in nats. */
  blockEntropy(length: number): number;
  /** Independent sequences as class indices, `[count, length]`; metrics that hold samples against a true sample need it. */
  sample?(count: number, length: number, seed: number): ArrayLike<number>;
}

/** A law of vectors in `dimension` = d variables, of which the first two moments are known and samples can be had. */
export interface VectorLaw {
  readonly dimension: number;
  /** [d] */
  readonly mean: ArrayLike<number>;
  /** [d, d] */
  readonly covariance: readonly ArrayLike<number>[];
  /** Independent draws, `[count, d]`. */
  sample(count: number, seed: number): Batch;
}

/** A mixture of k Gaussians, whose mean and covariance are those of the whole. */
export interface Mixture extends VectorLaw {
  /** [k] */
  readonly weights: ArrayLike<number>;
  /** [k, d] */
  readonly means: readonly ArrayLike<number>[];
  /** [k, d, d]; a variance may be 0. */
  readonly covariances: readonly (readonly ArrayLike<number>[])[];
  /** Nats, one number a row of `x`, whose shape is `[n, d]`. */
  logDensity(x: Batch): ArrayLike<number>;
}

/** The law of items that there are, each as likely as the others: of data, which have no density. */
export interface EmpiricalLaw extends VectorLaw {
  /** [n, d]; of very many items, as many of them as stand for all. */
  readonly items: Batch;
}

/** The law that samples are held against. */
export type Truth =
  | { readonly kind: 'text'; readonly model: TextModel; readonly length: number }
  | { readonly kind: 'vectors'; readonly mixture: Mixture }
  /** Where there are `classes`, more than two, the law is of their indicators (metrics/indicators.ts), and samples are classes. */
  | { readonly kind: 'items'; readonly law: EmpiricalLaw; readonly classes?: number }
  | { readonly kind: 'class'; readonly probabilities: ArrayLike<number> };

/** A metric as the registry holds it: what makes it for a given truth. */
export interface MetricEntry {
  readonly id: string;
  readonly description: string;
  /** A whole number, raised whenever values change: results of two versions are not one metric. Default 1. */
  readonly version?: number;
  /** Only computed where asked for by name. */
  readonly optIn?: boolean;
  /** Undefined where the metric does not apply to this truth. */
  make(truth: Truth): Metric | undefined;
}
