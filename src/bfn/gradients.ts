import { UsageError } from '../errors.js';
import {
  continuousTimeCost,
  discreteTimeCost,
  reconstructionCost,
  stateOf,
  type Cost,
  type Draw,
  type Item,
} from './costs.js';
import type { BayesianFlow } from './flow.js';
import type { Head } from './head.js';
import { requireLength, type Vector } from './laws.js';
import { meanPrediction, type LossAndGradient, type PointDiscretisation } from './terms.js';

export type { LossAndGradient } from './terms.js';

/** One evaluation of a loss: which, and its random numbers, all standard normals, [variables * channels]. */
export type LossDraw =
  | { readonly loss: 'continuous-time'; readonly tau: number; readonly noise: Vector }
  | {
      readonly loss: 'discrete-time';
      readonly steps: number;
      /** i = 1..steps; the network sees tau = (i - 1)/steps. */
      readonly step: number;
      /** Of the state. */
      readonly noise: Vector;
      /** Of the sender's y; continuous data need none. */
      readonly senderNoise?: Vector;
    }
  | {
      readonly loss: 'reconstruction';
      readonly noise: Vector;
      /** For continuous data: see `ReconstructionOptions`. */
      readonly discretise?: PointDiscretisation;
    };

const drawOf = (draw: LossDraw): Draw => {
  if (draw.loss === 'discrete-time') return { ...draw, tau: (draw.step - 1) / draw.steps };
  return { ...draw, tau: draw.loss === 'reconstruction' ? 1 : draw.tau };
};

const costOf = (flow: BayesianFlow, draw: LossDraw): Cost => {
  switch (draw.loss) {
    case 'continuous-time':
      return continuousTimeCost(flow);
    case 'discrete-time':
      return discreteTimeCost(flow, draw.steps);
    case 'reconstruction':
      return reconstructionCost(flow, draw.discretise);
  }
};

const itemOf = (flow: BayesianFlow, x: Vector): Item => {
  const data = Float64Array.from(x);
  return { x: data, target: Float64Array.from(flow.embed({ shape: [1, data.length], data }).data) };
};

/** What a network is shown in one evaluation of a loss of the item x, [variables]: its state, and BFN time. */
export const lossState = (
  flow: BayesianFlow,
  x: Vector,
  draw: LossDraw,
): { readonly state: Float64Array; readonly tau: number } => {
  requireLength('the noise', draw.noise, x.length * flow.channels);
  const { target } = itemOf(flow, x);
  return { state: stateOf(flow, target, drawOf(draw)), tau: drawOf(draw).tau };
};

/**
 * One draw of a loss of the item x, nats, and its gradient with respect to the raw output of the network at `lossState`, in closed
 * form: what training needs. Throws a `UsageError` where head and flow do not fit, and for numbers that are not finite.
 */
export const lossAndGradient = (
  flow: BayesianFlow,
  head: Head,
  x: Vector,
  draw: LossDraw,
  raw: Vector,
): LossAndGradient => {
  const classes =
    flow.kind === 'continuous' ? undefined : flow.kind === 'discrete' ? flow.classes : flow.bins.count;
  if (head.classes !== classes) {
    throw new UsageError(
      `the head ${head.id} gives ${head.classes ?? 'no'} probabilities; accepted on ${flow.kind} data are ${classes ?? 'none'}`,
    );
  }
  const { state, tau } = lossState(flow, x, draw);
  const moment = flow.moment(tau);
  const item = itemOf(flow, x);
  const cost = costOf(flow, draw);
  const output = head.apply(raw, state, moment);
  if (flow.kind !== 'continuous' && cost.from === 'prediction') {
    const { prediction, pullback } = meanPrediction(flow, output);
    const { loss, gradient } = cost.of(item, drawOf(draw), prediction, state);
    return { loss, gradient: head.pullback(raw, state, moment, pullback(gradient)) };
  }
  const { loss, gradient } = cost.of(item, drawOf(draw), output, state);
  return { loss, gradient: head.pullback(raw, state, moment, gradient) };
};
