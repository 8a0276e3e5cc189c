import { expect, it } from 'vitest';
import { loadTfjs } from '../../src/array/tfjs.js';

it('backends that are loaded at once are all there, each started after the others', async () => {
  const names = ['cpu', 'wasm', 'cpu', 'wasm'] as const; // before any other load in this process
  const loaded = await Promise.all(names.map((name) => loadTfjs(name)));
  expect(loaded.map(({ backend }) => backend)).toEqual(names);
});
