import { bundledTexts, encode, readText, textAlphabet } from '../../src/data/text.js';
import { conditionOnClasses } from '../../src/denoiser/guidance/evidence.js';
import type { Known } from '../../src/denoiser/guidance/known.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { type MarkovDenoiser, markovText } from '../../src/denoiser/markov/denoiser.js';
import { UsageError } from '../../src/errors.js';
import { discreteBfn } from '../../src/process/discrete-bfn.js';
import { type Problem, classMoments, mostLikelyClasses, predictedMoments } from '../problem.js';

export interface TextOptions {
  readonly order: number;
  readonly length: number;
  readonly source: string;
  /** Characters of the text that are not in it are dropped. */
  readonly alphabet?: string;
  /** The first characters, `_` for those that are not known. */
  readonly given?: string;
  /** Weight of the unigram law in the model; that of the source unless told. */
  readonly mix?: number;
  readonly beta1: number;
}

/**
 * What `source` can be: the name of its file, and its usual mix. The `$` of Tiny Shakespeare occurs once, and is possible everywhere by the
 * mix: with .003 it is as likely as float32 kernels need at order 2; higher orders are left to plain code.
 */
export const textSources: Readonly<Record<string, { readonly file: string; readonly mix: number }>> = {
  wikitext2: { file: bundledTexts.wikitext2, mix: 0.001 },
  text8: { file: bundledTexts.text8, mix: 0.001 },
  tinyshakespeare: { file: bundledTexts.tinyshakespeare, mix: 0.003 },
};

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

const sourceOf = (source: string): (typeof textSources)[string] => {
  if (Object.hasOwn(textSources, source)) return textSources[source];
  const accepted = Object.keys(textSources).join(', ');
  throw new UsageError(`problem "text": source = ${source} is not accepted; there are: ${accepted}`);
};

/** The distinct characters of a text: in the order of text8 where they are its 27, else in that of their codes. */
const alphabetOf = (text: string): string => {
  const characters = [...new Set(text)].sort().join('');
  return [...characters].every((c) => textAlphabet.includes(c)) ? textAlphabet : characters;
};

/** The text in the characters of an alphabet; others are dropped. Throws a `UsageError` for one that does not occur. */
const only = (text: string, own: string, alphabet: string): string => {
  if (alphabet === own) return text;
  const absent = Array.from(alphabet).find((c) => !own.includes(c));
  if (absent !== undefined) {
    throw new UsageError(
      `problem "text": the alphabet has ${JSON.stringify(absent)}, which does not occur; the text has ${JSON.stringify(own)}`,
    );
  }
  return Array.from(text, (c) => (alphabet.includes(c) ? c : '')).join('');
};

/** A sign for what is not known; in no source. */
const unknown = '_';

const knownOf = (given: string, length: number, alphabet: string): Known => {
  if (given.length > length) {
    throw new UsageError(
      `problem "text": given has ${given.length} characters; accepted are up to the length, ${length}`,
    );
  }
  const padded = given.padEnd(length, unknown);
  const mask = Array.from(padded, (c) => c !== unknown);
  const known = encode(padded.replaceAll(unknown, alphabet[0]), alphabet);
  return { mask, values: [...known] };
};

/**
 * English as an order-m character model knows it: counted on a text, sequences of `length`, under discrete BFN. `beta1`
 * .5625 is that of text8 (Graves et al. 2023, section 6.3). With characters given, its network is that of the texts that have them.
 */
export const text = async (options: TextOptions): Promise<Problem> => {
  const { order, length, source, given, beta1 } = options;
  const { file, mix: usualMix } = sourceOf(source);
  const content = await readText(file);
  const own = alphabetOf(content);
  const { alphabet = own, mix = usualMix } = options;
  const process = discreteBfn({ classes: alphabet.length, beta1 });
  requireWithin('order', order, maxOrder(alphabet.length), `with ${alphabet.length} characters `);
  requireWithin('length', length, maxLength);
  const model = fitMarkov(encode(only(content, own, alphabet), alphabet), { order, alphabet, mix });
  const unconditional = markovText(model, { length });
  return {
    id: 'text',
    parameters: { ...options, alphabet, mix },
    process,
    denoiser: unconditional,
    moments: classMoments(model.unigram, length),
    truth: { kind: 'text', model, length },
    decode: mostLikelyClasses,
    trueSamples: (count, seed) => ({
      shape: [count, length],
      data: Float32Array.from(model.sample(count, length, seed)),
    }),
    quality: ['bits-gap', 'ngram-divergence'],
    solvers: ['bfn', 'sde-bfn-solver1', 'sde-bfn-solver2', 'bfn-solver1', 'bfn-solver2'],
    kernel: unconditional.kernel,
    view: { kind: 'text', alphabet },
    ...(given === undefined ? {} : givenText(unconditional, knownOf(given, length, alphabet))),
  };
};

/** What of the problem is another where characters are given. */
const givenText = (
  unconditional: MarkovDenoiser,
  known: Known,
): Pick<Problem, 'denoiser' | 'unconditional' | 'moments' | 'trueSamples' | 'unmeasured'> => {
  const denoiser = conditionOnClasses(unconditional, known);
  const unmeasured = 'the metrics of a text hold it against the law of texts of which nothing is given';
  return {
    denoiser,
    unconditional,
    moments: predictedMoments(denoiser),
    unmeasured,
    trueSamples: () => {
      throw new UsageError(`problem "text" with characters given has no true samples: ${unmeasured}`);
    },
  };
};
