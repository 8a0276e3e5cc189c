import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { ownFolder, trainTiny } from '../train/tiny-trainings.js';
import { inProcess } from './in-process.js';

const place = ownFolder();
const compare = inProcess('compare');

beforeAll(async () => {
  for (const name of ['one', 'two']) await trainTiny('continuous', join(place.folder, name));
  vi.doMock('onnxruntime-node', () => {
    throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' });
  });
});
afterAll(() => void vi.doUnmock('onnxruntime-node'));

it('says once that learned networks run on tfjs where ONNX Runtime is not installed', async () => {
  const models = ['one', 'two'].map((name) => join(place.folder, name, 'network.onnx'));
  const asked = ['--solvers', 'bfn', '--nfe', '1', '--samples', '3', '--metrics', 'sliced-wasserstein'];
  const out = ['--out', join(place.folder, 'out'), '--dry-run', '--workers', '2'];
  expect(await compare.bfn('--model', ...models, ...asked, ...out)).toBe(0);
  expect(compare.output.complained.join('\n')).toMatch(
    /^note: the network runs on tfjs: [^\n]*onnxruntime-node[^\n]*$/,
  );
});
