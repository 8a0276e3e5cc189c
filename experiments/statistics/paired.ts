import type { Estimate } from './estimate.js';
import { type Replicates, degreesOf, estimateOf, jointly } from './replicates.js';
import { studentPValue } from './student.js';

/** What is below this part of two values is rounding of float32 samples: two solvers that are one sampler differ by it. */
const rounding = 1e-5;

/** The difference of two statistics with its interval, and the p-value of there being none. */
export interface PairedDifference extends Estimate {
  readonly p: number;
}

/**
 * `a - b`, paired: the groups of both are left out together, so that what the same noise does to both cancels. Student's test with
 * as many degrees of freedom as the interval, which so excludes 0 exactly where p is below 1 - level; but values that
 * are equal to rounding have p = 1.
 */
export const pairedDifference = (a: Replicates, b: Replicates, level = 0.95): PairedDifference => {
  const difference = jointly(([x, y]) => x - y, [a, b]);
  const estimate = estimateOf(difference, { level });
  const same = Math.abs(estimate.value) <= rounding * Math.max(Math.abs(a.value), Math.abs(b.value));
  const p = same ? 1 : studentPValue(estimate.value / estimate.standardError, degreesOf(difference));
  return { ...estimate, p };
};
