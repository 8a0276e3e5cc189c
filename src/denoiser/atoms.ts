import { UsageError } from '../errors.js';
import { checkPoints, checkWeights } from './mixture/components.js';
import { frozen, mixtureMoments, vectorLaw, type Marginal, type VectorLaw } from './mixture/law.js';
import { normalise } from './mixture/posterior.js';

/** A finite set of points with probabilities. */
export interface Atoms extends VectorLaw {
  /** [k, d] */
  readonly points: readonly (readonly number[])[];
  /** [k] */
  readonly weights: readonly number[];
}

// Below the rounding of a float64 sum.
const negligible = 1e-20;

/**
 * The law of `x_t = alpha x_0 + sigma noise` where x_0 is one of the points a_k, with probability p_k:
 * `E[x_0 | x_t = x] = sum_k r_k a_k`, `r_k ∝ p_k exp(-|x - alpha a_k|² / (2 sigma²))`.
 */
const atomsMarginal = (
  points: readonly Float64Array[],
  weights: readonly number[],
  alpha: number,
  sigma: number,
): Marginal => {
  const responsibilities = new Float64Array(points.length);
  const scale = points[0].length * Math.log(Math.sqrt(2 * Math.PI) * sigma);

  /** Fills `responsibilities`; returns `ln p_t(x)`, nats. */
  const respond = (x: Float64Array): number => {
    points.forEach((point, k) => {
      let squared = 0;
      for (let j = 0; j < x.length; j++) squared += ((x[j] - alpha * point[j]) / sigma) ** 2;
      responsibilities[k] = Math.log(weights[k]) - squared / 2;
    });
    return normalise(responsibilities, negligible) - scale;
  };

  const posteriorMean = (x: Float64Array, out: Float64Array): void => {
    respond(x);
    out.fill(0);
    points.forEach((point, k) => {
      const share = responsibilities[k];
      if (share === 0) return;
      for (let j = 0; j < out.length; j++) out[j] += share * point[j];
    });
  };

  const requireDensity = (): void => {
    if (sigma > 0) return;
    throw new UsageError('points have no density; accepted is a moment with sigma > 0');
  };

  return {
    posteriorMean,
    score(x, out) {
      requireDensity();
      posteriorMean(x, out);
      for (let j = 0; j < out.length; j++) out[j] = (alpha * out[j] - x[j]) / (sigma * sigma);
    },
    logDensity(x) {
      requireDensity();
      return respond(x);
    },
  };
};

/**
 * The law of k points in R^d, [k, d], with the given probabilities or equal ones: its prediction is the exact posterior
 * mean, a weighted mean of the points, in float64 whatever the precision of the batch. The data itself has no density.
 *
 * Throws a `UsageError` unless the points are finite and of one length, and the weights positive with sum 1 within 1e-9.
 */
export const atoms = ({
  points,
  weights = points.map(() => 1 / points.length),
}: {
  readonly points: readonly (readonly number[])[];
  readonly weights?: readonly number[];
}): Atoms => {
  checkPoints(points, 'points');
  checkWeights(weights, points.length);
  const rows = points.map((point) => Float64Array.from(point));
  const shares = Object.freeze([...weights]);
  const law = vectorLaw({
    ...mixtureMoments(weights, points),
    marginal: (alpha, sigma) => atomsMarginal(rows, shares, alpha, sigma),
    draw(out, { uniform }) {
      let left = uniform();
      const drawn = shares.findIndex((weight) => (left -= weight) < 0);
      out.set(rows[drawn >= 0 ? drawn : rows.length - 1]);
    },
  });
  return Object.freeze({
    ...law,
    points: frozen(points),
    weights: shares,
  });
};
