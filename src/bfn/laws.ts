import { UsageError } from '../errors.js';
import type { RandomStream } from '../random/index.js';
import { logSumExp } from './numeric.js';

/** A list of numbers: an array or a typed array. */
export type Vector = ArrayLike<number>;

/** A law of vectors, with a density. */
export interface Law {
  /** The number of coordinates. */
  readonly dimension: number;
  /** `ln p(y)`, nats, summed over the coordinates. Throws a `UsageError` for a y of another length. */
  logDensity(y: Vector): number;
  sample(stream: RandomStream): Float64Array;
}

/** Independent normals. */
export interface NormalLaw extends Law {
  readonly mean: Float64Array;
  /** Of every coordinate; with 0 the law is a point, and its density infinite there and 0 elsewhere. */
  readonly variance: number;
}

export const requireLength = (what: string, values: Vector, length: number): void => {
  if (values.length === length) return;
  throw new UsageError(`${what} has ${values.length} numbers; accepted are ${length}`);
};

/** Throws a `UsageError` unless the accuracy is above 0 and finite. */
export const requireAccuracy = (accuracy: number): void => {
  if (accuracy > 0 && accuracy < Infinity) return;
  throw new UsageError(`the accuracy is ${accuracy}; accepted are finite numbers above 0`);
};

/** `N(mean, variance I)`. Throws a `UsageError` unless the means are finite and the variance is 0 or more. */
export const normalLaw = (mean: Vector, variance: number): NormalLaw => {
  if (!(variance >= 0 && variance < Infinity)) {
    throw new UsageError(`a variance of ${variance}; accepted are finite numbers from 0`);
  }
  const centre = Float64Array.from(mean);
  const wrong = centre.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new UsageError(`mean ${wrong} is ${centre[wrong]}; accepted are finite numbers`);
  const deviation = Math.sqrt(variance);
  return Object.freeze({
    dimension: centre.length,
    mean: centre,
    variance,
    logDensity(y: Vector) {
      requireLength('y', y, centre.length);
      let squared = 0;
      for (let i = 0; i < centre.length; i++) squared += (y[i] - centre[i]) ** 2;
      if (variance === 0) return squared === 0 ? Infinity : -Infinity;
      return -squared / (2 * variance) - (centre.length / 2) * Math.log(2 * Math.PI * variance);
    },
    sample: ({ normal }: RandomStream) => centre.map((value) => value + deviation * normal()),
  });
};

/**
 * Independent mixtures of normals, one a variable, with one variance: component k of variable v has the probability
 * `exp(logWeights[v K + k])` and the mean `means[k]`, a vector of `means[k].length` coordinates. The density of a variable is joint
 * over its coordinates, `ln sum_k w_k N(y_v; m_k, variance I)`.
 */
export const mixtureLaw = (logWeights: Vector, means: readonly Vector[], variance: number): Law => {
  if (!(variance > 0 && variance < Infinity)) {
    throw new UsageError(`a variance of ${variance}; accepted are finite numbers above 0`);
  }
  const components = means.length;
  const width = means[0].length;
  const variables = logWeights.length / components;
  if (!Number.isInteger(variables)) {
    throw new UsageError(
      `${logWeights.length} weights; accepted are ${components} a variable, one a component`,
    );
  }
  const weights = Float64Array.from(logWeights);
  const constant = (width / 2) * Math.log(2 * Math.PI * variance);
  const deviation = Math.sqrt(variance);
  return Object.freeze({
    dimension: variables * width,
    logDensity(y: Vector) {
      requireLength('y', y, variables * width);
      const terms = new Float64Array(components);
      let total = 0;
      for (let v = 0; v < variables; v++) {
        for (let k = 0; k < components; k++) {
          let squared = 0;
          for (let j = 0; j < width; j++) squared += (y[v * width + j] - means[k][j]) ** 2;
          terms[k] = weights[v * components + k] - squared / (2 * variance);
        }
        total += logSumExp(terms) - constant;
      }
      return total;
    },
    sample({ uniform, normal }: RandomStream) {
      const y = new Float64Array(variables * width);
      for (let v = 0; v < variables; v++) {
        const mean = means[drawIndex(weights.subarray(v * components, (v + 1) * components), uniform())];
        for (let j = 0; j < width; j++) y[v * width + j] = mean[j] + deviation * normal();
      }
      return y;
    },
  });
};

/** The index that a uniform in (0, 1) falls on, by probabilities given as logarithms; they need not sum to 1. */
export const drawIndex = (logWeights: Vector, uniform: number): number => {
  const weights = Float64Array.from(logWeights, Math.exp);
  let left = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  let drawn = 0;
  for (let k = 0; k < weights.length && left >= 0; k++) {
    if (weights[k] > 0) drawn = k;
    left -= weights[k];
  }
  return drawn;
};
