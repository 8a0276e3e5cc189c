import { floats, type Floats, type Precision } from './batch.js';
import { kernels, type Kernels } from './kernels/index.js';

/** Most terms, and most operands from elsewhere, that one call of a kernel takes. */
export const maxTerms = 32;
export const stagedOperands = 8;
/** Entries staged at a time: what stays in the processor's cache. */
export const stagedEntries = 4096;

/** A kernel memory that arrays live in, with room to pass terms and to stage operands that live elsewhere. */
export interface Workspace {
  readonly kernels: Kernels;
  /** The table that the kernel `combine` reads, 16 bytes a term: entry 4i of `addresses`, 2i + 1 of `coefficients`. */
  readonly addresses: Int32Array;
  readonly coefficients: Float64Array;
  /** [stagedOperands * stagedEntries] */
  readonly stage: Float32Array;
}

const ownBytes = 16 * maxTerms + 4 * stagedOperands * stagedEntries;

const workspace = (bytes: number): Workspace | undefined => {
  const instance = kernels(ownBytes + bytes);
  if (instance === undefined) return undefined;
  const addresses = instance.integers(4 * maxTerms);
  return {
    kernels: instance,
    addresses,
    coefficients: new Float64Array(addresses.buffer, addresses.byteOffset, 2 * maxTerms),
    stage: instance.floats(stagedOperands * stagedEntries),
  };
};

const owners = new WeakMap<ArrayBufferLike, Workspace>();

/** The workspace that the array lives in, if any. */
export const workspaceOf = (array: Floats): Workspace | undefined => owners.get(array.buffer);

let common: Workspace | undefined | null = null;

/** One workspace for operands that all live elsewhere; undefined where there are no kernels. */
export const commonWorkspace = (): Workspace | undefined => {
  if (common === null) common = workspace(0);
  return common;
};

/**
 * `count` arrays of `length` zeros. Where kernels are in use, float32 arrays of one arena share a kernel memory: operations
 * among them and their subarrays then run as WebAssembly without a copy. Make one arena for a run and keep it: its memory is
 * freed as a whole, when none of its arrays is in use any more.
 */
export const arena = (count: number, length: number, precision: Precision): Floats[] => {
  const bytes = count * Math.ceil((4 * length) / 16) * 16;
  const owner = precision === 'float32' ? workspace(bytes) : undefined;
  if (owner === undefined) return Array.from({ length: count }, () => floats(length, precision));
  owners.set(owner.kernels.memory.buffer, owner);
  return Array.from({ length: count }, () => owner.kernels.floats(length));
};
