import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparisonCsv, requireWritable, writeComparison, writeWhole } from '../../experiments/results.js';
import { UsageError } from '../../src/errors.js';
import { someComparison } from './some-comparison.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-results-'));
  await writeFile(join(folder, 'file'), 'kept');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** RFC 4180, as far as fields have no line breaks. */
const parseCsv = (csv: string): string[][] =>
  csv
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );

describe('comparisonCsv', () => {
  const comparison = someComparison();
  const [header, ...lines] = parseCsv(comparisonCsv(comparison));
  const records = lines.map((line) => Object.fromEntries(line.map((field, i) => [header[i], field])));

  it('has the columns of every line', () => {
    expect(header.join()).toBe(
      'problem,solver,nfe,status,metric,value,low,high,floor,truth,samples,repeats,seed,calls,most calls,label',
    );
    for (const line of lines) expect(line).toHaveLength(header.length);
  });

  it('has a line for each cell and metric, numbers to the last digit', () => {
    const expected = comparison.cells.flatMap(({ problem, solver, label, nfe, status, metrics, calls }) =>
      Object.entries(metrics).map(([metric, { value, low, high, floor }]) => ({
        ...{ problem, solver, nfe, status, metric, value, low, high, floor },
        truth: metric === 'bits-per-character' ? 2.5 : '',
        ...{ samples: 100, repeats: 2, seed: 7, calls: calls?.mean, 'most calls': calls?.max, label },
      })),
    );
    const strings = expected.map((record) =>
      Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)])),
    );
    expect(records.filter(({ status }) => status === 'ok')).toEqual(strings);
  });

  it('has one line without a metric for a cell that diverged', () => {
    const empty = { metric: '', value: '', low: '', high: '', floor: '', truth: '' };
    expect(records.filter(({ status }) => status !== 'ok')).toEqual([
      {
        problem: 'text',
        solver: 'bfn',
        nfe: '20',
        status: 'diverged',
        ...empty,
        samples: '100',
        repeats: '2',
        seed: '7',
        calls: '',
        'most calls': '',
        label: 'bfn',
      },
    ]);
  });

  it('quotes a name with commas or quotes in it', () => {
    const names = ['simplex-3:probabilities=[0.5,0.5]', 'text:alphabet= "x'];
    const { cells, ...rest } = comparison;
    const named = names.map((problem) => ({ ...cells[0], problem }));
    const csv = parseCsv(comparisonCsv({ ...rest, cells: named })).slice(1);
    expect([...new Set(csv.map(([problem]) => problem))]).toEqual(names);
  });
});

describe('requireWritable', () => {
  it('accepts folders that are or can be made, and leaves no trace', async () => {
    const before = await readdir(folder, { recursive: true });
    for (const path of ['', 'new', 'new/below/that']) await requireWritable(join(folder, path));
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  it.each(['file', 'file/below', 'file/far/below'])(
    'refuses a file in the place of a folder: %s',
    async (path) => {
      const refused = requireWritable(join(folder, path));
      await expect(refused).rejects.toBeInstanceOf(UsageError);
      await expect(refused).rejects.toThrow(/^cannot write to the folder .*: [A-Z]+: [^\n]+$/);
    },
  );

  it.skipIf(!existsSync('/proc/self'))('comes to an end in a file system that takes no folders', async () => {
    await expect(requireWritable('/proc/results/below')).rejects.toThrow('cannot write to the folder /proc');
  });
});

describe('writeWhole', () => {
  it('makes the folder and leaves nothing but the file, text or bytes', async () => {
    const path = join(folder, 'made/for/it.txt');
    await writeWhole(path, 'first');
    await writeWhole(path, Uint8Array.of(104, 105));
    expect(await readFile(path, 'utf8')).toBe('hi');
    expect(await readdir(join(folder, 'made/for'))).toEqual(['it.txt']);
  });

  it('leaves nothing behind where it fails, and says which file', async () => {
    await mkdir(join(folder, 'taken/by-a-folder'), { recursive: true });
    const taken = join(folder, 'taken/by-a-folder');
    await expect(writeWhole(taken, 'text')).rejects.toThrow(`cannot write to ${taken}: EISDIR: `);
    expect(await readdir(join(folder, 'taken'))).toEqual(['by-a-folder']);
    const below = join(folder, 'file/below');
    await expect(writeWhole(below, 'text')).rejects.toThrow(`cannot write to ${below}: ENOTDIR: `);
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('kept');
  });

  it('never shows a part of it: a reader sees the old content or the new', async () => {
    const path = join(folder, 'seen.txt');
    const contents = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await writeWhole(path, contents[0]);
    const seen = new Set<string>();
    let writing = true;
    const reader = (async () => {
      while (writing) seen.add(await readFile(path, 'utf8'));
    })();
    for (let i = 1; i <= 20; i++) await writeWhole(path, contents[i % 2]);
    writing = false;
    await reader;
    expect([...seen].every((text) => contents.includes(text))).toBe(true);
  });
});

it('writeComparison writes the comparison with the record of the run', async () => {
  const comparison = someComparison();
  const record = { command: ['bfn', 'compare'], seconds: 1.5 };
  await writeComparison(join(folder, 'run'), comparison, record);
  expect((await readdir(join(folder, 'run'))).sort()).toEqual(['compare.csv', 'compare.json']);
  const written = JSON.parse(await readFile(join(folder, 'run/compare.json'), 'utf8')) as unknown;
  expect(written).toEqual({ ...comparison, record });
  expect(await readFile(join(folder, 'run/compare.csv'), 'utf8')).toBe(comparisonCsv(comparison));
});
