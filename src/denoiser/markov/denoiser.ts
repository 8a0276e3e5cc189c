import { UsageError } from '../../errors.js';
import { classDenoiser, type ClassDenoiser } from '../classes.js';
import { kernelPosterior } from './kernel.js';
import type { StationaryChain } from './law.js';
import { plainPosterior } from './plain.js';

const lazily = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
};

/** The exact denoiser of texts of a Markov model. */
export interface MarkovDenoiser extends ClassDenoiser {
  /** What works on float32 states; float64 states always get plain TypeScript. For records. */
  readonly kernel: 'wasm-simd' | 'plain';
}

/**
 * The exact denoiser of texts of `length` characters under a Markov model: `K E[e_x | z] - 1` for all positions at once, on states
 * [n, length, K] of any process on `K e_x - 1`. A sample's prediction is the same bits in any batch. `draw` draws each character from its
 * posterior marginal, by itself, as the sampler of Graves et al. 2023 does.
 *
 * Float64 states are worked on in float64, float32 ones in WebAssembly SIMD, whose memory (64 bytes a state and
 * position) is taken at first use. Throws a `UsageError` unless length is an integer from 1.
 */
export const markovText = (model: StationaryChain, { length }: { length: number }): MarkovDenoiser => {
  if (!(Number.isInteger(length) && length >= 1)) {
    throw new UsageError(
      `the length of the texts of a Markov denoiser is ${length}; accepted are integers from 1`,
    );
  }
  const plain = lazily(() => plainPosterior(model, length));
  const kernel = lazily(() => kernelPosterior(model, length));
  const size = length * model.classes;
  const denoiser = classDenoiser('a Markov text', [length, model.classes], ({ data }, kappa, out) => {
    const fast = data instanceof Float32Array ? kernel() : undefined;
    if (fast) {
      fast(data as Float32Array, kappa, out.data as Float32Array);
      return;
    }
    kappa.forEach((value, sample) => {
      const [from, to] = [sample * size, (sample + 1) * size];
      plain()(data.subarray(from, to), value, out.data.subarray(from, to));
    });
  });
  return {
    ...denoiser,
    get kernel() {
      return kernel() ? 'wasm-simd' : 'plain';
    },
  };
};
