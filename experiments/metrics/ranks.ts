import type { Indices } from '../statistics.js';

/** The first place of an ascending list from where on `holds`, which fails before it. */
const firstPlace = (sorted: Float64Array, holds: (entry: number) => boolean): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
};

/** The number of entries of an ascending list that are below `value`. */
export const countBelow = (sorted: Float64Array, value: number): number =>
  firstPlace(sorted, (entry) => entry >= value);

/** The number of entries of an ascending list that are `value` or below. */
export const countUpTo = (sorted: Float64Array, value: number): number =>
  firstPlace(sorted, (entry) => entry > value);

/** Values in ascending order, and where each sample's value first stands there: equal values share a place. */
export interface Ranked {
  readonly sorted: Float64Array;
  readonly rank: Uint32Array;
}

export const ranked = (values: Float64Array): Ranked => {
  const sorted = values.slice().sort();
  return { sorted, rank: Uint32Array.from(values, (value) => countBelow(sorted, value)) };
};

/** How often each place of the ascending order is taken by the listed samples. */
export const weightsByRank = ({ sorted, rank }: Ranked, indices: Indices): Float64Array => {
  const weights = new Float64Array(sorted.length);
  for (const i of indices) weights[rank[i]]++;
  return weights;
};

/**
 * The Kolmogorov-Smirnov distance of the samples of the indices from a law, whose distribution function is given just before and at each
 * sorted point: between points it only grows and theirs stands still, so that the largest difference is at one of these.
 */
export const largestDifference = (
  points: Ranked,
  indices: Indices,
  below: Float64Array,
  upTo: Float64Array,
): number => {
  let distance = 0;
  let count = 0;
  weightsByRank(points, indices).forEach((weight, place) => {
    if (weight === 0) return;
    const before = Math.abs(count / indices.length - below[place]);
    count += weight;
    distance = Math.max(distance, before, Math.abs(count / indices.length - upTo[place]));
  });
  return distance;
};
