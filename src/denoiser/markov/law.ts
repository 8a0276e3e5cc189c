import { UsageError } from '../../errors.js';
import { randomStream } from '../../random/index.js';
import { conditional, type MarkovChain } from './chain.js';

/** A chain and [S], the law of its state at every position: that of position 1 included. */
export interface StationaryChain extends MarkovChain {
  readonly stationary: Float64Array;
}

/** The states that what has been seen allows, with their joint probabilities: some at first, one after m characters. */
type Belief = Map<number, number>;

const mass = (belief: Belief): number => [...belief.values()].reduce((sum, p) => sum + p, 0);

const startingWith = (chain: StationaryChain, k: number): Belief => {
  const belief: Belief = new Map();
  chain.last.forEach((last, state) => {
    if (last === k) belief.set(state, chain.stationary[state]);
  });
  return belief;
};

const followedBy = (chain: MarkovChain, belief: Belief, k: number): Belief => {
  const next: Belief = new Map();
  for (const [state, p] of belief) {
    const to = chain.destination[chain.group[state] * chain.classes + k];
    if (to >= 0) next.set(to, (next.get(to) ?? 0) + p * conditional(chain, state, k));
  }
  return next;
};

/** `ln p(sequence)` in nats; the past before position 1 is summed over. Throws a `UsageError` for a class out of range. */
export const logProbability = (chain: StationaryChain, sequence: ArrayLike<number>): number => {
  for (let i = 0; i < sequence.length; i++) {
    if (!(Number.isInteger(sequence[i]) && sequence[i] >= 0 && sequence[i] < chain.classes)) {
      throw new UsageError(
        `the sequence has class ${sequence[i]} at position ${i}; accepted are 0 to ${chain.classes - 1}`,
      );
    }
  }
  if (sequence.length === 0) return 0;
  let belief = startingWith(chain, sequence[0]);
  let i = 1;
  for (; i < sequence.length && belief.size > 1; i++) belief = followedBy(chain, belief, sequence[i]);
  let log = Math.log(mass(belief));
  let state = belief.keys().next().value ?? -1; // -1: a class that does not occur, and log is -Infinity
  for (; i < sequence.length && state >= 0; i++) {
    log += Math.log(conditional(chain, state, sequence[i]));
    state = chain.destination[chain.group[state] * chain.classes + sequence[i]];
  }
  return log;
};

const entropyOf = (probabilities: Iterable<number>): number => {
  let sum = 0;
  for (const p of probabilities) if (p > 0) sum -= p * Math.log(p);
  return sum;
};

/** Entropy of a character given all before it, in nats: the state is known then, so it is the mean of `H(p(. | state))`. */
export const entropyRate = (chain: StationaryChain): number => {
  const { mix, unigram, start, target, weight, last, stationary } = chain;
  const row = new Float64Array(unigram.length);
  return stationary.reduce((sum, p, state) => {
    unigram.forEach((u, k) => (row[k] = mix * u));
    for (let j = start[state]; j < start[state + 1]; j++) row[last[target[j]]] += weight[j];
    return sum + p * entropyOf(row);
  }, 0);
};

/** Entropy of the first `length` characters, in nats, by going through all K^length strings: meant for lengths up to m. */
export const enumeratedEntropy = (chain: StationaryChain, length: number): number => {
  const { classes, unigram } = chain;
  const within = (belief: Belief, left: number): number => {
    if (left === 0) return entropyOf([mass(belief)]);
    let sum = 0;
    for (let k = 0; k < classes; k++)
      if (unigram[k] > 0) sum += within(followedBy(chain, belief, k), left - 1);
    return sum;
  };
  let sum = 0;
  for (let k = 0; k < classes && length > 0; k++) sum += within(startingWith(chain, k), length - 1);
  return sum;
};

/** [count, length]: classes of independent texts of the chain, one after the other. Exact: by inversion, a uniform a character. */
export const sampleTexts = (
  chain: StationaryChain,
  count: number,
  length: number,
  seed: number,
): Uint8Array => {
  for (const [what, n] of [
    ['number', count],
    ['length', length],
  ] as const) {
    if (!(Number.isInteger(n) && n >= 1)) {
      throw new UsageError(`the ${what} of the texts to sample is ${n}; accepted are integers from 1`);
    }
  }
  const { classes, mix, unigram, group, destination, start, target, weight, last, stationary } = chain;
  const { uniform } = randomStream(seed, 'markov-text');
  /** The first entry of [from, to) at which the running sum passes u; rounding may leave u above all: then the last positive one. */
  const invert = (p: Float64Array, u: number, from: number, to: number): number => {
    let chosen = from;
    for (let i = from, sum = 0; i < to && u >= sum; sum += p[i++]) if (p[i] > 0) chosen = i;
    return chosen;
  };
  const texts = new Uint8Array(count * length);
  for (let row = 0; row < texts.length; row += length) {
    let state = invert(stationary, uniform(), 0, stationary.length);
    texts[row] = last[state];
    for (let i = row + 1; i < row + length; i++) {
      const u = uniform();
      state =
        u < mix
          ? destination[group[state] * classes + invert(unigram, u / mix, 0, classes)]
          : target[invert(weight, u - mix, start[state], start[state + 1])];
      texts[i] = last[state];
    }
  }
  return texts;
};
