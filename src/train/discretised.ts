import type * as core from '@tensorflow/tfjs-core';
import type { DiscretisedFlow } from '../bfn/flow.js';
import { logRatios } from '../bfn/terms.js';
import { conversions } from '../denoiser/conversions.js';
import { type Objective, anItem, noisedStates, stepOf } from './objective.js';
import type { Tf } from '../array/tfjs.js';

export interface DiscretisedOptions {
  /** n of the n-step loss; the continuous-time loss where there is none. */
  readonly steps?: number;
  /** What the first of the network's two numbers is the mean of; 'noise' unless told. */
  readonly predicts?: 'noise' | 'data';
  /** Below this BFN time the mean is 0 and the deviation 1; 1e-6, as the original code. */
  readonly tMin?: number;
}

/** A bin's probability counts as no less, as in the original code. */
const least = 1e-10;

/**
 * The losses of discretised data on a network of two numbers a variable, the mean and the logarithm of the deviation of a normal law, whose
 * tails go to the outer bins. (Graves et al. 2023, section 5; reference: `discretisedNormalHead`)
 */
export const flowDiscretised = (
  flow: DiscretisedFlow,
  { steps, predicts = 'noise', tMin = 1e-6 }: DiscretisedOptions = {},
): Objective => {
  const { bins, schedule } = flow;
  const inner = Float32Array.from({ length: bins.count - 1 }, (_, j) => -1 + (2 * (j + 1)) / bins.count);

  /** `P(x below edge)` at the K - 1 edges between bins, [n, ..., K - 1]. */
  const below = (tf: Tf, output: core.Tensor, feeds: Readonly<Record<string, core.Tensor>>): core.Tensor => {
    const [mean, logDeviation] = tf.unstack(output, output.rank - 1);
    const centre = tf.add(tf.mul(feeds.ofState, feeds.state), tf.mul(feeds.ofNetwork, mean));
    const free = tf.mul(feeds.spread, tf.exp(tf.clipByValue(logDeviation, -10, 10)));
    const deviation = tf.clipByValue(tf.add(free, feeds.fixed), 1e-3, 10);
    const edges = tf.tensor(inner, [...centre.shape.map(() => 1), inner.length]);
    const distance = tf.div(tf.sub(edges, tf.expandDims(centre, -1)), tf.expandDims(deviation, -1));
    return tf.mul(tf.add(tf.erf(tf.mul(distance, Math.SQRT1_2)), 1), 0.5);
  };

  return {
    id: steps === undefined ? 'continuous-time' : 'discrete-time',
    unit: 'nats',
    feeds(data, draw) {
      const [n, ...shape] = data.shape;
      const size = data.data.length / n;
      const axes = shape.length;
      const stepsOf = steps === undefined ? [] : Array.from(draw.places, (place) => stepOf(place, steps));
      const taus = steps === undefined ? [...draw.places] : stepsOf.map((step) => (step - 1) / steps);
      const moments = taus.map(flow.moment);
      const targets = flow.embed(data).data;
      const parts = moments.map((moment) =>
        predicts === 'noise' && (moment.time < tMin || moment.alpha === 0)
          ? { state: 0, network: 0, fixed: 1 }
          : { ...conversions[predicts](moment), fixed: 0 },
      );
      const common = {
        state: { shape: data.shape, data: noisedStates(targets, draw.normals(1, size), moments) },
        time: anItem(taus, 0),
        ofState: anItem(
          parts.map(({ state }) => state),
          axes,
        ),
        ofNetwork: anItem(
          parts.map(({ network }) => network),
          axes,
        ),
        spread: anItem(
          parts.map(({ network }) => Math.abs(network)),
          axes,
        ),
        fixed: anItem(
          parts.map(({ fixed }) => fixed),
          axes,
        ),
      };
      if (steps === undefined) {
        return {
          ...common,
          target: { shape: data.shape, data: Float32Array.from(targets) },
          weight: anItem(
            taus.map((tau) => schedule.rate(tau) / 2),
            axes,
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
      const cumulative = below(tf, tf.reshape(output, [...feeds.state.shape, 2]), feeds);
      if (steps === undefined) {
        // the mean of the bins by parts: the last centre less the width for each edge that x is below
        const mean = tf.sub(1 - 1 / bins.count, tf.mul(tf.sum(cumulative, -1), 2 / bins.count));
        return tf.div(tf.sum(tf.mul(feeds.weight, tf.squaredDifference(feeds.target, mean))), n);
      }
      const zero = tf.zerosLike(
        tf.slice(
          cumulative,
          cumulative.shape.map(() => 0),
          [...cumulative.shape.slice(0, -1), 1],
        ),
      );
      const masses = tf.sub(
        tf.concat([cumulative, tf.onesLike(zero)], -1),
        tf.concat([zero, cumulative], -1),
      );
      const logMasses = tf.log(tf.maximum(masses, least));
      return tf.mul(tf.sum(tf.logSumExp(tf.add(logMasses, feeds.ratios), -1)), -(steps as number) / n);
    },
  };
};
