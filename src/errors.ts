/** A user's mistake: one line that says what was wrong, where, and what is accepted. The CLI exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * A number became NaN or infinite. The run stops where it was first seen; the CLI exits with 1.
 * `evaluation` counts network calls from 1; `time` is the process time of that call.
 */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  constructor(
    readonly solver: string,
    readonly evaluation: number,
    readonly time: number,
    what: string,
  ) {
    super(`${solver} diverged: ${what} at evaluation ${evaluation} (t = ${time})`);
  }
}

/** Throws a `UsageError` unless the value is a whole number of at least `least`. */
export const requireWhole = (name: string, value: number, least: number): void => {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError(`${name} is ${value}; it must be a whole number from ${least}`);
};
