import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCell } from '../../experiments/cell.js';
import { keysOf } from '../../experiments/key.js';
import { metricsFor } from '../../experiments/metrics/index.js';
import { makeProblem, parseProblem } from '../../experiments/problems/index.js';
import type { Problem } from '../../experiments/problem.js';
import { asData } from '../../experiments/problem.js';
import { readyRun } from '../../experiments/ready-run.js';
import { type Dataset, openDataset, registerDataset } from '../../src/data/dataset.js';
import { covarianceOf } from '../../src/plan/spectrum.js';
import { npyOf } from '../../src/data/npy.js';
import { UsageError } from '../../src/errors.js';
import { readConfig, type WrittenConfig } from '../../src/train/config.js';
import { exportOnnx } from '../../src/train/onnx.js';
import { taskOf } from '../../src/train/task.js';
import { cifarOf } from '../data/formats.js';
import { split, startWeights } from '../../src/train/weights.js';
import { littleEndian } from '../../src/train/weights-file.js';

let folder = '';
const pointsOf = { shape: [40, 3], data: Float32Array.from({ length: 120 }, (_, i) => Math.sin(i * i)) };

/** An untrained network of a training, as the training would leave it; the file of the graph. */
const untrained = async (name: string, written: Partial<WrittenConfig>, seed = 1): Promise<string> => {
  const config = readConfig({ name, batch: 2, steps: 1, ...written });
  const { architecture, network } = await taskOf(config);
  const weights = startWeights(architecture, seed);
  const path = join(folder, name);
  const { mkdir } = await import('node:fs/promises');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'weights.bin'), littleEndian(weights));
  const graph = exportOnnx(architecture, split(architecture, weights), { external: 'weights.bin' });
  await writeFile(join(path, 'network.onnx'), graph);
  await writeFile(join(path, 'network.json'), JSON.stringify(network));
  return join(path, 'network.onnx');
};

const mlp = { network: { id: 'mlp', width: 8, depth: 1 }, predicts: 'edm' } as const;
const ofWords = {
  flow: { kind: 'discrete', beta1: 0.5 },
  network: { id: 'transformer', width: 8, depth: 1, heads: 2 },
  predicts: 'logits',
} as const;
let points = '';
let words = '';
let bits = '';
let signs = '';
let colours = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-networks-'));
  const data = join(folder, 'points.npy');
  await writeFile(data, npyOf(pointsOf));
  points = await untrained('points', {
    ...mlp,
    data: { id: 'npy', path: data },
    flow: { kind: 'continuous' },
  });
  words = await untrained('words', {
    data: { id: 'text', source: 'text8', length: 8 },
    ...ofWords,
  });
  const signsOf = Float32Array.from({ length: 400 * 3 }, (_, i) => Math.floor(5 * Math.sin(i * i) ** 2));
  await writeFile(join(folder, 'signs.npy'), npyOf({ shape: [400, 3], data: signsOf }));
  signs = await untrained('signs', {
    ...ofWords,
    data: { id: 'npy', path: join(folder, 'signs.npy'), classes: 5 },
  });
  await writeFile(join(folder, 'colours.bin'), cifarOf(20));
  colours = await untrained('colours', {
    ...mlp,
    data: { id: 'cifar10', path: join(folder, 'colours.bin') },
    flow: { kind: 'continuous' },
  });
  bits = await untrained('bits', {
    data: { id: 'digits', binarise: 'dynamic' },
    flow: { kind: 'discrete', beta1: 9 },
    network: { id: 'mlp', width: 8, depth: 1 },
    predicts: 'binary-logit',
  });
});
beforeAll(() => {
  const make = async (): Promise<Dataset> => {
    const whole = Object.entries(await openDataset('text:source=text8,length=8'));
    const windows = Object.fromEntries(whole.filter(([name]) => name !== 'trainText'));
    return { ...windows, id: 'windows' } as Dataset;
  };
  registerDataset({ id: 'windows', description: 'of text8, and no text', parameters: [], make });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const problem = (path: string, more = {}): Promise<Problem> => makeProblem('network', { path, ...more });

describe('a learned network as a problem', () => {
  it('is held against the items that it was trained on, whose moments are those of the state', async () => {
    for (const [path, tolerance] of [
      [points, 0.25],
      [bits, 0.06],
      [signs, 0.25],
    ] as const) {
      const of = await problem(path);
      const { truth, moments } = of;
      if (truth.kind !== 'items') throw new Error('the truth is not of items');
      const { data, shape } = asData(of, of.trueSamples(3000, 1));
      const size = data.length / shape[0];
      const mean = new Float64Array(size);
      data.forEach((x, i) => (mean[i % size] += x / shape[0]));
      mean.forEach((value, i) => expect(Math.abs(value - moments.mean[i])).toBeLessThan(tolerance));
      const variance =
        Float64Array.from(data, (x, i) => (x - mean[i % size]) ** 2).reduce((a, b) => a + b, 0) / data.length;
      expect(Math.abs(variance / moments.variance - 1)).toBeLessThan(0.1);
    }
  });

  it('draws true samples from those items, independently, the same for a seed', async () => {
    const of = await problem(points);
    const all = new Set(
      Array.from({ length: 40 }, (_, i) => pointsOf.data.subarray(3 * i, 3 * i + 3).join()),
    );
    fc.assert(
      fc.property(fc.nat(1000), (seed) => {
        const { data } = of.trueSamples(20, seed);
        expect(of.trueSamples(20, seed).data).toEqual(data);
        for (let i = 0; i < 20; i++) expect(all).toContain(data.subarray(3 * i, 3 * i + 3).join());
      }),
      { numRuns: 20 },
    );
  });

  it('runs with every solver of its process, one call after the other or in one', async () => {
    for (const path of [points, words, bits, signs]) {
      const of = await problem(path);
      for (const solver of [...of.solvers, 'recommended']) {
        const run = { solver, nfe: 4, settings: {} };
        const task = { problem: { id: 'network', parameters: { path } }, run, samples: 12, seed: 1 };
        const outcome = await runCell(of, task);
        expect([solver, outcome.status, outcome.message]).toEqual([solver, 'ok', undefined]);
        expect(outcome.calls?.max).toBe(4);
        expect(Object.keys(outcome.estimates)).toEqual(metricsFor(of.truth).map(({ id }) => id));
      }
    }
  });

  it('of 3072 variables is ready at once: their covariance waits until it is asked for', async () => {
    const of = await problem(colours);
    const run = { solver: 'bfn', nfe: 2, settings: {} };
    const task = { problem: { id: 'network', parameters: {} }, run, samples: 3, seed: 1 };
    const { status } = await runCell(of, { ...task, metrics: ['sliced-wasserstein'] });
    expect([status, of.moments.mean.length]).toEqual(['ok', 3072]);
  });

  it('knows the covariance of its data where a solver asks for it', async () => {
    const { truth, moments } = await problem(points);
    if (truth.kind !== 'items' || !moments.spectrum) throw new Error('there is no covariance');
    const { items, covariance } = truth.law;
    const [d, n] = [3, items.shape[0]];
    const at = (i: number, j: number): number => items.data[i * d + j] - moments.mean[j];
    const byHand = (j: number, k: number): number =>
      [...Array(n).keys()].reduce((sum, i) => sum + (at(i, j) * at(i, k)) / n, 0);
    const ofSpectrum = covarianceOf(moments.spectrum);
    for (let j = 0; j < d; j++) {
      for (let k = 0; k < d; k++) {
        expect(covariance[j][k]).toBeCloseTo(byHand(j, k), 12);
        expect(ofSpectrum[j][k]).toBeCloseTo(byHand(j, k), 12);
      }
    }
    expect(moments.variance).toBeCloseTo((covariance[0][0] + covariance[1][1] + covariance[2][2]) / d, 12);
  });

  it('of more than two classes tells samples of other frequencies from true ones', async () => {
    const of = await problem(signs);
    const others = of.trueSamples(400, 2);
    const renamed = { ...others, data: others.data.map((k) => (k + 1) % 5) };
    for (const metric of metricsFor(of.truth, ['frechet-distance', 'sliced-wasserstein'])) {
      const all = [...Array(400).keys()];
      const [near, far] = [(await metric.over(others))(all), (await metric.over(renamed))(all)];
      expect(far).toBeGreaterThan(2 * near);
      const none = { shape: [1, 3], data: Float32Array.of(0, 5, 0) };
      expect(() => metric.over(none)).toThrow(
        /sample 0 has an entry 5: accepted are whole numbers from 0 to 4/,
      );
    }
  });

  it('measures text by a model of the text, which its own windows meet', async () => {
    const of = await problem(words, { order: 2 });
    const [bitsPerCharacter] = metricsFor(of.truth, ['bits-per-character']);
    const samples = of.trueSamples(4000, 3);
    const value = (await bitsPerCharacter.over(samples))(Array.from({ length: 4000 }, (_, i) => i));
    expect(bitsPerCharacter.truth).toBeGreaterThan(2);
    expect(Math.abs(value - (bitsPerCharacter.truth ?? 0))).toBeLessThan(0.03);
  });

  it('has the whole text trained on as the ruler, to its last character', async () => {
    const text = `${'ab'.repeat(48)}abacaba`; // the c after the last whole window
    const data = { id: 'text', path: join(folder, 'abc.txt'), alphabet: 'abc', length: 8 };
    await writeFile(data.path, text + 'a'.repeat(20));
    const path = await untrained('abc', { ...ofWords, data: { ...data, split: [text.length, 20] } });
    const { moments } = await problem(path, { order: 1 });
    const share = (k: string): number => text.split(k).length - 1;
    const expected = [...'abc'].map((k) => share(k) / text.length);
    Array.from(moments.probabilities ?? []).forEach((p, k) => expect(p).toBeCloseTo(expected[k], 12));
  });

  it('has cells of its own for other weights in the same file', async () => {
    const keyOf = async (): Promise<string> => {
      const of = await problem(points);
      const run = readyRun(of, { solver: 'bfn', nfe: 3, settings: {} });
      return keysOf({ problem: of, samples: 5, metrics: metricsFor(of.truth), modules: [] })(run)(1);
    };
    const before = await keyOf();
    expect(await keyOf()).toBe(before);
    const data = { id: 'npy', path: join(folder, 'points.npy') };
    await untrained('points', { ...mlp, data, flow: { kind: 'continuous' } }, 2);
    expect(await keyOf()).not.toBe(before);
  });

  it.each([
    [
      'data of another size',
      () => problem(points, { data: 'digits' }),
      /samples of shape \[64\].*takes \[3\]/,
    ],
    ['unknown data', () => problem(points, { data: 'words' }), /unknown dataset "words"/],
    [
      'more classes than a covariance can be had of',
      async () => {
        const data = { id: 'npy', path: join(folder, 'signs.npy'), classes: 2000 };
        return problem(await untrained('many', { ...ofWords, data }));
      },
      /3 variables of 2000 classes, 6000 in all; accepted are up to 4096$/,
    ],
    [
      'text of which only windows are known',
      () => problem(words, { data: 'windows' }),
      /the data "windows" have no trainText$/,
    ],
    ['a file that is not there', () => problem('nowhere.onnx'), /nowhere/],
    ['a parameter that it has not', async () => parseProblem('digits-network:path=x'), /no parameter "path"/],
  ])('refuses %s in one line', async (_, make, message) => {
    await expect(make()).rejects.toThrow(UsageError);
    await expect(make()).rejects.toThrow(message);
  });
});

describe('the networks that ship', () => {
  it.each(['digits-network', 'mnist-network', 'text-network'])('%s: it knows its data', async (id) => {
    const of = await makeProblem(id);
    const run = { solver: 'recommended', nfe: 6, settings: {} };
    // one that learned nothing is far worse by the first metric of quality, little as so few samples tell
    const [quality] = of.quality;
    const task = { problem: { id, parameters: {} }, run, samples: 16, seed: 1, metrics: [quality] };
    const { status, estimates } = await runCell(of, task);
    expect(status).toBe('ok');
    const noise = { ...of, denoiser: { ...of.denoiser, predict: zeroPrediction } };
    const blind = await runCell(noise, task);
    expect(estimates[quality].value).toBeLessThan(0.85 * blind.estimates[quality].value);
  });
});

const zeroPrediction: Problem['denoiser']['predict'] = ({ shape, data }) => ({
  shape,
  data: data.map(() => 0),
});
