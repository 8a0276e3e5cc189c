/**
 * Operations on host arrays. In float32 they run as WebAssembly SIMD where the engine has it, on arrays of an `arena` in
 * place and on others through a small copy; in float64, and where there is none, as plain TypeScript. Both give the same
 * bits, for an entry at any place in an array of any length.
 */
import { UsageError } from '../errors.js';
import { normals } from '../random/index.js';
import { keyOfNoise } from '../random/key.js';
import type { PhiloxKey } from '../random/philox.js';
import type { Batch, Floats } from './batch.js';
import { commonWorkspace, maxTerms, stagedEntries, stagedOperands, workspaceOf } from './memory.js';
import type { Workspace } from './memory.js';
import { allFinitePlain, combinePlain, type Term } from './plain.js';

export { arena } from './memory.js';
export { kernelsInUse } from './kernels/index.js';
export type { Term } from './plain.js';

interface Float32Term extends Term {
  readonly array: Float32Array;
}

/** All operands live in the workspace. */
const combineInPlace = (workspace: Workspace, out: Float32Array, terms: readonly Float32Term[]): void => {
  const { kernels, addresses, coefficients } = workspace;
  for (let i = 0; i < terms.length; i++) {
    addresses[4 * i] = terms[i].array.byteOffset;
    coefficients[2 * i + 1] = terms[i].coefficient;
  }
  kernels.combine(out.byteOffset, addresses.byteOffset, terms.length, out.length);
};

/** Operands that live elsewhere are copied to the workspace and back, a piece at a time. */
const combineStaged = (workspace: Workspace, out: Float32Array, terms: readonly Float32Term[]): void => {
  const { stage } = workspace;
  for (let from = 0; from < out.length; from += stagedEntries) {
    const to = Math.min(out.length, from + stagedEntries);
    const within = (array: Float32Array, place: number): Float32Array => {
      const piece = array.subarray(from, to);
      if (array.buffer === stage.buffer) return piece;
      const copy = stage.subarray(place * stagedEntries, place * stagedEntries + piece.length);
      copy.set(piece);
      return copy;
    };
    const pieces = terms.map(({ coefficient, array }, i) => ({ coefficient, array: within(array, i) }));
    const target = out.buffer === stage.buffer ? out.subarray(from, to) : stage.subarray(0, to - from);
    combineInPlace(workspace, target, pieces);
    if (out.buffer !== stage.buffer) out.set(target, from);
  }
};

const isFloat32 = (array: Floats): array is Float32Array => array instanceof Float32Array;
const isFloat32Term = (term: Term): term is Float32Term => isFloat32(term.array);

const checkTerms = (out: Floats, terms: readonly Term[]): void => {
  if (terms.length === 0) throw new UsageError('combine: no terms; accepted are one or more');
  for (const { array } of terms) {
    if (array.length !== out.length) {
      throw new UsageError(
        `combine: a term of length ${array.length}; accepted is that of out, ${out.length}`,
      );
    }
  }
};

/** Shorter arrays are not worth a copy to the kernel. */
const worthStaging = 1024;

/**
 * out := sum of coefficient · array over one or more terms: added up in float64 in the order of the terms, then rounded once
 * to the precision of `out`. `out` may be among the arrays, but not overlap one of them shifted.
 *
 * Throws a `UsageError` if there is no term or the lengths differ.
 */
export const combine = (out: Floats, terms: readonly Term[]): void => {
  checkTerms(out, terms);
  if (isFloat32(out) && terms.every(isFloat32Term)) {
    const own = workspaceOf(out);
    const inPlace = own !== undefined && terms.every(({ array }) => array.buffer === out.buffer);
    if (inPlace && terms.length <= maxTerms) return combineInPlace(own, out, terms);
    if (terms.length <= stagedOperands && out.length >= worthStaging) {
      const workspace = own ?? commonWorkspace();
      if (workspace !== undefined) return combineStaged(workspace, out, terms);
    }
  }
  combinePlain(out, terms);
};

const allFinite = (array: Floats): boolean => {
  const workspace = workspaceOf(array);
  if (workspace === undefined) return allFinitePlain(array);
  return workspace.kernels.finite(array.byteOffset, array.length) === 1;
};

/** The index of the first entry that is NaN or infinite; -1 if there is none. */
export const firstNonFinite = (array: Floats): number =>
  allFinite(array) ? -1 : array.findIndex((x) => !Number.isFinite(x));

/** Which noise a batch of consecutive samples gets: see `NoiseKey`. */
export interface BatchNoiseKey {
  readonly seed: number;
  /** Index in the whole run of the first sample of the batch. */
  readonly firstSample: number;
  readonly draw: number;
}

/** By way of the stage: as many whole rows at a time as it holds, or a part of one that is longer. */
const stageNormals = (
  { kernels, stage }: Workspace,
  { shape, data }: Batch,
  { firstSample, draw }: BatchNoiseKey,
  { low, high }: PhiloxKey,
): void => {
  const size = data.length / shape[0];
  const width = Math.min(size, stage.length);
  const rows = Math.floor(stage.length / width);
  for (let row = 0; row < shape[0]; row += rows) {
    const count = Math.min(rows, shape[0] - row);
    for (let from = 0; from < size; from += width) {
      const n = Math.min(width, size - from);
      kernels.normals(stage.byteOffset, count, n, firstSample + row, from / 4, draw, low, high);
      data.set(stage.subarray(0, count * n), row * size + from);
    }
  }
};

/**
 * Fills a batch of consecutive samples with their standard normals: the numbers of `normals` (random/), sample by sample.
 * Throws a `UsageError` where a key is out of its range.
 */
export const normalsOfSamples = (out: Batch, noise: BatchNoiseKey): void => {
  const { shape, data } = out;
  const { seed, firstSample, draw } = noise;
  const samples = shape[0];
  const key = keyOfNoise({ seed, sample: firstSample, draw });
  if (data.length === 0) return;
  keyOfNoise({ seed, sample: firstSample + samples - 1, draw });
  const size = data.length / samples;
  const own = workspaceOf(data);
  if (own !== undefined) {
    own.kernels.normals(data.byteOffset, samples, size, firstSample, 0, draw, key.low, key.high);
    return;
  }
  const common = commonWorkspace();
  if (common !== undefined) return stageNormals(common, out, noise, key);
  for (let i = 0; i < samples; i++) {
    normals(data.subarray(i * size, (i + 1) * size), { seed, sample: firstSample + i, draw });
  }
};
