import { UsageError } from './errors.js';
import type { Json } from './json.js';
import { registry } from './registry.js';

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

/** A kind of thing (process, grid, problem) that can be made from its id and parameters. */
export interface Family<T> {
  /** Kebab-case; the `id` of what it makes. */
  readonly id: string;
  /** One line. */
  readonly description: string;
  readonly parameters: readonly Parameter[];
  /** Gets parameters of the declared kinds, defaults filled in. Throws a `UsageError` for values that it can't take. */
  make(parameters: Readonly<Record<string, Json>>): T;
}

/**
 * A family whose parameters are the options of `make`, name by name. The registry checks the kinds before it
 * calls, and every `make` checks the values, so that the options are what their type says.
 */
export const family = <Options, T>(
  description: Omit<Family<T>, 'make'>,
  make: (options: Options) => T,
): Family<T> => ({ ...description, make: (parameters) => make(parameters as Options) });

/** An id and the parameters that were given, before defaults: what a line of text stands for. */
export interface Specification {
  readonly id: string;
  readonly parameters: Readonly<Record<string, Json>>;
}

export interface FamilyRegistry<T> {
  /** Throws a `UsageError` if the id is taken or not kebab-case. */
  register(family: Family<T>): void;
  list(): readonly Family<T>[];
  /**
   * Makes a member of a registered family, defaults filled in. Throws a `UsageError` for an unknown id or parameter, a missing
   * one, or a value that is not accepted.
   */
  make(id: string, parameters?: Readonly<Record<string, Json>>): T;
  /**
   * Reads an id and after a colon its parameters, as in `vp-linear:betaMin=0.1,betaMax=20`; lists and numbers by name as JSON.
   * Throws a `UsageError` like `make`.
   */
  parse(text: string): Specification;
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(isNumber);
const isText = (value: unknown): boolean => typeof value === 'string';

const kinds: Readonly<Record<ParameterKind, { accepted: string; holds(value: Json): boolean }>> = {
  number: { accepted: 'a number', holds: isNumber },
  numbers: { accepted: 'a list of numbers', holds: isNumbers },
  text: { accepted: 'a text', holds: isText },
  'text or numbers': {
    accepted: 'a text or a list of numbers',
    holds: (value) => isText(value) || isNumbers(value),
  },
  'named numbers': {
    accepted: 'numbers by name',
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(isNumber),
  },
};

export const familyRegistry = <T>(kind: string, builtIn: readonly Family<T>[] = []): FamilyRegistry<T> => {
  const families = registry<Family<T>>(kind, builtIn);

  const parameterOf = (family: Family<T>, name: string): Parameter => {
    const parameter = family.parameters.find((candidate) => candidate.name === name);
    if (parameter) return parameter;
    const names = family.parameters.map((known) => known.name).join(', ') || 'none';
    throw new UsageError(
      `${kind} "${family.id}" has no parameter ${JSON.stringify(name)}; it takes ${names}`,
    );
  };

  const make = (id: string, parameters: Readonly<Record<string, Json>> = {}): T => {
    const family = families.get(id);
    for (const [name, value] of Object.entries(parameters)) {
      const { kind: valueKind, description } = parameterOf(family, name);
      if (kinds[valueKind].holds(value)) continue;
      const shown = JSON.stringify(value).slice(0, 60);
      throw new UsageError(
        `${kind} "${id}": ${name} = ${shown} is not ${kinds[valueKind].accepted} (${description})`,
      );
    }
    const missing = family.parameters.find(
      ({ name, default: usual, optional }) =>
        !Object.hasOwn(parameters, name) && usual === undefined && optional !== true,
    );
    if (missing) throw new UsageError(`${kind} "${id}" needs ${missing.name}: ${missing.description}`);
    const usual = family.parameters.flatMap(({ name, default: value }) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return family.make({ ...Object.fromEntries(usual), ...parameters });
  };

  const parse = (text: string): Specification => {
    const colon = text.indexOf(':');
    const family = families.get((colon < 0 ? text : text.slice(0, colon)).trim());
    const parameters = new Map<string, Json>();
    for (const part of colon < 0 ? [] : splitAtCommas(text.slice(colon + 1))) {
      const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
      if (name === '' || parameters.has(name)) {
        throw new UsageError(
          `${kind} "${family.id}": ${JSON.stringify(part)} is not accepted; give each parameter once, as name=value`,
        );
      }
      parameters.set(name, valueOf(parameterOf(family, name).kind, value));
    }
    return { id: family.id, parameters: Object.fromEntries(parameters) };
  };

  return { register: families.register, list: families.list, make, parse };
};

/** Splits at commas outside brackets, so that lists and calls stay whole. */
const splitAtCommas = (text: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const c of text) {
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c)) depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
};

const valueOf = (kind: ParameterKind, text: string): Json => {
  if (kind === 'text' || (kind === 'text or numbers' && !text.startsWith('['))) return text;
  if (kind === 'number') return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // make says what is accepted
  }
};
