import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openOnnx } from '../../src/denoiser/onnx.js';
import { UsageError } from '../../src/errors.js';
import { linearDescription, linearGraph, onnxFile } from './onnx-file.js';

const failing = vi.hoisted(() => ({ reason: new Error(), loads: 0 }));

vi.mock('onnxruntime-node', () => {
  failing.loads++;
  return {
    get env() {
      throw failing.reason;
    },
  };
});

it('without ONNX Runtime, or with one that does not load, a network is one error that says how to get it', async () => {
  expect(failing.loads).toBe(0);
  const folder = await mkdtemp(join(tmpdir(), 'bfn-onnx-'));
  try {
    const path = join(folder, 'network.onnx');
    await writeFile(path, onnxFile(linearGraph({ W: [[1]], b: [0], v: [0] })));
    await expect(openOnnx(path, { description: {} as never })).rejects.toThrow('format is missing');
    expect(failing.loads).toBe(0);
    const wanted =
      /npm install onnxruntime-node \(with ONNXRUNTIME_NODE_INSTALL=skip where it cannot download CUDA\)$/;
    for (const [reason, why] of [
      [
        Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' }),
        'which is not installed: ',
      ],
      [
        new Error('libonnxruntime.so.1: no such\nfile'),
        'which does not load (libonnxruntime.so.1: no such file): ',
      ],
    ] as const) {
      failing.reason = reason;
      const failure = await openOnnx(path, { description: linearDescription(1) }).catch(
        (error: Error) => error,
      );
      expect(failure).toBeInstanceOf(UsageError);
      expect((failure as Error).message).toContain(why);
      expect((failure as Error).message).toMatch(wanted);
      expect((failure as Error).message).not.toContain('\n');
    }
    expect(failing.loads).toBe(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
