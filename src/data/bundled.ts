import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '../errors.js';

/** The folder that holds package.json: found by walking up, since sources and compiled files lie at different depths. */
export const packageRoot = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
};

/**
 * The content of a gzip file of `data/`, unpacked, after its checksum in `data/SHA256SUMS` has been compared.
 * Throws a `UsageError` if the file is missing or not the one that the package was made with.
 */
export const readBundled = async (name: string, folder = join(packageRoot(), 'data')): Promise<Buffer> => {
  const path = join(folder, name);
  const [packed, sums] = await Promise.all([
    readFile(path),
    readFile(join(folder, 'SHA256SUMS'), 'utf8'),
  ]).catch((error: Error) => {
    throw new UsageError(`cannot read the data file ${path}: ${error.message}`);
  });
  const expected = sums
    .split('\n')
    .map((line) => line.split(/\s+/))
    .find(([, file]) => file === name)?.[0];
  const actual = createHash('sha256').update(packed).digest('hex');
  if (actual !== expected) {
    throw new UsageError(
      `the data file ${path} is corrupt: its SHA-256 is not the one in ${folder}/SHA256SUMS`,
    );
  }
  return gunzipSync(packed);
};
