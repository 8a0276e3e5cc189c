import { type Guise, convertPrediction } from '../../src/bfn/index.js';
import { normalRule } from '../../src/bfn/rules.js';
import { nodeAt } from '../../solvers/step.js';
import type { Moment } from '../../src/plan/denoiser.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check, gradient, relativeVector } from './check.js';
import { anyMixture, anyProcess, logBetween, normalsOf, timeWithin, wholeBetween } from './instances.js';

// What a network has to predict, and how score, noise and velocities say the same.

const row = (x: ArrayLike<number>) => ({ shape: [1, x.length], data: Float64Array.from(x) });

/** A mixture, a moment of a process, and a state as it occurs there. */
const anyState = (random: RandomStream, dimension: number) => {
  const mixture = anyMixture(random, dimension);
  const process = anyProcess(random);
  const moment = nodeAt(process, timeWithin(random, process));
  const x0 = mixture.sample(1, random.integer(2 ** 31)).data;
  const x = Float64Array.from(x0, (value) => moment.alpha * value + moment.sigma * random.normal());
  return { mixture, process, moment, x0, x };
};

const posteriorMean = check<(weight: number, x0: number, x: number, moment: Moment) => number>({
  name: 'posterior-mean',
  statement: 'the exact network is E[x_0 | x_t], for mixtures in closed form at every alpha and sigma',
  source: 'docs/theory.md, section 6',
  method: 'quadrature',
  tolerance: 1e-9,
  // the likelihood under which the closed form is the posterior mean
  formula: (weight, x0, x, { alpha, sigma }) => weight * Math.exp(-(((x - alpha * x0) / sigma) ** 2) / 2),
  planted: {
    'twice the variance': (weight, x0, x, { alpha, sigma }) =>
      weight * Math.exp(-(((x - alpha * x0) / sigma) ** 2) / 4),
  },
  residual(formula, random) {
    const { mixture, moment, x } = anyState(random, 1);
    const { nodes, weights } = normalRule(64);
    // over each component's own posterior scale, so that narrow likelihoods are resolved
    let [above, below] = [0, 0];
    mixture.weights.forEach((share, c) => {
      const variance = mixture.covariances[c][0][0];
      const precision = 1 / variance + (moment.alpha / moment.sigma) ** 2;
      const deviation = 1.5 / Math.sqrt(precision);
      const centre = (mixture.means[c][0] / variance + (moment.alpha * x[0]) / moment.sigma ** 2) / precision;
      nodes.forEach((node, i) => {
        const x0 = centre + deviation * node;
        const own = Math.exp(-((x0 - mixture.means[c][0]) ** 2) / (2 * variance)) / Math.sqrt(variance);
        const weight = share * own * weights[i] * deviation * Math.exp((node * node) / 2);
        const likelihood = formula(weight, x0, x[0], moment);
        above += likelihood * x0;
        below += likelihood;
      });
    });
    return Math.abs(above / below - mixture.predict(row(x), [moment]).data[0]);
  },
});

const tweedie = check<(D: Float64Array, x: Float64Array, moment: Moment) => Float64Array>({
  name: 'tweedie',
  statement: 'grad ln p_t(x) = (alpha D - x)/sigma² = -eps_hat/sigma, D = E[x_0 | x_t = x]',
  source: "Tweedie's formula (Efron 2011); Xue et al. 2024, section 4",
  method: 'differences',
  tolerance: 1e-6,
  formula: (D, state, moment) => convertPrediction(D, { from: 'data', to: 'score', state, moment }),
  planted: {
    'the noise for the score': (D, state, moment) =>
      convertPrediction(D, { from: 'data', to: 'noise', state, moment }).map((eps) => -eps),
    'D without alpha': (D, x, { sigma }) => D.map((value, j) => (value - x[j]) / sigma ** 2),
  },
  residual(formula, random) {
    const { mixture, moment, x } = anyState(random, wholeBetween(random, 1, 3));
    const D = Float64Array.from(mixture.predict(row(x), [moment]).data);
    const score = gradient((y) => mixture.logDensity(row(y), moment)[0], x, 2e-3 * moment.sigma);
    const found = formula(D, x, moment);
    const known = mixture.score(row(x), [moment]).data;
    // scores of scale 1/sigma
    const difference = (a: ArrayLike<number>): number =>
      Math.max(...score.map((value, j) => Math.abs(value - a[j]) * moment.sigma));
    return Math.max(difference(found), difference(known));
  },
});

/** The definitions of what networks predict, in x_0 and eps. */
const definitions: Readonly<
  Record<Exclude<Guise, 'edm' | 'class-probabilities'>, (x0: number, eps: number, m: Moment) => number>
> = {
  data: (x0) => x0,
  noise: (_x0, eps) => eps,
  score: (_x0, eps, { sigma }) => -eps / sigma,
  velocity: (x0, eps, { alpha, sigma }) => alpha * eps - sigma * x0,
  'flow-velocity': (x0, eps) => eps - x0,
};

const conversions = check<typeof definitions>({
  name: 'predictions-are-one',
  statement:
    'data, noise, score -eps/sigma, velocity alpha eps - sigma x_0 and flow velocity eps - x_0 are one prediction, each from each',
  source: 'docs/theory.md, section 4; Salimans & Ho 2022; Liu et al. 2023',
  method: 'moments',
  tolerance: 1e-9,
  formula: definitions,
  planted: {
    'score of -eps': { ...definitions, score: (_x0, eps) => -eps },
    'velocity of the other sign': {
      ...definitions,
      velocity: (x0, eps, { alpha, sigma }) => alpha * eps + sigma * x0,
    },
    'flow velocity per alpha': {
      ...definitions,
      'flow-velocity': (x0, eps, { alpha }) => (eps - x0) / alpha,
    },
  },
  residual(formula, random) {
    const moment = { t: 0, time: 0, alpha: logBetween(random, 0.1, 1), sigma: logBetween(random, 0.1, 1) };
    const [x0, eps] = [normalsOf(random, 3), normalsOf(random, 3)];
    const state = x0.map((value, j) => moment.alpha * value + moment.sigma * eps[j]);
    const guises = Object.keys(formula) as (keyof typeof formula)[];
    const of = (guise: keyof typeof formula) => x0.map((value, j) => formula[guise](value, eps[j], moment));
    return Math.max(
      ...guises.flatMap((from) =>
        guises.map((to) => relativeVector(convertPrediction(of(from), { from, to, state, moment }), of(to))),
      ),
    );
  },
});

export const posteriorChecks: readonly Check[] = [posteriorMean, tweedie, conversions];
