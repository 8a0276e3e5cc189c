import type * as core from '@tensorflow/tfjs-core';
import type { DiscreteFlow } from '../bfn/flow.js';
import { logRatios } from '../bfn/terms.js';
import { type Objective, anItem, noisedStates, stepOf } from './objective.js';
import type { Tf } from '../array/tfjs.js';

export interface ClassificationOptions {
  /** n of the n-step loss; the continuous-time loss where there is none. */
  readonly steps?: number;
  /** 'logits': K numbers a variable, the network seeing `softmax(z)`; 'binary-logit': one, of class 1, the network seeing `2 theta_0 - 1`. */
  readonly predicts: 'logits' | 'binary-logit';
}

/** The states of two classes as binary networks see them: `tanh((z_0 - z_1)/2)`. */
const signed = (states: Float32Array): Float32Array =>
  Float32Array.from({ length: states.length / 2 }, (_, i) =>
    Math.tanh((states[2 * i] - states[2 * i + 1]) / 2),
  );

/**
 * The losses of discrete data. Of continuous time: `(K/2) beta'(tau) ||e_x - e||²`; of n steps the joint mixture of the receiver.
 * (Graves et al. 2023, section 6, equations 189 and 205)
 */
export const flowClassification = (
  flow: DiscreteFlow,
  { steps, predicts }: ClassificationOptions,
): Objective => {
  const { classes, schedule } = flow;
  const binary = predicts === 'binary-logit';
  /** K logits a variable. */
  const logitsOf = (tf: Tf, output: core.Tensor): core.Tensor =>
    binary ? tf.stack([tf.zerosLike(output), output], output.rank) : output;
  return {
    id: steps === undefined ? 'continuous-time' : 'discrete-time',
    unit: 'nats',
    feeds(data, draw) {
      const [n, ...shape] = data.shape;
      const variables = data.data.length / n;
      const wide = [n, ...shape, classes];
      const stepsOf = steps === undefined ? [] : Array.from(draw.places, (place) => stepOf(place, steps));
      const taus = steps === undefined ? [...draw.places] : stepsOf.map((step) => (step - 1) / steps);
      const targets = flow.embed(data).data;
      const states = noisedStates(targets, draw.normals(1, variables * classes), taus.map(flow.moment));
      const common = {
        state: binary ? { shape: data.shape, data: signed(states) } : { shape: wide, data: states },
        time: anItem(taus, 0),
      };
      if (steps === undefined) {
        return {
          ...common,
          chosen: { shape: wide, data: Float32Array.from(targets, (value) => (value + 1) / classes) },
          weight: anItem(
            taus.map((tau) => (classes / 2) * schedule.rate(tau)),
            shape.length + 1,
          ),
        };
      }
      const senders = draw.normals(2, variables * classes);
      const ratios = new Float32Array(n * variables * classes);
      const size = variables * classes;
      for (let i = 0; i < n; i++) {
        const item = data.data.subarray(i * variables, (i + 1) * variables);
        const noise = senders.subarray(i * size, (i + 1) * size);
        ratios.set(logRatios(flow, item, schedule.step(stepsOf[i], steps), noise), i * size);
      }
      return { ...common, ratios: { shape: wide, data: ratios } };
    },
    input: (tf, { state }) => (binary ? state : tf.softmax(state)),
    loss(tf, output, { chosen, weight, ratios, state }) {
      const logits = logitsOf(tf, tf.reshape(output, state.shape));
      const n = state.shape[0];
      if (steps === undefined) {
        return tf.div(tf.sum(tf.mul(weight, tf.squaredDifference(chosen, tf.softmax(logits)))), n);
      }
      const evidence = tf.logSumExp(tf.add(tf.logSoftmax(logits), ratios), logits.rank - 1);
      return tf.mul(tf.sum(evidence), -steps / n);
    },
  };
};
