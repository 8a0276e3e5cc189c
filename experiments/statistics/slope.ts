import type { Estimate } from './estimate.js';
import { type Replicates, estimateOf, jointly } from './replicates.js';

/** The slope of the straight line through points by least squares; NaN unless two x differ. */
export const leastSquaresSlope = (x: readonly number[], y: readonly number[]): number => {
  const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [meanOf(x), meanOf(y)];
  const products = (other: readonly number[], mean: number): number =>
    x.reduce((sum, value, i) => sum + (value - mx) * (other[i] - mean), 0);
  return products(y, my) / products(x, mx);
};

/**
 * The slope of `ln gap` against `ln NFE` with its interval: -2 where the gap falls with the square of the calls. Gaps are
 * positive; null where they are not, also without one of the groups, or where there are fewer than 2.
 */
export const convergenceSlope = (nfe: readonly number[], gaps: readonly Replicates[]): Estimate | null => {
  const positive = gaps.every(({ value, left }) => value > 0 && left.flat().every((one) => one > 0));
  if (gaps.length < 2 || !positive) return null;
  return estimateOf(jointly((values) => leastSquaresSlope(nfe.map(Math.log), values.map(Math.log)), gaps));
};
