import { wasm } from './module.js';

/** The exported functions of the kernels (assembly/); pointers are byte offsets into `memory`. */
export interface KernelExports {
  combine2(out: number, a: number, ca: number, n: number): void;
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

/** Compiled once, at first use; null where the engine has no WebAssembly SIMD. */
const compiled = (): WebAssembly.Module | null => {
  if (module === undefined) {
    try {
      module = new WebAssembly.Module(Uint8Array.from(atob(wasm), (c) => c.charCodeAt(0)));
    } catch {
      module = null;
    }
  }
  return module;
};

/**
 * A fresh instance with room for `bytes` of data (each array rounded up to 16 bytes), or undefined where there is no
 * WebAssembly SIMD: callers then run their plain code, which is the reference.
 */
export const kernels = (bytes: number): Kernels | undefined => {
  const module = compiled();
  if (module === null) return undefined;
  const page = 65536;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / page) + 1 });
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
