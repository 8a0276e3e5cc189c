import { execFile } from 'node:child_process';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const execute = promisify(execFile);

/** Time limit of a hook that waits for a build, in milliseconds. */
export const buildTime = 120_000;

const modified = async (path: string): Promise<number> =>
  stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => -Infinity,
  );

const isStale = async (folder: string): Promise<boolean> => {
  const files = await readdir(join(root, folder), { recursive: true });
  const sources = files.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.includes('assembly'));
  const stale = await Promise.all(
    sources.map(async (file) => {
      const compiled = join(root, 'dist', folder, file.replace(/\.ts$/, '.js'));
      return (await modified(compiled)) < (await modified(join(root, folder, file)));
    }),
  );
  return stale.includes(true);
};

const upToDate = async (): Promise<boolean> =>
  !(await Promise.all(['src', 'solvers', 'experiments'].map(isStale))).includes(true);

const lock = join(root, 'node_modules', '.building-bfn-sde');

/** Takes the lock, from a process that no longer lives if need be; false if another one has it. */
const take = async (): Promise<boolean> => {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const owner = Number(await readFile(lock, 'utf8').catch(() => ''));
    try {
      if (owner > 0) process.kill(owner, 0);
    } catch {
      await rm(lock, { force: true });
    }
    return false;
  }
};

/** Builds the package if a source is newer than what was compiled of it. Test files that run side by side wait for one build. */
export const ensureBuilt = async (): Promise<void> => {
  while (!(await take())) await new Promise((resolve) => setTimeout(resolve, 100));
  try {
    // type errors are the type check's affair: it emits all the same
    if (!(await upToDate())) await execute('npm', ['run', 'build'], { cwd: root }).catch(() => undefined);
  } finally {
    await rm(lock, { force: true });
  }
};
