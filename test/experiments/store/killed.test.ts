import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { randomStream } from '../../../src/random/index.js';
import { root } from '../../built.js';
import { bfn, workplace } from '../../cli/run.js';

const place = workplace();

const main = join(root, 'dist/src/cli/main.js');
const words = [
  ...['compare', '--problem', 'mixture-1d', '--solvers', 'bfn,ddim,dpm-solver++2m', '--nfe', '5,20,80'],
  ...['--samples', '20', '--repeats', '20', '--metrics', 'frechet-distance', '--workers', '1'],
];
const total = 20 * (1 + 3 * 3);

/** Runs it, and kills it so many milliseconds after its folder has come to be; resolves to whether it was killed. */
const runAndKill = async (out: string, delay: number): Promise<boolean> => {
  const child = spawn(process.execPath, [main, ...words, '--out', out], {
    cwd: place.folder,
    stdio: 'ignore',
  });
  let ended = false;
  const end = new Promise<boolean>((resolve) =>
    child.on('close', (_, signal) => {
      ended = true;
      resolve(signal === 'SIGKILL');
    }),
  );
  const folder = join(place.folder, out);
  while (!ended && !existsSync(folder)) await new Promise((resolve) => setTimeout(resolve, 2));
  setTimeout(() => child.kill('SIGKILL'), delay);
  return end;
};

const cellsOf = (out: string): Promise<string> => readFile(join(place.folder, out, 'cells.jsonl'), 'utf8');

/** The whole lines of what a killed process left. */
const linesOf = async (out: string): Promise<readonly string[]> =>
  (await cellsOf(out).catch(() => '')).split('\n').slice(0, -1);

it(
  'killed at 20 random moments, and gone on with each time: no cell is lost, none run twice, the same bytes',
  { timeout: 120_000 },
  async () => {
    const { code } = await bfn(place.folder, ...words, '--out', 'undisturbed');
    expect(code).toBe(0);
    const whole = await cellsOf('undisturbed');
    expect(whole.trimEnd().split('\n')).toHaveLength(total);

    const { uniform } = randomStream(1, 'killed');
    let [kills, run] = [0, 0];
    let known: readonly string[] = [];
    let out = 'killed-0';
    while (kills < 20) {
      const killed = await runAndKill(out, 500 * uniform() ** 2);
      const lines = await linesOf(out);
      for (const line of known) expect(lines).toContain(line); // whatever was done stays, to the last digit
      expect(new Set(lines).size).toBe(lines.length);
      known = lines;
      if (killed) kills++;
      else {
        expect(await cellsOf(out)).toBe(whole);
        out = `killed-${++run}`;
        known = [];
      }
    }
    const last = await bfn(place.folder, ...words, '--out', out);
    expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await cellsOf(out)).toBe(whole);
    const timings = await readFile(join(place.folder, out, 'timings.jsonl'), 'utf8');
    expect(timings.trimEnd().split('\n')).toHaveLength(total);
  },
);
