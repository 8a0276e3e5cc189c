import type { AccuracySchedule } from '../../src/bfn/index.js';
import { continuousAccuracy, discreteAccuracy } from '../../src/bfn/index.js';
import { randomStream } from '../../src/random/index.js';
import fc from 'fast-check';
import { logUniform } from '../../src/testing/processes.js';

export const anyContinuousAccuracy = (): fc.Arbitrary<AccuracySchedule> =>
  logUniform(1e-3, 0.8).map((sigma1) => continuousAccuracy({ sigma1 }));
export const anyDiscreteAccuracy = (): fc.Arbitrary<AccuracySchedule> =>
  logUniform(0.05, 20).map((beta1) => discreteAccuracy({ beta1 }));

/** Standard normals by seed. */
export const normalsOf = (seed: number, count: number): Float64Array => {
  const { normal } = randomStream(seed, 'test');
  return new Float64Array(count).map(() => normal());
};

/** Entropy of a law, nats. */
export const entropy = (p: readonly number[]): number =>
  -p.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0);

/** The largest difference of two lists, relative to the size of the second. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [most, size] = [a.length === b.length ? 0 : Infinity, 1e-300];
  for (let i = 0; i < b.length; i++) {
    most = Math.max(most, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return most / size;
};

/** The statistic of Pearson's chi² test of counts against probabilities. */
export const chiSquared = (counts: readonly number[], probabilities: readonly number[]): number => {
  const total = counts.reduce((a, b) => a + b, 0);
  return counts.reduce(
    (sum, count, k) => sum + (count - total * probabilities[k]) ** 2 / (total * probabilities[k]),
    0,
  );
};
