import {
  type BayesianFlow,
  type ContinuousFlow,
  type DiscreteFlow,
  continuousAccuracy,
  continuousFlow,
  discreteAccuracy,
  discreteFlow,
} from '../../src/bfn/index.js';
import { transition } from '../../src/process/index.js';
import type { RandomStream } from '../../src/random/index.js';
import { type Check, check, relative, relativeVector } from './check.js';
import { between, listOf, logBetween, normalsOf, wholeBetween } from './instances.js';

// Bayesian updates are affine in the state and in the sender's y, so mean and (isotropic) variance are all that there is to know.

interface Law {
  readonly mean: Float64Array;
  readonly variance: number;
}

/** The parts of a flow that are under test, in one form for both data types. */
interface Updates {
  readonly update: (state: Float64Array, y: Float64Array, before: number, accuracy: number) => Float64Array;
  readonly sender: (accuracy: number) => Law;
  /** The law of the state after one update, `before` the accuracy already summed. */
  readonly updateLaw: (state: Float64Array, before: number, accuracy: number) => Law;
  readonly flowLaw: (tau: number) => Law;
}

const ofContinuous = (flow: ContinuousFlow, x: Float64Array): Updates => ({
  update: (mean, y, before, accuracy) =>
    Float64Array.from(flow.update({ mean, precision: 1 + before }, y, accuracy).mean),
  sender: (accuracy) => flow.sender(x, accuracy),
  updateLaw: (mean, before, accuracy) =>
    flow.updateDistribution({ mean, precision: 1 + before }, x, accuracy),
  flowLaw: (tau) => flow.flowDistribution(x, tau),
});

const ofDiscrete = (flow: DiscreteFlow, x: readonly number[]): Updates => ({
  update: (z, y) => flow.update(z, y),
  sender: (accuracy) => flow.sender(x, accuracy),
  updateLaw: (z, _before, accuracy) => flow.updateDistribution(z, x, accuracy),
  flowLaw: (tau) => flow.flowDistribution(x, tau),
});

type Kind = 'continuous' | 'discrete';

const anyUpdates = (kind: Kind, random: RandomStream): { flow: BayesianFlow; updates: Updates } => {
  if (kind === 'continuous') {
    const flow = continuousFlow(continuousAccuracy({ sigma1: logBetween(random, 1e-2, 0.9) }));
    return { flow, updates: ofContinuous(flow, normalsOf(random, 2)) };
  }
  const classes = wholeBetween(random, 2, 27);
  const flow = discreteFlow(discreteAccuracy({ beta1: logBetween(random, 0.05, 20) }), classes);
  return { flow, updates: ofDiscrete(flow, [random.integer(classes)]) };
};

/** BFN times, increasing, from above 0. */
const anyTaus = (random: RandomStream): number[] => {
  const steps = listOf(wholeBetween(random, 2, 10), () => between(random, 0.05, 1));
  const total = steps.reduce((sum, step) => sum + step, 0) / between(random, 0.3, 1);
  let tau = 0;
  return steps.map((step) => (tau += step / total));
};

interface Affine {
  readonly keep: number;
  readonly gain: number;
}

const slopesOf = ({ update }: Updates, size: number, before: number, accuracy: number): Affine => {
  const [zeros, ones] = [new Float64Array(size), new Float64Array(size).fill(1)];
  return {
    keep: update(ones, zeros, before, accuracy)[0],
    gain: update(zeros, ones, before, accuracy)[0],
  };
};

/** One update of a law, with a sender's y. */
const pushed = (updates: Updates, { mean, variance }: Law, before: number, accuracy: number): Law => {
  const { keep, gain } = slopesOf(updates, mean.length, before, accuracy);
  const y = updates.sender(accuracy);
  return {
    mean: updates.update(mean, y.mean, before, accuracy),
    variance: keep ** 2 * variance + gain ** 2 * y.variance,
  };
};

/** The chain of updates at the given BFN times, from a state that is known. */
const chain = (updates: Updates, flow: BayesianFlow, state: Float64Array, taus: readonly number[]): Law[] => {
  let law: Law = { mean: state, variance: 0 };
  return taus.map((tau, i) => {
    const from = taus[i - 1] ?? 0;
    return (law = pushed(updates, law, flow.schedule.beta(from), flow.schedule.between(from, tau)));
  });
};

const apart = (a: Law, b: Law): number =>
  Math.max(relativeVector(a.mean, b.mean), relative(a.variance, b.variance));

type Wrong = (updates: Updates) => Updates;
const right: Wrong = (updates) => updates;

const laterPrecision: Wrong = (updates) => ({
  ...updates,
  update: (state, y, before, accuracy) => updates.update(state, y, before + 1e-3 * accuracy, accuracy),
});
const wideSender: Wrong = (updates) => ({
  ...updates,
  sender: (accuracy) => ({
    ...updates.sender(accuracy),
    variance: 1.001 * updates.sender(accuracy).variance,
  }),
});
const shrunken: Wrong = (updates) => ({
  ...updates,
  update: (...given) => updates.update(...given).map((value) => 0.999 * value),
});
const plantedUpdates: Readonly<Record<Kind, Readonly<Record<string, Wrong>>>> = {
  continuous: { 'precision counted too early': laterPrecision, 'sender too wide': wideSender },
  discrete: { 'z does not keep all': shrunken, 'sender too wide': wideSender },
};

const names = { continuous: 'continuous', discrete: 'discrete' } as const;

const pathLaw = (kind: Kind): Check =>
  check<Wrong>({
    name: `path-law-${names[kind]}`,
    statement:
      kind === 'continuous'
        ? 'given x, Bayesian updates and the SDE of Theorem 4.1 have one path law: Cov(mu_s, mu_t) = gamma_small (1 - gamma_big)'
        : 'given x, Bayesian updates and the SDE of Theorem 5.1 have one path law: Cov(z_s, z_t) = K beta_small',
    source: `Xue et al. 2024, Theorem ${kind === 'continuous' ? '4.1' : '5.1'}`,
    method: 'moments',
    tolerance: 1e-9,
    formula: right,
    planted: plantedUpdates[kind],
    residual(wrong, random) {
      const { flow, updates: own } = anyUpdates(kind, random);
      const updates = wrong(own);
      const taus = anyTaus(random);
      const size = own.flowLaw(1).mean.length;
      const laws = chain(updates, flow, new Float64Array(size), taus);
      const x0 = own.flowLaw(1).mean.map((value) => value / flow.moment(1).alpha);
      let residual = 0;
      // covariance of the states at taus[j] < taus[i]: the variance at j, kept by the updates in between
      taus.forEach((tauJ, j) => {
        let kept = laws[j].variance;
        taus.slice(j).forEach((tauI, k) => {
          if (k > 0) {
            const from = taus[j + k - 1];
            kept *= slopesOf(updates, size, flow.schedule.beta(from), flow.schedule.between(from, tauI)).keep;
          }
          const { process } = flow;
          const [s, t] = [1 - tauI, 1 - tauJ]; // the SDE runs from the data
          const ofSde = transition(process, s, t).scale * process.sigma(s) ** 2;
          residual = Math.max(residual, relative(kept, ofSde));
        });
        const mean = x0.map((value) => value * flow.process.alpha(1 - tauJ));
        residual = Math.max(residual, relativeVector(laws[j].mean, mean));
      });
      return residual;
    },
  });

const additivity = (kind: Kind): Check =>
  check<Wrong>({
    name: `updates-add-up-${names[kind]}`,
    statement:
      'n Bayesian updates of accuracies alpha_1 ... alpha_n are in law one of accuracy alpha_1 + ... + alpha_n, from any state',
    source: 'Graves et al. 2023, sections 4 and 6 (additive accuracies)',
    method: 'moments',
    tolerance: 1e-9,
    formula: right,
    planted: {
      ...plantedUpdates[kind],
      'p_U too narrow': (updates) => ({
        ...updates,
        updateLaw: (...given) => {
          const law = updates.updateLaw(...given);
          return { ...law, variance: 0.999 * law.variance };
        },
      }),
    },
    residual(wrong, random) {
      const { flow, updates: own } = anyUpdates(kind, random);
      const updates = wrong(own);
      const [first, ...taus] = anyTaus(random);
      const state = normalsOf(random, own.flowLaw(1).mean.length);
      let law: Law = { mean: state, variance: 0 };
      let from = first;
      for (const tau of taus) {
        law = pushed(updates, law, flow.schedule.beta(from), flow.schedule.between(from, tau));
        from = tau;
      }
      return apart(
        law,
        updates.updateLaw(state, flow.schedule.beta(first), flow.schedule.between(first, from)),
      );
    },
  });

const flowLaw = (kind: Kind): Check =>
  check<Wrong>({
    name: `flow-distribution-${names[kind]}`,
    statement:
      kind === 'continuous'
        ? 'the flow distribution p_F(mu|x; tau) = N(gamma x, gamma (1 - gamma)) is the law of updates from the prior'
        : 'the flow distribution p_F(z|x; tau) = N(beta (K e_x - 1), beta K I) is the law of updates from the prior',
    source: `Graves et al. 2023, section ${kind === 'continuous' ? 4 : 6} (Bayesian flow distribution)`,
    method: 'moments',
    tolerance: 1e-9,
    formula: right,
    planted: {
      ...plantedUpdates[kind],
      'variance of the input': (updates) => ({
        ...updates,
        flowLaw: (tau) => ({ ...updates.flowLaw(tau), variance: 1.001 * updates.flowLaw(tau).variance }),
      }),
    },
    residual(wrong, random) {
      const { flow, updates: own } = anyUpdates(kind, random);
      const updates = wrong(own);
      const taus = anyTaus(random);
      const laws = chain(updates, flow, new Float64Array(own.flowLaw(1).mean.length), taus);
      return Math.max(...laws.map((law, i) => apart(law, updates.flowLaw(taus[i]))));
    },
  });

export const updateChecks: readonly Check[] = [
  pathLaw('continuous'),
  pathLaw('discrete'),
  additivity('continuous'),
  additivity('discrete'),
  flowLaw('continuous'),
  flowLaw('discrete'),
];
