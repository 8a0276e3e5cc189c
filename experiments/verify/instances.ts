import { timeGrid, type TimeGrid } from '../../solvers/grid.js';
import { type LastStep, type Settings, lastSteps } from '../../solvers/solver.js';
import { type GaussianMixture, gaussianMixture } from '../../src/denoiser/mixture.js';
import {
  type Process,
  continuousBfn,
  cosine,
  discreteBetas,
  discreteBfn,
  karras,
  rectifiedFlow,
  tabulated,
  varianceExploding,
  variancePreserving,
} from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';

// Random instances of what the claims are about, with parameters as they occur in practice and somewhat beyond.

export const between = ({ uniform }: RandomStream, low: number, high: number): number =>
  low + (high - low) * uniform();

/** A number between positive bounds, its logarithm uniform. */
export const logBetween = (random: RandomStream, low: number, high: number): number =>
  Math.exp(between(random, Math.log(low), Math.log(high)));

export const wholeBetween = (random: RandomStream, low: number, high: number): number =>
  low + random.integer(high - low + 1);

export const pick = <T>(random: RandomStream, values: readonly T[]): T =>
  values[random.integer(values.length)];

export const listOf = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const normalsOf = (random: RandomStream, count: number): Float64Array =>
  Float64Array.from({ length: count }, () => random.normal());

/** Probabilities of `count` things, none below about a tenth of the mean. */
export const anyProbabilities = (random: RandomStream, count: number): number[] => {
  const weights = listOf(count, () => between(random, 0.1, 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

export const anyContinuousBfn = (random: RandomStream): Process =>
  continuousBfn({ sigma1: logBetween(random, 1e-3, 0.9) });

export const anyDiscreteBfn = (random: RandomStream): Process =>
  discreteBfn({ classes: wholeBetween(random, 2, 64), beta1: logBetween(random, 0.05, 50) });

const anyTable = (random: RandomStream): Process => {
  const count = wholeBetween(random, 4, 12);
  const [times, alphas, sigmas]: [number[], number[], number[]] = [[], [], []];
  let [t, lambda, logAlpha] = [0, 4, 0];
  for (let i = 0; i < count; i++) {
    times.push(t);
    alphas.push(Math.exp(logAlpha));
    sigmas.push(Math.exp(logAlpha - lambda));
    t += logBetween(random, 0.05, 1);
    lambda -= logBetween(random, 0.05, 2);
    logAlpha += between(random, -1, 0.5);
  }
  return tabulated({ times, alphas, sigmas });
};

const anyDdpm = (random: RandomStream): Process =>
  discreteBetas({
    betas: listOf(wholeBetween(random, 2, 50), () => logBetween(random, 1e-4, 0.3)),
    networkTimes: 'real',
  });

/** Makers of every built-in family, but expressions. */
export const families: Readonly<Record<string, (random: RandomStream) => Process>> = {
  'bfn-continuous': anyContinuousBfn,
  'bfn-discrete': anyDiscreteBfn,
  'vp-linear': (random) => {
    const betaMin = logBetween(random, 1e-3, 1);
    return variancePreserving({ betaMin, betaMax: betaMin + between(random, 0, 40) });
  },
  'vp-cosine': (random) => cosine({ offset: between(random, 0, 0.2) }),
  ve: (random) => {
    const sigmaMin = logBetween(random, 1e-3, 0.1);
    return varianceExploding({ sigmaMin, sigmaMax: sigmaMin * logBetween(random, 1.5, 1e4) });
  },
  edm: (random) => karras({ sigmaMax: logBetween(random, 1, 200) }),
  'rectified-flow': () => rectifiedFlow(),
  ddpm: anyDdpm,
  table: anyTable,
};

export const anyProcess = (random: RandomStream): Process => pick(random, Object.values(families))(random);

/** One whose network times are all distinct, as plans need. */
export const anyUnrounded = (random: RandomStream): Process => {
  const process = anyProcess(random);
  return process.roundsNetworkTime ? anyUnrounded(random) : process;
};

/** A time well inside the interval of a process. */
export const timeWithin = (random: RandomStream, { dataEnd, noiseEnd }: Process): number =>
  dataEnd + (noiseEnd - dataEnd) * between(random, 0.01, 0.99);

/** Times inside the interval, increasing. */
export const timesWithin = (random: RandomStream, process: Process, count: number): number[] =>
  listOf(count, () => timeWithin(random, process)).sort((a, b) => a - b);

/** Three times r > s > t for a step from s to t after one from r. */
export const anySteps = (random: RandomStream, { dataEnd, noiseEnd }: Process): readonly number[] => {
  let place = between(random, 0.6, 0.99);
  const places = listOf(3, () => (place -= between(random, 0.02, 0.25)));
  return places.map((at) => dataEnd + Math.max(0.001, at) * (noiseEnd - dataEnd));
};

const anyGrid = (random: RandomStream): TimeGrid => {
  const eta = logBetween(random, 1e-4, 0.2);
  const rho = between(random, 0.5, 9);
  return pick(random, [
    timeGrid.uniform({ eta }),
    timeGrid.halfLogSnr({ eta }),
    timeGrid.power({ eta, rho }),
    timeGrid.karras({ eta, rho }),
  ]);
};

/** Settings without the categorical draw, on grids that every solver can start on. */
export const anySettings = (random: RandomStream): Settings & { lastStep: LastStep } => ({
  nfe: wholeBetween(random, 3, 24),
  grid: anyGrid(random),
  lastStep: pick(random, lastSteps),
  draw: false,
});

/** A mixture of one to three Gaussians in `dimension` variables, with correlations. */
export const anyMixture = (random: RandomStream, dimension: number): GaussianMixture => {
  const count = wholeBetween(random, 1, 3);
  return gaussianMixture({
    weights: anyProbabilities(random, count),
    means: listOf(count, () => listOf(dimension, () => between(random, -1, 1))),
    covariances: listOf(count, () => {
      const root = listOf(dimension, () => listOf(dimension, () => between(random, -0.3, 0.3)));
      return root.map((a, i) =>
        root.map((b, j) => a.reduce((sum, value, k) => sum + value * b[k], 0) + (i === j ? 0.01 : 0)),
      );
    }),
  });
};
