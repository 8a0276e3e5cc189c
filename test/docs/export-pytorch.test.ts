import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import { rowsOf } from '../../experiments/rows.js';
import { type Batch, zeros } from '../../src/array/batch.js';
import { openOnnx } from '../../src/denoiser/onnx.js';
import { sample } from '../../src/plan/sample.js';
import { normals } from '../../src/random/index.js';
import { root } from './pages.js';

const execute = promisify(execFile);

/** A Python that has PyTorch. */
const findPython = async (): Promise<string | undefined> => {
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = execute(python, ['-c', 'import importlib.util as u; assert u.find_spec("torch")']);
    if (
      await found.then(
        () => true,
        () => false,
      )
    ) {
      return python;
    }
  }
  return undefined;
};
const python = await findPython();
if (python === undefined) {
  console.warn(
    '\n*** SKIPPED: the export from PyTorch: no python3 here has torch (Debian: python3-torch) ***\n',
  );
}

let folder = '';
const script = (name: string, ...words: string[]) =>
  execute(python ?? '', [join(root, 'docs', name), ...words], { cwd: folder });

const networks = {
  cifar10: ['cifar10', '--random', '--layers', '1', '--width', '16', '--groups', '4', '--side', '4'],
  text8: ['text8', '--random', '--layers', '2', '--width', '24', '--heads', '3', '--length', '6'],
} as const;

const runs = {
  cifar10: { eta: 0.01, solvers: ['bfn-solver++2', 'sde-bfn-solver++2', 'bfn'] },
  text8: { eta: 0.001, solvers: ['bfn-solver2', 'sde-bfn-solver2'] },
} as const;

/** What check_export.py reads: the start, the noise and the result of each solver on the exported network. */
const drawn = async (name: keyof typeof networks): Promise<object[]> => {
  const { process, denoiser, release } = await openOnnx(join(folder, `${name}.onnx`));
  const { eta, solvers } = runs[name];
  const shape = [3, ...denoiser.sampleShape];
  const all: object[] = [];
  for (const id of solvers) {
    const own = id === 'bfn';
    const nfe = 7;
    const settings = { nfe, lastStep: own ? 'predict-at-end' : 'predict', draw: false } as const;
    const plan = solver(id).plan(process, { ...settings, grid: timeGrid.uniform({ eta: own ? 0 : eta }) });
    const noises = new Map<number, Batch>();
    const noise = (out: Batch['data'], row: number, draw: number): void => {
      normals(out, { seed: 5, sample: row, draw });
      if (!noises.has(draw)) noises.set(draw, zeros(shape, 'float64'));
      noises.get(draw)?.data.set(out, row * out.length);
    };
    const start = zeros(shape, 'float64');
    start.data.forEach((_, i) => (start.data[i] = plan.start.sigma * Math.cos(i + 1)));
    const result = await sample({ plan, denoiser, start, samples: shape[0], noise });
    const steps = plan.instructions.flatMap((one) => (one.op === 'noise' && 'draw' in one ? [one.draw] : []));
    all.push({
      ...{ solver: id, nfe, eta, start: rowsOf(start), result: rowsOf(result) },
      noises: steps.map((draw) => rowsOf(noises.get(draw) ?? zeros(shape))),
    });
  }
  await release();
  return all;
};

describe.skipIf(python === undefined)('a network exported from PyTorch', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-torch-'));
    await Promise.all(
      Object.entries(networks).map(([name, words]) =>
        script('export_pytorch.py', ...words, '--out', `${name}.onnx`, '--save', `${name}.pt`),
      ),
    );
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const check = (name: keyof typeof networks, all: readonly object[]) => {
    const words = networks[name].filter((word) => word !== '--random');
    const file = `${name}-${all.length}.json`;
    return writeFile(join(folder, file), JSON.stringify({ runs: all })).then(() =>
      script('check_export.py', file, ...words, '--checkpoint', `${name}.pt`),
    );
  };

  it('our plans on it are the update formulas in PyTorch, to 1e-4, and with another grid they are not', async () => {
    const [images, text] = [await drawn('cifar10'), await drawn('text8')];
    const [ofImages, ofText, wrong] = await Promise.all([
      check('cifar10', images),
      check('text8', text),
      check('text8', [{ ...text[0], eta: 0.02 }]).catch((error: { code: number; stderr: string }) => error),
    ]);
    expect(ofImages.stdout.match(/: largest difference \S+e-0[5-9]$/gm)).toHaveLength(3);
    expect(ofText.stdout.match(/: largest difference \S+e-0[5-9]$/gm)).toHaveLength(2);
    expect(wrong).toMatchObject({ code: 1 });
    expect(wrong.stderr).toMatch(/^error: the largest difference is \S+; accepted is 0\.0001\n$/);
  });

  it('has as many parameters as the published ones; text8 by what a block adds', async () => {
    const count = `
import export_pytorch as e
def count(*words):
    return e.parameters_of(e.build(e.parser().parse_args(words))[0])
one, two = (count("text8", "--layers", n) for n in "12")
print(count("cifar10"), count("cifar10-discretised"), count("mnist"), one + 23 * (two - one))`;
    const { stdout } = await execute(python ?? '', ['-B', '-c', count], { cwd: join(root, 'docs') });
    expect(stdout.trim()).toBe('30722188 30722584 24808961 170175003');
  });

  it('a checkpoint of another network is told in one line, and nothing is written', async () => {
    const words = ['text8', '--layers', '1', '--width', '24', '--checkpoint', 'text8.pt', '--out', 'x.onnx'];
    const { code, stderr } = await script('export_pytorch.py', ...words).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: the checkpoint text8\.pt is of another network: [^\n]+\n$/);
    await expect(readFile(join(folder, 'x.onnx'))).rejects.toThrow('ENOENT');
  });
});
