import type { Json } from '../json.js';
import type { Process } from './process.js';

/** What the values of a parameter look like: as JSON, and in one line of text. */
export type ParameterKind = 'number' | 'numbers' | 'text' | 'text or numbers' | 'named numbers';

/** One parameter of a family, described as data, so that a command line can read and explain it. */
export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly description: string;
  /** Taken where the parameter is not given. */
  readonly default?: Json;
  /** True where the parameter may be left out without a default. */
  readonly optional?: boolean;
}

/** A kind of process that can be made from its id and parameters. */
export interface ProcessFamily {
  /** Kebab-case; the `id` of its processes. */
  readonly id: string;
  /** One line. */
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Gets parameters of the declared kinds, defaults filled in. Throws a `UsageError` for values that it can't take. */
  make(parameters: Readonly<Record<string, Json>>): Process | Promise<Process>;
}

/**
 * A family whose parameters are the options of `make`, name by name. The registry checks the kinds before it
 * calls, and every `make` checks the values, so that the options are what their type says.
 */
export const family = <Options>(
  description: Omit<ProcessFamily, 'make'>,
  make: (options: Options) => Process | Promise<Process>,
): ProcessFamily => ({ ...description, make: (parameters) => make(parameters as Options) });

export const classesParameter: Parameter = {
  name: 'classes',
  kind: 'number',
  optional: true,
  description: 'number of classes K, where data are K e_x - 1',
};
