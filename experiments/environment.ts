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

const readGit = async (): Promise<Json> => {
  try {
    const words = ['status', '--porcelain=v2', '--branch', '--untracked-files=no'];
    const { stdout } = await promisify(execFile)('git', words, { timeout: 5000 });
    const commit = /^# branch\.oid (.*)$/m.exec(stdout)?.[1] ?? null;
    return { commit, changed: /^[^#]/m.test(stdout) };
  } catch {
    return null;
  }
};

let git: Promise<Json> | undefined;

/** The commit of the repository that the process was started in, and whether tracked files differ from it; null outside of one. */
const gitState = (): Promise<Json> => (git ??= readGit());

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
