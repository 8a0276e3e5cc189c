import type * as core from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';

const known = new WeakMap<object, Map<number, core.Scalar>>();

/**
 * A number as a tensor that is made once and kept. tfjs sends a number that is written into an operation to a GPU anew each time, which
 * interrupts what runs there; so numbers that recur come from here.
 */
export const number = (tf: Tf, value: number): core.Scalar => {
  const backend = tf.backend();
  const numbers = known.get(backend) ?? new Map<number, core.Scalar>();
  known.set(backend, numbers);
  const made = numbers.get(value) ?? tf.keep(tf.scalar(value));
  numbers.set(value, made);
  return made;
};
