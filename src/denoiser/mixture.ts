import type { Moment } from '../plan/denoiser.js';
import type { RandomStream } from '../random/index.js';
import { decompose, type Component, type MixtureParameters } from './mixture/components.js';
import { mixtureKernel, type MixtureKernel } from './mixture/kernel.js';
import { frozen, mixtureMoments, vectorLaw, type Predict, type VectorLaw } from './mixture/law.js';
import { mixtureMarginal } from './mixture/posterior.js';

export type { MixtureParameters } from './mixture/components.js';
export type { VectorLaw } from './mixture/law.js';

/** A mixture of k Gaussians in d dimensions. */
export interface GaussianMixture extends VectorLaw {
  readonly weights: readonly number[];
  /** [k, d] */
  readonly means: readonly (readonly number[])[];
  /** [k, d, d] */
  readonly covariances: readonly (readonly (readonly number[])[])[];
  /**
   * How float32 batches are predicted: 'wasm-simd' in float32 arithmetic, within 3e-5 of the float64 result relative to
   * the data's scale (test/denoiser/mixture.test.ts); 'plain' in float64, as float64 batches always are.
   */
  readonly kernel: 'wasm-simd' | 'plain';
}

export interface MixtureOptions {
  /** 'plain' asks for float64 arithmetic throughout; 'wasm-simd', the default, is used where the engine has it. */
  readonly kernel?: 'wasm-simd' | 'plain';
}

/** Indices of the samples that share a moment. */
const groups = (moments: readonly Moment[]): Map<Moment, number[]> => {
  const found = new Map<Moment, number[]>();
  moments.forEach((moment, i) => {
    const group = found.get(moment);
    if (group) group.push(i);
    else found.set(moment, [i]);
  });
  return found;
};

/** A draw: a component by its weight, then `m + sum_k sqrt(l_k) normal_k v_k` in its eigenbasis. */
const drawSample = (
  out: Float64Array,
  components: readonly Component[],
  { uniform, normal }: RandomStream,
): void => {
  let left = uniform();
  const { mean, eigenvalues, basis } =
    components.find(({ weight }) => (left -= weight) < 0) ?? components[components.length - 1];
  const d = mean.length;
  out.set(mean);
  for (let k = 0; k < d; k++) {
    const length = Math.sqrt(eigenvalues[k]) * normal();
    for (let j = 0; j < d; j++) out[j] += length * basis[k * d + j];
  }
};

/** Float32 batches by the kernel; what float32 cannot do, and the two ends of the channel, are left to `plain`. */
const predictFast =
  (kernel: () => MixtureKernel | null): Predict =>
  (x, moments, out, plain) => {
    const [from, to] = [x.data, out.data];
    const fast = kernel();
    if (!(fast && from instanceof Float32Array && to instanceof Float32Array)) return plain(moments.keys());
    for (const [{ alpha, sigma }, indices] of groups(moments)) {
      if (alpha === 0 || sigma === 0) plain(indices);
      else plain(fast.predict(from, to, indices, alpha, sigma));
    }
  };

/**
 * The mixture `sum_c w_c N(m_c, C_c)` in R^d with full covariances; a variance may be 0, so that a component may be a point.
 * Its prediction is the exact posterior mean (mixture/posterior.ts has the formula), for float32 batches in float32
 * arithmetic if the engine has WebAssembly SIMD.
 *
 * Throws a `UsageError` unless the weights are positive and sum to 1 within 1e-9, the shapes agree, and the covariances are
 * symmetric and positive semi-definite.
 */
export const gaussianMixture = (
  parameters: MixtureParameters,
  options: MixtureOptions = {},
): GaussianMixture => {
  const { components, covariances } = decompose(parameters);
  const { weights, means } = parameters;

  let made: MixtureKernel | null | undefined;
  // memory is taken at the first use; null where there is no kernel
  const kernel = (): MixtureKernel | null => {
    if (made === undefined) made = options.kernel === 'plain' ? null : mixtureKernel(components);
    return made;
  };

  const law = vectorLaw(
    {
      ...mixtureMoments(weights, means, covariances),
      marginal: (alpha, sigma) => mixtureMarginal(components, alpha, sigma),
      draw: (out, stream) => drawSample(out, components, stream),
    },
    predictFast(kernel),
  );
  return Object.freeze({
    ...law,
    weights: Object.freeze([...weights]),
    means: frozen(means),
    covariances: Object.freeze(covariances.map(frozen)),
    get kernel() {
      return kernel() ? 'wasm-simd' : 'plain';
    },
  });
};
