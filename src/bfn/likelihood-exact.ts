import { nodeAt } from '../../solvers/step.js';
import { type Batch, samplesOf, zeros } from '../array/batch.js';
import { type ClassDenoiser, classEvidence } from '../denoiser/classes.js';
import { UsageError, requireWhole } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import type { Process } from '../process/process.js';
import { type NoiseKey, normals, uniforms } from '../random/index.js';
import type { Estimate } from './likelihood-bound.js';

export interface ExactBoundOptions {
  /** Of discrete BFN, or any other on data `K e_x - 1`. */
  readonly process: Process;
  /** Exact: its class probabilities are the posterior's. */
  readonly denoiser: ClassDenoiser;
  /** Class indices of draws from the data's law, [n, variables], n from 2. */
  readonly data: Batch;
  /** The time at which the state z is handed over. Default: the data end. */
  readonly time?: number;
  /** Times, one state each, a data item of `L_inf`. Default 8. */
  readonly draws?: number;
  /** Non-negative whole number below 2^53. Default 0. */
  readonly seed?: number;
}

/** All in nats a data item. */
export interface ExactBound {
  /** `L_inf`, which for an exact denoiser is the mutual information I(x; z) of the data and the state at `time`. */
  readonly mutualInformation: Estimate;
  /** `L^r = E sum of H(x_l | z)`: the variables each by itself. */
  readonly reconstruction: Estimate;
  /** `L_inf + L^r`. */
  readonly bound: Estimate;
  /** `H(x | z)`, all variables together, by the chain rule: the same denoiser on states that tell the variables before l. */
  readonly conditionalEntropy: Estimate;
  /**
   * `L^r - H(x | z)`: the total correlation that the posterior has left, which an output of independent variables cannot say. It is also
   * `bound - H(x)`, but this estimate has by far the smaller error.
   */
  readonly totalCorrelation: Estimate;
}

interface Item {
  readonly information: number;
  readonly reconstruction: number;
  readonly conditional: number;
}

/**
 * The continuous-time bound of an *exact* denoiser, and how far it is above the entropy. With `a = e^(2 lambda)`,
 * `L_inf = (1/2) ∫ E[tr Cov(x_0 | z)] da` is mutual information (I-MMSE: Guo, Shamai & Verdu 2005), and with
 * `H(x) = I(x; z) + H(x | z)` the bound exceeds the entropy by the total correlation. All parts are averaged over what z leaves
 * open, so that only z is random: `tr Cov = K² sum (1 - |e|²)`, `-ln e_x` becomes `H(e)`; times are stratified in a. A data item costs
 * as many predictions as it has variables, and `draws` more.
 *
 * Throws a `UsageError` for a process without classes, data of another shape or class, or a time without noise.
 */
export const exactBound = (options: ExactBoundOptions): ExactBound => {
  const { process, denoiser, data, time = process.dataEnd, draws = 8, seed = 0 } = options;
  requireWhole('draws', draws, 1);
  checkData(options);
  const accuracy = Math.exp(2 * process.lambda(time));
  if (!(accuracy < Infinity)) {
    throw new UsageError(`${process.id} has no noise at t = ${time}: all is transmitted; give a later time`);
  }
  const last = nodeAt(process, time);
  const items = Array.from({ length: data.shape[0] }, (_, sample): Item => {
    const x = samplesOf(data, sample, sample + 1).data;
    const uniform = new Float64Array(draws);
    uniforms(uniform, { seed, sample, draw: 0 });
    const moments = Array.from(uniform, (u, j) => momentAtAccuracy(process, (accuracy * (j + u)) / draws));
    const states = noisy(x, denoiser, moments, { seed, sample, draw: 1 });
    const z = noisy(x, denoiser, [last], { seed, sample, draw: 2 });
    return {
      information: (accuracy / 2 / draws) * posteriorVariance(denoiser, states, moments),
      ...entropies(x, denoiser, z, last),
    };
  });
  return {
    mutualInformation: estimate(items, ({ information }) => information),
    reconstruction: estimate(items, ({ reconstruction }) => reconstruction),
    bound: estimate(items, ({ information, reconstruction }) => information + reconstruction),
    conditionalEntropy: estimate(items, ({ conditional }) => conditional),
    totalCorrelation: estimate(items, ({ reconstruction, conditional }) => reconstruction - conditional),
  };
};

/** Where `e^(2 lambda)` is the accuracy. Below that of the noise end there is no time, but exact networks ask for alpha and sigma only. */
const momentAtAccuracy = (process: Process, accuracy: number): Moment => {
  const lambda = Math.log(accuracy) / 2;
  if (lambda > process.lambda(process.noiseEnd)) return nodeAt(process, process.timeAtLambda(lambda));
  const end = nodeAt(process, process.noiseEnd);
  return { ...end, alpha: end.sigma * Math.exp(lambda) };
};

const estimate = (items: readonly Item[], of: (item: Item) => number): Estimate => {
  const values = items.map(of);
  const value = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - value) ** 2, 0);
  return { value, standardError: Math.sqrt(squares / (values.length - 1) / values.length) };
};

/** `tr Cov(K e_x - 1 | z) = K² sum e (1 - e)`, summed over the states. */
const posteriorVariance = (denoiser: ClassDenoiser, states: Batch, moments: readonly Moment[]): number => {
  const classes = states.shape[2];
  let sum = 0;
  for (const D of denoiser.predict(states, moments).data) {
    const e = (D + 1) / classes;
    sum += classes ** 2 * e * (1 - e);
  }
  return sum;
};

/**
 * Entropies given z: of the variables each by itself, and of all together by the chain rule `sum of H(x_l | z, x_1 ... x_(l-1))`. A
 * variable is told by a logit that leaves the other classes no weight.
 */
const entropies = (
  x: ArrayLike<number>,
  denoiser: ClassDenoiser,
  z: Batch,
  moment: Moment,
): Pick<Item, 'reconstruction' | 'conditional'> => {
  const [, variables, classes] = z.shape;
  const certain = 200 / classEvidence(moment, classes);
  const told = zeros([variables, variables, classes]);
  for (let row = 0; row < variables; row++) {
    told.data.set(z.data, row * z.data.length);
    for (let v = 0; v < row; v++) {
      const at = (row * variables + v) * classes;
      for (let k = 0; k < classes; k++) told.data[at + k] = k === x[v] ? certain : -certain;
    }
  }
  const { data } = denoiser.predict(told, new Array<Moment>(variables).fill(moment));
  const entropy = (row: number, v: number): number => {
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const e = (data[(row * variables + v) * classes + k] + 1) / classes;
      if (e > 0) sum -= e * Math.log(e);
    }
    return sum;
  };
  let [reconstruction, conditional] = [0, 0];
  for (let v = 0; v < variables; v++) {
    reconstruction += entropy(0, v); // nothing is told in row 0
    conditional += entropy(v, v);
  }
  return { reconstruction, conditional };
};

/** States of one data item at some moments, [moments, variables, K]. */
const noisy = (
  x: ArrayLike<number>,
  { sampleShape: [variables, classes] }: ClassDenoiser,
  moments: readonly Moment[],
  key: NoiseKey,
): Batch => {
  const z = zeros([moments.length, variables, classes]);
  normals(z.data, key);
  const size = variables * classes;
  moments.forEach(({ alpha, sigma }, i) => {
    for (let j = 0; j < size; j++) {
      const embedded = x[Math.floor(j / classes)] === j % classes ? classes - 1 : -1;
      z.data[i * size + j] = alpha * embedded + sigma * z.data[i * size + j];
    }
  });
  return z;
};

const checkData = ({ process, data, denoiser }: ExactBoundOptions): void => {
  const [variables, classes] = denoiser.sampleShape;
  if (process.classes !== classes) {
    throw new UsageError(
      `${process.id} has ${process.classes ?? 'no'} classes; accepted are the ${classes} of the denoiser`,
    );
  }
  if (data.shape.length !== 2 || data.shape[0] < 2 || data.shape[1] !== variables) {
    throw new UsageError(
      `the data are [${data.shape.join(', ')}]; accepted are class indices, [n, ${variables}] with n from 2`,
    );
  }
  data.data.forEach((k, i) => {
    if (Number.isInteger(k) && k >= 0 && k < classes) return;
    throw new UsageError(
      `class ${k} at place ${i} of the data; accepted are whole numbers from 0 to ${classes - 1}`,
    );
  });
};
