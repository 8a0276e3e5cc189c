import { UsageError } from '../../src/errors.js';
import { type Bounds, type Estimate, interval } from './estimate.js';
import { groupSize } from './groups.js';

/**
 * A statistic and its jackknife replicates: the same statistic without each group in turn, of each independent repeat. From
 * them follow the standard error of the statistic and, since the groups of two solvers hold the same samples (same start,
 * same noise), that of any function of several statistics.
 */
export interface Replicates {
  /** On all samples of all repeats. */
  readonly value: number;
  /** `left[repeat][group]` */
  readonly left: readonly (readonly number[])[];
  /** In one repeat. */
  readonly samples: number;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** The mean of a statistic over independent repeats of one size. Throws a `UsageError` for none. */
export const meanOfRepeats = (repeats: readonly Replicates[]): Replicates => {
  if (repeats.length === 0) throw new UsageError('0 repeats: a mean takes 1 or more');
  const count = repeats.length;
  const value = sum(repeats.map((repeat) => repeat.value)) / count;
  const left = repeats.flatMap((repeat) =>
    repeat.left.map((ofGroups) => ofGroups.map((one) => value + (one - repeat.value) / count)),
  );
  return { value, left, samples: repeats[0].samples };
};

/**
 * A function of several statistics of the same repeats and groups. What is paired in the statistics, as are two solvers with the
 * same noise, cancels in the replicates of their difference as it does in the difference. Throws a `UsageError` for statistics that differ in repeats or groups.
 */
export const jointly = (
  of: (values: readonly number[]) => number,
  statistics: readonly Replicates[],
): Replicates => {
  const [{ left, samples }] = statistics;
  const alike = statistics.every(
    (other) =>
      other.samples === samples &&
      other.left.length === left.length &&
      other.left.every((groups, r) => groups.length === left[r].length),
  );
  if (!alike) throw new UsageError('statistics of different repeats or groups cannot be taken jointly');
  return {
    value: of(statistics.map(({ value }) => value)),
    left: left.map((groups, r) => groups.map((_, g) => of(statistics.map((one) => one.left[r][g])))),
    samples,
  };
};

/** The pseudo-values of one repeat, how many times its group each repeat is, and their weighted mean. */
const pseudoValues = (
  value: number,
  left: readonly number[],
  n: number,
): { readonly values: readonly number[]; readonly shares: readonly number[]; readonly centre: number } => {
  const groups = left.length;
  const shares = left.map((_, g) => n / groupSize(g, groups, n));
  const values = left.map((one, g) => value + (shares[g] - 1) * (value - one));
  const centre = sum(left.map((one, g) => value / groups + (1 - 1 / shares[g]) * (value - one)));
  return { values, shares, centre };
};

/**
 * The jackknife variance, that of the repeats added up. Groups may differ in size by one, which the weights of Busing, Meijer
 * and van der Leeden ("Delete-m jackknife for unequal m", 1999) account for; with equal groups this is the textbook form.
 */
const varianceOf = ({ value, left, samples }: Replicates): number =>
  sum(
    left.map((groups) => {
      const { values, shares, centre } = pseudoValues(value, groups, samples);
      return sum(values.map((pseudo, g) => (pseudo - centre) ** 2 / (shares[g] - 1))) / groups.length;
    }),
  );

/** How far the standard error is known: groups less one, of all repeats. */
export const degreesOf = ({ left }: Replicates): number => sum(left.map(({ length }) => length - 1));

/** The Student interval of a statistic from its replicates. */
export const estimateOf = (
  replicates: Replicates,
  { level = 0.95, bounds }: { readonly level?: number; readonly bounds?: Bounds } = {},
): Estimate =>
  interval(replicates.value, Math.sqrt(varianceOf(replicates)), level, degreesOf(replicates), bounds);

/**
 * The statistic extrapolated to infinitely many samples, if its bias is a multiple of 1/n: the mean of the pseudo-values
 * (Quenouille 1956, "Notes on bias in estimation"). That is the line in 1/n through its value and those without one group each.
 */
export const extrapolated = ({ value, left, samples }: Replicates): number =>
  value + sum(left.map((groups) => pseudoValues(value, groups, samples).centre - value));
