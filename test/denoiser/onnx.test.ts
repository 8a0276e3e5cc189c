import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { solver } from '../../solvers/index.js';
import type { Batch } from '../../src/array/batch.js';
import { adapt } from '../../src/denoiser/adapters.js';
import type { WrittenNetwork } from '../../src/denoiser/network-file.js';
import { openOnnx, type OnnxNetwork, type OnnxOptions } from '../../src/denoiser/onnx.js';
import { UsageError } from '../../src/errors.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn } from '../../src/process/index.js';
import { randomStream } from '../../src/random/index.js';
import { batchOf, largestDifference, normalMatrix, rowsOf } from './laws.js';
import {
  type Graph,
  type Linear,
  type LinearOptions,
  bytesOf,
  linear,
  linearDescription,
  linearGraph,
  onnxFile,
} from './onnx-file.js';

let folder = '';
let count = 0;
const open: OnnxNetwork[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-onnx-'));
});
afterAll(async () => {
  for (const network of open) await network.release();
  await rm(folder, { recursive: true, force: true });
});

const written = async (graph: Graph, description: unknown): Promise<string> => {
  const path = join(folder, `network-${count++}.onnx`);
  await writeFile(path, onnxFile(graph));
  await writeFile(path.replace('.onnx', '.json'), JSON.stringify(description));
  return path;
};

const opened = async (
  graph: Graph,
  description: WrittenNetwork,
  options: OnnxOptions = {},
): Promise<OnnxNetwork> => {
  const network = await openOnnx(await written(graph, description), options);
  open.push(network);
  return network;
};

const someLinear = (seed: number, d: number, scale = 0.3): Linear => {
  const stream = randomStream(seed, 'linear network');
  const rows = (n: number) => normalMatrix(n, d, stream).map((row) => row.map((value) => scale * value));
  const [[b], [v]] = [rows(1), rows(1)];
  return { W: rows(d), b, v };
};

const someRows = (seed: number, n: number, d: number, precision: 'float32' | 'float64' = 'float32'): Batch =>
  batchOf(normalMatrix(n, d, randomStream(seed, 'rows')), precision);

/** `opened`, of a linear network of d variables. */
const openedLinear = (of: Linear, graph: LinearOptions = {}, description: Partial<WrittenNetwork> = {}) =>
  opened(linearGraph(of, graph), linearDescription(of.b.length, description));

/** What the formula gives in place of the graph. */
const plain =
  (of: Linear) =>
  (x: Batch, times: Float64Array): Batch =>
    batchOf(rowsOf(x).map((row, i) => linear(of, row, times[i])));

const anyLinear = fc.record({
  seed: fc.nat(1000),
  d: fc.integer({ min: 1, max: 6 }),
  n: fc.integer({ min: 1, max: 5 }),
});

describe('a network in an ONNX file', () => {
  it('is the formula that it holds: any, of any number of samples, each with its time, of either precision', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLinear,
        fc.constantFrom('float32', 'float64'),
        fc.constantFrom<LinearOptions>(
          {},
          { timeShape: [1] },
          { timeType: 'float64', stateType: 'float64' },
          { batch: 1 },
          { batch: 2 },
          { batch: 3, timeShape: [1] },
        ),
        async ({ seed, d, n }, precision, graph) => {
          const of = someLinear(seed, d);
          const { network } = await openedLinear(of, graph);
          const x = someRows(seed, n, d, precision);
          const before = x.data.slice();
          const times = Float64Array.from({ length: n }, (_, i) => (i + 1) / (n + 1));
          const y = await network(x, times);
          expect(y.shape).toEqual([n, d]);
          expect(largestDifference(y.data, plain(of)(x, times).data)).toBeLessThan(1e-5);
          expect(x.data).toEqual(before);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is shown the time of its own clock, rounded where it takes whole numbers, and a label beside it', async () => {
    const of = someLinear(3, 2);
    const { denoiser, process } = await openedLinear(
      of,
      { timeType: 'int64', label: true },
      { predicts: 'data', clock: { kind: 'process', scale: 10, shift: 1 }, constants: { label: 7 } },
    );
    const x = someRows(3, 2, 2);
    const moments = [0.3, 0.58].map((t) => ({
      ...{ t, alpha: process.alpha(t), sigma: process.sigma(t) },
      time: process.networkTime(t),
    }));
    // 10 (1 - .3) + 1 and 10 (1 - .58) + 1 = 5.2
    const wanted = rowsOf(x).map((row, i) => linear(of, row, [8, 5][i], 7));
    expect(largestDifference((await denoiser.predict(x, moments)).data, wanted.flat())).toBeLessThan(1e-5);
  });

  it('has channels first where it says so: as the same formula with the axes moved', async () => {
    const [channels, places] = [3, 4];
    const of = someLinear(4, 12);
    const { denoiser } = await openedLinear(
      of,
      { shape: [channels, places] },
      { predicts: 'data', inputShape: [channels, places], layout: 'channels-first' },
    );
    const x = someRows(4, 2, 12);
    const moved = (row: number[]): number[] =>
      row.map((_, i) => row[(i % places) * channels + Math.floor(i / places)]);
    const back = (row: number[]): number[] =>
      row.map((_, i) => row[(i % channels) * places + Math.floor(i / channels)]);
    const wanted = rowsOf(x).flatMap((row) => back(linear(of, moved(row), 0.5)));
    const moment = { t: 0.5, time: 0.5, alpha: 0.9, sigma: 0.1 };
    expect(largestDifference((await denoiser.predict(x, [moment, moment])).data, wanted)).toBeLessThan(1e-5);
  });

  it('gives the samples of the same formula in plain code, whatever the chunk and the batch of the graph', async () => {
    const of = someLinear(5, 4, 0.1);
    const process = continuousBfn({ sigma1: 0.02 });
    const plan = solver('sde-bfn-solver++2').plan(process, { nfe: 6 });
    const run = { plan, start: 'zero-mean', samples: 5, seed: 1 } as const;
    const exact = await sample({
      ...run,
      denoiser: adapt(plain(of), { sampleShape: [4], predicts: 'noise' }),
    });
    for (const batch of ['n', 1, 3]) {
      const { denoiser } = await openedLinear(of, { batch });
      for (const chunk of [1, 2, 64]) {
        const mine = await sample({ ...run, denoiser, chunk });
        expect(largestDifference(mine.data, exact.data)).toBeLessThan(1e-5);
      }
    }
  });

  it('may have its weights in a file beside it, and threads of a number', async () => {
    const of = someLinear(6, 3);
    const path = await written(linearGraph(of, { weightsFile: 'weights.bin' }), linearDescription(3));
    await writeFile(join(folder, 'weights.bin'), bytesOf({ name: 'W', shape: [3, 3], values: of.W.flat() }));
    const { network, release } = await openOnnx(path, { threads: 1, keepMemory: false });
    const x = someRows(6, 2, 3);
    const times = Float64Array.of(0.1, 0.2);
    expect(largestDifference((await network(x, times)).data, plain(of)(x, times).data)).toBeLessThan(1e-5);
    await release();
    await release();
    await expect(async () => network(x, times)).rejects.toThrow(
      /^the network .* was released; open it again$/,
    );
  });

  it('runs on cpu where the provider that was asked for is not there, and says why', async () => {
    const of = someLinear(7, 2);
    const path = await written(linearGraph(of), linearDescription(2));
    const { provider, note, release } = await openOnnx(path, { provider: 'cuda' });
    await release();
    if (provider === 'cuda')
      return console.warn('\n*** SKIPPED: the fallback from CUDA, which is there ***\n');
    expect(provider).toBe('cpu');
    expect(note).toMatch(/^the provider cuda is not there \([^\n]+\); the network runs on cpu$/);
  });

  it('gives the same on WebGPU, where there is an adapter', async () => {
    const of = someLinear(8, 3);
    const gpu = await openOnnx(await written(linearGraph(of), linearDescription(3)), { provider: 'webgpu' });
    open.push(gpu);
    if (gpu.note !== undefined) return console.warn(`\n*** SKIPPED: ONNX on WebGPU: ${gpu.note} ***\n`);
    const x = someRows(8, 4, 3);
    const times = Float64Array.of(0.1, 0.2, 0.3, 0.4);
    expect(largestDifference((await gpu.network(x, times)).data, plain(of)(x, times).data)).toBeLessThan(
      1e-4,
    );
  });

  // https://github.com/microsoft/onnxruntime/issues/29651
  it('is right on WebGPU too, or runs on cpu: a convolution of 15 channels, which WebGPU was seen to get wrong', async () => {
    const [before, after, side] = [15, 60, 4];
    const { normal } = randomStream(9, 'convolution');
    const graph: Graph = {
      inputs: [{ name: 'x', shape: ['n', before, side, side] }],
      outputs: [{ name: 'y', shape: ['n', after, side - 2, side - 2] }],
      weights: [
        {
          name: 'W',
          shape: [after, before, 3, 3],
          values: Array.from({ length: after * before * 9 }, normal),
        },
      ],
      nodes: [{ op: 'Conv', inputs: ['x', 'W'], output: 'y' }],
    };
    const shapes = { inputShape: [before, side, side], outputShape: [after, side - 2, side - 2] };
    const description = linearDescription(before * side ** 2, {
      ...{ predicts: 'data', inputs: { state: 'x' }, layout: 'channels-first', ...shapes },
    });
    const x = { ...someRows(9, 2, before * side ** 2), shape: [2, before, side, side] };
    const results: Batch[] = [];
    for (const provider of ['cpu', 'webgpu'] as const) {
      const one = await opened(graph, description, { provider });
      results.push(await one.network(x, Float64Array.of(0, 0)));
    }
    expect(largestDifference(results[0].data, results[1].data)).toBeLessThan(1e-3);
  });
});

describe('what does not fit is one line with the place', () => {
  const of = someLinear(1, 2);
  const graph = (options: LinearOptions = {}) => linearGraph(of, options);

  it.each<[string, Graph, Partial<WrittenNetwork>, RegExp]>([
    ['a name', graph(), { inputs: { state: 'z', time: 't' } }, /inputs\.state is "z"; the graph has x, t$/],
    ['the output', graph(), { output: 'eps' }, /output is "eps"; the graph has y$/],
    [
      'dimensions',
      graph(),
      { sampleShape: [3] },
      /inputShape is \[3\] a sample; "x" of the graph has \[n, 2\], the batch first$/,
    ],
    [
      'a rank',
      graph(),
      { inputShape: [2, 1] },
      /inputShape is \[2, 1\] a sample; "x" of the graph has \[n, 2\]/,
    ],
    [
      'what it gives',
      graph(),
      { outputShape: [1, 2] },
      /outputShape is \[1, 2\] a sample; "y" of the graph has \[n, 2\]/,
    ],
    ['the time', graph(), { timeShape: [1] }, /timeShape is \[1\] a sample; "t" of the graph has \[n\]/],
    [
      'an input left out',
      graph(),
      { inputs: { state: 'x' } },
      /the graph has an input "t"; it must be in inputs or in constants$/,
    ],
    [
      'a label left out',
      graph({ label: true }),
      {},
      /the graph has an input "label"; it must be in inputs or in constants$/,
    ],
    [
      'a constant',
      graph(),
      { constants: { label: 1 } },
      /a name in constants is "label"; the graph has x, t$/,
    ],
    [
      'its length',
      graph({ label: true }),
      { constants: { label: [1, 2] } },
      /constants\.label has 2 numbers; "label" of the graph takes 1 a sample$/,
    ],
    ['a batch', graph({ batch: 4 }), { batch: 2 }, /batch is 2; "x" of the graph takes 4 samples a call$/],
    [
      'a type',
      graph({ stateType: 'float16' }),
      {},
      /the state, "x" of the graph, is of type float16; it must be float32 or float64$/,
    ],
  ])('%s of the graph', async (_, wrong, description, message) => {
    const path = await written(wrong, linearDescription(2, description));
    const failure = await openOnnx(path).catch((error: Error) => error);
    expect(failure).toBeInstanceOf(UsageError);
    const { message: said } = failure as Error;
    expect(said).toMatch(message);
    expect(said).toMatch(/^\S+\.json does not match \S+\.onnx: [^\n]+$/);
  });

  it.each<[string, Graph, unknown, RegExp]>([
    [
      'a process',
      graph(),
      linearDescription(2, { process: { id: 'bfn', parameters: {} } }),
      /json: unknown process "bfn"; there are: /,
    ],
    [
      'a range',
      graph(),
      linearDescription(2, { dataRange: [0, 1], clip: [0, 0.5] }),
      /json: dataRange is \[0, 1\]; it must be within clip, \[0, 0\.5\]$/,
    ],
    [
      'no number',
      linearGraph({ ...of, b: [NaN, 0] }),
      linearDescription(2),
      /onnx: on a trial of noise at t = 0\.5 the prediction is NaN; it must be finite$/,
    ],
  ])('%s', async (_, made, description, message) => {
    const failure = openOnnx(await written(made, description));
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow(message);
  });

  it('a file that is none, a description that is none, options', async () => {
    const path = await written(graph(), linearDescription(2));
    const json = path.replace('.onnx', '.json');
    await expect(openOnnx(join(folder, 'none.onnx'))).rejects.toThrow(
      /^cannot read the network \S+none\.onnx: ENOENT/,
    );
    await expect(openOnnx(path, { description: 'none.json' })).rejects.toThrow(
      /^cannot read the description of a network from none\.json: ENOENT/,
    );
    await expect(openOnnx(json, { description: json })).rejects.toThrow(
      /^cannot load the network \S+\.json: /,
    );
    await expect(openOnnx(path, { threads: 0 })).rejects.toThrow(
      'threads is 0; it must be a whole number from 1',
    );
    await expect(openOnnx(path, { provider: 'tpu' as 'cpu' })).rejects.toThrow(
      'provider is tpu; accepted are cpu, cuda, webgpu',
    );
    await expect(openOnnx(path, { description: { ...linearDescription(2), output: 'z' } })).rejects.toThrow(
      `the description of ${path} does not match ${path}: output is "z"; the graph has y`,
    );
  });
});
