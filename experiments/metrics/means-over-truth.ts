import type { Mixture } from '../metric.js';

type Rows = readonly ArrayLike<number>[];

/** From a covariance, [d, d], to what makes of a mean, [d], the expectation of a function of a normal vector. */
export type MeanOfNormal = (covariance: Rows) => (mean: Float64Array) => number;

const difference = (a: ArrayLike<number>, b: ArrayLike<number>, into: Float64Array): Float64Array => {
  for (let i = 0; i < into.length; i++) into[i] = a[i] - b[i];
  return into;
};

const sumOf = (a: Rows, b: Rows): Rows => a.map((row, i) => Array.from(row, (value, j) => value + b[i][j]));

/**
 * Exact means `E f(x - Y)` and `E f(Y - Y')` over independent draws of a mixture of Gaussians, for an even function f whose
 * mean over any normal vector is known: differences of components are normal.
 */
export const meansOverTruth = (
  { weights, means, covariances, dimension }: Mixture,
  ofNormal: MeanOfNormal,
): { readonly toTruth: (x: ArrayLike<number>) => number; readonly withinTruth: () => number } => {
  const apart = new Float64Array(dimension);
  let components: ReturnType<MeanOfNormal>[] | undefined;
  return {
    toTruth: (x) => {
      components ??= covariances.map(ofNormal);
      return components.reduce((sum, mean, c) => sum + weights[c] * mean(difference(x, means[c], apart)), 0);
    },
    withinTruth: () => {
      let sum = 0;
      for (let c = 0; c < weights.length; c++) {
        for (let e = 0; e <= c; e++) {
          const mean = ofNormal(sumOf(covariances[c], covariances[e]));
          sum += (e < c ? 2 : 1) * weights[c] * weights[e] * mean(difference(means[c], means[e], apart));
        }
      }
      return sum;
    },
  };
};
