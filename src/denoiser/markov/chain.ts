import { UsageError } from '../../errors.js';
import { contextAutomaton, countContexts } from './contexts.js';

/**
 * The law of a class given the state: `p(k | c) = (1 - mix) count(c, k) / count(c) + mix unigram(k)`. The first term is kept as
 * sparse rows. The second has rank one in a group, the states that lead to the same places: so whatever sums over the
 * transitions costs the transitions that occur, plus K a group, and never K^(m+1).
 */
export interface MarkovChain {
  /** K. */
  readonly classes: number;
  /** m. */
  readonly order: number;
  readonly mix: number;
  /** [K]: frequencies of the classes. */
  readonly unigram: Float64Array;
  /** [S]: the context of a state as a string of classes, the last one first. States are in the order of these. */
  readonly reversed: readonly string[];
  /** [S]: how often its context occurs in the text. */
  readonly count: Int32Array;
  /** [S]: the class that a state ends with. */
  readonly last: Uint8Array;
  /** [S]: the group of a state. The states of a group, and those that end with the same class, lie side by side. */
  readonly group: Int32Array;
  /** [G, K]: the state after a class, -1 for classes that do not occur. */
  readonly destination: Int32Array;
  /** [S + 1]: where the sparse row of a state starts. */
  readonly start: Int32Array;
  /** [T]: the states that the transitions lead to; the class of a transition is the last one of its target. */
  readonly target: Int32Array;
  /** [T]: `(1 - mix) count(c, k) / count(c)`. */
  readonly weight: Float64Array;
}

/** What `fitMarkov` counts with. */
export interface MarkovSettings {
  /** m >= 1: the next character depends on the last m. */
  readonly order: number;
  /** The characters of the classes. */
  readonly alphabet: string;
  /** Weight of the unigram law in (0, 1]; 0.001 unless told. Positive, so that every text of known characters is possible. */
  readonly mix?: number;
}

const check = (text: Uint8Array, { order, alphabet, mix = 0.001 }: MarkovSettings): void => {
  if (!(Number.isInteger(order) && order >= 1)) {
    throw new UsageError(`the order of a Markov model is ${order}; accepted are integers from 1`);
  }
  if (!(mix > 0 && mix <= 1)) {
    throw new UsageError(`the mix of a Markov model is ${mix}; accepted are numbers above 0 and up to 1`);
  }
  if (text.length <= order) {
    throw new UsageError(
      `the text has ${text.length} characters; a model of order ${order} needs more than ${order}`,
    );
  }
  for (let i = 0; i < text.length; i++) {
    if (text[i] < alphabet.length) continue;
    throw new UsageError(
      `the text has class ${text[i]} at position ${i}; accepted are 0 to ${alphabet.length - 1}`,
    );
  }
};

/** Sparse rows, state by state. */
const transitions = (
  successors: (state: number) => Int32Array,
  automaton: Pick<MarkovChain, 'group' | 'destination' | 'classes' | 'mix'>,
): Pick<MarkovChain, 'count' | 'start' | 'target' | 'weight'> => {
  const { group, destination, classes, mix } = automaton;
  const target: number[] = [];
  const weight: number[] = [];
  const count = new Int32Array(group.length);
  const start = new Int32Array(group.length + 1);
  for (let state = 0; state < group.length; state++) {
    const counts = successors(state);
    count[state] = counts.reduce((sum, times) => sum + times, 0);
    counts.forEach((times, k) => {
      if (times === 0) return;
      target.push(destination[group[state] * classes + k]);
      weight.push(((1 - mix) * times) / count[state]);
    });
    start[state + 1] = target.length;
  }
  return { count, start, target: Int32Array.from(target), weight: Float64Array.from(weight) };
};

/** The chain of a text of classes. Throws a `UsageError` for a text or settings that make none. */
export const markovChain = (text: Uint8Array, settings: MarkovSettings): MarkovChain => {
  check(text, settings);
  const { order, alphabet, mix = 0.001 } = settings;
  const classes = alphabet.length;
  const levels = countContexts(text, classes, order);
  const { reversed, group, destination, successors } = contextAutomaton(levels, classes);
  return {
    classes,
    order,
    mix,
    unigram: Float64Array.from(levels[0].counts, (count) => count / text.length),
    reversed,
    last: Uint8Array.from(reversed, (context) => context.charCodeAt(0)),
    group,
    destination,
    ...transitions(successors, { group, destination, classes, mix }),
  };
};

/** `p(k | state)`, in (0, 1] for classes that occur, else 0. */
export const conditional = (chain: MarkovChain, state: number, k: number): number => {
  const { mix, unigram, start, target, weight, last } = chain;
  for (let j = start[state]; j < start[state + 1]; j++) {
    if (last[target[j]] === k) return weight[j] + mix * unigram[k];
  }
  return mix * unigram[k];
};

/** One step of the chain: `to[d] = sum of from[c] p(k | c)` over the c and k that lead to d. */
export const advance = (chain: MarkovChain, from: Float64Array, to: Float64Array): void => {
  const { classes, mix, unigram, group, destination, start, target, weight } = chain;
  const grouped = new Float64Array(destination.length / classes);
  to.fill(0);
  for (let state = 0; state < from.length; state++) {
    const mass = from[state];
    grouped[group[state]] += mass;
    for (let j = start[state]; j < start[state + 1]; j++) to[target[j]] += mass * weight[j];
  }
  for (let i = 0; i < destination.length; i++) {
    if (destination[i] >= 0) to[destination[i]] += mix * grouped[(i / classes) | 0] * unigram[i % classes];
  }
};

/** The transpose: `to[c] = sum over k of p(k | c) from[d]`, d where c and k lead. */
export const retreat = (chain: MarkovChain, from: Float64Array, to: Float64Array): void => {
  const { classes, mix, unigram, group, destination, start, target, weight } = chain;
  const grouped = new Float64Array(destination.length / classes);
  for (let i = 0; i < destination.length; i++) {
    if (destination[i] >= 0) grouped[(i / classes) | 0] += unigram[i % classes] * from[destination[i]];
  }
  for (let state = 0; state < to.length; state++) {
    let sum = mix * grouped[group[state]];
    for (let j = start[state]; j < start[state + 1]; j++) sum += weight[j] * from[target[j]];
    to[state] = sum;
  }
};

/** Scales to sum 1 and returns what the sum was. */
export const normalise = (values: Float64Array): number => {
  const total = values.reduce((sum, value) => sum + value, 0);
  for (let i = 0; i < values.length; i++) values[i] /= total;
  return total;
};

/**
 * [S]: the law of the state that the chain keeps, by power iteration until rounding is all that moves: from the counts, which are that law
 * for mix 0. A step is taken half the time: the law kept is the same, but texts that nearly repeat themselves, like
 * "ababab", don't keep the iteration swinging.
 */
export const stationaryLaw = (chain: MarkovChain): Float64Array => {
  const { count, order, reversed } = chain;
  const law = Float64Array.from(count, (times, state) => (reversed[state].length === order ? times : 0));
  const next = law.slice();
  normalise(law);
  let before = Infinity;
  for (;;) {
    advance(chain, law, next);
    const change = law.reduce((sum, p, state) => sum + Math.abs(p - next[state]), 0);
    if (change < 1e-15 || (change < 1e-13 && change >= before)) return law;
    before = change;
    for (let state = 0; state < law.length; state++) law[state] = (law[state] + next[state]) / 2;
    normalise(law);
  }
};
