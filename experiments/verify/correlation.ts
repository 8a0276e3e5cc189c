import { zeros } from '../../src/array/batch.js';
import { exactBound } from '../../src/bfn/likelihood-exact.js';
import { gaussLegendre, normalRule } from '../../src/bfn/rules.js';
import { type ClassDenoiser, classDenoiser } from '../../src/denoiser/classes.js';
import { discreteBfn } from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check } from './check.js';
import { anyProbabilities, logBetween } from './instances.js';
import { entropyOf } from './laws.js';

// Two dependent bits: the least data on which an output of independent variables costs something.

/** Probabilities of (0,0), (0,1), (1,0), (1,1). */
export type PairLaw = readonly [number, number, number, number];

/** Posterior of the pair given its two logit differences z_1 - z_0. */
const posterior = (law: PairLaw, first: number, second: number): number[] => {
  const joint = law.map((p, pair) => p * Math.exp((pair > 1 ? first : 0) + (pair % 2 === 1 ? second : 0)));
  const total = joint.reduce((sum, value) => sum + value, 0);
  return joint.map((value) => value / total);
};

/** Probabilities that the first and the second bit are 1. */
const marginals = (pair: readonly number[]): readonly [number, number] => [
  pair[2] + pair[3],
  pair[1] + pair[3],
];

const bitEntropy = (p: number): number => entropyOf([p, 1 - p]);

/** `E f(posterior)` at accuracy beta, by quadrature: given a bit, its logit difference is N(+-2 beta, 4 beta). */
const expectation = (
  law: PairLaw,
  beta: number,
  points: number,
  f: (pair: readonly number[]) => number,
): number => {
  const { nodes, weights } = normalRule(points);
  const deviation = 2 * Math.sqrt(beta);
  let sum = 0;
  law.forEach((p, pair) => {
    const first = pair > 1 ? 2 * beta : -2 * beta;
    const second = pair % 2 === 1 ? 2 * beta : -2 * beta;
    nodes.forEach((a, i) => {
      nodes.forEach((b, j) => {
        const weight = p * weights[i] * weights[j];
        if (weight > 1e-12) sum += weight * f(posterior(law, first + deviation * a, second + deviation * b));
      });
    });
  });
  return sum;
};

export interface PairBound {
  /** `L_inf`, nats. */
  readonly information: number;
  /** `L^r`, nats. */
  readonly reconstruction: number;
  readonly entropy: number;
  /** Of the posterior at tau = 1, averaged: `E[sum of H(x_l | z) - H(x | z)]`, nats, from the posterior alone. */
  readonly totalCorrelation: number;
}

/** The bound of the exact network of two bits, by quadrature with that many points a dimension. */
export const pairBound = (law: PairLaw, beta1: number, points = 40): PairBound => {
  const { nodes, weights } = gaussLegendre(12);
  let information = 0;
  nodes.forEach((node, i) => {
    const beta = (beta1 * (1 + node)) / 2;
    // (K/2) E sum over bits of |e_x - e|²: 2 p (1 - p) a bit
    const error = expectation(law, beta, points, (pair) => {
      const [p, q] = marginals(pair);
      return 2 * p * (1 - p) + 2 * q * (1 - q);
    });
    information += ((weights[i] * beta1) / 2) * error;
  });
  const separate = (pair: readonly number[]): number => {
    const [p, q] = marginals(pair);
    return bitEntropy(p) + bitEntropy(q);
  };
  return {
    information,
    reconstruction: expectation(law, beta1, points, separate),
    entropy: entropyOf(law),
    totalCorrelation: expectation(law, beta1, points, (pair) => separate(pair) - entropyOf(pair)),
  };
};

const anyPair = (random: RandomStream): { law: PairLaw; beta1: number } => ({
  law: anyProbabilities(random, 4) as unknown as PairLaw,
  beta1: logBetween(random, 0.2, 2),
});

const totalCorrelation = check<(bound: PairBound) => number>({
  name: 'gap-is-total-correlation',
  statement:
    'for dependent variables L_inf + L^r - H(x) is the total correlation of the posterior at tau = 1: .042666 nats for ' +
    'P(00) = P(11) = .45, beta1 = 1.5',
  source: 'docs/theory.md, section 7; chain rule of entropy',
  method: 'quadrature',
  tolerance: 1e-6,
  formula: ({ information, reconstruction, entropy }) => information + reconstruction - entropy,
  planted: {
    'no gap': () => 0,
    'L_inf 0.1% off': ({ information, reconstruction, entropy }) =>
      1.001 * information + reconstruction - entropy,
  },
  residual(formula, random) {
    const { law, beta1 } = anyPair(random);
    const bound = pairBound(law, beta1);
    return Math.abs(formula(bound) - bound.totalCorrelation);
  },
});

/** The exact network of two bits, with a total correlation in its posterior. */
export const pairDenoiser = (law: PairLaw): ClassDenoiser =>
  classDenoiser('two bits', [2, 2], ({ data }, kappa, out) => {
    kappa.forEach((value, sample) => {
      const at = 4 * sample;
      const [first, second] = [data[at + 1] - data[at], data[at + 3] - data[at + 2]];
      const [p, q] = marginals(posterior(law, value * first, value * second));
      [1 - p, p, 1 - q, q].forEach((e, i) => (out.data[at + i] = 2 * e - 1));
    });
  });

/** [count, 2] */
export const drawPairs = (law: PairLaw, count: number, { uniform }: RandomStream) => {
  const data = zeros([count, 2]);
  for (let i = 0; i < count; i++) {
    let left = uniform();
    const pair = Math.max(
      0,
      law.findIndex((p) => (left -= p) < 0),
    );
    data.data.set([Math.floor(pair / 2), pair % 2], 2 * i);
  }
  return data;
};

const sampledBound = check<typeof exactBound>({
  name: 'sampled-bound',
  statement:
    'the Monte-Carlo bound of exact networks estimates mutual information and total correlation without bias',
  source: 'docs/theory.md, section 7',
  method: 'monte-carlo',
  tolerance: 5.5,
  formula: exactBound,
  planted: {
    'mutual information 10% off': (options) => {
      const bound = exactBound(options);
      const { value, standardError } = bound.mutualInformation;
      return { ...bound, mutualInformation: { value: 1.1 * value, standardError } };
    },
    'total correlation without H(x | z)': (options) => {
      const bound = exactBound(options);
      return { ...bound, totalCorrelation: bound.reconstruction };
    },
  },
  residual(formula, random) {
    const { law, beta1 } = anyPair(random);
    const truth = pairBound(law, beta1, 20);
    const found = formula({
      process: discreteBfn({ classes: 2, beta1 }),
      denoiser: pairDenoiser(law),
      data: drawPairs(law, 300, random),
      draws: 2,
      seed: random.integer(2 ** 31),
    });
    const errors = (estimate: { value: number; standardError: number }, value: number): number =>
      Math.abs(estimate.value - value) / estimate.standardError;
    return Math.max(
      errors(found.mutualInformation, truth.information),
      errors(found.totalCorrelation, truth.totalCorrelation),
    );
  },
});

export const correlationChecks: readonly Check[] = [totalCorrelation, sampledBound];
