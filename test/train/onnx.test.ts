import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { architecture } from '../../src/train/architectures.js';
import { exportOnnx } from '../../src/train/onnx.js';
import type { OnnxNode } from '../../src/train/onnx-file.js';
import { inOrder } from '../../src/train/onnx-layout.js';
import { drawing } from '../../src/train/onnx-ops.js';
import type { Architecture } from '../../src/train/ops.js';
import { writeWeights } from '../../src/train/weights-file.js';
import { split, startWeights } from '../../src/train/weights.js';
import { anyNetwork, drawCase } from './networks.js';
import { plainForward } from './plain-ops.js';
import { anyProgram } from './programs.js';

const ort = await import('onnxruntime-node').catch(() => undefined);
if (ort === undefined) console.warn('onnxruntime-node is not installed: exported graphs are not run');

interface Inputs {
  readonly x: Float32Array;
  readonly time: Float32Array;
}

const run = async (network: Architecture, model: Uint8Array | string, { x, time }: Inputs) => {
  const { InferenceSession, Tensor } = ort!;
  const options = { intraOpNumThreads: 1, logSeverityLevel: 3 } as const;
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options));
  const { y } = await session.run({
    x: new Tensor('float32', x, [time.length, ...network.inputShape]),
    time: new Tensor('float32', time, [time.length]),
  });
  await session.release();
  return { shape: y.dims, data: y.data as Float32Array };
};

const largest = (values: Float32Array): number => values.reduce((most, y) => Math.max(most, Math.abs(y)), 0);

describe.skipIf(ort === undefined)('exported to ONNX', () => {
  /** The largest difference from simple loops, as a part of the largest output. */
  const difference = async (network: Architecture, batch: number, seed: number): Promise<number> => {
    const { flat, ...inputs } = drawCase(network, batch, seed);
    const weights = split(network, flat);
    const { shape, data } = await run(network, exportOnnx(network, weights), inputs);
    const expected = plainForward(network, weights, inputs.x, inputs.time);
    expect(shape).toEqual([batch, ...network.outputShape]);
    expect(expected.shape).toEqual(shape);
    return largest(data.map((y, i) => y - expected.data[i])) / Math.max(1e-3, largest(expected.data));
  };
  const batches = fc.integer({ min: 1, max: 5 });

  it('a network gives what simple loops give, for any batch', async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork(), batches, fc.nat(), async (network, batch, seed) => {
        expect(await difference(network, batch, seed)).toBeLessThan(1e-5);
      }),
      { numRuns: 40 },
    );
  });

  it('and so do any operations, however axes are turned, joined and split', async () => {
    await fc.assert(
      fc.asyncProperty(anyProgram(), batches, fc.nat(), async (network, batch, seed) => {
        expect(await difference(network, batch, seed)).toBeLessThan(1e-4);
      }),
      { numRuns: 150 },
    );
  });

  it('weights in a file beside the graph are those within it, bit for bit', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'onnx-'));
    await fc.assert(
      fc.asyncProperty(anyNetwork(), fc.nat(), async (network, seed) => {
        const { flat, ...inputs } = drawCase(network, 2, seed);
        const weights = split(network, flat);
        const path = join(folder, 'network.onnx');
        const within = exportOnnx(network, weights);
        const beside = exportOnnx(network, weights, { external: 'weights.bin' });
        expect(within.length - beside.length).toBeGreaterThan(4 * flat.length - 100 * weights.size);
        await Promise.all([writeFile(path, beside), writeWeights(join(folder, 'weights.bin'), flat)]);
        expect(await run(network, path, inputs)).toEqual(await run(network, within, inputs));
      }),
      { numRuns: 12 },
    );
    await rm(folder, { recursive: true });
  });
});

describe('an ONNX graph', () => {
  const network = (depth: number) =>
    architecture('vdm-unet', { side: 4, channels: 3, width: 8, depth, groups: 4 });
  const nodesOf = (drawn: Architecture): readonly OnnxNode[] => {
    const { ops, output, nodes } = drawing(() => new Float32Array(0));
    const input = (name: string, shape: readonly number[]) => ({ name, shape, order: inOrder(shape.length) });
    output(drawn.forward(ops, input('x', [-1, ...drawn.inputShape]), input('time', [-1])), 'y');
    return nodes();
  };

  it('transposes images at its ends and in its middle, however deep it is', () => {
    const moves = (depth: number): number =>
      nodesOf(network(depth)).filter(({ op, inputs }) => op === 'Transpose' && !inputs[0].endsWith('.weight'))
        .length;
    expect(moves(5)).toBe(moves(1));
  });

  it('is the same bytes each time', () => {
    const drawn = network(1);
    const weights = split(drawn, startWeights(drawn, 1));
    expect(Buffer.compare(exportOnnx(drawn, weights), exportOnnx(drawn, weights))).toBe(0);
  });

  it('of weights of another network is refused', () => {
    const weights = split(network(1), startWeights(network(1), 1));
    expect(() => exportOnnx(network(2), weights)).toThrow(
      new UsageError('weight down1.norm1.weight has no numbers; accepted are the 8 of this vdm-unet'),
    );
    weights.set('in.bias', new Float32Array(3));
    expect(() => exportOnnx(network(1), weights)).toThrow(
      new UsageError('weight in.bias has 3 numbers; accepted are the 8 of this vdm-unet'),
    );
  });
});
