/** A value that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A copy without some of the fields. */
export const without = <T extends object, Name extends string>(
  value: T,
  names: readonly Name[],
): Omit<T, Name> =>
  Object.fromEntries(
    Object.entries(value).filter(([name]) => !(names as readonly string[]).includes(name)),
  ) as Omit<T, Name>;
