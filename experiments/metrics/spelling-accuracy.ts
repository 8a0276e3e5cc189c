import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, Statistic } from '../metric.js';
import { lazy, symbols } from './samples.js';

/** Hunspell's en_US, about 0.2 s to load: at first use. */
const speller = lazy(async () => {
  const [{ default: nspell }, { default: dictionary }] = await Promise.all([
    import('nspell'),
    import('dictionary-en'),
  ]);
  return nspell(dictionary);
});

/** Maximal runs between spaces, those cut off at both ends of the sequence included. */
const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/**
 * Spelling accuracy as in the text8 experiment of the BFN-Solver paper: 100 times the words that Hunspell's en_US accepts
 * over all words, pooled over all sequences. Case-sensitive; the pieces cut off at both ends of a sequence count as words. So
 * true text scores below 100 (names in lower case and cut pieces are errors), and repeated trivial words score high: read it
 * beside `ngram-divergence`. Text without any word scores 0.
 *
 * `alphabet` has one character a class. Throws a `UsageError` unless a space is among them.
 */
export const spellingAccuracy = (alphabet: string, length: number): Metric => {
  const id = 'spelling-accuracy';
  if (!alphabet.includes(' ')) {
    throw new UsageError(`${id}: the alphabet "${alphabet}" has no space to separate words`);
  }
  const over = async (samples: Batch): Promise<Statistic> => {
    const classes = symbols(id, samples, length, alphabet.length);
    const spelling = await speller();
    const known = new Map<string, boolean>();
    const accepted = (word: string): boolean => {
      const found = known.get(word) ?? spelling.correct(word);
      known.set(word, found);
      return found;
    };
    const ofSample = Array.from({ length: samples.shape[0] }, (_, i) => {
      const text = Array.from(classes.subarray(i * length, (i + 1) * length), (k) => alphabet[k]).join('');
      const all = words(text);
      return { all: all.length, accepted: all.filter(accepted).length };
    });
    return (indices) => {
      let all = 0;
      let accepted = 0;
      for (const i of indices) {
        all += ofSample[i].all;
        accepted += ofSample[i].accepted;
      }
      return all === 0 ? 0 : (100 * accepted) / all;
    };
  };
  return Object.freeze({
    id,
    unit: '%',
    description: 'share of words that Hunspell en_US accepts; true text scores below 100',
    reference: 'Xue et al. 2024',
    bounds: { low: 0, high: 100 },
    better: 'neither',
    over,
  });
};
