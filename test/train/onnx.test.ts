import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportOnnx } from '../../src/train/onnx.js';
import type { Architecture } from '../../src/train/ops.js';
import { split } from '../../src/train/weights.js';
import { anyNetwork, drawCase } from './networks.js';
import { plainForward } from './plain-ops.js';

const ort = await import('onnxruntime-node').catch(() => undefined);
if (ort === undefined) console.warn('onnxruntime-node is not installed: exported graphs are not run');

type Inputs = { readonly x: Float32Array; readonly time: Float32Array };

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
  it('a network gives what simple loops give, for any batch', async () => {
    await fc.assert(
      fc.asyncProperty(anyNetwork(), fc.integer({ min: 1, max: 5 }), fc.nat(), async (network, batch, seed) => {
        const { flat, ...inputs } = drawCase(network, batch, seed);
        const weights = split(network, flat);
        const { shape, data } = await run(network, exportOnnx(network, weights), inputs);
        const expected = plainForward(network, weights, inputs.x, inputs.time);
        expect(shape).toEqual([batch, ...network.outputShape]);
        expect(expected.shape).toEqual(shape);
        const error = largest(data.map((y, i) => y - expected.data[i])) / largest(expected.data);
        expect(error).toBeLessThan(1e-5);
      }),
      { numRuns: 60 },
    );
  });
});
