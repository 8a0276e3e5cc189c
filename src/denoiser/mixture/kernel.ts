import { kernels, type Kernels } from '../../array/kernels/index.js';
import type { Component } from './components.js';
import { addNoise, normalise } from './posterior.js';

/** Samples a block: the four lanes of a WebAssembly SIMD vector of float32. */
const lanes = 4;

/**
 * A component whose share is below this is left out of a sample's mean: far below float32's 6e-8. It is what lets the
 * kernel project back for one or two components instead of all. It is decided for each sample alone.
 */
const negligible = 1e-9;

/** The posterior mean in float32. */
export interface MixtureKernel {
  /**
   * For the samples `indices` of `x`, [n, d], at one alpha and sigma, both positive: their means into `out`. Returns the
   * indices that float32 cannot do (the distance to every component overflows): they are not written.
   */
  predict(
    x: Float32Array,
    out: Float32Array,
    indices: readonly number[],
    alpha: number,
    sigma: number,
  ): number[];
}

interface Tables {
  readonly basis: Float32Array;
  readonly transposed: Float32Array;
  readonly means: Float32Array;
}

/** Numbers that don't depend on the moment: the bases in both layouts, [k, d, padded], and the means, [k, padded]. */
const fillTables = (components: readonly Component[], padded: number, tables: Tables): void => {
  components.forEach(({ mean, basis }, c) => {
    const d = mean.length;
    tables.means.set(mean, c * padded);
    for (let k = 0; k < d; k++) {
      for (let j = 0; j < d; j++) {
        tables.basis[(c * d + j) * padded + k] = basis[k * d + j];
        tables.transposed[(c * d + k) * padded + j] = basis[k * d + j];
      }
    }
  });
};

/** The kernel with its memory, or null where there is no WebAssembly SIMD (assembly/matrix.ts). */
export const mixtureKernel = (components: readonly Component[]): MixtureKernel | null => {
  const count = components.length;
  const d = components[0].mean.length;
  const padded = Math.ceil(d / 8) * 8;
  const perComponent = 2 * d * padded + d + 3 * padded + lanes * (padded + 2);
  const slack = 16 * 16; // the rounding up of each array
  const kernel: Kernels | undefined = kernels(4 * (count * perComponent + lanes * (d + 3 * padded)) + slack);
  if (!kernel) return null;

  const basis = kernel.floats(count * d * padded);
  const transposed = kernel.floats(count * d * padded);
  const means = kernel.floats(count * padded);
  const centres = kernel.floats(count * d);
  const precision = kernel.floats(count * padded);
  const gain = kernel.floats(count * padded);
  const projected = kernel.floats(count * padded * lanes);
  const squared = kernel.floats(count * lanes);
  const responsibility = kernel.floats(count * lanes);
  const state = kernel.floats(d * lanes);
  const result = kernel.floats(padded * lanes);
  const scratch = kernel.floats(2 * padded * lanes);
  fillTables(components, padded, { basis, transposed, means });
  const logScale = new Float64Array(count);
  const shares = new Float64Array(count);
  const possible = new Array<boolean>(lanes);

  const distances = (): void =>
    kernel.mixtureDistances(
      count,
      d,
      padded,
      state.byteOffset,
      basis.byteOffset,
      centres.byteOffset,
      precision.byteOffset,
      projected.byteOffset,
      squared.byteOffset,
      scratch.byteOffset,
    );

  const mean = (): void =>
    kernel.mixtureMean(
      count,
      d,
      padded,
      responsibility.byteOffset,
      means.byteOffset,
      transposed.byteOffset,
      gain.byteOffset,
      projected.byteOffset,
      result.byteOffset,
      scratch.byteOffset,
    );

  /** Responsibilities of one lane from its distances; false if there is no largest one in float32. */
  const respond = (lane: number): boolean => {
    for (let c = 0; c < count; c++) shares[c] = logScale[c] - squared[c * lanes + lane] / 2;
    const finite = Number.isFinite(normalise(shares, negligible));
    for (let c = 0; c < count; c++) responsibility[c * lanes + lane] = finite ? shares[c] : 0;
    return finite;
  };

  const setMoment = (alpha: number, sigma: number): void =>
    components.forEach((component, c) => {
      const noisy = addNoise(component, alpha, sigma);
      centres.set(noisy.centre, c * d);
      precision.set(noisy.precision, c * padded);
      gain.set(noisy.gain, c * padded);
      logScale[c] = noisy.logScale;
    });

  /** The samples `indices[from..from + 4)`; those left over go to `left`. */
  const predictBlock = (
    x: Float32Array,
    out: Float32Array,
    indices: readonly number[],
    from: number,
    left: number[],
  ): void => {
    const filled = Math.min(lanes, indices.length - from);
    for (let lane = 0; lane < lanes; lane++) {
      // a last block that isn't full repeats its last sample
      const at = indices[from + Math.min(lane, filled - 1)] * d;
      for (let j = 0; j < d; j++) state[j * lanes + lane] = x[at + j];
    }
    distances();
    for (let lane = 0; lane < lanes; lane++) possible[lane] = respond(lane);
    mean();
    for (let lane = 0; lane < filled; lane++) {
      const index = indices[from + lane];
      if (!possible[lane]) left.push(index);
      else for (let j = 0; j < d; j++) out[index * d + j] = result[j * lanes + lane];
    }
  };

  return {
    predict(x, out, indices, alpha, sigma) {
      const left: number[] = [];
      setMoment(alpha, sigma);
      for (let from = 0; from < indices.length; from += lanes) predictBlock(x, out, indices, from, left);
      return left;
    },
  };
};
