import fc from 'fast-check';
import { expect } from 'vitest';
import { sampleSize, samplesOf, type Batch } from '../../../src/array/batch.js';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { randomStream } from '../../../src/random/index.js';
import type { Metric } from '../../../experiments/metric.js';
import { groupOf } from '../../../experiments/statistics.js';

export const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const batchOf = (rows: readonly ArrayLike<number>[]): Batch => ({
  shape: [rows.length, rows[0].length],
  data: Float64Array.from(rows.flatMap((row) => Array.from(row))),
});

export const rowsOf = (batch: Batch): number[][] =>
  range(batch.shape[0]).map((i) => Array.from(samplesOf(batch, i, i + 1).data));

/** The metric of all samples. */
export const valueOf = async (metric: Metric, samples: Batch): Promise<number> =>
  (await metric.over(samples))(range(samples.shape[0]));

/** The metric of every list of samples is the metric of those samples by themselves, in any order. */
export const expectSubsetsToAgree = async (metric: Metric, samples: Batch): Promise<void> => {
  const n = samples.shape[0];
  const rows = rowsOf(samples);
  const statistic = await metric.over(samples);
  const check = async (list: number[]): Promise<void> => {
    const alone = await valueOf(metric, batchOf(list.map((i) => rows[i])));
    expect(Math.abs(statistic(list) - alone)).toBeLessThan(1e-9 * (1 + Math.abs(alone)));
  };
  const lists = fc.array(fc.integer({ min: 0, max: n - 1 }), { minLength: 2, maxLength: n });
  await fc.assert(fc.asyncProperty(lists, check), { numRuns: 15 });
  const groups = fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 18 });
  await fc.assert(
    fc.asyncProperty(groups, (out) => check(range(n).filter((i) => !out.includes(groupOf(i, 20))))),
    { numRuns: 15 },
  );
  const shuffled = fc.shuffledSubarray(range(n), { minLength: n, maxLength: n });
  await fc.assert(fc.asyncProperty(shuffled, check), { numRuns: 3 });
};

/** A symmetric positive definite matrix. */
export const someCovariance = (d: number, seed: number, scale: number): number[][] => {
  const random = randomStream(seed, 'covariance');
  const a = range(d).map(() => range(d).map(() => random.normal()));
  const product = (x: number[], y: number[]): number => x.reduce((sum, v, k) => sum + v * y[k], 0);
  return a.map((x, i) => a.map((y, j) => scale * (product(x, y) / d + (i === j ? 0.1 : 0))));
};

/** Three components in the plane, far from Gaussian. */
export const plane = gaussianMixture({
  weights: [0.5, 0.3, 0.2],
  means: [
    [-2, 0],
    [2, 1],
    [0, -3],
  ],
  covariances: [someCovariance(2, 1, 0.3), someCovariance(2, 2, 0.2), someCovariance(2, 3, 0.5)],
});

/** The standard normal law. */
export const standardNormal = (d: number) =>
  gaussianMixture({
    weights: [1],
    means: [range(d).map(() => 0)],
    covariances: [range(d).map((i) => range(d).map((j) => (i === j ? 1 : 0)))],
  });

export const mapRows = (batch: Batch, of: (row: number[]) => number[]): Batch =>
  batchOf(rowsOf(batch).map(of));

/** Samples that no metric takes: of the wrong size, or with an entry that is no number. */
export const expectChecks = async (metric: Metric, good: Batch): Promise<void> => {
  const size = sampleSize(good);
  const wide = batchOf([range(size + 1).map(() => 0)]);
  await expect((async () => metric.over(wide))()).rejects.toThrow(`${metric.id}: samples have the shape`);
  const data = Float64Array.from(good.data);
  data[size] = NaN;
  await expect((async () => metric.over({ ...good, data }))()).rejects.toThrow('sample 1 has an entry NaN');
};
