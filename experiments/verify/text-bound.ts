import type { Estimate } from '../../src/bfn/likelihood-bound.js';
import { exactBound } from '../../src/bfn/likelihood-exact.js';
import { encode, readText, textAlphabet } from '../../src/data/text.js';
import { markovText } from '../../src/denoiser/markov/denoiser.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { discreteBfn } from '../../src/process/index.js';

export interface TextBoundOptions {
  /** Characters that the next one depends on. Default 2, as in the problem `text`. */
  readonly order?: number;
  /** Characters of a text. Default 64. */
  readonly length?: number;
  /** Default .5625, that of text8. */
  readonly beta1?: number;
  /** Texts drawn. Default 200. */
  readonly samples?: number;
  /** Times a text, of `L_inf`. Default 8. */
  readonly draws?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Bits a character. */
export interface TextBound {
  /** Of a text of this length, exactly. */
  readonly entropy: number;
  /** In the limit of long texts. */
  readonly entropyRate: number;
  /** `L_inf`: what the logits at tau = 1 say of the text. */
  readonly mutualInformation: Estimate;
  /** `L^r`. */
  readonly reconstruction: Estimate;
  /** `L_inf + L^r`. */
  readonly bound: Estimate;
  /** What an output of independent characters cannot say; the bound is the entropy and this, and so known better than by its own estimate. */
  readonly totalCorrelation: Estimate;
}

/**
 * The variational bound of the exact network on the law of the problem `text` beside the exact entropy: the best that any
 * network whose output is a law a character can do.
 */
export const textBound = async (options: TextBoundOptions = {}): Promise<TextBound> => {
  const { order = 2, length = 64, beta1 = 0.5625, samples = 200, draws = 8, seed = 0 } = options;
  const model = fitMarkov(encode(await readText()), { order, alphabet: textAlphabet });
  const texts = model.sample(samples, length, seed);
  const found = exactBound({
    process: discreteBfn({ classes: textAlphabet.length, beta1 }),
    denoiser: markovText(model, { length }),
    data: { shape: [samples, length], data: Float32Array.from(texts) },
    draws,
    seed,
  });
  const scale = 1 / (length * Math.LN2);
  const perCharacter = ({ value, standardError }: Estimate): Estimate => ({
    value: scale * value,
    standardError: scale * standardError,
  });
  return {
    entropy: scale * model.blockEntropy(length),
    entropyRate: model.entropyRate / Math.LN2,
    mutualInformation: perCharacter(found.mutualInformation),
    reconstruction: perCharacter(found.reconstruction),
    bound: perCharacter(found.bound),
    totalCorrelation: perCharacter(found.totalCorrelation),
  };
};
