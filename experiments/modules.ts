import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../src/errors.js';
import { frechetOnFeatures, metricEntries, registerMetric } from './metrics/index.js';
import { onnxFeatures } from './metrics/onnx-features.js';

/** A user's module that registers solvers, processes, problems or metrics when it is imported; or a network, whose features a metric is registered of. */
export interface LoadedModule {
  readonly path: string;
  readonly sha256: string;
  /** The id of a network's metric. */
  readonly metric?: string;
}

const importModule = async (path: string): Promise<Omit<LoadedModule, 'path'>> => {
  const file = resolve(path);
  const content = await readFile(file).catch((error: Error) => {
    throw new UsageError(`cannot read the module ${path}: ${error.message}`);
  });
  await import(pathToFileURL(file).href).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot import the module ${path}: ${reason}`);
  });
  return { sha256: createHash('sha256').update(content).digest('hex') };
};

const importFeatures = async (path: string): Promise<Omit<LoadedModule, 'path'>> => {
  const features = await onnxFeatures(path);
  const entry = frechetOnFeatures(features);
  // like any module it can be imported again, without effect
  if (!metricEntries().some(({ id }) => id === entry.id)) registerMetric(entry);
  return { sha256: features.hash, metric: entry.id };
};

/**
 * Imports them in order; of a file that ends in .onnx the Fréchet distance on its features is registered (`onnxFeatures`). Rejects with a `UsageError` for
 * one that cannot be read or that throws.
 */
export const loadModules = async (paths: readonly string[]): Promise<readonly LoadedModule[]> => {
  const loaded: LoadedModule[] = [];
  for (const path of paths) {
    const module = await (extname(path) === '.onnx' ? importFeatures : importModule)(path);
    loaded.push({ path, ...module });
  }
  return loaded;
};
