import { type Batch, zeros } from '../src/array/batch.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { DataMoments } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import type { Truth } from './metric.js';

/** A law of the data that is known, a process that noises it, and the exact network: the whole error is the sampler's. */
export interface Problem {
  readonly id: string;
  /** What it was made from, defaults filled in. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly process: Process;
  readonly denoiser: Denoiser;
  /** Of the data as the process sees them, for the start `moment-matched`. */
  readonly moments: DataMoments;
  readonly truth: Truth;
  /** Samples as metrics and people see them, from what a plan returns: class indices for discrete data, values for vectors. */
  decode(result: Batch): Batch;
  /** Independent draws of the truth, decoded. */
  trueSamples(count: number, seed: number): Batch;
  /** The metrics, all distances, that have to be as good together where two solvers are said to be of one quality. */
  readonly quality: readonly string[];
  /** What `compare` runs where nothing is asked for: the original sampler first. */
  readonly solvers: readonly string[];
  /** Whether predictions run in the WebAssembly kernel or in plain code. */
  readonly kernel: 'wasm-simd' | 'plain';
  /** How to show a sample: as text, or as a grey picture whose values run from -1 (black) to 1 (white). */
  readonly view?:
    | { readonly kind: 'text'; readonly alphabet: string }
    | { readonly kind: 'picture'; readonly width: number; readonly height: number };
}

/** The class with the largest entry, for each variable: `[n, length, K]` to `[n, length]`; ties go to the first. */
export const mostLikelyClasses = (result: Batch): Batch => {
  const [count, length, classes] = result.shape;
  const out = zeros([count, length]);
  for (let i = 0; i < count * length; i++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (result.data[i * classes + k] > result.data[i * classes + best]) best = k;
    }
    out.data[i] = best;
  }
  return out;
};

/** Moments of independent-looking marginals: class probabilities p, as `K e_x - 1` of every variable. */
export const classMoments = (probabilities: ArrayLike<number>, length: number): DataMoments => {
  const classes = probabilities.length;
  const mean = Float64Array.from(
    { length: length * classes },
    (_, i) => classes * probabilities[i % classes] - 1,
  );
  let variance = 0;
  for (let k = 0; k < classes; k++) variance += classes * probabilities[k] * (1 - probabilities[k]);
  return { mean, variance, probabilities };
};
