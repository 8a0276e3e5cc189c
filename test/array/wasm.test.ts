import { expect, it } from 'vitest';
import { loadTfjs } from '../../src/array/tfjs.js';

it('WebAssembly leaves the errors of the process alone', async () => {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const own = (): void => undefined;
  process.on('uncaughtException', own);
  const listeners = () => events.map((event) => process.rawListeners(event as NodeJS.Signals));
  const before = listeners();
  const { tf } = await loadTfjs('wasm');
  expect(tf.getBackend()).toBe('wasm');
  expect(listeners()).toEqual(before);
  process.off('uncaughtException', own);
});
