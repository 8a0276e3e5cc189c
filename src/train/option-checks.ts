import { UsageError, requireWhole } from '../errors.js';

/** Throws a `UsageError` unless each option is a whole number from 1. */
export const requireCounts = (network: string, options: Readonly<Record<string, number>>): void => {
  for (const [name, value] of Object.entries(options)) requireWhole(`${network}: ${name}`, value, 1);
};

/** Throws a `UsageError` unless both are whole numbers from 1 and the value is a multiple of the divisor; `why` says what that is. */
export const requireMultiple = (what: string, value: number, divisor: number, why: string): void => {
  requireWhole(what, value, 1);
  if (value % divisor === 0) return;
  throw new UsageError(`${what} is ${value}; it must be a multiple of ${divisor} (${why})`);
};

/** Throws a `UsageError` unless the rate of dropout is at least 0 and below 1. */
export const requireDropout = (network: string, rate: number): void => {
  if (rate >= 0 && rate < 1) return;
  throw new UsageError(`${network}: dropout is ${rate}; it must be at least 0 and below 1`);
};
