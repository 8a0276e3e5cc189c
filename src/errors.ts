/** A user's mistake: one line that says what was wrong, where, and what is accepted. The CLI exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Several mistakes of a user at once, one line each. */
export class UsageErrors extends UsageError {
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('\n'));
  }
}

/** The user stopped the work, which is no mistake and no failure: what was kept, and how to go on. The CLI exits with 128 + the number of the signal. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  constructor(
    message: string,
    readonly exitCode: number,
  ) {
    super(message);
  }
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
    readonly what: string,
  ) {
    super(`${solver} diverged: ${what} at evaluation ${evaluation} (t = ${time})`);
  }
}

/** Throws a `UsageError` unless the value is a whole number of at least `least`. */
export const requireWhole = (name: string, value: number, least: number): void => {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new UsageError(`${name} is ${value}; it must be a whole number from ${least}`);
};
