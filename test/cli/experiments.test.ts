import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Cell, Comparison } from '../../experiments/comparison.js';
import { experimentOf, folderOf } from '../../src/cli/experiment.js';
import { durationText, runReporter } from '../../src/cli/run-progress.js';
import { bfn, workplace } from './run.js';

const place = workplace();
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-experiment-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const yaml = `problems: [simplex-3]
solvers:
  - bfn
  - { solver: sde-dpm-solver++2m, label: half, settings: { etaSde: 0.5, start: moment-matched } }
nfe: [3, 5]
samples: 20
settings: { lastStep: stop }
`;

describe('what the command line says goes before the file', () => {
  let file = '';
  beforeEach(async () => {
    file = join(folder, 'noise.yaml');
    await writeFile(file, yaml);
  });

  it('says nothing: the file, named after itself', async () => {
    expect(await experimentOf({ experiment: file })).toMatchObject({
      name: 'noise',
      nfe: [3, 5],
      samples: 20,
      settings: { lastStep: 'stop' },
      solvers: [
        { solver: 'bfn', settings: {} },
        { solver: 'sde-dpm-solver++2m', label: 'half', settings: { etaSde: 0.5, start: 'moment-matched' } },
      ],
    });
  });

  it('numbers, problems and solvers in place of those of the file', async () => {
    const options = { problem: ['mixture-1d:sigma1=0.1'], solvers: ['ddim'], nfe: [7], samples: 9, seed: 4 };
    expect(
      await experimentOf({ experiment: file, ...options, repeats: 2, metrics: ['energy-distance'] }),
    ).toEqual({
      name: 'noise',
      problems: [{ id: 'mixture-1d', parameters: { sigma1: 0.1 } }],
      solvers: [{ solver: 'ddim', settings: {} }],
      nfe: [7],
      samples: 9,
      seed: 4,
      repeats: 2,
      metrics: ['energy-distance'],
      settings: { lastStep: 'stop' },
      tags: [],
    });
  });

  it('a setting before that of every entry', async () => {
    const { settings, solvers } = await experimentOf({ experiment: file, start: 'zero-mean', eta: 0.01 });
    const grid = { id: 'uniform', parameters: { eta: 0.01 } };
    expect(settings).toEqual({ lastStep: 'stop', start: 'zero-mean', grid });
    expect(solvers?.map((entry) => entry.settings)).toEqual([{}, { etaSde: 0.5 }]);
  });

  it('runs go to folders of their own: by name, and by all that is asked', async () => {
    const shard = { index: 1, count: 4 };
    const usual = await experimentOf({});
    const named = await experimentOf({ experiment: file });
    const module = { path: 'mine.mjs', sha256: 'ab'.repeat(32) };
    expect(folderOf(usual, [])).toMatch(/^results\/compare-[0-9a-f]{8}$/);
    expect(folderOf({ ...named, name: '../two words' }, [], shard)).toMatch(
      /^results\/\.\.-two-words-[0-9a-f]{8}\/shard-1-of-4$/,
    );
    const others = [
      folderOf(usual, []),
      folderOf(usual, [module]),
      folderOf(await experimentOf({ seed: 2 }), []),
      folderOf(await experimentOf({ distanceToReference: true }), []),
      folderOf(await experimentOf({ start: 'moment-matched' }), []),
      folderOf(named, []),
      folderOf(await experimentOf({ experiment: file, samples: 21 }), []),
    ];
    expect(new Set(others).size).toBe(others.length);
    expect(folderOf(await experimentOf({ samples: 1000 }), [])).toBe(folderOf(usual, []));
    expect(folderOf({ ...named, description: 'other words' }, [])).toBe(folderOf(named, []));
  });
});

describe('bfn compare', () => {
  const small = ['--problem', 'simplex-3', '--solvers', 'bfn,ddim', '--nfe', '3,5', '--samples', '20'];
  const compare = (...words: readonly string[]) => bfn(place.folder, 'compare', ...small, ...words);
  const read = (path: string): Promise<string> => readFile(join(place.folder, path), 'utf8');

  it('a second time finds all cells and prints the same; another experiment is refused the folder', async () => {
    const compare = (...words: readonly string[]) =>
      bfn(place.folder, 'compare', ...small, '--out', 'taken', ...words);
    const [first, second] = [await compare('--json'), await compare('--json')];
    expect([first.code, second.code]).toEqual([0, 0]);
    const cells = (text: string): unknown => (JSON.parse(text) as Comparison).cells;
    expect(cells(second.stdout)).toEqual(cells(first.stdout)); // the seconds, too: nothing was run
    const other = await compare('--seed', '2');
    expect({ code: other.code, stdout: other.stdout }).toEqual({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(
      /^error: the folder taken holds another run \(bfn compare .*\); give another folder, or --force to take this one over\n$/,
    );
    expect((await compare('--seed', '2', '--force')).code).toBe(0);
  });

  it('--dry-run prints the cells and about how long they take, and runs and writes nothing', async () => {
    const { code, stdout } = await compare('--dry-run', '--out', 'dry');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\| problem +\| solver +\| NFE \| seed \| key +\|\n/);
    expect(stdout.match(/^\| simplex-3 .*\| [0-9a-f]{12} \|$/gm)).toHaveLength(5);
    expect(stdout).toMatch(/\n5 cells, about \d+ s on \d+ threads\n$/);
    await expect(read('dry/manifest.json')).rejects.toThrow('ENOENT');
  });

  it('in shards, merged, is byte for byte what one run writes', async () => {
    const parts = [
      await compare('--out', 'whole'),
      await compare('--shard', '1/2', '--out', 'p1'),
      await compare('--shard', '2/2', '--out', 'p2'),
      await bfn(place.folder, 'merge', 'p2', 'p1', '--out', 'joined'),
    ];
    expect(parts.map(({ code, stderr }) => [code, stderr])).toEqual(parts.map(() => [0, '']));
    expect(parts[1].stdout).toBe('shard 1/2: 3 of 5 cells are in p1\n');
    expect(await read('joined/cells.jsonl')).toBe(await read('whole/cells.jsonl'));
    expect(await read('joined/compare.csv')).toBe(await read('whole/compare.csv'));
  });
});

describe('progress', () => {
  it('is a line every ten seconds in a pipe, with rate, time left and the best so far', () => {
    let now = 0;
    const lines: string[] = [];
    const write = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    const cell = (value: number): Cell => ({
      ...{ problem: 'p', solver: 's', label: `at ${value}`, nfe: 5, status: 'ok', settings: {} },
      metrics: { m: { value, low: 0, high: 1, floor: 0 } },
      seconds: { sampling: 0, metrics: 0 },
    });
    try {
      const { update, cell: done } = runReporter(() => now);
      const at = (seconds: number, count: number): void => {
        now = 1000 * seconds;
        update({ done: count, total: 50, found: 10, share: (count - 10) / 40 });
      };
      at(0, 10);
      at(9, 12);
      done(cell(0.5), 'm');
      done(cell(0.25), 'm');
      done(cell(0.75), 'm');
      at(10, 20);
      at(15, 22);
      at(300, 40);
    } finally {
      write.mockRestore();
    }
    expect(lines).toEqual([
      '20/50 cells, 1.0/s, 30 s left, best on p: at 0.25, NFE 5 (m 0.250)\n',
      '40/50 cells, 6.0/min, 2 min left, best on p: at 0.25, NFE 5 (m 0.250)\n',
    ]);
  });

  it('says durations in the unit that suits them', () => {
    expect([0.2, 99, 101, 6001].map(durationText)).toEqual(['1 s', '99 s', '2 min', '1.7 h']);
  });
});
