import {
  type QuadratureOptions,
  continuousTimeLossByQuadrature,
  discreteTimeLossByQuadrature,
  informationRate,
  meanSquaredErrorByQuadrature,
  mutualInformation,
  reconstructionLossByQuadrature,
} from '../../src/bfn/index.js';
import { normalRule } from '../../src/bfn/rules.js';
import { type Check, check, relative } from './check.js';
import { between } from './instances.js';
import { anyClass, anyDistribution, anyVariable, entropyOf, type OneVariable } from './laws.js';

// What the losses of an exact network are worth: information, to the last digit.

type Loss = (options: QuadratureOptions) => Promise<number>;

const scaled =
  (factor: number): Loss =>
  async (options) =>
    factor * (await continuousTimeLossByQuadrature(options));

const lossIsInformation = check<Loss>({
  name: 'loss-is-mutual-information',
  statement:
    'for an exact network L_inf is the mutual information I(x; state at tau = 1), for all three types of data',
  source: 'I-MMSE: Guo, Shamai & Verdú 2005; docs/theory.md, section 2',
  method: 'quadrature',
  tolerance: 5e-6,
  formula: continuousTimeLossByQuadrature,
  planted: { 'loss without its 1/2': scaled(2), '0.1% off': scaled(1.001) },
  residual: async (formula, random) => {
    const options = anyVariable(random);
    return relative(await formula(options), mutualInformation({ ...options, tau: 1 }));
  },
});

const boundIsEntropy = check<Loss>({
  name: 'bound-is-entropy',
  statement:
    'for one variable and its exact network L_inf + L^r = H(x): .748910 + .280743 = 1.029653 for p = (.5, .3, .2), beta1 = 1.5',
  source: 'Graves et al. 2023, section 3 (loss); chain rule of entropy',
  method: 'quadrature',
  tolerance: 5e-6,
  formula: continuousTimeLossByQuadrature,
  planted: { '0.1% off': scaled(1.001) },
  residual: async (formula, random) => {
    const options = anyDistribution(random);
    const bound = (await formula(options)) + (await reconstructionLossByQuadrature(options));
    return relative(bound, entropyOf(options.probabilities));
  },
});

type StepLoss = (options: OneVariable & { readonly steps: number }) => Promise<number>;

/**
 * The receiver of the published code: each of the two numbers of y by itself, as if they were independent given nothing
 * (model.py lines 360 to 366 of the original implementation).
 */
const productOfMarginals: StepLoss = async ({ flow, probabilities, steps, points = 40 }) => {
  const { nodes, weights } = normalRule(points);
  let loss = 0;
  for (let i = 0; i < steps; i++) {
    const [beta, accuracy] = [flow.schedule.beta(i / steps), flow.schedule.step(i + 1, steps)];
    const deviation = Math.sqrt(2 * accuracy);
    probabilities.forEach((p, x) => {
      nodes.forEach((node, a) => {
        // z_1 - z_0 given x
        const difference = (x === 1 ? 2 : -2) * beta + Math.sqrt(4 * beta) * node;
        const odds = (probabilities[1] / probabilities[0]) * Math.exp(difference);
        const e = [1 / (1 + odds), odds / (1 + odds)];
        for (const j of [0, 1]) {
          nodes.forEach((noise, b) => {
            const y = accuracy * (x === j ? 1 : -1) + deviation * noise;
            const density = (mean: number): number => Math.exp(-(((y - mean) / deviation) ** 2) / 2);
            const receiver = e[j] * density(accuracy) + e[1 - j] * density(-accuracy);
            loss += p * weights[a] * weights[b] * (-(noise * noise) / 2 - Math.log(receiver));
          });
        }
      });
    });
  }
  return loss;
};

const stepBoundIsEntropy = check<StepLoss>({
  name: 'n-step-bound-is-entropy',
  statement:
    'for one variable, its exact network and the joint receiver L^n + L^r = H(x) for every n: here n = 1, 2, 5',
  source: 'Graves et al. 2023, equation 189; chain rule of entropy',
  method: 'quadrature',
  tolerance: 5e-6,
  formula: discreteTimeLossByQuadrature,
  planted: {
    'product of the marginals of y, as in the published code': productOfMarginals,
    '0.1% off': async (options) => 1.001 * (await discreteTimeLossByQuadrature(options)),
  },
  residual: async (formula, random) => {
    let options = anyClass(random);
    while (options.probabilities.length > 2) options = anyClass(random);
    const reconstruction = await reconstructionLossByQuadrature(options);
    const bounds = await Promise.all(
      [1, 2, 5].map(async (steps) => (await formula({ ...options, points: 40, steps })) + reconstruction),
    );
    return Math.max(...bounds.map((bound) => relative(bound, entropyOf(options.probabilities))));
  },
});

const immse = check<typeof informationRate>({
  name: 'i-mmse',
  statement:
    'for an exact network dI(x; state)/dbeta = (c/2) E|x - x_hat|², c = 1 and for classes, in K e_x - 1, c = 1/K',
  source: 'Guo, Shamai & Verdú 2005, Theorem 1',
  method: 'differences',
  tolerance: 1e-5,
  formula: informationRate,
  planted: {
    'c, not c/2': (flow, error) => 2 * informationRate(flow, error),
    '0.1% off': (flow, error) => 1.001 * informationRate(flow, error),
  },
  residual: async (formula, random) => {
    const options = anyVariable(random);
    const { flow } = options;
    const tau = between(random, 0.2, 0.9);
    const step = 1e-3;
    const at = (shift: number) => {
      const time = tau + shift * step;
      return { I: mutualInformation({ ...options, tau: time }), beta: flow.schedule.beta(time) };
    };
    // dI/dtau and dbeta/dtau, both of order 4
    const slope = (of: (at: { I: number; beta: number }) => number): number =>
      8 * (of(at(1)) - of(at(-1))) - (of(at(2)) - of(at(-2)));
    const rate = slope(({ I }) => I) / slope(({ beta }) => beta);
    return relative(formula(flow, await meanSquaredErrorByQuadrature({ ...options, tau })), rate);
  },
});

export const informationChecks: readonly Check[] = [
  lossIsInformation,
  boundIsEntropy,
  stepBoundIsEntropy,
  immse,
];
