import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

// The choice is made once per process, at first use: each test starts from modules not yet loaded.
const load = async () => ({
  ...(await import('../../src/array/host.js')),
  ...(await import('../../src/array/kernels/index.js')),
  ...(await import('../../src/random/index.js')),
});

beforeEach(() => vi.resetModules());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('the choice of kernels', () => {
  it.each(['', 'wasm-simd'])('is WebAssembly with BFN_KERNELS=%s', async (value) => {
    vi.stubEnv('BFN_KERNELS', value);
    const { kernelsInUse, kernels } = await load();
    expect(kernelsInUse()).toBe('wasm-simd');
    expect(kernels(100)).toBeDefined();
  });

  it('is plain with BFN_KERNELS=plain, and the results are the same', async () => {
    const results = async () => {
      const { arena, combine, kernelsInUse, normalsOfSamples } = await load();
      const [out, a, b] = arena(3, 2000, 'float32');
      normalsOfSamples({ shape: [40, 50], data: a }, { seed: 1, firstSample: 0, draw: 1 });
      normalsOfSamples({ shape: [40, 50], data: b }, { seed: 1, firstSample: 0, draw: 2 });
      combine(
        out,
        [a, b].map((array, i) => ({ coefficient: 0.3 + i, array })),
      );
      return { kernels: kernelsInUse(), values: Array.from(out) };
    };
    const fast = await results();
    vi.resetModules();
    vi.stubEnv('BFN_KERNELS', 'plain');
    const plain = await results();
    expect([fast.kernels, plain.kernels]).toEqual(['wasm-simd', 'plain']);
    expect(plain.values).toEqual(fast.values);
  });

  it('refuses another value', async () => {
    vi.stubEnv('BFN_KERNELS', 'avx');
    const { kernelsInUse } = await load();
    expect(() => kernelsInUse()).toThrow('BFN_KERNELS=avx: accepted are plain and wasm-simd');
  });

  it('is plain where the engine has no WebAssembly', async () => {
    const { kernelsInUse, kernels, arena } = await load();
    vi.stubGlobal('WebAssembly', undefined);
    expect(kernelsInUse()).toBe('plain');
    expect(kernels(100)).toBeUndefined();
    expect(arena(2, 3, 'float32')).toEqual([new Float32Array(3), new Float32Array(3)]);
  });

  it('needs no process: a browser has none', async () => {
    const { kernelsInUse } = await load();
    const real = globalThis.process;
    vi.stubGlobal('process', undefined);
    const used = kernelsInUse();
    vi.stubGlobal('process', real);
    expect(used).toBe('wasm-simd');
  });
});

describe('kernels', () => {
  it('hand out aligned, zeroed views that do not overlap, until the memory is used up', async () => {
    const { kernels } = await load();
    const instance = kernels(3 * 16);
    if (instance === undefined) throw new Error('no kernels here');
    const views = [instance.floats(1), instance.integers(3), instance.floats(4)];
    let end = 0;
    for (const view of views) {
      expect(view.byteOffset % 16).toBe(0);
      expect(view.byteOffset).toBeGreaterThanOrEqual(end);
      expect(view.every((x) => x === 0)).toBe(true);
      end = view.byteOffset + view.byteLength;
    }
    expect(() => instance.floats(2 ** 20)).toThrow(RangeError);
  });

  it('are undefined where the memory cannot be had: the caller then runs plain code', async () => {
    const { kernels, arena } = await load();
    expect(kernels(2 ** 40)).toBeUndefined();
    expect(arena(2, 0, 'float32').map((array) => array.length)).toEqual([0, 0]);
  });
});

describe('an arena', () => {
  it('holds arrays of the precision and length asked for, all zero and apart', async () => {
    const { arena } = await load();
    for (const precision of ['float32', 'float64'] as const) {
      const arrays = arena(4, 5, precision);
      expect(arrays.every((array) => array.length === 5 && array.every((x) => x === 0))).toBe(true);
      arrays.forEach((array, i) => array.fill(i));
      arrays.forEach((array, i) => expect(array.every((x) => x === i)).toBe(true));
    }
  });
});
