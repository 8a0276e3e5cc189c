import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { LoadedModule } from '../../experiments/modules.js';
import { kernelsInUse } from '../array/host.js';
import { packageRoot } from '../data/bundled.js';
import type { Json } from '../json.js';

/** What is needed to make a result again: the command, the versions, the machine and the modules of the user. */
export const recordOf = (run: {
  modules: readonly LoadedModule[];
  seconds: number;
  workers: number;
}): Record<string, Json> => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    command: ['bfn', ...process.argv.slice(2)],
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    kernels: kernelsInUse(),
    date: new Date().toISOString(),
    workers: run.workers,
    seconds: run.seconds,
    modules: run.modules.map(({ path, sha256 }) => ({ path, sha256 })),
  };
};
