import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { buildTime, ensureBuilt, root } from '../built.js';

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const main = join(root, 'dist/src/cli/main.js');

/** Runs `bfn` in a folder, its output in pipes. */
export const bfn = (cwd: string, ...words: readonly string[]): Promise<Finished> =>
  new Promise((resolve) => {
    execFile(process.execPath, [main, ...words], { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : null) : 0;
      resolve({ code, stdout, stderr });
    });
  });

/** A folder of the test file's own, and the built package. */
export const workplace = (): { readonly folder: string } => {
  const place = { folder: '' };
  beforeAll(async () => {
    place.folder = await mkdtemp(join(tmpdir(), 'bfn-cli-'));
    await ensureBuilt();
  }, buildTime);
  afterAll(() => rm(place.folder, { recursive: true, force: true }));
  return place;
};
