import { UsageError } from '../../errors.js';
import type { Component } from './components.js';
import type { Marginal } from './law.js';

/**
 * A component as the law of `x_t = alpha x_0 + sigma noise`: `N(alpha m, alpha² C + sigma² I)`. In the eigenbasis of C the
 * covariance is diagonal at every alpha and sigma, so one decomposition serves them all.
 */
export interface NoisyComponent {
  /** `alpha m` */
  readonly centre: Float64Array;
  /** `1 / (alpha² l + sigma²)` for each eigenvalue l of C. */
  readonly precision: Float64Array;
  /** `alpha l / (alpha² l + sigma²)`: how far `x_0` follows `x_t` along an eigenvector. */
  readonly gain: Float64Array;
  /** `ln(weight) - (1/2) sum ln(2 pi (alpha² l + sigma²))`, nats */
  readonly logScale: number;
}

export const addNoise = (
  { weight, mean, eigenvalues }: Component,
  alpha: number,
  sigma: number,
): NoisyComponent => {
  const variance = eigenvalues.map((l) => alpha * alpha * l + sigma * sigma);
  return {
    centre: mean.map((m) => alpha * m),
    precision: variance.map((v) => 1 / v),
    gain: eigenvalues.map((l, k) => (alpha * l) / variance[k]),
    logScale: variance.reduce((sum, v) => sum - Math.log(2 * Math.PI * v) / 2, Math.log(weight)),
  };
};

/** Turns log-weights into weights that sum to 1, in place; the log of their sum is returned. Those below `negligible` of the largest become 0. */
export const normalise = (logWeights: Float64Array, negligible: number): number => {
  const peak = logWeights.reduce((a, b) => Math.max(a, b), -Infinity);
  let sum = 0;
  for (let c = 0; c < logWeights.length; c++) {
    const ratio = Math.exp(logWeights[c] - peak);
    sum += logWeights[c] = ratio < negligible ? 0 : ratio;
  }
  for (let c = 0; c < logWeights.length; c++) logWeights[c] /= sum;
  return peak + Math.log(sum);
};

/** `u = basis centred`, [d]. */
const project = (u: Float64Array, { basis }: Component, centred: Float64Array): void => {
  const d = u.length;
  for (let k = 0; k < d; k++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += basis[k * d + j] * centred[j];
    u[k] = sum;
  }
};

/** `out += weight basis' (factor u)`, [d]. */
const projectBack = (
  out: Float64Array,
  weight: number,
  { basis }: Component,
  factor: Float64Array,
  u: Float64Array,
): void => {
  const d = out.length;
  for (let k = 0; k < d; k++) {
    const scaled = weight * factor[k] * u[k];
    for (let j = 0; j < d; j++) out[j] += scaled * basis[k * d + j];
  }
};

// Below the rounding of a float64 sum.
const negligible = 1e-20;

/**
 * The marginal of a mixture at one alpha and sigma, in float64: the reference for the kernel. With the responsibilities
 * r_c of the components for x (log-sum-exp),
 *   E[x_0 | x_t = x] = sum_c r_c (m_c + alpha C_c (alpha² C_c + sigma² I)^-1 (x - alpha m_c)),
 *   grad ln p_t(x)   = -sum_c r_c (alpha² C_c + sigma² I)^-1 (x - alpha m_c)
 * (conditioning of a joint Gaussian, component by component).
 */
export const mixtureMarginal = (components: readonly Component[], alpha: number, sigma: number): Marginal => {
  const noisy = components.map((component) => addNoise(component, alpha, sigma));
  const projections = components.map(({ mean }) => new Float64Array(mean.length));
  const responsibilities = new Float64Array(components.length);
  const centred = new Float64Array(components[0].mean.length);

  /** Fills `projections` and `responsibilities`; returns `ln p_t(x)`. */
  const respond = (x: Float64Array): number => {
    components.forEach((component, c) => {
      const { centre, precision, logScale } = noisy[c];
      const u = projections[c];
      for (let j = 0; j < centred.length; j++) centred[j] = x[j] - centre[j];
      project(u, component, centred);
      let squared = 0;
      for (let k = 0; k < u.length; k++) squared += precision[k] * u[k] * u[k];
      responsibilities[c] = logScale - squared / 2;
    });
    return normalise(responsibilities, negligible);
  };

  const requireDensity = (): void => {
    if (noisy.every(({ logScale }) => logScale < Infinity)) return;
    throw new UsageError(
      `no density at alpha = ${alpha}, sigma = ${sigma}: a component lies in a subspace; accepted is a moment with sigma > 0`,
    );
  };

  return {
    posteriorMean(x, out) {
      respond(x);
      out.fill(0);
      components.forEach((component, c) => {
        const weight = responsibilities[c];
        if (weight === 0) return;
        for (let j = 0; j < out.length; j++) out[j] += weight * component.mean[j];
        projectBack(out, weight, component, noisy[c].gain, projections[c]);
      });
    },
    score(x, out) {
      requireDensity();
      respond(x);
      out.fill(0);
      components.forEach((component, c) => {
        const weight = responsibilities[c];
        if (weight !== 0) projectBack(out, -weight, component, noisy[c].precision, projections[c]);
      });
    },
    logDensity(x) {
      requireDensity();
      return respond(x);
    },
  };
};
