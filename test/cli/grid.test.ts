import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { names, settingsOf } from '../../src/cli/options.js';
import { UsageError } from '../../src/errors.js';
import { inProcess } from './in-process.js';

const { output, bfn } = inProcess('grid');
const folder = mkdtempSync(join(tmpdir(), 'bfn-grid-'));
afterAll(() => rmSync(folder, { recursive: true }));
const printed = (): string => output.said.join('\n');
const small = [
  '--problem',
  'mixture-1d',
  '--nfe',
  '3',
  '--samples',
  '16',
  '--evaluations',
  '20',
  '--reference-nfe',
  '32',
];

interface Written {
  readonly id: string;
  readonly parameters: { readonly times: readonly number[] };
  readonly found: Readonly<Record<string, unknown>>;
}

it('prints the grid beside the best named ones, and writes a file that --grid takes', async () => {
  const out = join(folder, 'grid.json');
  expect(await bfn(...small, '--out', out)).toBe(0);
  expect(printed()).toMatch(/\| optimised +\| [\d.e-]+ +\| [\d.e-]+ +\|/);
  expect(printed()).toMatch(/\| best named there: [a-z-]+/);
  const { id, parameters, found } = JSON.parse(readFileSync(out, 'utf8')) as Written;
  expect(printed()).toContain(`--grid 'explicit:times=${JSON.stringify(parameters.times)}'`);
  expect(found).toMatchObject({
    by: 'optimiseGrid',
    solver: 'dpm-solver++2m',
    nfe: 3,
    evaluations: 20,
    samples: 16,
  });
  expect(found.seeds).toEqual({ search: 0, heldOut: 1 });
  expect(settingsOf({ grid: out })).toEqual({ grid: { id, parameters } });
});

it('finds the same grid again, and one by what the problem is held against', async () => {
  const words = [...small, '--measure', 'quality', '--free-start', '--seed', '4', '--json'];
  expect(await bfn(...words)).toBe(0);
  const first = JSON.parse(printed()) as Written;
  expect(first.found).toMatchObject({ measure: 'quality', freeStart: true, reference: null });
  output.said.length = 0;
  expect(await bfn(...words)).toBe(0);
  expect((JSON.parse(printed()) as Written).parameters).toEqual(first.parameters);
});

it('aligns a grid to the changes of the prediction, with the bound of named ones', async () => {
  expect(await bfn(...small, '--how', 'aligned')).toBe(0);
  const bounds = [...printed().matchAll(/\| (aligned|uniform|half-log-snr) +\| +([\d.e-]+) +\|/g)];
  expect(bounds.map(([, name]) => name)).toEqual(['aligned', 'uniform', 'half-log-snr']);
  expect(Number(bounds[0][2])).toBeLessThan(Math.min(Number(bounds[1][2]), Number(bounds[2][2])));
});

describe('what is wrong is said in one line, with exit code 2:', () => {
  it.each([
    [
      'an SDE solver',
      ['--solver', 'sde-bfn-solver2'],
      /grids are optimised for ODE solvers, and sde-bfn-solver2/,
    ],
    ['an unknown solver', ['--solver', 'adams'], /unknown solver "adams"/],
    ['no samples', ['--samples', '0'], /must be a whole number from 1/],
    [
      'an unknown measure',
      ['--measure', 'taste'],
      /Allowed choices are squared-error, energy-distance, quality/,
    ],
    ['eta 1', ['--eta', '1'], /eta is 1; it must be in \[0, 1\)/],
  ])('%s', async (_, words, message) => {
    expect(await bfn(...small, ...words)).toBe(2);
    expect(output.complained.join('')).toMatch(message);
  });

  it('a file that is no grid, or not there', () => {
    const path = join(folder, 'no.json');
    writeFileSync(path, '[1]');
    expect(() => settingsOf({ grid: path })).toThrow(/no\.json is no grid: it must be/);
    expect(() => settingsOf({ grid: join(folder, 'absent.json') })).toThrow(UsageError);
  });
});

it('a parameter belongs to the solver before it in a list', () => {
  const line = 'exponential-adams:order=3,rate=2';
  expect(names(`bfn,${line},bfn-solver2`)).toEqual(['bfn', line, 'bfn-solver2']);
  expect(names('ddim', names(line))).toEqual([line, 'ddim']);
  expect(names('rate=2')).toEqual(['rate=2']);
});
