import type { BackendName } from './backend-names.js';
import type { Tf } from './tfjs.js';
import { startWasm } from './wasm.js';
import { holdGpu } from './webgpu.js';

export interface Started {
  readonly device: string;
  readonly software?: boolean;
  release?(): void;
}

export interface Backend {
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

export const backends: Readonly<Record<BackendName, Backend>> = {
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
      await startWasm(tf);
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

/** Why a backend does not work, in one line. */
export const reasonOf = (error: unknown): string => {
  const line = (error instanceof Error ? error.message : String(error))
    .trim()
    .split('\n')[0]
    .replace(/\.$/, '');
  if (line.includes('isNullOrUndefined'))
    return `TensorFlow's package 4.22 does not run on Node ${process.versions.node}: it needs one below 23`;
  if (/tfjs_binding|libtensorflow/.test(line)) return `its native library is missing (${line})`;
  return line;
};
