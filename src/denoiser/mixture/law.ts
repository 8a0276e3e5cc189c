import { floats, precisionOf, samplesOf, zeros, type Batch } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Denoiser, Moment } from '../../plan/denoiser.js';
import { randomStream, type RandomStream } from '../../random/index.js';

/**
 * A law of vectors in R^d whose noisy marginals are known in closed form: as a denoiser it predicts the exact posterior
 * mean `E[x_0 | x_t]` at any alpha and sigma. With alpha = 0 that is the mean of the law, with sigma = 0 it is `x / alpha`.
 * A sample's results do not depend on the batch that it is in, bit for bit.
 *
 * Every method throws a `UsageError` if the batch is not [n, d] or there are not n moments.
 */
export interface VectorLaw extends Denoiser {
  readonly dimension: number;
  /** Of the data, exactly: [d]. */
  readonly mean: readonly number[];
  /** Of the data, exactly: [d, d]. */
  readonly covariance: readonly (readonly number[])[];
  predict(x: Batch, moments: readonly Moment[], out?: Batch): Batch;
  /**
   * `ln p(x)` in nats a sample, [n]: of the data, or of x_t at a moment. Throws a `UsageError` where there is no density:
   * at sigma = 0 or alpha = 0 = sigma if the law, so scaled, lies in a subspace.
   */
  logDensity(x: Batch, moment?: Moment): Float64Array;
  /** `grad ln p_t(x)`, [n, d] in the precision of x. Throws like `logDensity`. */
  score(x: Batch, moments: readonly Moment[]): Batch;
  /** Draws from the data law, [count, d] in float64. The first n of a longer draw with the same seed are the shorter one. */
  sample(count: number, seed: number): Batch;
}

/** The law of one x_t, for one sample at a time; nothing in it depends on other samples. */
export interface Marginal {
  /** `E[x_0 | x_t = x]` into `out`, both [d]; alpha and sigma are positive. */
  posteriorMean(x: Float64Array, out: Float64Array): void;
  score(x: Float64Array, out: Float64Array): void;
  logDensity(x: Float64Array): number;
}

type Rows = readonly (readonly number[])[];

/** A copy of a matrix that nobody can change. */
export const frozen = (rows: Rows): Rows => Object.freeze(rows.map((row) => Object.freeze([...row])));

/** What a law of vectors is made from. */
export interface LawParts {
  readonly mean: number[];
  readonly covariance: Rows;
  marginal(alpha: number, sigma: number): Marginal;
  /** One draw from the data law into `out`, [d]. */
  draw(out: Float64Array, stream: RandomStream): void;
}

type Write = (x: Float64Array, out: Float64Array) => void;

/** `make` remembered by its argument; for one call, so that nothing outlives it. */
const remember = <K, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) made.set(key, (value = make(key)));
    return value;
  };
};

/** What `at` says for a sample's moment, applied to the samples `indices`, in float64. */
const eachSample = (
  x: Batch,
  moments: readonly Moment[],
  out: Batch,
  indices: Iterable<number>,
  at: (moment: Moment) => Write,
): Batch => {
  const d = x.shape[1];
  const write = remember(at);
  const [row, result] = [new Float64Array(d), new Float64Array(d)];
  for (const i of indices) {
    row.set(samplesOf(x, i, i + 1).data);
    write(moments[i])(row, result);
    samplesOf(out, i, i + 1).data.set(result);
  }
  return out;
};

/** Throws a `UsageError` unless `x` is [n, d] and there is a moment a sample. */
const checkBatch = (x: Batch, dimension: number, moments: readonly Moment[] | undefined): void => {
  if (x.shape.length !== 2 || x.shape[1] !== dimension) {
    throw new UsageError(`the batch has shape [${x.shape.join(', ')}]; accepted is [n, ${dimension}]`);
  }
  if (moments && moments.length !== x.shape[0]) {
    throw new UsageError(
      `${moments.length} moments for ${x.shape[0]} samples; accepted is one moment a sample`,
    );
  }
};

/** A new batch like `x`. */
const like = (x: Batch): Batch => ({ shape: x.shape, data: floats(x.data.length, precisionOf(x.data)) });

/**
 * A prediction of the samples `indices` of a checked batch into `out`. `plain` does the same in float64.
 * It is the place for a faster way to the same result.
 */
export type Predict = (
  x: Batch,
  moments: readonly Moment[],
  out: Batch,
  plain: (indices: Iterable<number>) => void,
) => void;

const predictPlainly: Predict = (_x, moments, _out, plain) => plain(moments.keys());

/** The law from its parts; frozen. */
export const vectorLaw = (
  { mean, covariance, marginal, draw }: LawParts,
  predict: Predict = predictPlainly,
): VectorLaw => {
  const dimension = mean.length;

  /** The posterior mean at a moment, the two ends of the channel included. */
  const posteriorMean = ({ alpha, sigma }: Moment): Write => {
    if (alpha === 0) return (_, out) => out.set(mean);
    if (sigma === 0) return (x, out) => x.forEach((value, j) => (out[j] = value / alpha));
    return marginal(alpha, sigma).posteriorMean;
  };

  return Object.freeze({
    sampleShape: Object.freeze([dimension]),
    dimension,
    mean: Object.freeze(mean),
    covariance: frozen(covariance),
    predict(x: Batch, moments: readonly Moment[], out: Batch = like(x)) {
      checkBatch(x, dimension, moments);
      predict(x, moments, out, (indices) => eachSample(x, moments, out, indices, posteriorMean));
      return out;
    },
    score(x: Batch, moments: readonly Moment[]) {
      checkBatch(x, dimension, moments);
      const at = ({ alpha, sigma }: Moment): Write => marginal(alpha, sigma).score;
      return eachSample(x, moments, like(x), moments.keys(), at);
    },
    logDensity(x: Batch, { alpha, sigma }: Pick<Moment, 'alpha' | 'sigma'> = { alpha: 1, sigma: 0 }) {
      checkBatch(x, dimension, undefined);
      const { logDensity } = marginal(alpha, sigma);
      return Float64Array.from({ length: x.shape[0] }, (_, i) =>
        logDensity(Float64Array.from(samplesOf(x, i, i + 1).data)),
      );
    },
    sample(count: number, seed: number) {
      if (!(Number.isInteger(count) && count >= 0)) {
        throw new UsageError(`sample(${count}): accepted are whole numbers of samples`);
      }
      const stream = randomStream(seed, 'law of vectors');
      const out = zeros([count, dimension], 'float64');
      for (let i = 0; i < count; i++) draw(samplesOf(out, i, i + 1).data as Float64Array, stream);
      return out;
    },
  });
};

/** Mean and covariance of a mixture from those of its parts; a part without a covariance is a point. */
export const mixtureMoments = (
  weights: readonly number[],
  means: readonly ArrayLike<number>[],
  covariances?: readonly (readonly ArrayLike<number>[])[],
): { mean: number[]; covariance: number[][] } => {
  const d = means[0].length;
  const mean = new Array<number>(d).fill(0);
  weights.forEach((w, c) => mean.forEach((_, j) => (mean[j] += w * means[c][j])));
  const covariance = mean.map(() => new Array<number>(d).fill(0));
  weights.forEach((w, c) => {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const spread = (means[c][i] - mean[i]) * (means[c][j] - mean[j]);
        covariance[i][j] += w * (spread + (covariances?.[c]?.[i]?.[j] ?? 0));
      }
    }
  });
  return { mean, covariance };
};
