import type { Batch } from '../array/batch.js';
import type { Moment } from '../plan/denoiser.js';
import type { Process } from '../process/process.js';
import type { AccuracySchedule } from './accuracy.js';
import type { Bins } from './bins.js';
import type { Law, NormalLaw, Vector } from './laws.js';

/** What the flows of all three types of data share. Every function of tau throws a `UsageError` outside [0, 1]. */
export interface FlowBase {
  readonly schedule: AccuracySchedule;
  /** The SDE that the state follows: what solvers take. */
  readonly process: Process;
  /** How many numbers of a state there are a variable: 1, or K for logits. */
  readonly channels: number;
  /** The channel at BFN time tau, as denoisers take it: `state = alpha target + sigma noise`, `t = 1 - tau`, the network sees tau. */
  moment(tau: number): Moment;
  /**
   * The data as denoisers predict them: [n, ...] to [n, ...] in float64 (values; bin centres), or to [n, ..., K] (`K e_x - 1`).
   * Throws a `UsageError` for values that are not finite or out of range (discretised: [-1, 1]; discrete: classes 0..K-1).
   */
  embed(data: Batch): Batch;
  /** c of `L_inf = (c/2) int E||target - prediction||² dbeta`: 1, and for discrete data 1/K. Nats. */
  readonly errorWeight: number;
}

/** What is believed of the data: independent normals of one precision, `rho`. */
export interface NormalBelief {
  /** `mu`, what the network sees, [d]. */
  readonly mean: Vector;
  readonly precision: number;
}

/** Bayesian flow of continuous data and of discretised: a normal belief that sharpens. Vectors are one data item, [d]. */
export interface NormalFlow extends FlowBase {
  /** mean 0, precision 1. */
  prior(variables: number): NormalBelief;
  /** The belief at tau with the given mean: precision `1 + beta(tau)`. */
  belief(mean: Vector, tau: number): NormalBelief;
  /** Input distribution `p_I(x) = N(mean, 1/precision)`. */
  input(belief: NormalBelief): NormalLaw;
  /** `y ~ N(x, 1/accuracy)`; x is a value in any range, for discretised data the centre of a bin. */
  sender(x: Vector, accuracy: number): NormalLaw;
  /** `rho' = rho + accuracy`, `mu' = (rho mu + accuracy y)/rho'`. */
  update(belief: NormalBelief, y: Vector, accuracy: number): NormalBelief;
  /** `p_U`: the law of the new mean, given the data. */
  updateDistribution(belief: NormalBelief, x: Vector, accuracy: number): NormalLaw;
  /** `p_F(mu | x; tau) = N(gamma x, gamma (1 - gamma))`. */
  flowDistribution(x: Vector, tau: number): NormalLaw;
}

export interface ContinuousFlow extends NormalFlow {
  readonly kind: 'continuous';
  /** `N(prediction, 1/accuracy)`: the output distribution is a point. */
  receiver(prediction: Vector, accuracy: number): NormalLaw;
}

export interface DiscretisedFlow extends NormalFlow {
  readonly kind: 'discretised';
  readonly bins: Bins;
  /** `sum_k p_O(k) N(y; centre_k, 1/accuracy)` a variable, from `ln p_O`, [d, K]. */
  receiver(logProbabilities: Vector, accuracy: number): Law;
}

/**
 * Bayesian flow of discrete data, on logits z with `theta = softmax(z)`, [variables, K] flattened; z may be shifted by any constant a
 * variable without effect. Data are class indices, one a variable.
 */
export interface DiscreteFlow extends FlowBase {
  readonly kind: 'discrete';
  readonly classes: number;
  /** z = 0: all classes equally probable. */
  prior(variables: number): Float64Array;
  /** Input distribution `theta = softmax(z)`. */
  input(z: Vector): Float64Array;
  /** `y ~ N(accuracy (K e_x - 1), accuracy K I)` in R^K a variable. */
  sender(x: Vector, accuracy: number): NormalLaw;
  /** `sum_k e_k N(y; accuracy (K e_k - 1), accuracy K I)`, joint over the K numbers of a variable, from `ln e`, [variables, K]. */
  receiver(logProbabilities: Vector, accuracy: number): Law;
  /** `theta' ~ theta exp(y)`, that is `z' = z + y`. */
  update(z: Vector, y: Vector): Float64Array;
  /** `p_U`: the law of the new z, given the data. */
  updateDistribution(z: Vector, x: Vector, accuracy: number): NormalLaw;
  /** `p_F(z | x; tau) = N(beta (K e_x - 1), beta K I)`. */
  flowDistribution(x: Vector, tau: number): NormalLaw;
  /**
   * `ln p_F(theta | x; tau)` of one variable on the simplex, nats, per unit of theta_1..theta_(K-1): a logistic normal law.
   * Throws a `UsageError` unless theta is positive and sums to 1, and tau > 0.
   */
  simplexLogDensity(theta: Vector, x: number, tau: number): number;
}

export type BayesianFlow = ContinuousFlow | DiscretisedFlow | DiscreteFlow;
