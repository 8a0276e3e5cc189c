import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, Statistic, TextModel } from '../metric.js';
import { jensenShannon } from './jensen-shannon.js';
import { lazy, symbols } from './samples.js';

/** Far from the seeds of runs, whose true samples must be others than these. */
const referenceSeed = 2 ** 52 + 6;

/** A text model that true samples can be drawn of. */
export type SampledText = TextModel & Required<Pick<TextModel, 'sample'>>;

/** Words of each sequence of class indices: maximal runs between spaces, those cut off at both ends included. */
const wordsOf = (classes: ArrayLike<number>, length: number, alphabet: string): string[][] =>
  Array.from({ length: classes.length / length }, (_, i) =>
    Array.from({ length }, (__, k) => alphabet[classes[i * length + k]])
      .join('')
      .split(' ')
      .filter((word) => word !== ''),
  );

/** The Jensen-Shannon divergence of a feature of words, as a share of all words, from that of a true sample. */
const divergence = (
  model: SampledText,
  length: number,
  { id, description, of }: { readonly id: string; readonly description: string; of(word: string): string },
  referenceSize: number,
): Metric => {
  const { alphabet } = model;
  if (!alphabet.includes(' ')) {
    throw new UsageError(`${id}: the alphabet "${alphabet}" has no space to separate words`);
  }
  const truth = lazy(() => {
    const counts = new Map<string, number>();
    const words = wordsOf(model.sample(referenceSize, length, referenceSeed), length, alphabet).flat();
    for (const word of words) counts.set(of(word), (counts.get(of(word)) ?? 0) + 1 / words.length);
    return counts;
  });
  const over = (samples: Batch): Statistic => {
    const words = wordsOf(symbols(id, samples, length, alphabet.length), length, alphabet);
    const cells = new Map([...truth().keys()].map((cell, at) => [cell, at]));
    const ofSample = words.map((list) =>
      list.map((word) => {
        const cell = of(word);
        if (!cells.has(cell)) cells.set(cell, cells.size);
        return cells.get(cell) ?? 0;
      }),
    );
    const expected = new Float64Array(cells.size);
    cells.forEach((at, cell) => (expected[at] = truth().get(cell) ?? 0));
    return (indices) => {
      const counts = new Float64Array(cells.size);
      let total = 0;
      for (const i of indices) {
        for (const at of ofSample[i]) counts[at]++;
        total += ofSample[i].length;
      }
      if (indices.length === 0) return NaN;
      return total === 0
        ? 1
        : jensenShannon(
            counts.map((count) => count / total),
            expected,
          );
    };
  };
  return Object.freeze({
    id,
    unit: 'bits',
    description,
    reference: 'Lin 1991',
    bounds: { low: 0, high: 1 },
    over,
  });
};

/**
 * Jensen-Shannon divergence between the frequencies of words and those of a true sample (4000 sequences). Words that are rare are
 * many: its floor is high and falls slowly with the number of samples. Text without any word is at 1. Throws a `UsageError`
 * unless a space is in the alphabet.
 */
export const wordFrequencyDivergence = (model: SampledText, length: number, referenceSize = 4000): Metric =>
  divergence(
    model,
    length,
    {
      id: 'word-frequency-divergence',
      description: 'Jensen-Shannon divergence of word frequencies from those of a true sample',
      of: (word) => word,
    },
    referenceSize,
  );

/** The same of the lengths of words. */
export const wordLengthDivergence = (model: SampledText, length: number, referenceSize = 4000): Metric =>
  divergence(
    model,
    length,
    {
      id: 'word-length-divergence',
      description: 'Jensen-Shannon divergence of word lengths from those of a true sample',
      of: (word) => String(word.length),
    },
    referenceSize,
  );
