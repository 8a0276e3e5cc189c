import { build } from 'esbuild';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  continuousBfn,
  discreteBfn,
  gaussianMixture,
  independentCategorical,
  sample,
} from '../../src/index.js';
import { solver } from '../../solvers/index.js';
import { root } from '../built.js';
import { workplace } from '../cli/run.js';
import { launch } from './browser.js';

const place = workplace();

/** The same run here and there: what it may use, it is given. */
const run = async (core: {
  readonly continuousBfn: typeof continuousBfn;
  readonly discreteBfn: typeof discreteBfn;
  readonly gaussianMixture: typeof gaussianMixture;
  readonly independentCategorical: typeof independentCategorical;
  readonly sample: typeof sample;
  readonly solver: typeof solver;
}): Promise<readonly number[][]> => {
  const mixture = {
    weights: [0.4, 0.6],
    means: [
      [-0.5, 0.1],
      [0.5, 0],
    ],
    covariances: [
      [
        [0.01, 0.002],
        [0.002, 0.02],
      ],
      [
        [0.02, 0],
        [0, 0.01],
      ],
    ],
  };
  const settings = { nfe: 7 } as const;
  const plain = core.gaussianMixture(mixture, { kernel: 'plain' });
  const classes = core.independentCategorical({ probabilities: [0.5, 0.3, 0.2] });
  const continuous = core.continuousBfn({ sigma1: 0.01 });
  const discrete = core.discreteBfn({ classes: 3, beta1: 1.5 });
  const cases = [
    { plan: core.solver('bfn-solver++2').plan(continuous, settings), denoiser: plain },
    { plan: core.solver('sde-bfn-solver++2').plan(continuous, settings), denoiser: plain },
    {
      plan: core.solver('sde-bfn-solver++2').plan(continuous, settings),
      denoiser: core.gaussianMixture(mixture),
    },
    { plan: core.solver('bfn').plan(discrete, settings), denoiser: classes },
  ];
  const results: number[][] = [];
  for (const { plan, denoiser } of cases) {
    const { data } = await core.sample({ plan, denoiser, start: 'zero-mean', samples: 50, seed: 5 });
    results.push(Array.from(data));
  }
  return results;
};

describe('the core in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it('bundled by a stock bundler it runs plans there, with the results of Node bit for bit', async () => {
    const entry = join(place.folder, 'entry.js');
    const [core, solvers] = ['dist/src/index.js', 'dist/solvers/index.js'].map((file) =>
      JSON.stringify(join(root, file)),
    );
    await writeFile(
      entry,
      `import * as core from ${core}; import * as solvers from ${solvers}; globalThis.bfnSde = { ...core, ...solvers };`,
    );
    const { outputFiles, warnings } = await build({
      ...{ entryPoints: [entry], bundle: true, platform: 'browser', format: 'iife', target: 'es2022' },
      ...{ write: false, minify: true, logLevel: 'silent', external: ['mathjs'] },
    });
    expect(warnings).toEqual([]);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.addScriptTag({ content: outputFiles[0].text });
    const there = await page.evaluate<number[][]>(`(${run.toString()})(globalThis.bfnSde)`);
    const here = await run({
      continuousBfn,
      discreteBfn,
      gaussianMixture,
      independentCategorical,
      sample,
      solver,
    });
    expect(here.map(({ length }) => length)).toEqual([100, 100, 100, 150]);
    expect(there).toEqual(here);
    expect(complaints).toEqual([]);
  });
});
