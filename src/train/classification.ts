import type * as core from '@tensorflow/tfjs-core';
import type { Batch } from '../array/batch.js';
import type { DiscreteFlow } from '../bfn/flow.js';
import { logRatios } from '../bfn/terms.js';
import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import { type Objective, anItem, stepOf } from './objective.js';
import type { Tf } from '../array/tfjs.js';

export interface ClassificationOptions {
  /** n of the n-step loss; the continuous-time loss where there is none. */
  readonly steps?: number;
  /** 'logits': K numbers a variable, the network seeing `softmax(z)`; 'binary-logit': one, of class 1, the network seeing `2 theta_0 - 1`. */
  readonly predicts: 'logits' | 'binary-logit';
}

/** The states of two classes as binary networks see them: `tanh((z_0 - z_1)/2)`. */
const signed = (states: Float32Array): Float32Array => {
  const out = new Float32Array(states.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Math.tanh((states[2 * i] - states[2 * i + 1]) / 2);
  return out;
};

/** `alpha (K e_x - 1) + sigma noise` of class indices x, and e_x. In plain loops: there are K numbers a variable, at every step. */
const statesOf = (
  { data, shape }: Batch,
  noise: Float32Array,
  moments: readonly Moment[],
  classes: number,
): { readonly states: Float32Array; readonly chosen: Float32Array } => {
  const variables = data.length / shape[0];
  const states = new Float32Array(noise.length);
  const chosen = new Float32Array(noise.length);
  moments.forEach(({ alpha, sigma }, i) => {
    const from = i * variables * classes;
    for (let j = from; j < from + variables * classes; j++) states[j] = sigma * noise[j] - alpha;
    for (let v = 0; v < variables; v++) {
      const k = data[i * variables + v];
      if (!(k >= 0 && k < classes)) {
        throw new UsageError(`variable ${v} of an item is of class ${k}; accepted are 0 to ${classes - 1}`);
      }
      const at = from + v * classes + k;
      states[at] += alpha * classes;
      chosen[at] = 1;
    }
  });
  return { states, chosen };
};

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
      const { states, chosen } = statesOf(
        data,
        draw.normals(1, variables * classes),
        taus.map(flow.moment),
        classes,
      );
      const common = {
        state: binary ? { shape: data.shape, data: signed(states) } : { shape: wide, data: states },
        time: anItem(taus, 0),
      };
      if (steps === undefined) {
        return {
          ...common,
          chosen: { shape: wide, data: chosen },
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
