import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { kernelsInUse } from '../src/array/host.js';
import { packageRoot } from '../src/data/bundled.js';
import type { Json } from '../src/json.js';

/** The version of this package. */
export const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
};

/** The commit of the repository that the work is done in, and whether files differ from it; null outside of one. */
const gitState = async (): Promise<Json> => {
  const git = async (...words: readonly string[]): Promise<string> =>
    (await promisify(execFile)('git', words, { timeout: 5000 })).stdout.trim();
  try {
    const [commit, changes] = [await git('rev-parse', 'HEAD'), await git('status', '--porcelain')];
    return { commit, changed: changes !== '' };
  } catch {
    return null;
  }
};

/** The software and the machine that results are made with. */
export const environment = async (): Promise<Readonly<Record<string, Json>>> => ({
  version: packageVersion(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  processor: cpus()[0]?.model ?? 'unknown',
  kernels: kernelsInUse(),
  git: await gitState(),
  date: new Date().toISOString(),
});
