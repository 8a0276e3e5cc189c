import type { Mixture } from '../metric.js';
import { normalCdf, normalDensity } from './normal.js';

/** A Gaussian mixture on the line. */
export interface LineMixture {
  readonly weights: ArrayLike<number>;
  readonly means: ArrayLike<number>;
  readonly deviations: ArrayLike<number>;
}

const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};

/** The exact law of `direction · X` for X of the mixture. */
export const projectMixture = (mixture: Mixture, direction: ArrayLike<number>): LineMixture => ({
  weights: mixture.weights,
  means: mixture.means.map((mean) => dot(mean, direction)),
  deviations: mixture.covariances.map((covariance) => {
    const image = covariance.map((row) => dot(row, direction));
    return Math.sqrt(Math.max(0, dot(image, direction))); // rounding
  }),
});

/**
 * A law on the line by its generalised Lorenz curve `L(u)`, the integral of the quantile function Q from 0 to u, of the law
 * shifted to mean 0. Tabulated at nodes `u = F(y)` as `L = E[Y; Y <= y]`, slope `L'(u) = Q(u) = y`: exact at the nodes, with
 * no inversion of F.
 */
export interface LineLaw {
  readonly mean: number;
  readonly variance: number;
  readonly cumulative: Float64Array;
  readonly integral: Float64Array;
  readonly quantile: Float64Array;
}

/** Nodes spread over 9 deviations about each component, 1024 in all or, with many components, 16 each. */
const nodesOf = ({ means, deviations }: LineMixture): Float64Array => {
  const perComponent = Math.max(16, Math.ceil(1024 / means.length));
  return Float64Array.from({ length: means.length * perComponent }, (_, i) => {
    const k = Math.floor(i / perComponent);
    return means[k] + deviations[k] * (-9 + (18 * (i % perComponent)) / (perComponent - 1));
  }).sort();
};

/** The tabulated law of a Gaussian mixture on the line. A point mass is a component of a deviation that is nearly 0. */
export const lineLaw = (mixture: LineMixture): LineLaw => {
  const { weights, means } = mixture;
  const components = Array.from(weights, (_, k) => k);
  const total = (of: (k: number) => number): number =>
    components.reduce((sum, k) => sum + weights[k] * of(k), 0);
  const mean = total((k) => means[k]);
  const variance = total((k) => (means[k] - mean) ** 2 + mixture.deviations[k] ** 2);
  const centred = Array.from(means, (m) => m - mean);
  const least = 1e-9 * Math.sqrt(variance) + Number.MIN_VALUE;
  const deviations = Array.from(mixture.deviations, (s) => Math.max(s, least));

  const quantile = nodesOf({ weights, means: centred, deviations });
  const cumulative = new Float64Array(quantile.length);
  const integral = new Float64Array(quantile.length);
  quantile.forEach((y, node) => {
    for (const k of components) {
      const z = (y - centred[k]) / deviations[k];
      const below = normalCdf(z);
      cumulative[node] += weights[k] * below;
      integral[node] += weights[k] * (centred[k] * below - deviations[k] * normalDensity(z));
    }
  });
  cumulative[0] = integral[0] = integral[quantile.length - 1] = 0;
  cumulative[quantile.length - 1] = 1;
  return { mean, variance, cumulative, integral, quantile };
};

/**
 * The tabulated law of points, each as likely as the others: two nodes a point, at the ends of the cell of u on which it is the quantile, so that
 * L is linear there and nothing is lost between nodes.
 */
export const lineLawOfPoints = (points: Float64Array): LineLaw => {
  const count = points.length;
  const mean = points.reduce((a, b) => a + b, 0) / count;
  const centred = points.map((x) => x - mean).sort();
  const [cumulative, integral, quantile] = [0, 1, 2].map(() => new Float64Array(2 * count));
  let sum = 0;
  centred.forEach((x, i) => {
    [cumulative[2 * i], cumulative[2 * i + 1]] = [i / count, (i + 1) / count];
    integral[2 * i] = sum / count;
    integral[2 * i + 1] = (sum += x) / count;
    quantile[2 * i] = quantile[2 * i + 1] = x;
  });
  return { mean, variance: centred.reduce((a, x) => a + x * x, 0) / count, cumulative, integral, quantile };
};

/** `L(u)` between two nodes: the cubic of the values and slopes at both. */
const interpolate = ({ cumulative, integral, quantile }: LineLaw, node: number, u: number): number => {
  const width = cumulative[node + 1] - cumulative[node];
  if (!(width > 0)) return integral[node + 1];
  const b = (u - cumulative[node]) / width;
  const a = 1 - b;
  return (
    a * a * (1 + 2 * b) * integral[node] +
    b * b * (1 + 2 * a) * integral[node + 1] +
    a * b * width * (a * quantile[node] - b * quantile[node + 1])
  );
};

/**
 * The squared 2-Wasserstein distance from the weighted points `sorted` (ascending) to the law, exact up to the interpolation:
 * with the points x_i on cells of u of widths w_i / total, the integral over u of `(x_i - Q(u))²` is
 * `sum x_i² w_i / total - 2 sum x_i (L(u_i) - L(u_{i-1})) + variance`.
 */
export const squaredWasserstein = (law: LineLaw, sorted: Float64Array, weights: Float64Array): number => {
  const total = weights.reduce((a, b) => a + b, 0);
  const last = law.cumulative.length - 2;
  let node = 0;
  let count = 0;
  let before = 0;
  let sum = law.variance;
  for (let i = 0; i < sorted.length; i++) {
    if (weights[i] === 0) continue;
    count += weights[i];
    const u = count / total;
    while (node < last && law.cumulative[node + 1] <= u) node++;
    const after = interpolate(law, node, u);
    const x = sorted[i] - law.mean;
    sum += (x * x * weights[i]) / total - 2 * x * (after - before);
    before = after;
  }
  return Math.max(0, sum); // rounding
};
