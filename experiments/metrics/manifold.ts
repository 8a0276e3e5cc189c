import type { Batch } from '../../src/array/batch.js';
import type { Metric, VectorLaw, Statistic } from '../metric.js';
import type { Indices } from '../statistics.js';
import { eachRow } from './distances.js';
import { type Neighbours, nearestAmong, nearestOthers } from './neighbours.js';
import { lazy, multiplicities, vectors } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 4;

/** Neighbours that make the ball about a sample; the usual number (Naeem et al. 2020, section 5.1). */
const nearest = 5;

/** Neighbours kept of each sample: enough for any jackknife group to be left out without a search through all. */
const kept = 40;

export interface ManifoldOptions {
  /** True samples that stand for the truth. Default 2000. */
  readonly referenceSize?: number;
}

/** True samples, each with the radius of its ball: the distance to its fifth nearest other. */
const ballsOf = (law: VectorLaw, { referenceSize = 2000 }: ManifoldOptions) =>
  lazy(() => {
    const d = law.dimension;
    const rows = Float64Array.from(law.sample(referenceSize, referenceSeed).data);
    const { count, distance } = nearestOthers(rows, d, nearest);
    return {
      rows,
      radii: Float64Array.from({ length: referenceSize }, (_, j) => distance[(j + 1) * count - 1]),
    };
  });

const mean =
  (values: ArrayLike<number>) =>
  (indices: Indices): number => {
    let sum = 0;
    for (const i of indices) sum += values[i];
    return sum / indices.length;
  };

/** Of each sample, in how many balls of true samples it lies. */
const ballsAround = (x: Float64Array, y: Float64Array, radii: Float64Array, d: number): Float64Array => {
  const counts = new Float64Array(x.length / d);
  const visit = (i: number, distances: Float64Array): void =>
    radii.forEach((radius, j) => (counts[i] += distances[j] <= radius ? 1 : 0));
  eachRow(x, d, visit, y);
  return counts;
};

/** The share of samples that lie near true ones: in the ball of one at least (Kynkäänniemi et al. 2019, eq. 2). Too typical samples score above true ones. */
export const precision = (law: VectorLaw, options: ManifoldOptions = {}): Metric => {
  const balls = ballsOf(law, options);
  const over = (samples: Batch): Statistic => {
    const { rows, radii } = balls();
    const d = law.dimension;
    return mean(
      ballsAround(vectors('precision', samples, d), rows, radii, d).map((count) => (count > 0 ? 1 : 0)),
    );
  };
  return Object.freeze({
    id: 'precision',
    unit: '',
    description: 'share of samples in the ball of a true sample; the floor is the value to be met',
    reference: 'Kynkäänniemi et al. 2019',
    bounds: { low: 0, high: 1 },
    better: 'neither',
    over,
  });
};

/** The mean number of true samples in whose ball a sample lies, over 5 (Naeem et al. 2020, eq. 4): 1 in the mean on the truth, above it for too typical samples. */
export const density = (law: VectorLaw, options: ManifoldOptions = {}): Metric => {
  const balls = ballsOf(law, options);
  const over = (samples: Batch): Statistic => {
    const { rows, radii } = balls();
    const d = law.dimension;
    return mean(ballsAround(vectors('density', samples, d), rows, radii, d).map((count) => count / nearest));
  };
  return Object.freeze({
    id: 'density',
    unit: '',
    description: 'balls of true samples that a sample lies in, over 5; the floor is the value to be met',
    reference: 'Naeem et al. 2020',
    bounds: { low: 0 },
    better: 'neither',
    over,
  });
};

/** The share of true samples whose ball holds a sample (Naeem et al. 2020, eq. 5). Grows with the number of samples. */
export const coverage = (law: VectorLaw, options: ManifoldOptions = {}): Metric => {
  const balls = ballsOf(law, options);
  const over = (samples: Batch): Statistic => {
    const { rows, radii } = balls();
    const x = vectors('coverage', samples, law.dimension);
    const inBall = Array.from(radii, (): number[] => []);
    const visit = (i: number, distances: Float64Array): void =>
      radii.forEach((radius, j) => distances[j] <= radius && inBall[j].push(i));
    eachRow(x, law.dimension, visit, rows);
    return (indices) => {
      if (indices.length === 0) return NaN;
      const counts = multiplicities(indices, samples.shape[0]);
      return inBall.filter((near) => near.some((i) => counts[i] > 0)).length / radii.length;
    };
  };
  return Object.freeze({
    id: 'coverage',
    unit: '',
    description: 'share of true samples whose ball holds a sample',
    reference: 'Naeem et al. 2020',
    bounds: { low: 0, high: 1 },
    better: 'higher',
    over,
  });
};

/** True samples near each sample, as far as its kept neighbours reach: nearest first is not needed. */
const trueNear = (x: Float64Array, y: Float64Array, d: number, { count, distance }: Neighbours) => {
  const near: { readonly index: number; readonly distance: number }[][] = [];
  const total = y.length / d;
  eachRow(
    x,
    d,
    (i, distances) => {
      near[i] = [];
      const reach = distance[(i + 1) * count - 1];
      for (let j = 0; j < total; j++)
        if (distances[j] <= reach) near[i].push({ index: j, distance: distances[j] });
    },
    y,
  );
  return near;
};

/**
 * The share of true samples that lie in the ball of a sample, whose radius is the distance to its fifth nearest other sample
 * (Kynkäänniemi et al. 2019, eq. 2). Of a subset the balls are those within the subset. Outliers inflate it. NaN for
 * fewer than six samples.
 */
export const recall = (law: VectorLaw, options: ManifoldOptions = {}): Metric => {
  const balls = ballsOf(law, options);
  const d = law.dimension;
  const over = (samples: Batch): Statistic => {
    const { rows } = balls();
    const x = vectors('recall', samples, d);
    const n = samples.shape[0];
    const neighbours = nearestOthers(x, d, kept);
    const near = trueNear(x, rows, d, neighbours);
    const total = rows.length / d;
    return (indices) => {
      if (indices.length <= nearest) return NaN;
      const counts = multiplicities(indices, n);
      const found = new Uint8Array(total);
      for (let i = 0; i < n; i++) {
        if (counts[i] === 0) continue;
        const [, radius] = nearestAmong(neighbours, x, d, counts, i, nearest);
        const within = radius <= neighbours.distance[(i + 1) * neighbours.count - 1];
        const row = x.subarray(i * d, (i + 1) * d);
        if (within) near[i].forEach(({ index, distance }) => distance <= radius && (found[index] = 1));
        else eachRow(row, d, (_, all) => found.forEach((__, j) => all[j] <= radius && (found[j] = 1)), rows);
      }
      return found.reduce((sum, one) => sum + one, 0) / total;
    };
  };
  return Object.freeze({
    id: 'recall',
    unit: '',
    description: 'share of true samples in the ball of a sample',
    reference: 'Kynkäänniemi et al. 2019',
    bounds: { low: 0, high: 1 },
    better: 'higher',
    over,
  });
};
