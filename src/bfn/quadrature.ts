import { UsageError, requireWhole } from '../errors.js';
import type { Denoiser } from '../plan/denoiser.js';
import { continuousTimeCost, discreteTimeCost, reconstructionCost, type Cost, type Draw } from './costs.js';
import type { BayesianFlow, DiscreteFlow, DiscretisedFlow } from './flow.js';
import { costsOf, itemsOf, type Evaluation } from './monte-carlo.js';
import { logSumExp } from './numeric.js';
import type { DistributionDenoiser } from './output.js';
import { gaussLegendre, normalRule } from './rules.js';
import { logRatios, mixtureCost, pointRatios, squaredError, type PointDiscretisation } from './terms.js';

/** One variable with finitely many values: its losses by quadrature instead of Monte Carlo, to many digits. */
export interface QuadratureOptions {
  readonly flow: BayesianFlow;
  /** Of sample shape [1], or [1, K]. */
  readonly denoiser: Denoiser | DistributionDenoiser;
  /** Data values, or class indices; all classes, in order, unless told. */
  readonly values?: readonly number[];
  /** Of the values; they sum to 1. */
  readonly probabilities: readonly number[];
  /** Points a dimension of a noise; 40 unless told. Discrete data have K - 1 dimensions, at most 3. */
  readonly points?: number;
  /** Points in tau of the continuous-time loss; 32 unless told. */
  readonly times?: number;
}

interface Weighted<T> {
  readonly at: T;
  readonly weight: number;
}

/**
 * Points and weights for the expectation over the noise of one variable. On K logits only the K - 1 directions that sum to 0
 * matter; an orthonormal basis of them is that of Helmert.
 */
const noises = (flow: BayesianFlow, points: number): readonly Weighted<Float64Array>[] => {
  requireWhole('points', points, 2);
  const { nodes, weights } = normalRule(points);
  const axes = helmert(flow.channels);
  if (axes.length > 3) {
    throw new UsageError(`quadrature over ${flow.channels} classes; accepted are at most 4`);
  }
  let grid: Weighted<Float64Array>[] = [{ at: new Float64Array(flow.channels), weight: 1 }];
  for (const axis of axes) {
    grid = grid.flatMap(({ at, weight }) =>
      Array.from(nodes, (node, i) => ({
        at: at.map((value, k) => value + node * axis[k]),
        weight: weight * weights[i],
      })),
    );
  }
  return grid.filter(({ weight }) => weight > 1e-18);
};

const helmert = (channels: number): readonly Float64Array[] => {
  if (channels === 1) return [Float64Array.of(1)];
  return Array.from({ length: channels - 1 }, (_, j) =>
    new Float64Array(channels).map(
      (_value, k) => (k <= j ? 1 : k === j + 1 ? -(j + 1) : 0) / Math.sqrt((j + 1) * (j + 2)),
    ),
  );
};

const lawOf = ({
  flow,
  values,
  probabilities,
}: Pick<QuadratureOptions, 'flow' | 'values' | 'probabilities'>): readonly Weighted<number>[] => {
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  const given = values ?? (flow.kind === 'discrete' ? [...probabilities.keys()] : []);
  if (
    given.length !== probabilities.length ||
    !probabilities.every((p) => p >= 0) ||
    Math.abs(total - 1) > 1e-6
  ) {
    throw new UsageError(
      `${given.length} values with ${probabilities.length} probabilities of sum ${total}; accepted is one from 0 for each, of sum 1`,
    );
  }
  return given.map((at, i) => ({ at, weight: probabilities[i] })).filter(({ weight }) => weight > 0);
};

/** The expectation of a cost over the values, over places in time with weights, and over the noises. */
const expectation = async (
  options: QuadratureOptions,
  cost: Cost,
  places: readonly Weighted<Pick<Draw, 'tau' | 'step'>>[],
): Promise<number> => {
  const { flow, denoiser, points = 40 } = options;
  const law = lawOf(options);
  const data = { shape: [law.length, 1], data: Float64Array.from(law, ({ at }) => at) };
  const items = itemsOf(flow, denoiser, data);
  const grid = noises(flow, points);
  const still = [{ at: new Float64Array(flow.channels), weight: 1 }];
  const evaluations: Evaluation[] = [];
  const weights: number[] = [];
  for (const place of places) {
    // at tau = 0 the state is the same for any noise
    const states = flow.moment(place.at.tau).sigma === 0 ? still : grid;
    for (let item = 0; item < items.length; item++) {
      for (const noise of states) {
        evaluations.push({ item, draw: { ...place.at, noise: noise.at } });
        weights.push(place.weight * law[item].weight * noise.weight);
      }
    }
  }
  const costs = await costsOf(flow, denoiser, cost, items, evaluations, 1024);
  return costs.reduce((sum, value, i) => sum + weights[i] * value, 0);
};

/** `L_inf` in nats. For an exact denoiser it is the mutual information of the variable and its state at tau = 1. */
export const continuousTimeLossByQuadrature = (options: QuadratureOptions): Promise<number> => {
  const { nodes, weights } = gaussLegendre(options.times ?? 32);
  const places = Array.from(nodes, (node, i) => ({ at: { tau: (1 + node) / 2 }, weight: weights[i] / 2 }));
  return expectation(options, continuousTimeCost(options.flow), places);
};

/** The cost of a step averaged over the sender's noise. What it says of the components does not depend on the network, so is kept. */
const averagedOverSender = (flow: DiscreteFlow | DiscretisedFlow, steps: number, points: number): Cost => {
  const grid = noises(flow, points);
  const kept = new Map<string, readonly Float64Array[]>();
  const ratiosOf = (sent: Float64Array, step: number): readonly Float64Array[] => {
    const key = `${sent[0]} ${step}`;
    const known = kept.get(key);
    if (known) return known;
    const made = grid.map(({ at }) => logRatios(flow, sent, flow.schedule.step(step, steps), at));
    kept.set(key, made);
    return made;
  };
  return {
    from: 'log-probabilities',
    needsSender: false,
    of({ x, target }, { step = NaN }, logProbabilities) {
      const terms = new Float64Array(logProbabilities.length);
      let loss = 0;
      ratiosOf(flow.kind === 'discrete' ? x : target, step).forEach((ratios, i) => {
        for (let k = 0; k < terms.length; k++) terms[k] = logProbabilities[k] + ratios[k];
        loss -= steps * grid[i].weight * logSumExp(terms);
      });
      return { loss, gradient: new Float64Array(0) };
    },
  };
};

/** `L^n` in nats. */
export const discreteTimeLossByQuadrature = async (
  options: QuadratureOptions & { readonly steps: number },
): Promise<number> => {
  const { flow, steps, points = 40 } = options;
  requireWhole('steps', steps, 1);
  const cost =
    flow.kind === 'continuous' ? discreteTimeCost(flow, steps) : averagedOverSender(flow, steps, points);
  const places = Array.from({ length: steps }, (_, i) => ({
    at: { tau: i / steps, step: i + 1 },
    weight: 1 / steps,
  }));
  return expectation(options, cost, places);
};

/** `L^r` in nats. For an exact denoiser it is the entropy of the variable given its state at tau = 1. */
export const reconstructionLossByQuadrature = async (
  options: QuadratureOptions & { readonly discretise?: PointDiscretisation },
): Promise<number> =>
  expectation(options, reconstructionCost(options.flow, options.discretise), [{ at: { tau: 1 }, weight: 1 }]);

/** `E ||target - prediction||²` at tau. */
export const meanSquaredErrorByQuadrature = (
  options: QuadratureOptions & { readonly tau: number },
): Promise<number> => {
  const cost: Cost = {
    from: 'prediction',
    needsSender: false,
    of: ({ target }, _draw, prediction) => squaredError(1, target, prediction),
  };
  return expectation(options, cost, [{ at: { tau: options.tau }, weight: 1 }]);
};

/**
 * The mutual information of the variable and its state at tau, nats: `-sum_x p_x E ln sum_k p_k p_F(z | k)/p_F(z | x)`, from the flow
 * distribution alone, without a denoiser. (The state at tau says what one message of accuracy `beta(tau)` says.)
 */
export const mutualInformation = (
  options: Omit<QuadratureOptions, 'denoiser' | 'times'> & { readonly tau: number },
): number => {
  const { flow, tau, points = 40 } = options;
  const law = lawOf(options);
  const accuracy = flow.schedule.beta(tau);
  const logLaw = Float64Array.from(law, ({ weight }) => Math.log(weight));
  const data = { shape: [law.length, 1], data: Float64Array.from(law, ({ at }) => at) };
  const targets = flow.embed(data).data;
  let information = 0;
  for (const { at, weight } of noises(flow, points)) {
    law.forEach((value, i) => {
      const ratios =
        flow.kind === 'discrete'
          ? logRatios(flow, [value.at], accuracy, at).filter((_, k) => law.some((other) => other.at === k))
          : pointRatios(targets, [targets[i]], accuracy, at);
      information += value.weight * weight * mixtureCost(logLaw, ratios, law.length).loss;
    });
  }
  return information;
};
