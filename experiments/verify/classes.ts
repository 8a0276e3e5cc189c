import { zeros } from '../../src/array/batch.js';
import { type DiscreteFlow, discreteAccuracy, discreteFlow } from '../../src/bfn/index.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import type { Moment } from '../../src/plan/denoiser.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check, gradient, relative, relativeVector } from './check.js';
import { anyProbabilities, between, listOf, logBetween, normalsOf, wholeBetween } from './instances.js';

// Discrete data: score, posterior and update of one categorical variable.

/** One categorical variable under discrete BFN, and a state as it occurs. */
const anyLogits = (random: RandomStream) => {
  const classes = wholeBetween(random, 2, 8);
  const flow = discreteFlow(discreteAccuracy({ beta1: logBetween(random, 0.1, 5) }), classes);
  const probabilities = anyProbabilities(random, classes);
  const tau = between(random, 0.05, 1);
  const x = random.integer(classes);
  const { mean, variance } = flow.flowDistribution([x], tau);
  const z = mean.map((value) => value + Math.sqrt(variance) * random.normal());
  return { classes, flow, probabilities, tau, z };
};

/** `ln p_tau(z)` and the posterior of the class, from the flow distribution. */
const marginalOf = (flow: DiscreteFlow, probabilities: readonly number[], tau: number, z: Float64Array) => {
  const joint = probabilities.map((p, k) => Math.log(p) + flow.flowDistribution([k], tau).logDensity(z));
  const peak = Math.max(...joint);
  const total = joint.reduce((sum, value) => sum + Math.exp(value - peak), 0);
  return { log: peak + Math.log(total), posterior: joint.map((value) => Math.exp(value - peak) / total) };
};

type DiscreteScore = (z: Float64Array, e: readonly number[], classes: number, beta: number) => Float64Array;

const discreteScore = check<DiscreteScore>({
  name: 'discrete-score',
  statement: 'grad ln p_t(z) = -z/(K beta) + e - 1/K, e = E[e_x | z]',
  source: 'Xue et al. 2024, section 5',
  method: 'differences',
  tolerance: 1e-7,
  formula: (z, e, K, beta) => z.map((value, k) => -value / (K * beta) + e[k] - 1 / K),
  planted: {
    'without 1/K': (z, e, K, beta) => z.map((value, k) => -value / (K * beta) + e[k]),
    'z/beta': (z, e, K, beta) => z.map((value, k) => -value / beta + e[k] - 1 / K),
  },
  residual(formula, random) {
    const { classes, flow, probabilities, tau, z } = anyLogits(random);
    const beta = flow.schedule.beta(tau);
    const sigma = Math.sqrt(classes * beta);
    const { posterior } = marginalOf(flow, probabilities, tau, z);
    const score = gradient((y) => marginalOf(flow, probabilities, tau, y).log, z, 2e-3 * sigma);
    const found = formula(z, posterior, classes, beta);
    return Math.max(...score.map((value, k) => Math.abs(value - found[k]) * sigma));
  },
});

type Output = (probabilities: readonly number[], z: Float64Array, moment: Moment) => ArrayLike<number>;

/** The class probabilities of the exact network of the library. */
const exactOutput: Output = (probabilities, z, moment) => {
  const x = { shape: [1, 1, z.length], data: z };
  const out = zeros(x.shape, 'float64');
  return independentCategorical({ probabilities })
    .predict(x, [moment], out)
    .data.map((value) => (value + 1) / z.length);
};

const optimalOutput = check<Output>({
  name: 'optimal-discrete-output',
  statement:
    'for one variable the optimal output is e ~ p softmax(z), whatever the time: the posterior of its class',
  source: 'docs/theory.md, section 6',
  method: 'moments',
  tolerance: 1e-9,
  formula: exactOutput,
  planted: {
    'without the prior p': (_p, z, moment) =>
      exactOutput(
        listOf(z.length, () => 1 / z.length),
        z,
        moment,
      ),
    'evidence that depends on time': (p, z, moment) =>
      exactOutput(p, z, { ...moment, sigma: 1.001 * moment.sigma }),
  },
  residual(formula, random) {
    const { flow, probabilities, tau, z } = anyLogits(random);
    return relativeVector(
      formula(probabilities, z, flow.moment(tau)),
      marginalOf(flow, probabilities, tau, z).posterior,
    );
  },
});

type Multiplied = (theta: number, y: number, classes: number) => number;

const multiplicative = check<Multiplied>({
  name: 'discrete-update-is-multiplicative',
  statement:
    "theta' ~ theta e^y in probabilities is z' = z + y in logits, and constants a variable added to z say nothing",
  source: 'Graves et al. 2023, section 6 (Bayesian update)',
  method: 'moments',
  tolerance: 1e-10,
  formula: (theta, y) => theta * Math.exp(y),
  planted: {
    'theta e^(y/K)': (theta, y, classes) => theta * Math.exp(y / classes),
    'theta (1 + y)': (theta, y) => theta * Math.abs(1 + y),
  },
  residual(formula, random) {
    const { classes, flow, z } = anyLogits(random);
    const y = normalsOf(random, classes);
    const theta = flow.input(z);
    const product = theta.map((value, k) => formula(value, y[k], classes));
    const total = product.reduce((sum, value) => sum + value, 0);
    const shift = 10 * random.normal();
    const shifted = flow.input(
      flow.update(
        z.map((value) => value + shift),
        y,
      ),
    );
    return Math.max(...product.map((value, k) => relative(value / total, shifted[k])));
  },
});

export const classChecks: readonly Check[] = [discreteScore, optimalOutput, multiplicative];
