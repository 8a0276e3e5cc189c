import type * as core from '@tensorflow/tfjs-core';
import { UsageError } from '../errors.js';
import { holdGpu } from './webgpu.js';

/** The names of `@tensorflow/tfjs-core`. */
export type Tf = typeof core;

/** In order of preference. */
export const backendNames = ['tensorflow-gpu', 'tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

/** tfjs with a backend at work. */
export interface Tfjs {
  readonly tf: Tf;
  readonly backend: BackendName;
  /** The GPU, or the processor, in its maker's words. */
  readonly device: string;
  /** Gives a GPU back that is held through WebGPU, and with it the tensors on it; of the others nothing is held. */
  release(): void;
}

/** What became of a backend that was tried. */
export interface BackendProbe {
  readonly name: BackendName;
  readonly works: boolean;
  readonly device?: string;
  /** A GPU that the processor plays, as SwiftShader does: it is used only if it is named. */
  readonly software?: boolean;
  /** Where it does not work: why, in one line. */
  readonly why?: string;
  /** How to get it. */
  readonly get: string;
}

interface Started {
  readonly device: string;
  readonly software?: boolean;
  release?(): void;
}

interface Backend {
  /** What tfjs calls it. */
  readonly id: string;
  readonly get: string;
  /** Throws an `Error` that says why it does not work here. */
  start(tf: Tf): Promise<Started>;
}

const processor = async (): Promise<string> => {
  if (typeof process === 'undefined') return 'the processor of this browser';
  const { cpus } = await import('node:os');
  return cpus()[0]?.model.trim() || process.arch;
};

/** Packages that need not be installed. */
const optional = async (name: string): Promise<unknown> => {
  try {
    return await import(name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = /MODULE_NOT_FOUND$/.test(code ?? '') && message.includes(`'${name}'`);
    throw missing ? new Error(`the package ${name} is not installed`) : error;
  }
};

/** Of the two packages with TensorFlow's C library, the one that this process has loaded: they don't go together. */
let native: { readonly name: string } | undefined;

const gpuPackage = '@tensorflow/tfjs-node-gpu';

const loadNative = async (tf: Tf, name: string): Promise<boolean> => {
  if (native && native.name !== name) throw new Error(`${native.name} is loaded already`);
  if (typeof process === 'undefined') throw new Error('it is for Node, not for browsers');
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'; // errors only
  await optional(name);
  const backend = tf.findBackend('tensorflow') as { readonly isUsingGpuDevice?: boolean } | null;
  if (!backend) throw new Error(`${name} came with another copy of @tensorflow/tfjs-core`);
  native = { name };
  return backend.isUsingGpuDevice === true;
};

const backends: Readonly<Record<BackendName, Backend>> = {
  'tensorflow-gpu': {
    id: 'tensorflow',
    get: 'npm install @tensorflow/tfjs-node-gpu@4.22, on Linux with an NVIDIA GPU, CUDA 11 and cuDNN 8; its install script downloads TensorFlow',
    async start(tf) {
      if (!(await loadNative(tf, gpuPackage)))
        throw new Error('TensorFlow found no GPU, or not the CUDA libraries');
      return { device: 'an NVIDIA GPU, through CUDA' };
    },
  },
  tensorflow: {
    id: 'tensorflow',
    get: 'npm install @tensorflow/tfjs-node@4.22; its install script downloads TensorFlow',
    async start(tf) {
      await loadNative(tf, native?.name ?? '@tensorflow/tfjs-node');
      return { device: await processor() };
    },
  },
  webgpu: {
    id: 'webgpu',
    get: 'npm install webgpu, a GPU and its driver (on Linux for Vulkan, with libvulkan1); without a GPU, for tests: SwiftShader',
    async start(tf) {
      const { description, software, release } = await holdGpu(tf);
      return { device: description, software, release };
    },
  },
  wasm: {
    id: 'wasm',
    get: 'it comes with bfn-sde',
    async start(tf) {
      await import('@tensorflow/tfjs-backend-wasm');
      const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
      return { device: `${await processor()}, one thread, ${simd ? 'with' : 'without'} SIMD` };
    },
  },
  cpu: {
    id: 'cpu',
    get: 'it comes with bfn-sde',
    async start() {
      await import('@tensorflow/tfjs-backend-cpu');
      return { device: `${await processor()}, plain JavaScript` };
    },
  },
};

/** A product of two small matrices, there and back: some load and cannot compute. */
const tryOut = async (tf: Tf): Promise<void> => {
  const product = tf.tidy(() => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])));
  const [value] = await product.data();
  product.dispose();
  if (value !== 11) throw new Error(`it says that 1·3 + 2·4 is ${value}`);
};

const start = async (tf: Tf, name: BackendName): Promise<Started> => {
  const { id, start } = backends[name];
  const before = tf.getBackend();
  const started = await start(tf);
  try {
    if (!(await tf.setBackend(id))) throw new Error('tfjs could not start it');
    await tryOut(tf);
  } catch (error) {
    if (before) await tf.setBackend(before);
    throw error;
  }
  return started;
};

const quietTfjs = async (): Promise<Tf> => {
  const tf = await import('@tensorflow/tfjs-core');
  tf.enableProdMode(); // it advertises its faster packages otherwise
  await import('@tensorflow/tfjs'); // the core has no gradients in Node until this package registers them
  return tf;
};

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n')[0].replace(/\.$/, '');

/**
 * tfjs with the named backend or, without a name, with the first of `backendNames` that works here, which is made tfjs's current
 * one. Nothing is loaded before, and what does not work is passed over silently.
 *
 * Throws a `UsageError` where the named one does not work: why, and which ones do.
 */
export const loadTfjs = async (name?: BackendName): Promise<Tfjs> => {
  if (name !== undefined && !backendNames.includes(name)) {
    throw new UsageError(`unknown backend "${String(name)}"; there are: ${backendNames.join(', ')}`);
  }
  const tf = await quietTfjs();
  const whyNot: unknown[] = [];
  for (const backend of name === undefined ? backendNames : [name]) {
    try {
      const { device, software, release } = await start(tf, backend);
      if (software && name === undefined) {
        release?.();
        continue;
      }
      return { tf, backend, device, release: () => release?.() };
    } catch (error) {
      whyNot.push(error);
    }
  }
  const working = (await probeBackends()).filter(({ works }) => works);
  throw new UsageError(
    `the backend ${name} does not work here: ${whyNot.map(firstLine).join('; ')}; ` +
      `those that do: ${working.map((probe) => probe.name).join(', ')}`,
  );
};

/** Tries every backend. tfjs's current one is as before, where there was one; a GPU is given back that was not held before. */
export const probeBackends = async (): Promise<readonly BackendProbe[]> => {
  const tf = await quietTfjs();
  const before = tf.getBackend();
  const probes: BackendProbe[] = [];
  for (const name of backendNames) {
    const { id, get } = backends[name];
    const had = tf.findBackend(id) !== null;
    try {
      const { device, software, release } = await start(tf, name);
      probes.push({ name, works: true, device, ...(software && { software }), get });
      if (!had) release?.();
    } catch (error) {
      probes.push({ name, works: false, why: firstLine(error), get });
    }
  }
  if (before) await tf.setBackend(before);
  return probes;
};
