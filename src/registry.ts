import { UsageError } from './errors.js';

/** Named things of one kind: solvers, processes, problems, metrics. Built-in and user's own come in by the same door. */
export interface Registry<T extends { readonly id: string }> {
  /** Throws a `UsageError` if the id is taken or not kebab-case. */
  register(entry: T): void;
  /** Throws a `UsageError` that says what exists. */
  get(id: string): T;
  list(): readonly T[];
}

// Lower case, digits, hyphens, and the field's own plus signs: dpm-solver++2m.
const idPattern = /^[a-z0-9]+(?:(?:-|\+\+)?[a-z0-9]+)*$/;

export const registry = <T extends { readonly id: string }>(
  kind: string,
  builtIn: readonly T[] = [],
): Registry<T> => {
  const entries = new Map<string, T>();
  const register = (entry: T): void => {
    if (!idPattern.test(entry.id)) {
      throw new UsageError(`${kind} id "${entry.id}" is not kebab-case, like my-${kind}2 or dpm-solver++2m`);
    }
    if (entries.has(entry.id)) throw new UsageError(`a ${kind} "${entry.id}" is registered already`);
    entries.set(entry.id, Object.freeze(entry));
  };
  builtIn.forEach(register);
  return {
    register,
    get: (id) => {
      const entry = entries.get(id);
      if (entry) return entry;
      throw new UsageError(`unknown ${kind} "${id}"; there are: ${[...entries.keys()].join(', ')}`);
    },
    list: () => [...entries.values()],
  };
};
