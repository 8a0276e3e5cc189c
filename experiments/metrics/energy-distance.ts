import type { Metric, Mixture } from '../metric.js';
import { meanDiscrepancy } from './mean-discrepancy.js';
import { meanNorm } from './mean-norm.js';
import { meansOverTruth } from './means-over-truth.js';

/**
 * The squared energy distance `2 E|X - Y| - E|X - X'| - E|Y - Y'|` (Székely and Rizzo 2013, "Energy statistics: a class of
 * statistics based on distances"): the maximum mean discrepancy with the kernel `-|x - y|`. The mean over pairs of different
 * samples is unbiased and those with the truth Y are exact, so it scatters about 0 on the truth and may be negative.
 */
export const energyDistance = (mixture: Mixture): Metric => {
  const id = 'energy-distance';
  const { toTruth, withinTruth } = meansOverTruth(mixture, meanNorm);
  return Object.freeze({
    id,
    unit: 'data',
    description: 'squared energy distance, unbiased: about 0 on the truth',
    reference: 'Székely and Rizzo 2013',
    over: meanDiscrepancy(id, mixture.dimension, {
      between: (_, __, distance) => -distance,
      toTruth: (x) => -toTruth(x),
      withinTruth: () => -withinTruth(),
    }),
  });
};
