import { studentQuantile } from './student.js';

/** A value with its confidence interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly standardError: number;
}

/** The range that a statistic can take: intervals are cut there. */
export interface Bounds {
  readonly low?: number;
  readonly high?: number;
}

/** The Student interval around a value, cut at the bounds. */
export const interval = (
  value: number,
  standardError: number,
  level: number,
  degrees: number,
  { low = -Infinity, high = Infinity }: Bounds = {},
): Estimate => {
  const reach = studentQuantile(level, degrees) * standardError;
  const cut = (x: number): number => Math.min(Math.max(x, low), high);
  return { value, low: cut(value - reach), high: cut(value + reach), standardError };
};
