import {
  type BayesianFlow,
  type QuadratureOptions,
  continuousAccuracy,
  continuousFlow,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
  exactBins,
} from '../../src/bfn/index.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import type { RandomStream } from '../../src/random/index.js';
import { anyProbabilities, between, listOf, logBetween, wholeBetween } from './instances.js';

// One variable with finitely many values and its exact network: what quadrature can say everything about.

export type OneVariable = QuadratureOptions & { readonly values: readonly number[] };

/** Two or three classes. */
export const anyClass = (random: RandomStream): OneVariable => {
  const classes = random.uniform() < 0.9 ? 2 : 3; // of three, few: they need two dimensions of quadrature
  const probabilities = anyProbabilities(random, classes);
  return {
    flow: discreteFlow(discreteAccuracy({ beta1: logBetween(random, 0.2, 2) }), classes),
    denoiser: independentCategorical({ probabilities }),
    values: listOf(classes, (k) => k),
    probabilities,
    points: classes === 2 ? 56 : 36,
    times: 20,
  };
};

const anySchedule = (random: RandomStream) => continuousAccuracy({ sigma1: between(random, 0.4, 0.9) });

/** Points on a line under continuous BFN. */
export const anyPoints = (random: RandomStream): OneVariable => {
  const count = wholeBetween(random, 2, 3);
  const values = listOf(count, () => between(random, -1, 1));
  const probabilities = anyProbabilities(random, count);
  return {
    flow: continuousFlow(anySchedule(random)),
    denoiser: atoms({ points: values.map((value) => [value]), weights: probabilities }),
    values,
    probabilities,
    points: 96,
    times: 20,
  };
};

/** A few bins, the data at their centres. */
export const anyBins = (random: RandomStream): OneVariable => {
  const flow = discretisedFlow(anySchedule(random), wholeBetween(random, 2, 4));
  const probabilities = anyProbabilities(random, flow.bins.count);
  return {
    flow,
    denoiser: exactBins({ bins: flow.bins, probabilities }),
    values: [...flow.bins.centres],
    probabilities,
    points: 96,
    times: 20,
  };
};

/** Of all three types of data. */
export const anyVariable = (random: RandomStream): OneVariable => {
  const kind = random.uniform();
  return (kind < 0.4 ? anyClass : kind < 0.7 ? anyPoints : anyBins)(random);
};

/** Those whose output is a distribution. */
export const anyDistribution = (random: RandomStream): OneVariable =>
  (random.uniform() < 0.5 ? anyClass : anyBins)(random);

export const entropyOf = (probabilities: readonly number[]): number =>
  probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log(p) : sum), 0);

/** The flow with a diffusion that is off by a factor. */
export const withDiffusion = <Flow extends BayesianFlow>(flow: Flow, factor: number): Flow => ({
  ...flow,
  process: { ...flow.process, squaredDiffusion: (t: number) => factor * flow.process.squaredDiffusion(t) },
});
