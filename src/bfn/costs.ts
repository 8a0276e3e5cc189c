import { UsageError, requireWhole } from '../errors.js';
import type { BayesianFlow, DiscreteFlow, DiscretisedFlow } from './flow.js';
import type { Vector } from './laws.js';
import {
  discretisedPoint,
  logRatios,
  mixtureCost,
  negativeLogProbability,
  pointDiscretisation,
  squaredError,
  times,
  type LossAndGradient,
  type PointDiscretisation,
} from './terms.js';

/** The random numbers of one evaluation of a loss: standard normals, and where in time it is. */
export interface Draw {
  /** What the network is shown. */
  readonly tau: number;
  /** Of the state, [variables * channels]. */
  readonly noise: Vector;
  /** i of a discrete-time loss. */
  readonly step?: number;
  /** Of the sender's y, [variables * channels], where the loss needs one. */
  readonly senderNoise?: Vector;
}

/** One data item as the losses need it. */
export interface Item {
  /** Values, or class indices. */
  readonly x: Float64Array;
  /** `flow.embed` of it. */
  readonly target: Float64Array;
}

/** A loss of one item at one draw, from what the network says there. */
export interface Cost {
  /** What the cost is computed from: `predict`, or `ln p_O`. */
  readonly from: 'prediction' | 'log-probabilities';
  readonly needsSender: boolean;
  of(item: Item, draw: Draw, output: Vector, state: Vector): LossAndGradient;
}

/** `(c/2) beta'(tau) ||target - prediction||²`. (Graves et al. 2023, sections 4 and 6; for classes equation 205) */
export const continuousTimeCost = ({ schedule, errorWeight }: BayesianFlow): Cost => ({
  from: 'prediction',
  needsSender: false,
  of: ({ target }, { tau }, prediction) =>
    squaredError((errorWeight / 2) * schedule.rate(tau), target, prediction),
});

/** Bin or class indices of an item. */
const indicesOf = (flow: DiscreteFlow | DiscretisedFlow, { x }: Item): Float64Array =>
  flow.kind === 'discrete' ? x : x.map(flow.bins.index);

/**
 * `n KL(sender || receiver)` of one step, at one y: `n (alpha_i/2) ||x - x_hat||²` for a point, and `n (ln sender(y) - ln receiver(y))`
 * for distributions. (Graves et al. 2023, sections 4 to 6; for classes equation 189)
 */
export const discreteTimeCost = (flow: BayesianFlow, steps: number): Cost => {
  requireWhole('steps', steps, 1);
  const accuracy = ({ step }: Draw): number => flow.schedule.step(step ?? NaN, steps);
  if (flow.kind === 'continuous') {
    return {
      from: 'prediction',
      needsSender: false,
      of: ({ target }, draw, prediction) => squaredError((steps * accuracy(draw)) / 2, target, prediction),
    };
  }
  const classes = flow.kind === 'discrete' ? flow.classes : flow.bins.count;
  return {
    from: 'log-probabilities',
    needsSender: true,
    of: (item, draw, logProbabilities) => {
      const sent = flow.kind === 'discrete' ? item.x : item.target;
      const ratios = logRatios(flow, sent, accuracy(draw), draw.senderNoise ?? []);
      return times(steps, mixtureCost(logProbabilities, ratios, classes));
    },
  };
};

/** `-ln p_O(x)` at tau = 1. */
export const reconstructionCost = (flow: BayesianFlow, discretise?: PointDiscretisation): Cost => {
  if (flow.kind === 'continuous') {
    if (!discretise || !(discretise.factor > 0 && discretise.factor < Infinity)) {
      throw new UsageError(
        `the reconstruction of continuous data is given discretise = ${JSON.stringify(discretise)}; accepted is { bins, factor } ` +
          'with a positive factor, such as 256 bins and factor 1',
      );
    }
    const { bins, deviation } = pointDiscretisation(flow, discretise);
    return {
      from: 'prediction',
      needsSender: false,
      of: ({ x }, _draw, prediction) => discretisedPoint(bins, deviation, x, prediction),
    };
  }
  if (discretise) {
    throw new UsageError(
      `${flow.kind} data have an output distribution; accepted is no discretise for their reconstruction`,
    );
  }
  const classes = flow.kind === 'discrete' ? flow.classes : flow.bins.count;
  return {
    from: 'log-probabilities',
    needsSender: false,
    of: (item, _draw, logProbabilities) =>
      negativeLogProbability(indicesOf(flow, item), logProbabilities, classes),
  };
};

/** `state = alpha target + sigma noise`. */
export const stateOf = (flow: BayesianFlow, target: Vector, { tau, noise }: Draw): Float64Array => {
  const { alpha, sigma } = flow.moment(tau);
  return Float64Array.from(target, (value, i) => alpha * value + sigma * noise[i]);
};
