import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModules } from '../../../experiments/modules.js';
import {
  type FeatureOptions,
  frechetOnFeatures,
  metricsFor,
  onnxFeatures,
} from '../../../experiments/metrics/index.js';
import { UsageError } from '../../../src/errors.js';
import { randomStream } from '../../../src/random/index.js';
import { normalMatrix } from '../../denoiser/laws.js';
import { type Graph, onnxFile } from '../../denoiser/onnx-file.js';
import { batchOf, plane, range, rowsOf, valueOf } from './support.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-features-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `y = x W` for rows x of d numbers, W [d, f]. */
const linearGraph = (W: number[][], changes: Partial<Graph> = {}): Graph => ({
  inputs: [{ name: 'x', shape: ['n', W.length] }],
  outputs: [{ name: 'y', shape: ['n', W[0].length] }],
  weights: [{ name: 'W', shape: [W.length, W[0].length], values: W.flat() }],
  nodes: [{ op: 'MatMul', inputs: ['x', 'W'], output: 'y' }],
  ...changes,
});

const written = async (name: string, graph: Graph): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, onnxFile(graph));
  return path;
};

const products = (rows: readonly number[][], W: readonly number[][]): number[][] =>
  rows.map((x) => W[0].map((_, j) => W.reduce((sum, row, i) => sum + x[i] * row[j], 0)));

describe('the features of a network in an ONNX file', () => {
  it('are what its graph makes of each sample, however many there are', async () => {
    const W = normalMatrix(3, 2, randomStream(1, 'features'));
    const { features } = await onnxFeatures(await written('any.onnx', linearGraph(W)));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.nat(), async (n, seed) => {
        const rows = normalMatrix(n, 3, randomStream(seed, 'samples'));
        const found = await features(batchOf(rows));
        expect(found.shape).toEqual([n, 2]);
        products(rows, W).forEach((row, i) =>
          row.forEach((value, j) => expect(Math.abs(found.data[2 * i + j] - value)).toBeLessThan(1e-5)),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('give the Fréchet distance that the same features in code give; the hash is that of the file', async () => {
    const W = [
      [1, 0.5, -1],
      [-0.5, 2, 1],
    ];
    const graph = linearGraph(W);
    const options = await onnxFeatures(await written('Inception v3.onnx', graph));
    expect(options).toMatchObject({
      label: 'inception-v3',
      hash: createHash('sha256').update(onnxFile(graph)).digest('hex'),
    });
    const inCode: FeatureOptions = {
      ...{ label: 'in-code', hash: '00000000' },
      features: (x) => batchOf(products(rowsOf(x), W)),
    };
    const samples = batchOf(rowsOf(plane.sample(300, 1)).map(([x, y]) => [x + 0.3, 1.2 * y]));
    const [value, wanted] = await Promise.all(
      [options, inCode].map((one) =>
        valueOf(frechetOnFeatures(one).make({ kind: 'vectors', mixture: plane })!, samples),
      ),
    );
    expect(wanted).toBeGreaterThan(0.1);
    expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-4);
  });

  it('an image goes in as the graph has it, and where it leaves that open as a row', async () => {
    const image = linearGraph([[1], [1]], {
      inputs: [{ name: 'x', shape: ['n', 2, 1, 2] }],
      weights: [
        { name: 'W', shape: [4, 1], values: [1, 2, 3, 4] },
        { name: 'row', shape: [2], values: [-1, 4], type: 'int64' },
      ],
      nodes: [
        { op: 'Reshape', inputs: ['x', 'row'], output: 'rows' },
        { op: 'MatMul', inputs: ['rows', 'W'], output: 'y' },
      ],
    });
    const open = { ...image, inputs: [{ name: 'x', shape: ['n', 'd'] }] };
    for (const [name, graph] of [
      ['image.onnx', image],
      ['open.onnx', open],
    ] as const) {
      const { features } = await onnxFeatures(await written(name, graph));
      const { data } = await features(batchOf([[1, 1, 1, 1], range(4)]));
      expect(Array.from(data)).toEqual([10, 20]);
      const failure = await Promise.resolve(features(batchOf([[1, 1]]))).catch((error: unknown) => error);
      expect(String(failure)).toMatch(/takes \[2, 1, 2\] a sample; these have 2 numbers|reshape|Reshape/);
    }
  });

  it('that are not one row a sample are refused', async () => {
    const mean = linearGraph([[1], [1]], {
      weights: [{ name: 'W', shape: [1], values: [0], type: 'int64' }],
      nodes: [{ op: 'ReduceSum', inputs: ['x', 'W'], output: 'y', attribute: ['keepdims', 1] }],
    });
    const { features } = await onnxFeatures(await written('mean.onnx', mean));
    await expect(
      Promise.resolve(
        features(
          batchOf([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).rejects.toThrow(/gives \[1, 2\] of float32 for 2 samples; accepted are floats with the samples first/);
  });

  it('are a metric once the file is imported, which can be done again', async () => {
    const path = await written('imported.onnx', linearGraph([[1], [1]]));
    const [first] = await loadModules([path]);
    expect(first.metric).toMatch(/^frechet-distance-on-imported-[0-9a-f]{8}$/);
    expect(await loadModules([path])).toEqual([first]);
    const truth = { kind: 'vectors', mixture: plane } as const;
    expect(metricsFor(truth, [first.metric!]).map(({ id }) => id)).toEqual([first.metric]);
    expect(metricsFor(truth).map(({ id }) => id)).not.toContain(first.metric);
    await writeFile(path, onnxFile(linearGraph([[1], [2]])));
    const [other] = await loadModules([path]);
    expect(other.sha256).not.toBe(first.sha256);
    expect(other.metric).not.toBe(first.metric);
  });

  const W = [[1], [1]];
  const mistakes: readonly (readonly [what: string, graph: Graph | string, says: RegExp])[] = [
    ['a file that is no graph', 'no graph', /cannot load the network \S*mistake\.onnx.*: \S/],
    [
      'two inputs',
      linearGraph(W, { inputs: [2, 3].map((d) => ({ name: d === 2 ? 'x' : 't', shape: ['n', d] })) }),
      /the graph has 2 inputs; accepted is a graph of one input of float32, any number of samples first/,
    ],
    ['a fixed batch', linearGraph(W, { inputs: [{ name: 'x', shape: [8, 2] }] }), /takes 8 samples a call/],
    [
      'another type',
      linearGraph(W, {
        inputs: [{ name: 'x', type: 'float64', shape: ['n', 2] }],
        weights: [],
        nodes: [{ op: 'Cast', inputs: ['x'], output: 'y', attribute: ['to', 1] }],
      }),
      /its input is of type float64/,
    ],
    [
      'weights beside the file, of which its hash says nothing',
      linearGraph(W, { weights: [{ name: 'W', shape: [2, 1], values: [1, 1], file: 'W.bin' }] }),
      /cannot load the network \S*, with its weights in the file: \S/,
    ],
  ];

  it.each(mistakes)('%s: one line that says what is accepted', async (_what, graph, says) => {
    const path = join(folder, 'mistake.onnx');
    await writeFile(join(folder, 'W.bin'), Float32Array.of(1, 1));
    await writeFile(path, typeof graph === 'string' ? graph : onnxFile(graph));
    const failure = await onnxFeatures(path).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toMatch(says);
    expect((failure as UsageError).message).not.toContain('\n');
  });

  it('a missing file is one, too', async () => {
    await expect(loadModules([join(folder, 'missing.onnx')])).rejects.toThrow(
      /^cannot read the network \S*missing\.onnx: /,
    );
  });
});
