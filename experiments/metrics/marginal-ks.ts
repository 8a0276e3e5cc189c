import type { Batch } from '../../src/array/batch.js';
import type { Metric, Mixture, Statistic } from '../metric.js';
import { normalCdf } from './normal.js';
import { type LineMixture, projectMixture } from './projected-law.js';
import { ranked, largestDifference } from './ranks.js';
import { lazy, vectors } from './samples.js';

/** The exact distribution function of a Gaussian mixture on the line, and its limit from below: they differ at point masses. */
const distribution = ({ weights, means, deviations }: LineMixture, x: number, below: boolean): number => {
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    const z = x - means[c];
    sum +=
      weights[c] * (deviations[c] > 0 ? normalCdf(z / deviations[c]) : z > 0 || (z === 0 && !below) ? 1 : 0);
  }
  return sum;
};

/** The Kolmogorov-Smirnov distances of all variables that are no constants, on any subset. */
const distances = (
  id: string,
  mixture: Mixture,
): ((samples: Batch) => (indices: Parameters<Statistic>[0]) => number[]) => {
  const d = mixture.dimension;
  const laws = lazy(() =>
    Array.from({ length: d }, (_, k) => k)
      .filter((k) => mixture.covariance[k][k] > 0)
      .map((k) => ({
        k,
        law: projectMixture(
          mixture,
          Array.from({ length: d }, (_, j) => (j === k ? 1 : 0)),
        ),
      })),
  );
  return (samples) => {
    const rows = vectors(id, samples, d);
    const variables = laws().map(({ k, law }) => {
      const points = ranked(Float64Array.from({ length: samples.shape[0] }, (_, i) => rows[i * d + k]));
      return {
        points,
        below: points.sorted.map((x) => distribution(law, x, true)),
        upTo: points.sorted.map((x) => distribution(law, x, false)),
      };
    });
    return (indices) =>
      variables.map(({ points, below, upTo }) => largestDifference(points, indices, below, upTo));
  };
};

const marginal = (
  mixture: Mixture,
  which: 'mean' | 'max',
  of: (all: readonly number[]) => number,
): Metric => {
  const id = `marginal-ks-${which}`;
  const over = distances(id, mixture);
  return Object.freeze({
    id,
    unit: '',
    description: `${which === 'mean' ? 'mean' : 'largest'} Kolmogorov-Smirnov distance of a variable from its exact law`,
    reference: 'Massey 1951',
    bounds: { low: 0, high: 1 },
    over: (samples: Batch): Statistic => {
      const all = over(samples);
      return (indices) => (indices.length === 0 ? NaN : of(all(indices)));
    },
  });
};

/** The Kolmogorov-Smirnov distance of each variable from its exact law, averaged over variables. Variables that are constants are left out. */
export const marginalKsMean = (mixture: Mixture): Metric =>
  marginal(mixture, 'mean', (all) => all.reduce((a, b) => a + b, 0) / all.length);

/** The same of the variable where it is largest. The maximum of many variables has a high floor. */
export const marginalKsMax = (mixture: Mixture): Metric =>
  marginal(mixture, 'max', (all) => all.reduce((a, b) => Math.max(a, b), 0));
