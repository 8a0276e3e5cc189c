import type { Batch } from '../../src/array/batch.js';
import { groupOf } from '../statistics.js';
import { extrapolated } from '../statistics/replicates.js';
import type { Metric, VectorLaw, Statistic } from '../metric.js';
import { frechetDistance } from './frechet-distance.js';
import { groupCount } from './samples.js';

/**
 * The squared Fréchet distance extrapolated to infinitely many samples. Its bias is a multiple of 1/n and a smaller rest (Chong
 * and Forsyth 2020, "Effectively unbiased FID"): the line in 1/n runs through the distance of all samples and those of the
 * nested subsets that lack one jackknife group each. It scatters about 0 on the truth and may be negative. Its interval comes
 * of leaving out groups of the already extrapolated value: 400 distances in place of 20.
 *
 * NaN for samples of fewer than three groups, and for unequal numbers listed of one group's samples it is an approximation.
 */
export const frechetExtrapolated = (law: VectorLaw): Metric => {
  const { over, unit, reference = '' } = frechetDistance(law);
  return Object.freeze({
    id: 'frechet-distance-extrapolated',
    unit,
    description: 'squared Fréchet distance extrapolated to infinitely many samples: about 0 on the truth',
    reference: `${reference}; Chong and Forsyth 2020`,
    over: async (samples: Batch): Promise<Statistic> => {
      const distance = await over(samples);
      const groups = groupCount(samples.shape[0]);
      return (indices) => {
        const list = Array.from(indices);
        const present = [...new Set(list.map((i) => groupOf(i, groups)))];
        if (present.length < 3) return NaN;
        const left = present.map((g) => distance(list.filter((i) => groupOf(i, groups) !== g)));
        return extrapolated({ value: distance(list), left: [left], samples: list.length });
      };
    },
  });
};
