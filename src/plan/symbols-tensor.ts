import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';
import { UsageError } from '../errors.js';
import type { Moment } from './denoiser.js';
import { type SymbolModel, classEvidence } from './symbols.js';

/** What counts as never in float32, and can be added up without overflow. */
const never = -1e30;

/** `predictSymbols` of symbols.ts on a tensor [n, ..., K]; the caller disposes of the result. */
export const predictSymbolsOfTensor = (
  tf: Tf,
  { probabilities }: SymbolModel,
  x: Tensor,
  moment: Pick<Moment, 'alpha' | 'sigma'>,
): Tensor => {
  const classes = probabilities.length;
  if (x.shape[x.rank - 1] !== classes) {
    throw new UsageError(
      `the reference of the plan has ${classes} classes, and the states have shape [${x.shape.join(', ')}]`,
    );
  }
  const kappa = classEvidence(moment, classes);
  if (kappa === Infinity) return tf.tidy(() => tf.mul(x, 1 / moment.alpha));
  return tf.tidy(() => {
    const possible = tf.add(x, tf.tensor1d(probabilities.map((p) => (p > 0 ? 0 : never))));
    // from the highest of those that occur down: 0 there, however large kappa is
    const below = tf.sub(x, tf.max(possible, -1, true));
    const logarithms = tf.tensor1d(probabilities.map((p) => (p > 0 ? Math.log(p) : never)));
    const evidence = tf.clipByValue(tf.mul(below, Math.min(kappa, 3e38)), never, 0);
    return tf.sub(tf.mul(tf.softmax(tf.add(evidence, logarithms)), classes), 1);
  });
};
