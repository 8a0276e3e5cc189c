import { UsageError } from '../../errors.js';

/** What is known of a sample: `values[i]` wherever `mask[i]` is true. */
export interface Known {
  readonly mask: readonly boolean[];
  /** As long as the mask; what stands where it is false is not looked at. */
  readonly values: readonly number[];
}

/** Throws a `UsageError` unless mask and values have `count` entries, and the known values are `accepted`. */
export const requireKnown = (
  { mask, values }: Known,
  count: number,
  accepted: string,
  accepts: (value: number) => boolean,
): void => {
  if (mask.length !== count || values.length !== count) {
    throw new UsageError(
      `known has a mask of ${mask.length} and ${values.length} values; accepted are ${count} of each`,
    );
  }
  values.forEach((value, i) => {
    if (!mask[i] || accepts(value)) return;
    throw new UsageError(`known.values[${i}] is ${value}; accepted are ${accepted}`);
  });
};

const isClass =
  (classes: number) =>
  (value: number): boolean =>
    Number.isInteger(value) && value >= 0 && value < classes;

/** Throws a `UsageError` unless there are `length` entries and the known values are classes. */
export const requireKnownClasses = (known: Known, length: number, classes: number): void =>
  requireKnown(known, length, `classes from 0 to ${classes - 1}`, isClass(classes));

/** Known classes, one entry a variable, as known coordinates `K e_k - 1`, K a variable. Throws a `UsageError` for values that are no classes. */
export const knownCoordinates = (known: Known, classes: number): Known => {
  requireKnownClasses(known, known.mask.length, classes);
  const spread = <T>(of: (variable: number, k: number) => T): T[] =>
    known.mask.flatMap((_, i) => Array.from({ length: classes }, (__, k) => of(i, k)));
  return {
    mask: spread((i) => known.mask[i]),
    values: spread((i, k) => (known.values[i] === k ? classes - 1 : -1)),
  };
};
