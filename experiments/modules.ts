import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../src/errors.js';

/** A user's module that registers solvers, processes, problems or metrics when it is imported. */
export interface LoadedModule {
  readonly path: string;
  readonly sha256: string;
}

/** Imports them in order; rejects with a `UsageError` for one that cannot be read or that throws. */
export const loadModules = async (paths: readonly string[]): Promise<readonly LoadedModule[]> => {
  const loaded: LoadedModule[] = [];
  for (const path of paths) {
    const file = resolve(path);
    const content = await readFile(file).catch((error: Error) => {
      throw new UsageError(`cannot read the module ${path}: ${error.message}`);
    });
    await import(pathToFileURL(file).href).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new UsageError(`cannot import the module ${path}: ${reason}`);
    });
    loaded.push({ path, sha256: createHash('sha256').update(content).digest('hex') });
  }
  return loaded;
};
