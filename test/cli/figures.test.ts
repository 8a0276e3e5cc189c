import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { figureList } from '../../experiments/figures/index.js';
import { inProcess } from './in-process.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-figures-'));
  await writeFile(join(folder, 'file'), '');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
const { output, bfn } = inProcess('figures');

it('lists what there is', async () => {
  expect(await bfn('--list', '--json')).toBe(0);
  expect(JSON.parse(output.said.join('\n'))).toEqual(
    figureList().map(({ id, description, source }) => ({ id, description, source })),
  );
  output.said.length = 0;
  expect(await bfn('--list')).toBe(0);
  for (const { id } of figureList()) expect(output.said.join('\n')).toContain(`| ${id} `);
});

it('writes the figures that are asked for, in the formats that are', async () => {
  const out = join(folder, 'new', 'place');
  const words = ['discretised-output', 'bayesian-updates', 'discretised-output'];
  expect(await bfn(...words, '--out', out, '--format', 'svg', '--json')).toBe(0);
  const names = [
    'bayesian-updates.json',
    'bayesian-updates.svg',
    'discretised-output.json',
    'discretised-output.svg',
  ];
  expect((await readdir(out)).sort()).toEqual(names);
  const written = JSON.parse(output.said.join('\n')) as { id: string; files: string[]; values: object }[];
  expect(written.map(({ id }) => id)).toEqual(['discretised-output', 'bayesian-updates']);
  expect(written.flatMap(({ files }) => files).sort()).toEqual(names.map((name) => join(out, name)));

  output.said.length = 0;
  expect(await bfn('bayesian-updates', '--out', out)).toBe(0);
  expect(output.said.join('\n')).toMatch(/bayesian-updates\.png .*\n {2}sample y: [\d.]+/);
  expect(await readdir(out)).toContain('bayesian-updates.png');
});

describe("a user's mistake is one line and exit code 2:", () => {
  // as root no folder is read-only; a file in the way is refused to everybody
  it.each([
    [
      'an unknown figure',
      () => ['flows'],
      /unknown figure "flows"; there are: bayesian-updates, .*trajectories/,
    ],
    [
      'a figure that is unknown beside one that is not',
      () => ['simplex-flow', 'x', '--out', folder],
      /unknown figure "x"/,
    ],
    ['a folder that is a file', () => ['--out', join(folder, 'file')], /cannot write to the folder .*file/],
    ['a folder below a file', () => ['--out', join(folder, 'file', 'below')], /cannot write to the folder/],
    ['an unknown format', () => ['--format', 'svg,pdf'], /It must be of svg, png/],
    ['no format', () => ['--format', ','], /It must be of svg, png/],
  ])('%s', async (_, words, says) => {
    expect(await bfn(...words())).toBe(2);
    expect(output.complained.join('')).toMatch(says);
    expect(output.complained.join('').trim().split('\n')).toHaveLength(1);
    expect((await readdir(folder)).filter((name) => name.includes('simplex'))).toEqual([]);
  });
});
