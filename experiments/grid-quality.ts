import type { OwnMeasure } from '../solvers/grid-measure.js';
import { metricsFor } from './metrics/index.js';
import type { Problem } from './problem.js';
import { jackknife } from './statistics.js';

/**
 * What samples are held against in `compare`, as one number for `optimiseGrid`: the sum of the problem's `quality` metrics, each in
 * standard errors of the same metric on as many true samples.
 */
export const qualityMeasure = async (
  problem: Problem,
  samples: number,
  seed: number,
): Promise<OwnMeasure> => {
  const metrics = metricsFor(problem.truth).filter(({ id }) => problem.quality.includes(id));
  const all = Int32Array.from({ length: samples }, (_, i) => i);
  const floor = problem.trueSamples(samples, seed);
  const units = await Promise.all(
    metrics.map(async (metric) => jackknife(await metric.over(floor), samples).standardError),
  );
  const of: OwnMeasure['of'] = async (result) => {
    const decoded = problem.decode(result);
    const values = await Promise.all(metrics.map(async (metric) => (await metric.over(decoded))(all)));
    return values.reduce((sum, value, i) => sum + value / units[i], 0);
  };
  return { id: 'quality', of };
};
