import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, Statistic } from '../metric.js';
import { jensenShannon } from './jensen-shannon.js';
import { symbols } from './samples.js';

/**
 * Jensen-Shannon divergence between the class frequencies of one categorical variable and its true probabilities.
 * Throws a `UsageError` unless these are non-negative numbers of sum 1.
 */
export const classDivergence = (probabilities: ArrayLike<number>): Metric => {
  const truth = Float64Array.from(probabilities);
  const sum = truth.reduce((a, b) => a + b, 0);
  if (!(Math.abs(sum - 1) < 1e-6 && truth.every((p) => p >= 0))) {
    throw new UsageError(
      `class-divergence: probabilities [${truth.join(', ')}]: accepted are non-negative numbers of sum 1`,
    );
  }
  return Object.freeze({
    id: 'class-divergence',
    unit: 'bits',
    description: 'Jensen-Shannon divergence of the class frequencies from the true probabilities',
    reference: 'Lin 1991',
    bounds: { low: 0, high: 1 },
    over: (samples: Batch): Statistic => {
      const classes = symbols('class-divergence', samples, 1, truth.length);
      return (indices) => {
        const frequencies = new Float64Array(truth.length);
        for (const i of indices) frequencies[classes[i]] += 1 / indices.length;
        return jensenShannon(frequencies, truth);
      };
    },
  });
};
