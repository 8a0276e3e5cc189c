import type { Batch } from '../array/batch.js';

/** One point of a process's clock, as a plan records it. */
export interface Moment {
  /** Process time: 0 at the data. */
  readonly t: number;
  readonly alpha: number;
  readonly sigma: number;
  /** The time shown to the network. */
  readonly time: number;
}

/** Fills `out` with uniforms in (0, 1) for sample `index` of the batch at hand. */
export type Uniforms = (index: number, out: Float64Array) => void;

/**
 * A network, exact or learned: from a noisy batch and a moment a sample to a prediction of the data
 * (`E[x_0 | x_t]`; on discrete data `K e - 1` for class probabilities e), in the shape of the state.
 *
 * `out`, if given, has the state's shape and precision: a denoiser may write there and return it, or return a
 * batch of its own, which the caller then owns. The state `x` must not be written to.
 */
export interface Denoiser {
  /** The shape of one sample: `[d]`, or `[length, K]`. */
  readonly sampleShape: readonly number[];
  /** Network calls that a prediction takes, where it is not one: classifier-free guidance takes two. */
  readonly evaluations?: number;
  predict(x: Batch, moments: readonly Moment[], out?: Batch): Batch | Promise<Batch>;
  /** A sample of the predicted classes instead of their mean: `K e_k - 1`, k drawn variable by variable. */
  draw?(x: Batch, moments: readonly Moment[], uniforms: Uniforms, out?: Batch): Batch | Promise<Batch>;
}
