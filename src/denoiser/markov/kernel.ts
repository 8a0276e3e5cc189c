import { kernels, type Kernels } from '../../array/kernels/index.js';
import type { StationaryChain } from './law.js';

/** The samples that the kernel takes at a time, and the bytes of a line: one float32 of each. */
const lanes = 16;
const lineBytes = 4 * lanes;

/** Row `to` of a sparse matrix: pairs of where to read and the coefficient. */
interface Row {
  readonly to: number;
  readonly entries: (readonly [from: number, coefficient: number])[];
}

/** The four matrices of the recursions. Lines 0 to S - 1 are the states', S to S + G - 1 those of the groups. */
const matricesOf = (chain: StationaryChain): Row[][] => {
  const { classes, mix, unigram, last, group, destination, start, target, weight } = chain;
  const states = last.length;
  const groups = destination.length / classes;
  const rows = (count: number, first = 0): Row[] =>
    Array.from({ length: count }, (_, i) => ({ to: first + i, entries: [] }));
  const forwardGroups = rows(groups, states);
  const forwardStates = rows(states);
  const backwardGroups = rows(groups, states);
  const backwardStates = rows(states);
  for (let state = 0; state < states; state++) {
    for (let j = start[state]; j < start[state + 1]; j++) {
      forwardStates[target[j]].entries.push([state, weight[j]]);
      backwardStates[state].entries.push([target[j], weight[j]]);
    }
    forwardGroups[group[state]].entries.push([state, mix]);
    backwardStates[state].entries.push([states + group[state], mix]);
  }
  destination.forEach((to, i) => {
    if (to < 0) return;
    const from = Math.floor(i / classes);
    forwardStates[to].entries.push([states + from, unigram[i % classes]]);
    backwardGroups[from].entries.push([to, unigram[i % classes]]);
  });
  // rows that read the same lines after one another, so that these stay in the cache
  forwardStates.sort((a, b) => a.entries[0][0] - b.entries[0][0]);
  return [forwardGroups, forwardStates, backwardGroups, backwardStates];
};

/** As the kernel reads it: pairs (line to write, entries) and pairs (line to read, coefficient). Returns its address. */
const store = (kernel: Kernels, matrix: readonly Row[]): number => {
  const entries = matrix.flatMap((row) => row.entries);
  const rows = kernel.integers(2 * matrix.length);
  const pairs = kernel.integers(2 * entries.length);
  const coefficients = new Float32Array(pairs.buffer, pairs.byteOffset, pairs.length);
  matrix.forEach((row, i) => rows.set([row.to * lineBytes, row.entries.length], 2 * i));
  entries.forEach(([from, coefficient], i) => {
    pairs[2 * i] = from * lineBytes;
    coefficients[2 * i + 1] = coefficient;
  });
  const header = kernel.integers(3);
  header.set([rows.byteOffset, rows.byteOffset + rows.byteLength, pairs.byteOffset]);
  return header.byteOffset;
};

/**
 * The kernel sets messages below 1e-30 to 0. That can shift a posterior by no more than this over (mix min unigram)^(m + 1): the
 * least that m + 1 characters in a row can be, next to what they are after another past.
 */
const fitsFloat32 = ({ mix, unigram, order }: StationaryChain): boolean => {
  const rarest = Math.min(...unigram.filter((p) => p > 0));
  return 1e-30 / (mix * rarest) ** (order + 1) < 1e-4;
};

/** `plainPosterior` for up to 16 samples at a time, in float32. */
export type KernelPosterior = (z: Float32Array, kappa: Float64Array, out: Float32Array) => void;

/**
 * The exact posterior by the WebAssembly SIMD kernel (assembly/markov.ts), with its memory; undefined where there is none, or the
 * model's probabilities are too small for float32. Sample for sample it does the same arithmetic whatever the others are.
 */
export const kernelPosterior = (chain: StationaryChain, length: number): KernelPosterior | undefined => {
  if (!fitsFloat32(chain)) return undefined;
  const { classes, last, stationary } = chain;
  const states = last.length;
  const matrices = matricesOf(chain);
  const groups = matrices[0].length;
  const lines = states + groups;
  const pairs = matrices.flat().reduce((sum, row) => sum + 1 + row.entries.length, 0);
  const total = 2 * length * classes + (length + 2) * lines + classes + 3;
  const kernel = kernels(lineBytes * total + 8 * pairs + 4096 + 4 * classes);
  if (!kernel) return undefined;

  const firstState = kernel.integers(classes + 1);
  for (const k of last) firstState[k + 1]++;
  for (let k = 0; k < classes; k++) firstState[k + 1] += firstState[k];
  const samples = kernel.floats(lanes * length * classes);
  const kappas = kernel.floats(lanes);
  const likelihoods = kernel.floats(lanes * length * classes);
  const forward = kernel.floats(lanes * length * lines);
  const backward = kernel.floats(lanes * 2 * lines);
  const marginals = kernel.floats(lanes * classes);
  const scale = kernel.floats(lanes);
  const ones = kernel.floats(lanes);
  const buffers = [firstState, samples, kappas, likelihoods, forward, backward, marginals, scale, ones];
  const addresses = [
    ...buffers.map((buffer) => buffer.byteOffset),
    ...matrices.map((matrix) => store(kernel, matrix)),
  ];
  const header = kernel.integers(4 + addresses.length);
  header.set([length, classes, states, groups, ...addresses]);

  const size = length * classes;
  return (z, kappa, out) => {
    for (let at = 0; at < kappa.length; at += lanes) {
      const count = Math.min(lanes, kappa.length - at);
      samples.set(z.subarray(at * size, (at + count) * size));
      kappas.fill(0);
      for (let lane = 0; lane < count; lane++) kappas[lane] = Math.min(kappa[at + lane], 1e30);
      stationary.forEach((p, state) => forward.fill(p, state * lanes, (state + 1) * lanes));
      kernel.markovPosterior(header.byteOffset);
      out.set(samples.subarray(0, count * size), at * size);
    }
  };
};
