import { UsageError } from '../../errors.js';
import { markovChain, conditional, stationaryLaw, type MarkovSettings } from './chain.js';
import { entropyRate, enumeratedEntropy, logProbability, sampleTexts, type StationaryChain } from './law.js';

/**
 * A character model of order m: the law of the next character given the last m, started in its stationary law. Everything about
 * it is known exactly, so it is truth for text: denoiser, entropy and likelihood.
 */
export interface MarkovModel extends StationaryChain {
  readonly alphabet: string;
  /** Nats a character, in the limit of long texts. */
  readonly entropyRate: number;
  /** `ln p` of a text of classes, in nats a text; -Infinity if it has a class that does not occur. Throws a `UsageError` for one out of range. */
  logProbability(sequence: ArrayLike<number>): number;
  /** Entropy of a text of this length, in nats. Goes through K^m strings at first use. */
  blockEntropy(length: number): number;
  /** [count, length], row by row: classes of independent texts. A longer run with the same seed begins with the shorter one. */
  sample(count: number, length: number, seed: number): Uint8Array;
  /** The characters that a state stands for: the last m, or fewer where the text does not hold them in a row. */
  context(state: number): string;
  /** The state after a class. Throws a `UsageError` for a class that does not occur in the text. */
  next(state: number, k: number): number;
  /** `p(k | state)`. */
  conditional(state: number, k: number): number;
}

/**
 * Counts an order-m character model from a text of classes (`encode` makes them), read as a ring. Throws a `UsageError` if the
 * order is below 1, the mix not in (0, 1], the text not longer than the order, or a class out of range.
 */
export const fitMarkov = (text: Uint8Array, settings: MarkovSettings): MarkovModel => {
  const chain = markovChain(text, settings);
  const { alphabet } = settings;
  const model = { ...chain, stationary: stationaryLaw(chain) };
  const rate = entropyRate(model);
  const entropies = new Map<number, number>();
  const checked = (state: number, k = 0): void => {
    if (!(state in chain.last)) {
      throw new UsageError(`state ${state} of the Markov model; accepted are 0 to ${chain.last.length - 1}`);
    }
    if (!(k in chain.unigram)) {
      throw new UsageError(`class ${k} of the Markov model; accepted are 0 to ${chain.classes - 1}`);
    }
  };
  return {
    ...model,
    alphabet,
    entropyRate: rate,
    logProbability: (sequence) => logProbability(model, sequence),
    blockEntropy(length) {
      if (!(Number.isInteger(length) && length >= 0)) {
        throw new UsageError(`the length of a text is ${length}; accepted are integers from 0`);
      }
      // from m characters on the state is known, and each further one adds the entropy rate
      const known = Math.min(length, chain.order);
      const entropy = entropies.get(known) ?? enumeratedEntropy(model, known);
      entropies.set(known, entropy);
      return entropy + (length - known) * rate;
    },
    sample: (count, length, seed) => sampleTexts(model, count, length, seed),
    context(state) {
      checked(state);
      return Array.from(chain.reversed[state], (unit) => alphabet[unit.charCodeAt(0)])
        .reverse()
        .join('');
    },
    next(state, k) {
      checked(state, k);
      const to = chain.destination[chain.group[state] * chain.classes + k];
      if (to < 0)
        throw new UsageError(`${JSON.stringify(alphabet[k])} does not occur in the text of the Markov model`);
      return to;
    },
    conditional(state, k) {
      checked(state, k);
      return conditional(chain, state, k);
    },
  };
};
