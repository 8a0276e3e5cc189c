import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../experiments/network-model.js';
import { weightFiles } from '../../src/denoiser/onnx-weights.js';
import { type Linear, bytesOf, linearDescription, linearGraph, onnxFile } from './onnx-file.js';

const network: Linear = {
  W: [
    [1, 0.5],
    [-0.5, 2],
  ],
  b: [0, 1],
  v: [0.1, 0.2],
};

describe('the files that the weights of a graph lie in', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-weights-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('are those that it names, each once', () => {
    expect(weightFiles(onnxFile(linearGraph(network)))).toEqual([]);
    const graph = linearGraph(network, { weightsFile: 'a network.onnx.data' });
    expect(weightFiles(onnxFile(graph))).toEqual(['a network.onnx.data']);
    const all = graph.weights.map((one) => (one.name === 'row' ? { ...one, file: 'rows' } : one));
    const twice = { ...graph, weights: [...all, ...all] };
    expect(weightFiles(onnxFile(twice))).toEqual(['a network.onnx.data', 'rows']);
  });

  it('are part of what tells one model from another, whatever they are called', async () => {
    const checksums = new Set<string>();
    const graph = linearGraph(network, { weightsFile: 'm.onnx.data' });
    await writeFile(join(folder, 'm.onnx'), onnxFile(graph));
    await writeFile(join(folder, 'm.json'), JSON.stringify(linearDescription(2)));
    for (const scale of [1, 1, 2]) {
      const values = network.W.flat().map((value) => scale * value);
      await writeFile(join(folder, 'm.onnx.data'), bytesOf({ name: 'W', shape: [2, 2], values }));
      const { checksum, release } = await openModel(join(folder, 'm.onnx'));
      await release();
      checksums.add(checksum);
    }
    expect(checksums.size).toBe(2);
  });
});
