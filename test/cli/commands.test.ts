import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Comparison } from '../../experiments/index.js';
import { adaptiveSolverList, solverList } from '../../solvers/registry.js';
import { commands } from '../../src/cli/program.js';
import { execute, root } from '../built.js';
import { onnxFile } from '../denoiser/onnx-file.js';
import { bfn, workplace } from './run.js';

const place = workplace();
const json = <T>(text: string): T => JSON.parse(text) as T;
const small = ['--problem', 'simplex-3', 'mixture-1d', '--samples', '40', '--nfe', '2,3'];

/** What does not depend on the clock. */
const numbersOf = ({ cells, problems }: Comparison): unknown => ({
  cells: cells.map((cell) => ({ ...cell, seconds: undefined })),
  problems,
});

// A network that is right until BFN time .5, then answers NaN; and one that throws.
const broken = `
import { makeProblem, registerProblem } from 'bfn-sde/experiments';
const register = (id, spoil) => registerProblem({
  id, description: 'simplex-3 with a broken network', parameters: [],
  make: async () => {
    const problem = await makeProblem('simplex-3');
    const { sampleShape, predict, draw } = problem.denoiser;
    const spoilt = (x, moments, out) => spoil(predict(x, moments, out), moments[0].time);
    return { ...problem, id, parameters: {}, denoiser: { sampleShape, predict: spoilt, draw } };
  },
});
register('nan-from-half', (batch, time) => { if (time > 0.5) batch.data[4] = NaN; return batch; });
register('throws', () => { throw new TypeError('out of\\nmemory'); });
`;

beforeAll(async () => {
  await mkdir(join(place.folder, 'node_modules'));
  await symlink(root, join(place.folder, 'node_modules/bfn-sde'), 'dir');
  await writeFile(join(place.folder, 'broken.mjs'), broken);
});

describe('help', () => {
  it.each(Object.keys(commands))('bfn %s --help has examples that are accepted', async (name) => {
    const lines: string[] = [];
    const command = (await commands[name]())().configureOutput({ writeOut: (text) => void lines.push(text) });
    command.outputHelp();
    const examples = [...lines.join('').matchAll(/^ {2}\$ bfn (.*)$/gm)].map(([, line]) => line);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const [named, ...words] = example.replace(/ >.*$/, '').split(' ');
      const ran = vi.fn();
      await (await commands[named]())().exitOverride().action(ran).parseAsync(words, { from: 'user' });
      expect(ran).toHaveBeenCalledOnce();
    }
  });

  it('is what bfn alone prints, with all commands', async () => {
    const { code, stdout, stderr } = await bfn(place.folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const name of Object.keys(commands)) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect((await bfn(place.folder, '--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('compare', () => {
  it('prints JSON alone on standard output, the same as it writes, whatever the number of workers', async () => {
    const run = (workers: string) =>
      bfn(
        place.folder,
        'compare',
        ...small,
        '--repeats',
        '3',
        '--json',
        '--no-report',
        '--workers',
        workers,
        '--out',
        `w${workers}`,
      );
    const [one, two] = [await run('1'), await run('2')];
    expect([one.code, one.stderr, two.code, two.stderr]).toEqual([0, '', 0, '']);
    const [a, b] = [json<Comparison>(one.stdout), json<Comparison>(two.stdout)];
    expect(a.cells).toHaveLength(2 * 5 + 2 * 4);
    expect(a.cells.every(({ status }) => status === 'ok')).toBe(true);
    expect(numbersOf(b)).toEqual(numbersOf(a));
    expect((await readdir(join(place.folder, 'w1'))).sort()).toEqual([
      ...['cells.jsonl', 'compare.csv', 'compare.json', 'manifest.json', 'timings.jsonl'],
    ]);
    expect(json(await readFile(join(place.folder, 'w1/compare.json'), 'utf8'))).toEqual(a);
    const csv = (name: string) => readFile(join(place.folder, name, 'compare.csv'), 'utf8');
    expect(await csv('w1')).toBe(await csv('w2'));
  });

  it('takes a budget of one call, of every solver, on discrete and continuous data', async () => {
    const solvers = solverList().map(({ id }) => id);
    const problems = ['simplex-3', 'mixture-1d'];
    const words = [
      '--problem',
      ...problems,
      '--solvers',
      ...solvers,
      '--nfe',
      '1',
      '--samples',
      '20',
      '--no-report',
    ];
    const { code, stdout, stderr } = await bfn(place.folder, 'compare', ...words, '--out', 'one', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { cells } = json<Comparison>(stdout);
    expect(cells.map(({ problem, solver, status }) => [problem, solver, status])).toEqual(
      problems.flatMap((problem) => solvers.map((id) => [problem, id, 'ok'])),
    );
  });

  it('reports what diverged with solver, evaluation and time, and goes on with the rest', async () => {
    const problems = ['--problem', 'nan-from-half', 'throws', 'simplex-3'];
    const words = [
      ...problems,
      '--import',
      './broken.mjs',
      '--samples',
      '20',
      '--nfe',
      '1,4',
      '--solvers',
      'sde-bfn-solver1',
    ];
    const { code, stdout, stderr } = await bfn(place.folder, 'compare', ...words, '--out', 'broken');
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^error: nan-from-half, NFE 4: sde-bfn-solver1 diverged: the prediction of sample 1 .* at evaluation 3 \(t = 0\.4995\)$/,
      ),
      'error: throws, NFE 1: sde-bfn-solver1 failed: out of memory',
      'error: throws, NFE 4: sde-bfn-solver1 failed: out of memory',
      'error: 3 of 6 cells have no result',
      '',
    ]);
    expect(stdout).toMatch(/\| sde-bfn-solver1 +\| +0\.\d+ ± 0\.\d+ \| +diverged \|/);
    const { cells } = json<Comparison>(await readFile(join(place.folder, 'broken/compare.json'), 'utf8'));
    expect(cells.map(({ problem, nfe, status }) => [problem, nfe, status])).toEqual([
      ['nan-from-half', 1, 'ok'],
      ['nan-from-half', 4, 'diverged'],
      ['throws', 1, 'failed'],
      ['throws', 4, 'failed'],
      ['simplex-3', 1, 'ok'],
      ['simplex-3', 4, 'ok'],
    ]);
    expect(cells.map(({ metrics }) => Object.keys(metrics).length)).toEqual([1, 0, 0, 0, 1, 1]);
  });

  it('marks a budget that does not suffice for a tolerance, exit code 1', async () => {
    const solvers = ['bfn', 'dpm-solver-adaptive-12'];
    const words = ['--problem', 'mixture-1d', '--solvers', ...solvers, '--nfe', '5,100', '--samples', '20'];
    const { code, stdout, stderr } = await bfn(place.folder, 'compare', ...words, '--out', 'spent');
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^error: mixture-1d, NFE 5: dpm-solver-adaptive-12 did not get to the end with 20 of 20 samples in 5 calls each: sample \d+ stopped at t = 0\.\d+, the error of its last step \S+ of the tolerance$/,
      ),
      'error: 1 of 4 cells have no result',
      '',
    ]);
    expect(stdout).toMatch(/\| dpm-solver-adaptive-12 +\| +incomplete \| +0\.\d+ ± 0\.\d+ \|/);
    expect(stdout).toMatch(/\| dpm-solver-adaptive-12 +\| +5, incomplete \| +\d\d(\.\d)?, at most \d\d \|/);
    const { cells } = json<Comparison>(await readFile(join(place.folder, 'spent/compare.json'), 'utf8'));
    expect(cells.map(({ nfe, status }) => [nfe, status])).toEqual([
      [5, 'ok'],
      [100, 'ok'],
      [5, 'incomplete'],
      [100, 'ok'],
    ]);
    expect(cells.slice(0, 3).map(({ calls }) => calls)).toEqual([
      { mean: 5, max: 5 },
      { mean: 100, max: 100 },
      { mean: 5, max: 5 },
    ]);
    expect(cells[2].metrics).toEqual({});
    expect(cells[3].calls?.max).toBeLessThan(100);
  });

  it('names its report in its last line; bfn report makes the same again, of several folders together too', async () => {
    const one = ['--problem', 'mixture-1d', '--solvers', 'bfn', '--samples', '40', '--nfe', '2,3'];
    const compare = (seed: string, out: string) =>
      bfn(place.folder, 'compare', ...one, '--seed', seed, '--out', out);
    const { code, stdout } = await compare('1', 'r1');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      / s; the numbers are in r1\/compare\.json and \.csv, the report in r1\/report\.html\n$/,
    );
    const page = () => readFile(join(place.folder, 'r1/report.html'), 'utf8');
    const written = await page();
    await writeFile(join(place.folder, 'r1/report.html'), '');
    expect(await bfn(place.folder, 'report', 'r1')).toEqual({
      ...{ code: 0, stderr: '' },
      stdout: 'the report is in r1/report.html\n',
    });
    expect((await page()) === written).toBe(true);
    await bfn(place.folder, 'compare', ...one, '--seed', '2', '--out', 'r2', '--no-report');
    const both = await bfn(place.folder, 'report', 'r1', 'r2', '--out', 'both', '--json');
    expect(json(both.stdout)).toEqual({ report: 'both/report.html' });
    const merged = await readFile(join(place.folder, 'both/report.html'), 'utf8');
    for (const title of ['mixture-1d (r1)', 'mixture-1d (r2)']) expect(merged).toContain(`<h2>${title}</h2>`);
  });

  it('measures the Fréchet distance on the features of a network in a file, in every worker, and says which file it was', async () => {
    const words = [
      '--problem',
      'mixture-2d',
      '--solvers',
      'bfn',
      '--nfe',
      '2,4',
      '--samples',
      '60',
      '--json',
    ];
    const compareOn = async (weight: number) => {
      const graph = {
        inputs: [{ name: 'x', shape: ['n', 2] }],
        outputs: [{ name: 'y', shape: ['n', 1] }],
        weights: [{ name: 'W', shape: [2, 1], values: [1, weight] }],
        nodes: [{ op: 'MatMul', inputs: ['x', 'W'], output: 'y' }],
      };
      await writeFile(join(place.folder, 'sums.onnx'), onnxFile(graph));
      const { code, stdout, stderr } = await bfn(
        place.folder,
        ...['compare', ...words, '--features', 'sums.onnx', '--no-report', '--out', `on-${weight}`],
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return json<Comparison>(stdout);
    };
    const { cells } = await compareOn(1);
    expect(json(await readFile(join(place.folder, 'on-1/manifest.json'), 'utf8'))).toMatchObject({
      modules: [{ path: 'sums.onnx', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
    });
    const ids = Object.keys(cells[0].metrics);
    expect(ids).toContain('frechet-distance');
    const [id] = ids.filter((one) => /^frechet-distance-on-sums-[0-9a-f]{8}$/.test(one));
    for (const { metrics } of cells) expect(metrics[id]?.value).toBeGreaterThan(0);
    const other = await compareOn(2);
    expect(Object.keys(other.cells[0].metrics)).not.toContain(id);
  });

  it('stops when interrupted, says how to go on, and does', async () => {
    const main = join(root, 'dist/src/cli/main.js');
    const words = [
      'compare',
      '--problem',
      'mixture-2d',
      '--solvers',
      'bfn',
      '--samples',
      '200',
      '--out',
      'stopped',
    ];
    const long = [...words, '--nfe', '2,3000', '--workers', '1'];
    const child = spawn(process.execPath, [main, ...long], { cwd: place.folder });
    let said = '';
    child.stderr.on('data', (text) => (said += String(text)));
    const ended = new Promise((resolve) => child.on('close', resolve));
    const cells = join(place.folder, 'stopped/cells.jsonl');
    while (!(existsSync(cells) && (await readFile(cells, 'utf8')).includes('\n'))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(said).toMatch(
      /^stopped: [12] of 3 cells are done and kept in stopped; the same command goes on from there\n$/,
    );
    expect((await readdir(join(place.folder, 'stopped'))).sort()).toEqual([
      ...['cells.jsonl', 'manifest.json', 'timings.jsonl'],
    ]);
  });

  it.skipIf(!existsSync('/usr/bin/script'))(
    'has a bar on a terminal, on which it leaves no mark',
    async () => {
      const line = `'${process.execPath}' '${join(root, 'dist/src/cli/main.js')}' compare --problem simplex-3 --samples 20 --nfe 3`;
      const { stdout } = await execute('/usr/bin/script', ['-qec', line, '/dev/null'], { cwd: place.folder });
      expect(stdout).toContain('0/6 cells');
      // neither hides the cursor nor turns off line wrapping: an interrupt would leave it so
      for (const code of ['\x1B[?25l', '\x1B[?7l']) expect(stdout).not.toContain(code);
    },
  );
});

describe('sample', () => {
  const sample = (...words: string[]) => bfn(place.folder, 'sample', '--nfe', '2', ...words);

  it('prints one line a sample, or JSON', async () => {
    const [text, numbers, asJson] = await Promise.all([
      sample('--problem', 'text:length=20', '--samples', '3'),
      sample('--problem', 'mixture-2d', '--samples', '3'),
      sample('--problem', 'mixture-2d', '--samples', '3', '--json'),
    ]);
    expect(text.stdout).toMatch(/^(?:[ a-z]{20}\n){3}$/);
    const { samples, shape } = json<{ samples: number[][]; shape: number[] }>(asJson.stdout);
    expect(shape).toEqual([3, 2]);
    expect(numbers.stdout).toBe(samples.map((row) => `${row.join(',')}\n`).join(''));
  });

  it('writes the same bytes for the same seed, to a folder that it makes', async () => {
    const to = (file: string, seed: string) =>
      sample('--problem', 'digits:components=1', '--samples', '5', '--seed', seed, '--out', file);
    const runs = [
      await to('pictures/new/a.png', '3'),
      await to('pictures/b.png', '3'),
      await to('pictures/c.png', '4'),
    ];
    expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ''],
      [0, ''],
      [0, ''],
    ]);
    expect(runs[0].stdout).toBe('5 samples of digits are in pictures/new/a.png\n');
    const read = (file: string) => readFile(join(place.folder, 'pictures', file), 'hex');
    const [a, b, c] = [await read('new/a.png'), await read('b.png'), await read('c.png')];
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect((await readdir(join(place.folder, 'pictures'))).sort()).toEqual(['b.png', 'c.png', 'new']);
  });

  it('fails with solver, evaluation and time where the network answers NaN, and writes nothing', async () => {
    const words = [
      '--import',
      './broken.mjs',
      '--problem',
      'nan-from-half',
      '--solver',
      'bfn-solver1',
      '--out',
      'n.npy',
    ];
    const { code, stderr } = await sample(...words);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: bfn-solver1 diverged: the prediction of sample 1 .* at evaluation 2 \(t = 0\.\d+\)\n$/,
    );
    expect((await readdir(place.folder)).filter((name) => name.startsWith('n.npy'))).toEqual([]);
  });
});

describe('plan, solvers, problems', () => {
  it('a plan as JSON is read back as it was', async () => {
    const written = await bfn(
      place.folder,
      'plan',
      'sde-bfn-solver2',
      '--process',
      'bfn-discrete:classes=3,beta1=2',
      '--json',
    );
    await writeFile(join(place.folder, 'plan.json'), written.stdout);
    expect(json(written.stdout)).toMatchObject({
      solver: 'sde-bfn-solver2',
      nfe: 10,
      process: { id: 'bfn-discrete' },
    });
    expect(await bfn(place.folder, 'plan', 'plan.json', '--json')).toEqual(written);
    const printed = await bfn(place.folder, 'plan', 'plan.json');
    expect(printed.stdout.match(/predict/g)).toHaveLength(10);
  });

  it('solvers has the facts of each, null where one does not apply', async () => {
    const listed = json<Record<string, unknown>[]>((await bfn(place.folder, 'solvers', '--json')).stdout);
    expect(listed.map(({ id, adaptive }) => [id, adaptive])).toEqual([
      ...solverList().map(({ id }) => [id, false]),
      ...adaptiveSolverList().map(({ id }) => [id, true]),
    ]);
    for (const facts of listed) {
      expect(facts).toMatchObject({ id: expect.any(String), reference: expect.any(String) });
      expect(['ode', 'sde']).toContain(facts.kind);
      expect(typeof facts.consistent).toBe('boolean');
      for (const name of ['order', 'orderAsStarted', 'weakOrder', 'evaluationsPerStep']) {
        expect(facts[name] === null || Number.isInteger(facts[name])).toBe(true);
      }
      // what is declared has been measured
      expect(facts.measuredOrder === null).toBe(facts.order === null);
      expect(facts.measuredWeakOrder === null).toBe(facts.weakOrder === null);
    }
    const midpoint = listed.find(({ id }) => id === 'sde-dpm-solver++2m');
    expect(Math.abs((midpoint?.measuredWeakOrder as number) - 2)).toBeLessThan(0.1);
  });

  it('sample marks samples whose budget did not suffice, writes what there is, exit code 1', async () => {
    const words = [
      'sample',
      '--problem',
      'mixture-1d',
      '--solver',
      'dormand-prince',
      '--samples',
      '3',
      '--nfe',
    ];
    const spent = await bfn(place.folder, ...words, '9', '--json', '--rtol', '1e-3');
    expect(spent.code).toBe(1);
    expect(spent.stderr).toMatch(
      /^error: dormand-prince did not get to the end with 3 of 3 samples in 9 calls each: sample \d stopped at t = [^\n]+\n$/,
    );
    expect(json(spent.stdout)).toMatchObject({
      nfe: 9,
      calls: { mean: 7, max: 7 },
      incomplete: [0, 1, 2].map((i) => ({ sample: i, t: expect.any(Number), error: expect.any(Number) })),
      settings: { tolerance: { absolute: 1e-5, relative: 1e-3 } },
      samples: [[expect.any(Number)], [expect.any(Number)], [expect.any(Number)]],
    });
    const { code, stdout, stderr } = await bfn(place.folder, ...words, '500', '--json', '--atol', '1e-3');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(json(stdout)).toMatchObject({
      incomplete: [],
      settings: { tolerance: { absolute: 1e-3, relative: 1e-5 } },
    });
  });

  it('problems lists those of a module as well', async () => {
    const { stdout } = await bfn(place.folder, 'problems', '--json', '--import', './broken.mjs');
    const ids = json<{ id: string }[]>(stdout).map(({ id }) => id);
    expect(ids).toEqual([
      'text',
      'digits',
      'mnist',
      'mixture-1d',
      'mixture-2d',
      'digits-network',
      'mnist-network',
      'text-network',
      'network',
      'simplex-3',
      'nan-from-half',
      'throws',
    ]);
  });

  it('a reader that closes the pipe is no failure', async () => {
    const line = `'${process.execPath}' '${join(root, 'dist/src/cli/main.js')}' plan bfn --nfe 20000 --json`;
    const { stdout, stderr } = await execute('bash', ['-c', `${line} | head -1; echo \${PIPESTATUS[0]}`]);
    expect({ stdout, stderr }).toEqual({ stdout: '{\n0\n', stderr: '' });
  });
});
