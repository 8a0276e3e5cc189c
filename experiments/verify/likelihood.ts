import { nodeAt } from '../../solvers/step.js';
import { type Batch, zeros } from '../../src/array/batch.js';
import {
  type Divergence,
  classDivergence,
  coordinateDivergence,
  hutchinson,
  mixtureDivergence,
} from '../../src/bfn/likelihood-divergence.js';
import { odeLogLikelihood } from '../../src/bfn/likelihood.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import type { GaussianMixture } from '../../src/denoiser/mixture.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { type Process, discreteBfn } from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check } from './check.js';
import {
  anyMixture,
  anyProbabilities,
  anyProcess,
  listOf,
  logBetween,
  timeWithin,
  wholeBetween,
} from './instances.js';

/** States as they occur: [count, d]. */
const statesOf = (
  mixture: GaussianMixture,
  { alpha, sigma }: Moment,
  count: number,
  random: RandomStream,
): Batch => {
  const { shape, data } = mixture.sample(count, random.integer(2 ** 31));
  return { shape, data: Float64Array.from(data, (value) => alpha * value + sigma * random.normal()) };
};

const anyVectorProcess = (random: RandomStream): Process => {
  const process = anyProcess(random);
  return process.classes === undefined && process.id !== 'ddpm' && process.id !== 'table'
    ? process
    : anyVectorProcess(random);
};

const changeOfVariables = check<(mixture: GaussianMixture) => Divergence>({
  name: 'ode-likelihood',
  statement:
    'ln p_t(x) by the probability-flow ODE and the instantaneous change of variables, d ln p/dt = -div, is that of the mixture itself',
  source: 'Song et al. 2021, equation 39; Chen et al. 2018',
  method: 'differences',
  tolerance: 1e-4,
  formula: mixtureDivergence,
  planted: {
    'divergence 1% off': (mixture) => {
      const { estimates, at } = mixtureDivergence(mixture);
      const wrong: Divergence['at'] = async (...given) => (await at(...given)).map((value) => 1.01 * value);
      return { estimates, at: wrong };
    },
    'no divergence': () => ({ estimates: 1, at: (_x, moments) => new Float64Array(moments.length) }),
  },
  async residual(formula, random) {
    const mixture = anyMixture(random, wholeBetween(random, 1, 2));
    const process = anyVectorProcess(random);
    const { dataEnd, noiseEnd } = process;
    const moment = nodeAt(process, dataEnd + logBetween(random, 1e-3, 0.5) * (noiseEnd - dataEnd));
    const x = statesOf(mixture, moment, 4, random);
    const { values } = await odeLogLikelihood(x, {
      process,
      denoiser: mixture,
      time: moment.t,
      noiseLaw: mixture,
      divergence: formula(mixture),
      tolerance: 1e-6,
    });
    const truth = mixture.logDensity(x, moment);
    return Math.max(...values.map((value, i) => Math.abs(value - truth[i])));
  },
});

const jacobian = check<(mixture: GaussianMixture) => Divergence>({
  name: 'divergence-is-posterior-variance',
  statement:
    'div D = (alpha/sigma²) tr Cov(x_0 | x_t): of mixtures in closed form, and by differences of the network',
  source: "Tweedie's formula of second order; docs/theory.md, section 6",
  method: 'differences',
  tolerance: 1e-6,
  formula: mixtureDivergence,
  planted: {
    'tr E[x_0²], not of the covariance': (mixture) => ({
      estimates: 1,
      at: (x, moments) =>
        Float64Array.from(moments, ({ alpha, sigma }, i) => {
          const size = mixture.dimension;
          const row = mixture.predict({ shape: [1, size], data: x.data.slice(i * size, (i + 1) * size) }, [
            moments[i],
          ]);
          return (alpha / sigma ** 2) * Math.hypot(...row.data) ** 2;
        }),
    }),
    'alpha/sigma for alpha/sigma²': (mixture) => {
      const { estimates, at } = mixtureDivergence(mixture);
      const wrong: Divergence['at'] = async (x, moments, ...rest) =>
        (await at(x, moments, ...rest)).map((value, i) => value * moments[i].sigma);
      return { estimates, at: wrong };
    },
  },
  async residual(formula, random) {
    const mixture = anyMixture(random, wholeBetween(random, 1, 3));
    const process = anyVectorProcess(random);
    const moments = [nodeAt(process, timeWithin(random, process))];
    const x = statesOf(mixture, moments[0], 1, random);
    const prediction = mixture.predict(x, moments);
    const closed = await formula(mixture).at(x, moments, prediction, [0]);
    const differences = await coordinateDivergence(mixture).at(x, moments, prediction, [0]);
    return Math.abs(closed[0] - differences[0]) * moments[0].alpha; // the slope of D is 1/alpha without noise
  },
});

type TraceOfE = (classes: number, e: number) => number;

const classJacobian = check<TraceOfE>({
  name: 'class-divergence',
  statement: 'for exact class probabilities e of K e_x - 1, div_z D = (alpha/sigma²) K² sum of (1 - |e|²)',
  source: 'docs/theory.md, section 6',
  method: 'differences',
  tolerance: 1e-6,
  formula: (classes, e) => classes ** 2 * e * (1 - e),
  planted: {
    'K for K²': (classes, e) => classes * e * (1 - e),
    'e² for e - e²': (classes, e) => classes ** 2 * e * e,
  },
  async residual(formula, random) {
    const classes = wholeBetween(random, 2, 6);
    const denoiser = independentCategorical({
      probabilities: listOf(wholeBetween(random, 1, 3), () => anyProbabilities(random, classes)),
    });
    const process = discreteBfn({ classes, beta1: logBetween(random, 0.1, 5) });
    const moments = [nodeAt(process, timeWithin(random, process))];
    const x = zeros([1, ...denoiser.sampleShape], 'float64');
    x.data.forEach((_, i) => (x.data[i] = moments[0].sigma * random.normal()));
    const prediction = denoiser.predict(x, moments);
    const { alpha, sigma } = moments[0];
    let sum = 0;
    for (const D of prediction.data) sum += formula(classes, (D + 1) / classes);
    const trace = (alpha / sigma ** 2) * sum;
    const differences = await coordinateDivergence(denoiser).at(x, moments, prediction, [0]);
    const closed = await classDivergence(denoiser).at(x, moments, prediction, [0]);
    return Math.max(Math.abs(trace - differences[0]), Math.abs(closed[0] - differences[0])) / classes;
  },
});

const hutchinsonUnbiased = check<typeof hutchinson>({
  name: 'hutchinson',
  statement: "Hutchinson's estimator v' J v with random signs v has the mean tr J",
  source: 'Hutchinson 1989; Grathwohl et al. 2019',
  method: 'monte-carlo',
  tolerance: 5.5,
  formula: hutchinson,
  planted: {
    'directions that repeat': (denoiser, options) => {
      const own = hutchinson(denoiser, options);
      return {
        ...own,
        at: (x, moments, D) =>
          own.at(
            x,
            moments,
            D,
            moments.map(() => 7),
          ),
      };
    },
    'trace 10% off': (denoiser, options) => {
      const own = hutchinson(denoiser, options);
      return { ...own, at: async (...given) => (await own.at(...given)).map((value) => 1.1 * value) };
    },
  },
  async residual(formula, random) {
    const dimension = 6;
    const mixture = anyMixture(random, dimension);
    const process = anyVectorProcess(random);
    const moment = nodeAt(process, timeWithin(random, process));
    // one state many times, as many samples
    const count = 64;
    const one = statesOf(mixture, moment, 1, random);
    const x = zeros([count, dimension], 'float64');
    for (let i = 0; i < count; i++) x.data.set(one.data, i * dimension);
    const moments = listOf(count, () => moment);
    const prediction = mixture.predict(x, moments);
    const samples = listOf(count, (i) => i);
    const divergence = formula(mixture, { probes: 4, seed: random.integer(2 ** 31) });
    const values = await divergence.at(x, moments, prediction, samples);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    const [trace] = await mixtureDivergence(mixture).at(one, [moment], mixture.predict(one, [moment]), [0]);
    const rounding = 1e-6 * Math.abs(trace); // where all directions say the same
    return Math.abs(mean - trace) / (Math.sqrt(variance / values.length) + rounding);
  },
});

export const likelihoodChecks: readonly Check[] = [
  changeOfVariables,
  jacobian,
  classJacobian,
  hutchinsonUnbiased,
];
