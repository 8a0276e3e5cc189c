import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildTime, ensureBuilt, execute, root } from './built.js';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

let project = '';
let packed: Packed;
let paths: readonly string[];

/** A command in the project that the package was installed in. */
const inProject = (command: string, ...words: readonly string[]) =>
  execute(command, words, { cwd: project }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

const bfn = (...words: readonly string[]) => inProject('npx', '--no-install', 'bfn', ...words);

const subpaths = [
  'bfn-sde',
  ...['solvers', 'tensors', 'train', 'experiments', 'testing'].map((name) => `bfn-sde/${name}`),
];

beforeAll(async () => {
  await ensureBuilt();
  project = await mkdtemp(join(tmpdir(), 'bfn-package-'));
  const { stdout } = await execute(
    'npm',
    ['pack', '--ignore-scripts', '--json', '--pack-destination', project],
    {
      cwd: root,
      maxBuffer: 2 ** 26,
    },
  );
  [packed] = JSON.parse(stdout) as Packed[];
  paths = packed.files.map(({ path }) => path);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const { version } = JSON.parse(
    await readFile(join(root, 'node_modules/fast-check/package.json'), 'utf8'),
  ) as { version: string };
  // fast-check is what bfn-sde/testing asks its user for
  const network = ['--prefer-offline', '--fetch-timeout=20000', '--no-audit', '--no-fund'];
  await execute('npm', ['install', ...network, `./${packed.filename}`, `fast-check@${version}`], {
    cwd: project,
    timeout: buildTime,
  });
}, 2 * buildTime);
afterAll(() => rm(project, { recursive: true, force: true }));

describe('the package', () => {
  it('has what was compiled, data, documents and licence, and nothing else', () => {
    const accepted = [
      /^dist\/(?:src|solvers|experiments)\/.+\.(?:js|js\.map|d\.ts)$/,
      /^data\/(?:SHA256SUMS|.+\.(?:gz|md))$/,
      /^experiments\/library\/.+\.yaml$/,
      /^models\/(?:README\.md|\w+\/(?:config\.yaml|log\.jsonl|network\.(?:json|onnx)|training\.json|weights\.bin))$/,
      /^docs\/.+\.(?:md|png|svg|json|py)$/,
      /^(?:package\.json|README\.md|LICENSE)$/,
    ];
    expect(paths.filter((path) => !accepted.some((pattern) => pattern.test(path)))).toEqual([]);
    for (const path of ['LICENSE', 'dist/src/cli/main.js', 'dist/experiments/worker.js']) {
      expect(paths).toContain(path);
    }
    expect(packed.size).toBeLessThan(32_000_000);
  });

  it('has all bundled data, with their checksums', async () => {
    const sums = await readFile(join(root, 'data/SHA256SUMS'), 'utf8');
    const data = sums
      .trim()
      .split('\n')
      .map((line) => `data/${line.split(/\s+/)[1]}`);
    expect(paths.filter((path) => path.startsWith('data/') && path.endsWith('.gz')).sort()).toEqual(
      data.sort(),
    );
    expect(paths).toContain('data/SHA256SUMS');
  });

  it('has what every entry of package.json points to', async () => {
    const { bin, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      exports: Record<string, string | Record<string, string>>;
    };
    const targets = [bin, ...Object.values(exports)].flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    expect(targets.length).toBeGreaterThan(8);
    for (const target of targets) expect(paths).toContain(target.replace(/^\.\//, ''));
  });
});

describe('installed in an empty project', () => {
  it.each(subpaths)('import(%j) works in plain node', async (subpath) => {
    const code = `import * as all from '${subpath}'; console.log(Object.keys(all).length)`;
    const { stdout, stderr } = await inProject(process.execPath, '--input-type=module', '-e', code);
    expect(stderr).toBe('');
    expect(Number(stdout)).toBeGreaterThan(5);
  });

  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('a file of a user is type-checked with module %s, resolution %s', async (module, moduleResolution) => {
    const code = `
      import { continuousBfn, gaussianMixture, sample, type Plan, type Denoiser } from 'bfn-sde';
      import { registerSolver, solver, timeGrid, type Settings } from 'bfn-sde/solvers';
      import { compare, comparisonTable, type Comparison } from 'bfn-sde/experiments';
      import { checkSolver } from 'bfn-sde/testing';

      const settings: Settings = { nfe: 10, grid: timeGrid.uniform({ eta: 0.01 }), lastStep: 'predict' };
      const plan: Plan = solver('bfn-solver++2').plan(continuousBfn({ sigma1: 1e-3 }), settings);
      const denoiser: Denoiser = gaussianMixture({ weights: [1], means: [[0]], covariances: [[[1]]] });
      const { shape, data } = await sample({ plan, denoiser, start: 'zero-mean', samples: 10, seed: 1 });
      export const first: number = data[0] + shape[0];
      export const comparison: Comparison = await compare({
        problems: [{ id: 'mixture-1d', parameters: {} }], nfe: [5], samples: 10, seed: 1,
      });
      export const table: string = comparisonTable(comparison);
      registerSolver({ ...solver('ddim'), id: 'mine' });
      // @ts-expect-error a number of calls is a number
      export const wrong: Settings = { nfe: '10' };
      export { checkSolver };
    `;
    await writeFile(join(project, 'user.ts'), code);
    const compilerOptions = {
      ...{ module, moduleResolution, target: 'es2022', lib: ['es2023', 'dom'], types: [] },
      ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true },
    };
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { code: status, stdout } = await inProject(process.execPath, tsc, '-p', '.');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });

  it('npx bfn plan --json prints a plan that import("bfn-sde") reads back', async () => {
    const { code, stdout } = await bfn('plan', 'bfn-solver++2', '--nfe', '4', '--json');
    expect(code).toBe(0);
    await writeFile(join(project, 'plan.json'), stdout);
    const script = `
      import { planFromJson } from 'bfn-sde';
      import { readFileSync } from 'node:fs';
      console.log(planFromJson(JSON.parse(readFileSync('plan.json', 'utf8'))).nfe);`;
    const read = await inProject(process.execPath, '--input-type=module', '-e', script);
    expect(read.stdout).toBe('4\n');
  });

  it('npx bfn solvers lists them, npx bfn compare runs its workers', async () => {
    expect((await bfn('solvers')).stdout).toMatch(/^\| bfn-solver\+\+2 /m);
    const { code, stdout } = await bfn(
      'compare',
      '--problem',
      'simplex-3',
      '--nfe',
      '2',
      '--samples',
      '20',
      '--json',
    );
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as { cells: unknown[] }).cells).toHaveLength(5);
  });

  it('a data file that is corrupt, then missing, is told in one line', async () => {
    const file = join(project, 'node_modules/bfn-sde/data/digits.csv.gz');
    await appendFile(file, 'x');
    const corrupt = await bfn('sample', '--problem', 'digits', '--samples', '2');
    await rm(file);
    const missing = await bfn('sample', '--problem', 'digits', '--samples', '2');
    // npx may have words of its own before
    for (const { code, stdout, stderr } of [corrupt, missing]) {
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.match(/^error: /gm)).toHaveLength(1);
    }
    expect(corrupt.stderr).toMatch(/^error: the data file \S+digits\.csv\.gz is corrupt: [^\n]+\n$/m);
    expect(missing.stderr).toMatch(/^error: cannot read the data file \S+digits\.csv\.gz: ENOENT[^\n]+\n$/m);
  });
});

/** All that a compiled module imports before it runs, through the files of the package to the names of others. */
const importsOf = async (entry: string): Promise<{ files: string[]; others: string[] }> => {
  const files = new Set<string>();
  const others = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    const code = await readFile(file, 'utf8');
    for (const [, name] of code.matchAll(
      /^\s*(?:import|export)\s(?:[^'"();]*?\sfrom\s)?\s*['"]([^'"]+)['"]/gm,
    )) {
      if (name.startsWith('.')) await visit(join(dirname(file), name));
      else others.add(name);
    }
  };
  await visit(join(root, entry));
  return { files: [...files].map((file) => relative(root, file)), others: [...others].sort() };
};

describe('what an import loads', () => {
  it('of bfn-sde: its own files and ml-matrix, nothing of node: it works in a browser', async () => {
    const { files, others } = await importsOf('dist/src/index.js');
    expect(files).toContain(join('dist', 'src', 'plan', 'runner.js'));
    expect(others).toEqual(['ml-matrix']);
  });

  it('of bfn-sde/solvers: its own files', async () => {
    const { files, others } = await importsOf('dist/solvers/index.js');
    expect(files).toContain(join('dist', 'solvers', 'registry.js'));
    expect(others).toEqual([]);
  });

  it('of bfn-sde/tensors: its own files; tfjs only when a backend is asked for', async () => {
    const { files, others } = await importsOf('dist/src/tensors.js');
    expect(files).toContain(join('dist', 'src', 'array', 'tfjs.js'));
    expect(others).toEqual([]);
  });

  it('of bfn-sde/train: what reads descriptions and writes graphs; tfjs and ONNX Runtime only when they are asked for', async () => {
    const { files, others } = await importsOf('dist/src/train/index.js');
    expect(files).toContain(join('dist', 'src', 'train', 'trainer.js'));
    expect(others.filter((name) => !name.startsWith('node:'))).toEqual([
      '@bufbuild/protobuf/wire',
      'valibot',
    ]);
  });

  it('of bfn-sde/experiments: nothing that only some of its uses need', async () => {
    const { others } = await importsOf('dist/experiments/index.js');
    expect(others).toContain('ml-matrix');
    const heavy = [
      'mathjs',
      'piscina',
      'nspell',
      'dictionary-en',
      'vega',
      'vega-lite',
      '@resvg/resvg-js',
      'fast-png',
      'fast-check',
    ];
    for (const name of heavy) expect(others).not.toContain(name);
  });

  it('of bfn-sde/testing: fast-check besides', async () => {
    const { others } = await importsOf('dist/src/testing/index.js');
    expect(others).toContain('fast-check');
    expect(others.filter((name) => name.startsWith('node:') || name === 'vitest')).toEqual([]);
  });

  it('needs no global of node either: it samples without process and Buffer', async () => {
    const code = `
      const { log } = console;
      for (const name of ['process', 'Buffer', 'global', 'setImmediate']) delete globalThis[name];
      const { continuousBfn, gaussianMixture, sample } = await import('bfn-sde');
      const { solver } = await import('bfn-sde/solvers');
      const plan = solver('sde-bfn-solver++2').plan(continuousBfn({ sigma1: 0.1 }), { nfe: 4 });
      const denoiser = gaussianMixture({ weights: [1], means: [[0.5]], covariances: [[[0.01]]] });
      const { data } = await sample({ plan, denoiser, start: 'zero-mean', samples: 100, seed: 1 });
      log(Math.abs(data.reduce((a, b) => a + b) / 100 - 0.5) < 0.1);`;
    const { stdout, stderr } = await inProject(process.execPath, '--input-type=module', '-e', code);
    expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
  });
});
