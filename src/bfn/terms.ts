import { makeBins, type Bins } from './bins.js';
import { discretisedNormal } from './discretised-normal.js';
import type { BayesianFlow, DiscreteFlow, DiscretisedFlow } from './flow.js';
import { requireLength, type Vector } from './laws.js';
import { logSumExp } from './numeric.js';

/** A loss of one data item in nats, and its gradient with respect to the output that it was computed from. */
export interface LossAndGradient {
  readonly loss: number;
  readonly gradient: Float64Array;
}

/** `weight ||target - prediction||²`, and its gradient with respect to the prediction. */
export const squaredError = (weight: number, target: Vector, prediction: Vector): LossAndGradient => {
  requireLength('the prediction', prediction, target.length);
  let loss = 0;
  const gradient = new Float64Array(target.length);
  for (let i = 0; i < target.length; i++) {
    const error = prediction[i] - target[i];
    loss += weight * error * error;
    gradient[i] = 2 * weight * error;
  }
  return { loss, gradient };
};

/**
 * `ln N(y; component k) - ln N(y; component x)` of every variable's receiver components, [variables, K], where the sender's y is
 * `mean_x + deviation * noise`. For discrete data over all K numbers of y **jointly**: the means have one norm, so that all but
 * `y_k - y_x` cancels. (Graves et al. 2023, equation 189; docs/bayesian-flow.md)
 */
export const logRatios = (
  flow: DiscreteFlow | DiscretisedFlow,
  x: Vector,
  accuracy: number,
  noise: Vector,
): Float64Array => {
  requireLength("the sender's noise", noise, x.length * flow.channels);
  if (flow.kind === 'discretised') return pointRatios(flow.bins.centres, x, accuracy, noise);
  const { classes } = flow;
  const out = new Float64Array(x.length * classes);
  const deviation = Math.sqrt(accuracy * classes);
  for (let i = 0; i < out.length; i++) {
    const sent = Math.floor(i / classes) * classes + x[Math.floor(i / classes)];
    out[i] = i === sent ? 0 : deviation * (noise[i] - noise[sent]) - accuracy * classes;
  }
  return out;
};

/** The same where the components are at `points`, and y is `x + noise/sqrt(accuracy)`. */
export const pointRatios = (points: Vector, x: Vector, accuracy: number, noise: Vector): Float64Array => {
  const count = points.length;
  const out = new Float64Array(x.length * count);
  for (let i = 0; i < out.length; i++) {
    const v = Math.floor(i / count);
    const distance = x[v] - points[i % count];
    out[i] = -(accuracy / 2) * distance * distance - Math.sqrt(accuracy) * distance * noise[v];
  }
  return out;
};

/**
 * `sum_v -ln sum_k exp(ln p_k + ratio_k)`: the log-ratio of sender and receiver at one y, and its gradient with respect to `ln p`: minus
 * the posterior of the component given y.
 */
export const mixtureCost = (
  logProbabilities: Vector,
  ratios: Float64Array,
  classes: number,
): LossAndGradient => {
  requireLength('the output distribution', logProbabilities, ratios.length);
  let loss = 0;
  const gradient = ratios.map((ratio, i) => ratio + logProbabilities[i]);
  for (let from = 0; from < gradient.length; from += classes) {
    const row = gradient.subarray(from, from + classes);
    const evidence = logSumExp(row);
    loss -= evidence;
    for (let k = 0; k < classes; k++) row[k] = -Math.exp(row[k] - evidence);
  }
  return { loss, gradient };
};

/** The same times a number. */
export const times = (factor: number, { loss, gradient }: LossAndGradient): LossAndGradient => ({
  loss: factor * loss,
  gradient: gradient.map((value) => factor * value),
});

/** `-sum_v ln p_v(x_v)`, and its gradient with respect to `ln p`. */
export const negativeLogProbability = (
  indices: Vector,
  logProbabilities: Vector,
  classes: number,
): LossAndGradient => {
  requireLength('the output distribution', logProbabilities, indices.length * classes);
  let loss = 0;
  const gradient = new Float64Array(logProbabilities.length);
  for (let v = 0; v < indices.length; v++) {
    loss -= logProbabilities[v * classes + indices[v]];
    gradient[v * classes + indices[v]] = -1;
  }
  return { loss, gradient };
};

/** How a point output is discretised for the reconstruction: see `ReconstructionOptions`. */
export interface PointDiscretisation {
  readonly bins: number;
  readonly factor: number;
}

/** `-sum_v ln` of the bin of x_v under `N(prediction_v, deviation²)` with its tails folded in, and its gradient in the prediction. */
export const discretisedPoint = (
  bins: Bins,
  deviation: number,
  x: Vector,
  prediction: Vector,
): LossAndGradient => {
  requireLength('the prediction', prediction, x.length);
  let loss = 0;
  const gradient = Float64Array.from(x, (value, v) => {
    const law = discretisedNormal(prediction[v], deviation, bins);
    const index = bins.index(value);
    loss -= law.logProbabilities[index];
    const chosen = new Float64Array(bins.count);
    chosen[index] = -1;
    return law.pullback(chosen).mean;
  });
  return { loss, gradient };
};

/** Bins and deviation of that: `factor` times the deviation `1/sqrt(1 + beta(1))` of the input at the data end. */
export const pointDiscretisation = (
  { schedule }: BayesianFlow,
  { bins, factor }: PointDiscretisation,
): { bins: Bins; deviation: number } => ({
  bins: makeBins(bins),
  deviation: factor / Math.sqrt(1 + schedule.beta(1)),
});

/** What a distribution predicts of the flow's target, and how a gradient with respect to that goes back to `ln p`. */
export const meanPrediction = (
  flow: DiscreteFlow | DiscretisedFlow,
  logProbabilities: Float64Array,
): { prediction: Float64Array; pullback(gradient: Float64Array): Float64Array } => {
  const p = logProbabilities.map(Math.exp);
  if (flow.kind === 'discrete') {
    const { classes } = flow;
    return {
      prediction: p.map((value) => classes * value - 1),
      pullback: (gradient) => p.map((value, i) => classes * value * gradient[i]),
    };
  }
  const { count, centres } = flow.bins;
  const prediction = new Float64Array(p.length / count);
  p.forEach((value, i) => (prediction[Math.floor(i / count)] += value * centres[i % count]));
  return {
    prediction,
    pullback: (gradient) => p.map((value, i) => value * centres[i % count] * gradient[Math.floor(i / count)]),
  };
};
