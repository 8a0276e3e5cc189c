import { type Batch, zeros } from '../src/array/batch.js';
import type { ClassDenoiser } from '../src/denoiser/classes.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { DataMoments } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import type { Truth } from './metric.js';

/** Samples that cost no network call, to hold those of solvers against. */
export interface Reference {
  readonly id: string;
  /** As a row of a table. */
  readonly description: string;
  /** Decoded. */
  samples(count: number, seed: number): Batch;
}

/** What samples can be drawn from: a process, and a network of it, exact or learned. */
export interface Model {
  readonly id: string;
  /** What it was made from, defaults filled in. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly process: Process;
  readonly denoiser: Denoiser;
  /** Of the data as the process sees them, where they are known: for the start `moment-matched`. */
  readonly moments?: DataMoments;
  /** Samples as metrics and people see them, from what a plan returns: class indices for discrete data, values for vectors. */
  decode(result: Batch): Batch;
  /** Where something of the data is given: the network of data of which nothing is, from which classifier-free guidance starts. */
  readonly unconditional?: Denoiser;
  /** What is run where nothing is asked for: the original sampler first. */
  readonly solvers: readonly string[];
  /**
   * How to show a sample: as text, or as a picture, grey or with colours along its last axis, whose values run from black to white: from -1 to
   * 1 unless told.
   */
  readonly view?:
    | { readonly kind: 'text'; readonly alphabet: string }
    | {
        readonly kind: 'picture';
        readonly width: number;
        readonly height: number;
        readonly channels?: number;
        readonly range?: readonly [black: number, white: number];
      };
}

/** A law of the data, a process that noises it, and a network. Where the network is exact, the whole error is the sampler's. */
export interface Problem extends Model {
  readonly moments: DataMoments;
  readonly truth: Truth;
  /** Independent draws of the truth, decoded. */
  trueSamples(count: number, seed: number): Batch;
  readonly references?: readonly Reference[];
  /** Why there is no truth to hold samples against, where there is none. */
  readonly unmeasured?: string;
  /** The metrics, all distances, that have to be as good together where two solvers are said to be of one quality. */
  readonly quality: readonly string[];
  /** Whether predictions run in the WebAssembly kernel or in plain code, or are those of a learned network, in ONNX Runtime or tfjs. */
  readonly kernel: 'wasm-simd' | 'plain' | 'onnxruntime' | 'tfjs';
  /** What a user should know: that its network does not run on what was to be expected. */
  readonly note?: string;
  /** Of what predictions depend on beside the parameters: the file of a network. */
  readonly checksum?: string;
}

/** Decoded samples as the process sees them: vectors as they are, classes as `K e_x - 1`. The inverse of `decode`. */
export const asData = ({ process: { classes }, denoiser }: Model, samples: Batch): Batch => {
  if (classes === undefined) return samples;
  const data = new Float32Array(samples.data.length * classes).fill(-1);
  samples.data.forEach((k, i) => (data[i * classes + k] = classes - 1));
  return { shape: [samples.shape[0], ...denoiser.sampleShape], data };
};

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

/** Moments of classes from what their exact network predicts of them where nothing is seen: `K p - 1` of every variable. */
export const predictedMoments = (denoiser: ClassDenoiser): DataMoments => {
  const [, classes] = denoiser.sampleShape;
  const mean = denoiser.predict(zeros([1, ...denoiser.sampleShape], 'float64'), [
    { t: 1, time: 0, alpha: 0, sigma: 1 },
  ]).data;
  const probabilities = Float64Array.from(mean, (value) => (value + 1) / classes);
  const variance = probabilities.reduce((sum, p) => sum + classes ** 2 * p * (1 - p), 0) / mean.length;
  return { mean, variance };
};
