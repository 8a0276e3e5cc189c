import type { Floats } from '../../src/array/batch.js';
import type { Bins } from '../../src/bfn/bins.js';
import { logNormalMass } from '../../src/bfn/normal.js';
import type { CodeLength } from './ngrams.js';

/** `-ln` of the bin of a value under a normal law whose tails are folded into the first and the last bin. */
const binCode = (value: number, mean: number, deviation: number, bins: Bins): number => {
  const index = bins.index(value);
  const place = (edge: number): number =>
    edge === 0 ? -Infinity : edge === bins.count ? Infinity : (bins.edge(edge) - mean) / deviation;
  return -logNormalMass(place(index), place(index + 1));
};

interface Moments {
  readonly mean: Float64Array;
  /** [d, d]; the variance of a value within a bin, width²/12, is added, so that a constant pixel has one, too. */
  readonly covariance: Float64Array;
}

/** Of items [n, d] one after the other; the covariances between variables only where asked for. */
const momentsOf = (items: Floats, d: number, bins: Bins, between: boolean): Moments => {
  const n = items.length / d;
  const mean = new Float64Array(d);
  items.forEach((value, i) => (mean[i % d] += value / n));
  const covariance = new Float64Array(d * d);
  const centred = new Float64Array(d);
  for (let from = 0; from < items.length; from += d) {
    for (let v = 0; v < d; v++) centred[v] = items[from + v] - mean[v];
    for (let v = 0; v < d; v++) {
      for (let w = between ? 0 : v; w <= v; w++) covariance[v * d + w] += (centred[v] * centred[w]) / n;
    }
  }
  for (let v = 0; v < d; v++) covariance[v * d + v] += bins.width ** 2 / 12;
  return { mean, covariance };
};

/** Independent normals, one a variable, of the mean and variance of items [n, d]. */
export const independentNormalCode = (items: Floats, d: number, bins: Bins): CodeLength => {
  const { mean, covariance } = momentsOf(items, d, bins, false);
  return (item) =>
    mean.reduce((nats, m, v) => nats + binCode(item[v], m, Math.sqrt(covariance[v * d + v]), bins), 0);
};

/** The lower triangle L of `L L^T`, in place of it. */
const cholesky = (matrix: Float64Array, d: number): Float64Array => {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * d + k] * matrix[j * d + k];
      matrix[i * d + j] = i === j ? Math.sqrt(sum) : sum / matrix[j * d + j];
    }
  }
  return matrix;
};

/**
 * The normal law of the mean and covariance of items [n, d], as a code: variable after variable, each in bins of its law given the values before it. With
 * `x = mean + L z` that law is normal of mean `mean_v + sum_{w<v} L_vw z_w` and deviation `L_vv`.
 */
export const normalCode = (items: Floats, d: number, bins: Bins): CodeLength => {
  const { mean, covariance } = momentsOf(items, d, bins, true);
  const lower = cholesky(covariance, d);
  return (item) => {
    const z = new Float64Array(d);
    let nats = 0;
    for (let v = 0; v < d; v++) {
      let expected = mean[v];
      for (let w = 0; w < v; w++) expected += lower[v * d + w] * z[w];
      const deviation = lower[v * d + v];
      z[v] = (item[v] - expected) / deviation;
      nats += binCode(item[v], expected, deviation, bins);
    }
    return nats;
  };
};
