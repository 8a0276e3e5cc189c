import type { Batch } from '../../src/array/batch.js';
import type { Metric, VectorLaw, Statistic } from '../metric.js';
import { nearestAmong, nearestOthers } from './neighbours.js';
import { multiplicities, vectors } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 5;

/** Neighbours kept of each sample: enough for any jackknife group to be left out without a search through all. */
const kept = 20;

/**
 * The classifier two-sample test with the nearest neighbour as the classifier (Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample
 * tests"): each sample, and each of as many true samples, is called true or not as its nearest other one is; the value is the
 * share of right calls. 1/2 where samples cannot be told from true ones, above it where they can, below it where samples
 * sit on true ones. True sample i is left out and taken with sample i, so that both sides stay of one size and the
 * scatter of both is in the interval. A Student interval about 1/2 is the test.
 */
export const classifierTwoSample = (law: VectorLaw): Metric => {
  const id = 'classifier-two-sample';
  const d = law.dimension;
  const over = (samples: Batch): Statistic => {
    const n = samples.shape[0];
    const rows = new Float64Array(2 * n * d);
    rows.set(vectors(id, samples, d));
    rows.set(law.sample(n, referenceSeed).data, n * d);
    const neighbours = nearestOthers(rows, d, kept);
    return (indices) => {
      if (indices.length === 0) return NaN;
      const one = multiplicities(indices, n);
      const counts = new Float64Array(2 * n);
      counts.set(one);
      counts.set(one, n);
      let right = 0;
      counts.forEach((count, i) => {
        if (count === 0) return;
        const [nearest] = nearestAmong(neighbours, rows, d, counts, i, 1);
        if (nearest < n === i < n) right += count;
      });
      return right / (2 * indices.length);
    };
  };
  return Object.freeze({
    id,
    unit: '',
    description:
      'share of samples and true samples that their nearest neighbour tells apart; 1/2 on the truth',
    reference: 'Lopez-Paz and Oquab 2017',
    truth: 0.5,
    bounds: { low: 0, high: 1 },
    over,
  });
};
