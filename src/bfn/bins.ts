import { UsageError } from '../errors.js';

/**
 * K equal bins of [-1, 1], of width 2/K, counted from 0 (the paper counts from 1): bin j lies between `edge(j)` and `edge(j + 1)`
 * and has its centre at `(2j + 1)/K - 1`. (Graves et al. 2023, section 5; docs/bayesian-flow.md)
 */
export interface Bins {
  readonly count: number;
  readonly width: number;
  /** [K] */
  readonly centres: Float64Array;
  /** `2j/K - 1`, j = 0..K. */
  edge(j: number): number;
  centre(index: number): number;
  /** The bin of a value in [-1, 1]; a value on an edge belongs to the bin above it, 1 to the last. Throws a `UsageError` for others. */
  index(value: number): number;
}

/** Throws a `UsageError` unless `count` is a whole number from 2 to 65536. */
export const makeBins = (count: number): Bins => {
  if (!(Number.isInteger(count) && count >= 2 && count <= 65536)) {
    throw new UsageError(`${count} bins; accepted are whole numbers from 2 to 65536`);
  }
  const centre = (index: number): number => (2 * index + 1 - count) / count;
  return Object.freeze({
    count,
    width: 2 / count,
    centres: Float64Array.from({ length: count }, (_, j) => centre(j)),
    edge: (j: number) => (2 * j - count) / count,
    centre: (index: number) => {
      if (Number.isInteger(index) && index >= 0 && index < count) return centre(index);
      throw new UsageError(`bin ${index}; accepted are whole numbers from 0 to ${count - 1}`);
    },
    index: (value: number) => {
      if (value >= -1 && value <= 1) return Math.min(Math.floor((value / 2 + 0.5) * count), count - 1);
      throw new UsageError(`the value ${value} is in no bin; accepted are numbers from -1 to 1`);
    },
  });
};
