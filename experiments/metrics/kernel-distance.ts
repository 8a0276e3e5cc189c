import type { Metric, Mixture } from '../metric.js';
import { meanDiscrepancy } from './mean-discrepancy.js';

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};

const times = (matrix: readonly ArrayLike<number>[], x: ArrayLike<number>): number[] =>
  matrix.map((row) => dot(row, x));

const kernel = (product: number, d: number): number => (product / d + 1) ** 3;

/** `E (1 + x·Y/d)³` for Y of the mixture: with u = 1 + x·Y/d normal of mean m and variance v it is m³ + 3 m v. */
const kernelToTruth = (
  { weights, means, covariances, dimension: d }: Mixture,
  x: ArrayLike<number>,
): number => {
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    const m = 1 + dot(x, means[c]) / d;
    const v = dot(x, times(covariances[c], x)) / d ** 2;
    sum += weights[c] * (m ** 3 + 3 * m * v);
  }
  return sum;
};

/** `E (1 + Y·Y'/d)³` of two components: the formula above, averaged over a normal x. */
const kernelOfComponents = (mixture: Mixture, c: number, e: number): number => {
  const { means, covariances, dimension: d } = mixture;
  const [a, b] = [means[c], means[e]];
  const m = 1 + dot(a, b) / d;
  const across = times(covariances[c], b);
  const trace = covariances[c].reduce((sum, row, i) => sum + dot(row, covariances[e][i]), 0);
  const cube = m ** 3 + (3 * m * dot(a, times(covariances[e], a))) / d ** 2;
  const product = m * (dot(b, across) + trace) + (2 * dot(times(covariances[e], a), across)) / d;
  return cube + (3 * product) / d ** 2;
};

const kernelWithinTruth = (mixture: Mixture): number => {
  const { weights } = mixture;
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    for (let e = 0; e < weights.length; e++)
      sum += weights[c] * weights[e] * kernelOfComponents(mixture, c, e);
  }
  return sum;
};

/**
 * The unbiased squared maximum mean discrepancy with the kernel `(x·y/d + 1)³`, which on features of an Inception network is KID (Binkowski
 * et al. 2018, "Demystifying MMD GANs"). A cubic kernel sees the first three moments and nothing beyond.
 */
export const kernelDistance = (mixture: Mixture): Metric => {
  const id = 'kernel-distance';
  const d = mixture.dimension;
  return Object.freeze({
    id,
    unit: '',
    description:
      'squared maximum mean discrepancy with the cubic kernel of KID, unbiased: 0 in the mean on the truth',
    reference: 'Binkowski et al. 2018',
    over: meanDiscrepancy(id, d, {
      between: (square, other, distance) => kernel((square + other - distance * distance) / 2, d),
      toTruth: (x) => kernelToTruth(mixture, x),
      withinTruth: () => kernelWithinTruth(mixture),
    }),
  });
};
