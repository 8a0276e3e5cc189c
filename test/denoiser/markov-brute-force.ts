import fc from 'fast-check';
import { fitMarkov, type MarkovModel } from '../../src/denoiser/markov/model.js';

/** All sequences of `length` classes below K. */
export const sequences = (classes: number, length: number): number[][] =>
  Array.from({ length: classes ** length }, (_, code) =>
    Array.from({ length }, (_, i) => Math.floor(code / classes ** i) % classes),
  );

export interface Case {
  readonly text: number[];
  readonly order: number;
  readonly mix: number;
  readonly model: MarkovModel;
}

export const alphabet = 'abc';

/** Models of short random texts over a, b and c, which need not all occur. */
export const anyModel = (): fc.Arbitrary<Case> =>
  fc
    .record({
      text: fc.array(fc.nat(2), { minLength: 4, maxLength: 25 }),
      order: fc.integer({ min: 1, max: 3 }),
      mix: fc.constantFrom(0.001, 0.05, 0.5, 1),
    })
    .map(({ text, order, mix }) => ({
      text,
      order,
      mix,
      model: fitMarkov(Uint8Array.from(text), { order, alphabet, mix }),
    }));

/** The definition, by searching the text read as a ring: independent of automaton, groups and sparse rows. */
export const byDefinition = ({ text, order, mix }: Case) => {
  const ring = text.join('').repeat(Math.ceil((order + 2) / text.length) + 1);
  const occurrences = (string: string): number => text.filter((_, i) => ring.startsWith(string, i)).length;
  const unigram = [0, 1, 2].map((k) => text.filter((c) => c === k).length / text.length);
  /** The longest suffix of at most m characters that occurs. */
  const contextOf = (history: string): string => {
    let context = history.slice(-order);
    while (occurrences(context) === 0) context = context.slice(1);
    return context;
  };
  const conditional = (context: string, k: number): number =>
    ((1 - mix) * occurrences(context + k)) / occurrences(context) + mix * unigram[k];
  return { unigram, occurrences, contextOf, conditional };
};

/** The context of a state as digits. */
export const digits = (model: MarkovModel, state: number): string =>
  Array.from(model.context(state), (character) => alphabet.indexOf(character)).join('');

/** Relative where the number is large, absolute where it is small. */
export const closeTo = (a: number, b: number, tolerance: number): boolean =>
  Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
