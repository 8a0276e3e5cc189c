import { encode, readText, textAlphabet } from '../../src/data/text.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { markovText } from '../../src/denoiser/markov/denoiser.js';
import { UsageError } from '../../src/errors.js';
import { discreteBfn } from '../../src/process/discrete-bfn.js';
import { type Problem, classMoments, mostLikelyClasses } from '../problem.js';

export interface TextOptions {
  readonly order: number;
  readonly length: number;
  /** Characters of the text that are not in it are dropped. */
  readonly alphabet: string;
  readonly beta1: number;
}

/** Most contexts that can occur: those of order 5 in 27 symbols, which take 20 s to count. */
const maxContexts = 27 ** 5;

const maxLength = 10_000;

const requireWithin = (name: string, value: number, most: number, where = ''): void => {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new UsageError(
    `problem "text": ${name} = ${value} is not accepted; ${where}give a whole number from 1 to ${most}`,
  );
};

/** The highest order whose contexts are not too many. */
const maxOrder = (classes: number): number => {
  let order = 1;
  while (classes ** (order + 1) <= maxContexts) order++;
  return order;
};

/** The text in the characters of an alphabet; others are dropped. Throws a `UsageError` for one that does not occur. */
const only = (text: string, alphabet: string): string => {
  if (alphabet === textAlphabet) return text;
  const absent = Array.from(alphabet).find((c) => !text.includes(c));
  if (absent !== undefined) {
    throw new UsageError(
      `problem "text": the alphabet has ${JSON.stringify(absent)}, which does not occur; the text has ${JSON.stringify(textAlphabet)}`,
    );
  }
  return Array.from(text, (c) => (alphabet.includes(c) ? c : '')).join('');
};

/**
 * English as an order-m character model knows it: counted on WikiText-2 in 27 symbols, sequences of `length`, under discrete
 * BFN. `beta1` .5625 is that of text8 (Graves et al. 2023, section 6.3).
 */
export const text = async (options: TextOptions): Promise<Problem> => {
  const { order, length, alphabet, beta1 } = options;
  const process = discreteBfn({ classes: alphabet.length, beta1 });
  requireWithin('order', order, maxOrder(alphabet.length), `with ${alphabet.length} characters `);
  requireWithin('length', length, maxLength);
  const model = fitMarkov(encode(only(await readText(), alphabet), alphabet), { order, alphabet });
  const denoiser = markovText(model, { length });
  return {
    id: 'text',
    parameters: { ...options },
    process,
    denoiser,
    moments: classMoments(model.unigram, length),
    truth: { kind: 'text', model, length },
    decode: mostLikelyClasses,
    trueSamples: (count, seed) => ({
      shape: [count, length],
      data: Float32Array.from(model.sample(count, length, seed)),
    }),
    quality: ['bits-gap', 'ngram-divergence'],
    solvers: ['bfn', 'sde-bfn-solver1', 'sde-bfn-solver2', 'bfn-solver1', 'bfn-solver2'],
    kernel: denoiser.kernel,
    view: { kind: 'text', alphabet },
  };
};
