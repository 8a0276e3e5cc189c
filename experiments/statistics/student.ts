import { UsageError } from '../../src/errors.js';

/**
 * `P(|T| < t)` for Student's t with whole degrees of freedom, by the finite sums in `theta = atan(t / sqrt(degrees))` of
 * Abramowitz and Stegun 26.7.3 (odd) and 26.7.4 (even). All terms are positive: accurate to rounding.
 */
const centralProbability = (theta: number, degrees: number): number => {
  const odd = degrees % 2 === 1;
  const cosine = Math.cos(theta);
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2 && term > 1e-17 * sum; k += 2) {
    term *= ((k - 1) / k) * cosine * cosine;
    sum += term;
  }
  sum *= Math.sin(theta);
  return odd ? (2 / Math.PI) * (theta + sum) : sum;
};

const requireDegrees = (degrees: number): void => {
  if (Number.isInteger(degrees) && degrees >= 1) return;
  throw new UsageError(`${degrees} degrees of freedom: accepted are positive integers`);
};

const found = new Map<string, number>(); // of a run few, each asked for by every interval

/**
 * The two-sided quantile of Student's t: `P(|T| < studentQuantile(level, degrees)) = level`.
 * Throws a `UsageError` unless level is in (0, 1) and degrees is a positive integer.
 */
export const studentQuantile = (level: number, degrees: number): number => {
  if (!(level > 0 && level < 1)) throw new UsageError(`level ${level}: accepted are numbers in (0, 1)`);
  requireDegrees(degrees);
  const known = found.get(`${level} ${degrees}`);
  if (known !== undefined) return known;
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralProbability(middle, degrees) < level) low = middle;
    else high = middle;
  }
  const quantile = Math.sqrt(degrees) * Math.tan((low + high) / 2);
  found.set(`${level} ${degrees}`, quantile);
  return quantile;
};

/**
 * The two-sided p-value of a t statistic: `P(|T| > |t|)`, to an absolute 1e-16, so that what is smaller reads 0.
 * Throws a `UsageError` unless degrees is a positive integer; NaN for NaN.
 */
export const studentPValue = (t: number, degrees: number): number => {
  requireDegrees(degrees);
  return Math.max(0, 1 - centralProbability(Math.atan(Math.abs(t) / Math.sqrt(degrees)), degrees));
};
