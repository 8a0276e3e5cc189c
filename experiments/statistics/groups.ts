/** How many groups the jackknife leaves out in turn. Metrics that keep sums a group keep these. */
export const defaultGroups = 20;

/** The group of a sample: by stride, so that any drift along the run is spread over all groups. */
export const groupOf = (index: number, groups: number): number => index % groups;

/** How many of samples 0 to n-1 are in a group. */
export const groupSize = (group: number, groups: number, n: number): number =>
  Math.floor((n - 1 - group) / groups) + 1;

/** A list of samples: an array or a typed array. */
export type Indices = ArrayLike<number> & Iterable<number>;
