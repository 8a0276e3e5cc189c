import type * as core from '@tensorflow/tfjs-core';
import type { DiscretisedFlow } from '../bfn/flow.js';
import { logRatios } from '../bfn/terms.js';
import { conversions } from '../denoiser/conversions.js';
import { type Feed, type Objective, type TensorFeeds, anItem, noisedStates, stepOf } from './objective.js';
import type { Tf } from '../array/tfjs.js';

export interface DiscretisedOptions {
  /** n of the n-step loss; the continuous-time loss where there is none. */
  readonly steps?: number;
  /** What the first of the network's two numbers is the mean of; 'noise' unless told. */
  readonly predicts?: 'noise' | 'data';
  /** Below this BFN time the mean is 0 and the deviation 1; 1e-6, as the original code. */
  readonly tMin?: number;
}

/** A bin of less mass counts with the density at its centre times its width, as in the original code: of small masses float32 has no digits. */
const small = 1e-5;

/**
 * The losses of discretised data on a network of two numbers a variable, the mean and the logarithm of the deviation of a normal law, whose
 * tails go to the outer bins. (Graves et al. 2023, section 5; reference: `discretisedNormalHead`)
 */
export const flowDiscretised = (
  flow: DiscretisedFlow,
  { steps, predicts = 'noise', tMin = 1e-6 }: DiscretisedOptions = {},
): Objective => {
  const { bins, schedule } = flow;
  const inner = Float32Array.from({ length: bins.count - 1 }, (_, j) => bins.edge(j + 1));
  const centres = Float32Array.from(bins.centres);

  /** The normal law that the network's two numbers stand for, both [n, ..., 1]. */
  const normalOf = (
    tf: Tf,
    output: core.Tensor,
    { state, ofState, ofNetwork, spread, fixed }: TensorFeeds,
  ) => {
    const [first, logDeviation] = tf.split(tf.reshape(output, [...state.shape, 2]), 2, -1);
    const mean = tf.add(tf.mul(ofState, tf.expandDims(state, -1)), tf.mul(ofNetwork, first));
    const free = tf.mul(spread, tf.exp(tf.clipByValue(logDeviation, -10, 10)));
    return { mean, deviation: tf.clipByValue(tf.add(free, fixed), 1e-3, 10) };
  };
  type Normal = ReturnType<typeof normalOf>;

  /** How many deviations the places lie from the mean, [n, ..., places]. */
  const distances = (tf: Tf, { mean, deviation }: Normal, places: Float32Array): core.Tensor =>
    tf.div(tf.sub(tf.tensor1d(places), mean), deviation);

  /** `P(x below edge)` at the K - 1 edges between bins, [n, ..., K - 1]. */
  const below = (tf: Tf, law: Normal): core.Tensor =>
    tf.mul(tf.add(tf.erf(tf.mul(distances(tf, law, inner), Math.SQRT1_2)), 1), 0.5);

  /** Of the K bins, [n, ..., K]. */
  const logMasses = (tf: Tf, law: Normal): core.Tensor => {
    const cumulative = below(tf, law);
    const one = tf.onesLike(law.mean);
    const masses = tf.sub(tf.concat([cumulative, one], -1), tf.concat([tf.zerosLike(one), cumulative], -1));
    const exponent = tf.mul(tf.square(distances(tf, law, centres)), -0.5);
    const density = tf.add(
      tf.sub(exponent, tf.log(law.deviation)),
      Math.log(bins.width / Math.sqrt(2 * Math.PI)),
    );
    const enough = tf.step(tf.sub(masses, small)); // 1 or 0; tfjs has no gradient of comparisons, not even 0
    return tf.add(tf.mul(enough, tf.log(tf.maximum(masses, small))), tf.mul(tf.sub(1, enough), density));
  };

  return {
    id: steps === undefined ? 'continuous-time' : 'discrete-time',
    unit: 'nats',
    feeds(data, draw) {
      const [n, ...shape] = data.shape;
      const size = data.data.length / n;
      const stepsOf = steps === undefined ? [] : Array.from(draw.places, (place) => stepOf(place, steps));
      const taus = steps === undefined ? [...draw.places] : stepsOf.map((step) => (step - 1) / steps);
      const moments = taus.map(flow.moment);
      const targets = flow.embed(data).data;
      const parts = moments.map((moment) =>
        predicts === 'noise' && (moment.time < tMin || moment.alpha === 0)
          ? { state: 0, network: 0, fixed: 1 }
          : { ...conversions[predicts](moment), fixed: 0 },
      );
      const each = (values: readonly number[]): Feed => anItem(values, shape.length + 1);
      const common = {
        state: { shape: data.shape, data: noisedStates(targets, draw.normals(1, size), moments) },
        time: anItem(taus, 0),
        ofState: each(parts.map(({ state }) => state)),
        ofNetwork: each(parts.map(({ network }) => network)),
        spread: each(parts.map(({ network }) => Math.abs(network))),
        fixed: each(parts.map(({ fixed }) => fixed)),
      };
      if (steps === undefined) {
        return {
          ...common,
          target: { shape: data.shape, data: Float32Array.from(targets) },
          weight: anItem(
            taus.map((tau) => schedule.rate(tau) / 2),
            shape.length,
          ),
        };
      }
      const senders = draw.normals(2, size);
      const ratios = new Float32Array(n * size * bins.count);
      for (let i = 0; i < n; i++) {
        const [item, noise] = [targets, senders].map((all) => all.subarray(i * size, (i + 1) * size));
        ratios.set(logRatios(flow, item, schedule.step(stepsOf[i], steps), noise), i * size * bins.count);
      }
      return { ...common, ratios: { shape: [...data.shape, bins.count], data: ratios } };
    },
    input: (_tf, { state }) => state,
    loss(tf, output, feeds) {
      const n = feeds.state.shape[0];
      const law = normalOf(tf, output, feeds);
      if (steps === undefined) {
        // the mean of the bins by parts: the last centre less the width for each edge that x is below
        const mean = tf.sub(1 - 1 / bins.count, tf.mul(tf.sum(below(tf, law), -1), bins.width));
        return tf.div(tf.sum(tf.mul(feeds.weight, tf.squaredDifference(feeds.target, mean))), n);
      }
      return tf.mul(tf.sum(tf.logSumExp(tf.add(logMasses(tf, law), feeds.ratios), -1)), -steps / n);
    },
  };
};
