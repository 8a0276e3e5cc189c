import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { runProgram } from '../../src/cli/program.js';
import { datasetList } from '../../src/data/dataset.js';
import { architectures } from '../../src/train/architectures.js';
import { type WrittenConfig, predictions, readConfig } from '../../src/train/config.js';
import { ownFolder } from '../train/tiny-trainings.js';
import { pages } from './pages.js';

const page = pages.find(({ path }) => path === 'docs/train-your-own.md')!;
const [whole, ...parts] = page.blocks.filter(({ language }) => language === 'yaml');
const first = parse(whole.code) as WrittenConfig;
const place = ownFolder();

/** The rows of tables whose first cell is code, by that. */
const rows = new Map(
  [...page.text.matchAll(/^\| (`[^|]+`) \| (.*) \|$/gm)].map(([, name, about]) => [name, about] as const),
);

describe('the page on training', () => {
  it('has descriptions that are accepted, the parts each in place of those of the first', () => {
    expect(parts.length).toBeGreaterThan(2);
    for (const { code } of parts) readConfig({ ...first, ...(parse(code) as object) }, 'a part');
  });

  it('names the usual values as they are', () => {
    const usual = readConfig({ ...first, optimiser: {}, validation: {} });
    const { seed, loss, optimiser, validation, checkpointEvery } = usual;
    expect(parse(parts.at(-1)!.code)).toEqual({ seed, loss, optimiser, validation, checkpointEvery });
  });

  it('names all data sets, architectures and predictions with their parameters', () => {
    for (const { id, parameters } of [...datasetList(), ...architectures()]) {
      for (const { name } of parameters) expect(`${id}: ${rows.get(`\`${id}\``)}`).toContain(`\`${name}\``);
    }
    for (const prediction of predictions) expect(page.text).toContain(`\`${prediction}\``);
  });

  it('begins with a training that ends in just the files of the table', async () => {
    vi.spyOn(console, 'log').mockImplementation(() => undefined);
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const [description, out] = [join(place.folder, 'digits.yaml'), join(place.folder, 'out')];
    await writeFile(description, whole.code);
    expect(await runProgram(['train', description, '--out', out, '--steps', '2', '--backend', 'wasm'])).toBe(
      0,
    );
    vi.restoreAllMocks();
    const named = [...rows.keys()].flatMap((cell) =>
      [...cell.matchAll(/`([a-z]+\.[a-z]+)`/g)].map(([, name]) => name),
    );
    expect(named.sort()).toEqual((await readdir(out)).sort());
    expect(await readFile(join(out, 'training.json'), 'utf8')).toContain('"my-digits"');
  });
});
