import { copyFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { zeros } from '../../src/array/batch.js';
import { normalsOfSamples } from '../../src/array/host.js';
import { readConfig, writtenConfig } from '../../src/train/config.js';
import { type TrainedNetwork, openTrained } from '../../src/train/trained.js';
import { ownFolder, tinyConfigs, trainTiny } from './tiny-trainings.js';

const place = ownFolder();
const kinds = Object.keys(tinyConfigs) as (keyof typeof tinyConfigs)[];

const predictions = async ({ process, denoiser }: TrainedNetwork, seed: number, t: number) => {
  const moment = { t, alpha: process.alpha(t), sigma: process.sigma(t), time: process.networkTime(t) };
  const x = zeros([3, ...denoiser.sampleShape]);
  normalsOfSamples(x, { seed, firstSample: 0, draw: 0 });
  x.data.forEach((value, i) => (x.data[i] = moment.alpha * 0.5 + moment.sigma * value));
  return (await denoiser.predict(x, [moment, moment, moment])).data;
};

describe('openTrained', () => {
  it.each(kinds)(
    '%s: both engines predict the same to float32 rounding, at any state and time',
    async (kind) => {
      const folder = join(place.folder, kind);
      await trainTiny(kind, folder);
      const graph = await openTrained(folder);
      const tensors = await openTrained(folder, { engine: 'tfjs', backend: 'cpu' });
      expect([graph.engine, tensors.engine]).toEqual(['onnx', 'tfjs']);
      expect(tensors.device).toMatch(/^cpu \(/);
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.double({ min: 0.05, max: 0.95, noNaN: true }), async (seed, t) => {
          const [a, b] = [await predictions(graph, seed, t), await predictions(tensors, seed, t)];
          const size = Math.max(...a.map(Math.abs));
          expect(size).toBeGreaterThan(0);
          a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(2e-4 * Math.max(1, size)));
        }),
        { numRuns: 10 },
      );
      expect(graph.flow?.kind).toBe(
        { continuous: 'continuous', discretised: 'discretised', binary: 'discrete', text: 'discrete' }[
          kind as string
        ],
      );
      await Promise.all([graph.release(), tensors.release()]);
    },
  );

  it('has the flow that was trained, as its process says', async () => {
    const { flow, process, release } = await openTrained(join(place.folder, 'discretised'), {
      backend: 'cpu',
    });
    expect(flow).toMatchObject({ kind: 'discretised', bins: { count: 16 } });
    for (const tau of [0.1, 0.5, 1]) {
      const moment = flow!.moment(tau);
      expect(moment.alpha).toBeCloseTo(process.alpha(1 - tau), 12);
      expect(moment.sigma).toBeCloseTo(process.sigma(1 - tau), 12);
    }
    await release();
  });

  it('falls back to tfjs with a note where ONNX Runtime is not installed', async () => {
    vi.doMock('onnxruntime-node', () => {
      throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' });
    });
    const { engine, note, release } = await openTrained(join(place.folder, 'text'));
    expect(engine).toBe('tfjs');
    expect(note).toMatch(/^the network runs on tfjs: .*onnxruntime-node/);
    await expect(openTrained(join(place.folder, 'text'), { engine: 'onnx' })).rejects.toThrow(/npm install/);
    await release();
    vi.doUnmock('onnxruntime-node');
  });

  it('tells what is missing or cut off', async () => {
    const folder = join(place.folder, 'binary');
    await expect(openTrained(place.folder)).rejects.toThrow(
      /has no trained network: .*network\.json: ENOENT/,
    );
    await expect(openTrained(folder, { engine: 'torch' as never })).rejects.toThrow(
      /accepted are onnx, tfjs/,
    );
    await truncate(join(folder, 'weights.bin'), 100);
    for (const engine of ['tfjs', 'onnx'] as const) {
      await expect(openTrained(folder, { engine })).rejects.toThrow(/has 100 bytes; accepted are \d+/);
      await copyFile(join(place.folder, 'text', 'weights.bin'), join(folder, 'weights.bin')); // larger, so that the graph can be read
      await expect(openTrained(folder, { engine })).rejects.toThrow(
        /: it is truncated or of another network$/,
      );
      await truncate(join(folder, 'weights.bin'), 100);
    }
    await rm(join(folder, 'weights.bin'));
    await rm(join(folder, 'network.onnx'));
    await expect(openTrained(folder, { engine: 'onnx' })).rejects.toThrow(/cannot read the network .*ENOENT/);
    await writeFile(join(folder, 'network.json'), '{ "format": ');
    await expect(openTrained(folder, { engine: 'tfjs' })).rejects.toThrow(
      /cannot read the description of a network/,
    );
  });
});

it('a description that is written out is read back as it was', () => {
  for (const kind of kinds) {
    const config = readConfig(tinyConfigs[kind]);
    expect(readConfig(JSON.parse(JSON.stringify(writtenConfig(config))))).toEqual(config);
  }
});
