import { UsageError } from '../../errors.js';
import { wasm } from './module.js';

/** The exported functions of the kernels (assembly/); pointers are byte offsets into `memory`. */
export interface KernelExports {
  combine(out: number, terms: number, count: number, n: number): void;
  finite(array: number, n: number): number;
  normals(
    out: number,
    samples: number,
    size: number,
    firstSample: number,
    firstBlock: number,
    draw: number,
    seedLow: number,
    seedHigh: number,
  ): void;
  mixtureDistances(
    components: number,
    d: number,
    padded: number,
    x: number,
    basis: number,
    centres: number,
    precision: number,
    projected: number,
    squared: number,
    scratch: number,
  ): void;
  mixtureMean(
    components: number,
    d: number,
    padded: number,
    responsibility: number,
    means: number,
    transposed: number,
    gain: number,
    projected: number,
    out: number,
    scratch: number,
  ): void;
  markovPosterior(chain: number): void;
}

/** One instance of the WebAssembly kernels with a memory of its own, handed out from the bottom and never grown: views stay valid. */
export interface Kernels extends KernelExports {
  readonly memory: WebAssembly.Memory;
  /** A zeroed view of `length` floats, aligned to 16 bytes. Its byteOffset is the pointer. Throws a `RangeError` if the memory is used up. */
  floats(length: number): Float32Array;
  /** The same for 32-bit integers. */
  integers(length: number): Int32Array;
}

let module: WebAssembly.Module | null | undefined;

/** The user's switch, BFN_KERNELS; a browser has none. */
const plainWanted = (): boolean => {
  const choice = typeof process === 'undefined' ? undefined : process.env?.['BFN_KERNELS'];
  if (choice === undefined || choice === '' || choice === 'wasm-simd') return false;
  if (choice === 'plain') return true;
  throw new UsageError(`BFN_KERNELS=${choice}: accepted are plain and wasm-simd`);
};

/** Compiled once, at first use; null where the engine has no WebAssembly SIMD or the user wants none. */
const compiled = (): WebAssembly.Module | null => {
  if (module === undefined) {
    const plain = plainWanted();
    try {
      module = plain ? null : new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
    } catch {
      module = null;
    }
  }
  return module;
};

/** What does the work of this process: the WebAssembly kernels, or plain TypeScript. */
export const kernelsInUse = (): 'wasm-simd' | 'plain' => (compiled() === null ? 'plain' : 'wasm-simd');

/** Undefined where the engine cannot give that much. */
const memoryOf = (bytes: number): WebAssembly.Memory | undefined => {
  const page = 65536;
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / page) + 1 });
  } catch {
    return undefined;
  }
};

/**
 * A fresh instance with room for `bytes` of data (each array rounded up to 16 bytes), or undefined where there is no
 * WebAssembly SIMD or not as much memory: callers then run their plain code, which is the reference.
 *
 * Throws a `UsageError` if the environment variable BFN_KERNELS is neither `plain` (which turns the kernels off) nor `wasm-simd`.
 */
export const kernels = (bytes: number): Kernels | undefined => {
  const module = compiled();
  const memory = module === null ? undefined : memoryOf(bytes);
  if (module === null || memory === undefined) return undefined;
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const exports = instance.exports as unknown as KernelExports;
  let next = 1024; // below: constants of the module
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 16) * 16;
    if (next > memory.buffer.byteLength) throw new RangeError('kernel memory is used up');
    return at;
  };
  return {
    ...exports,
    memory,
    floats: (length) => new Float32Array(memory.buffer, take(4 * length), length),
    integers: (length) => new Int32Array(memory.buffer, take(4 * length), length),
  };
};
