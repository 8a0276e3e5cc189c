import { UsageError } from '../src/errors.js';
import type { Process } from '../src/process/process.js';

/** Decreasing grids as free numbers, one an unknown. */
export interface GridCoordinates {
  /** Of the grid that they were made from. */
  readonly from: readonly number[];
  /** Any numbers are a grid: the times from start to end. */
  toTimes(point: readonly number[]): readonly number[];
}

/** Of the way from the earliest start to the end: a start there is no logarithm. */
const leastPart = 1e-3;

/**
 * The logarithms of the steps in half log-SNR, relative to the last one where the end has a finite half log-SNR (a softmax), else
 * absolute. With `earliest`, the way from there to the start is a step like the others, so that the start is free as well. The end
 * stays. Throws a `UsageError` where half log-SNR is -infinity at the start.
 */
export const gridCoordinates = (
  process: Process,
  times: readonly number[],
  earliest?: number,
): GridCoordinates => {
  const [start, end] = [times[0], times[times.length - 1]];
  const origin = process.lambda(earliest ?? start);
  if (origin === -Infinity) {
    throw new UsageError(
      `half log-SNR is -infinity at t = ${earliest ?? start} on ${process.id}: give ends with eta > 0`,
    );
  }
  const lambdas = [origin, ...times.slice(earliest === undefined ? 1 : 0).map(process.lambda)];
  const range = lambdas[lambdas.length - 1] - origin;
  const bounded = range < Infinity;
  const steps = lambdas
    .slice(1)
    .map((lambda, i) => Math.max(lambda - lambdas[i], leastPart * Math.min(range, 1)));
  const unit = bounded ? (steps.at(-1) ?? 1) : 1;
  const toTimes = (point: readonly number[]): readonly number[] => {
    if (point.length === 0) return times;
    const parts = point.map(Math.exp);
    const scale = bounded ? range / parts.reduce((sum, part) => sum + part, 1) : 1;
    let lambda = origin;
    const inner = parts.map((part) => process.timeAtLambda((lambda += scale * part)));
    return [...(earliest === undefined ? [start] : []), ...inner, end];
  };
  return { from: steps.slice(0, -1).map((step) => Math.log(step / unit)), toTimes };
};
