import type { Floats } from '../../array/batch.js';
import { advance, normalise, retreat } from './chain.js';
import type { StationaryChain } from './law.js';

/**
 * The exact posterior of the classes of one text given its logits z [length, K], by the forward-backward recursion over the states (Baum
 * et al. 1970), in float64: writes `K e - 1`. Messages have sum 1, so nothing overflows; no message of a state is below
 * (mix min unigram)^m times that of another going backward, so nothing that counts underflows.
 */
export const plainPosterior = (
  chain: StationaryChain,
  length: number,
): ((z: Floats, kappa: number, out: Floats) => void) => {
  const { classes, last, unigram, stationary } = chain;
  const states = last.length;
  const forward = Array.from({ length }, () => new Float64Array(states));
  const backward = new Float64Array(states);
  const message = new Float64Array(states);
  const likelihood = new Float64Array(classes);
  const marginal = new Float64Array(classes);

  /** `exp(kappa z)` at a position, the largest being 1: that of classes that occur, so that it is the likelihood of a state. */
  const observe = (z: Floats, kappa: number, position: number): void => {
    let highest = -Infinity;
    for (let k = 0; k < classes; k++) {
      if (unigram[k] > 0) highest = Math.max(highest, z[position * classes + k]);
    }
    for (let k = 0; k < classes; k++) {
      likelihood[k] = unigram[k] > 0 ? Math.exp(kappa * (z[position * classes + k] - highest)) : 0;
    }
  };

  return (z, kappa, out) => {
    for (let i = 0; i < length; i++) {
      if (i === 0) forward[0].set(stationary);
      else advance(chain, forward[i - 1], forward[i]);
      observe(z, kappa, i);
      for (let state = 0; state < states; state++) forward[i][state] *= likelihood[last[state]];
      normalise(forward[i]);
    }
    backward.fill(1);
    for (let i = length - 1; i >= 0; i--) {
      marginal.fill(0);
      for (let state = 0; state < states; state++)
        marginal[last[state]] += forward[i][state] * backward[state];
      const total = normalise(marginal);
      for (let k = 0; k < classes; k++) out[i * classes + k] = classes * marginal[k] - 1;
      observe(z, kappa, i);
      for (let state = 0; state < states; state++)
        message[state] = (backward[state] * likelihood[last[state]]) / total;
      retreat(chain, message, backward);
    }
  };
};
