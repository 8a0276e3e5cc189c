import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';
import type { Metric, Statistic, TextModel } from '../metric.js';
import { symbols } from './samples.js';

/** The codes in base K of the n-grams of a sequence, numbered in the order of their first appearance. */
const numbered = (classes: Int32Array, length: number, K: number, n: number): Int32Array[] => {
  const numbers = new Map<number, number>();
  return Array.from({ length: classes.length / length }, (_, i) =>
    Int32Array.from({ length: length - n + 1 }, (__, at) => {
      let code = 0;
      for (let k = 0; k < n; k++) code = code * K + classes[i * length + at + k];
      if (!numbers.has(code)) numbers.set(code, numbers.size);
      return numbers.get(code) ?? 0;
    }),
  );
};

/** Entropy of the frequencies of the listed samples' n-grams, in bits. */
const blockEntropy =
  (grams: readonly Int32Array[]): Statistic =>
  (indices) => {
    const counts = new Map<number, number>();
    let total = 0;
    for (const i of indices) {
      for (const gram of grams[i]) counts.set(gram, (counts.get(gram) ?? 0) + 1);
      total += grams[i].length;
    }
    let entropy = 0;
    for (const count of counts.values()) entropy -= (count / total) * Math.log2(count / total);
    return entropy;
  };

/**
 * The entropy rate of the samples themselves, as far as n = order + 1 characters show it: the entropy of their n-grams less that of
 * their (n-1)-grams, in bits a character. It sees repetition that bits-per-character, the code length under the true model, takes for
 * quality. The frequencies are those observed, so it comes out low by about (cells visited)/(2 ln 2 N) for N characters: the floor
 * shows by how much.
 *
 * Throws a `UsageError` if the sequences are not longer than the order.
 */
export const entropyRate = (model: TextModel, length: number): Metric => {
  const id = 'entropy-rate';
  const { order } = model;
  const K = model.alphabet.length;
  if (length <= order) throw new UsageError(`${id}: sequences of ${length} have no ${order + 1}-gram`);
  const over = (samples: Batch): Statistic => {
    const classes = symbols(id, samples, length, K);
    const long = blockEntropy(numbered(classes, length, K, order + 1));
    const short = blockEntropy(numbered(classes, length, K, order));
    return (indices) => (indices.length === 0 ? NaN : long(indices) - short(indices));
  };
  return Object.freeze({
    id,
    unit: 'bits',
    description: 'entropy rate of the samples by their n-grams; good is the value of the truth',
    reference: 'Shannon 1951',
    truth: (model.blockEntropy(order + 1) - model.blockEntropy(order)) / Math.LN2,
    bounds: { low: 0 },
    over,
  });
};

/**
 * The share of 4-grams of a sample that are its first of their kind, averaged over samples (distinct-n of Li et al. 2016, "A
 * diversity-promoting objective function", for each sample by itself): low for a sample that repeats itself. The floor is
 * the value to be met. Throws a `UsageError` for sequences that are shorter than that.
 */
export const distinctNgrams = (model: TextModel, length: number, n = 4): Metric => {
  const id = 'distinct-ngrams';
  if (length < n) throw new UsageError(`${id}: sequences of ${length} have no ${n}-gram`);
  const K = model.alphabet.length;
  const over = (samples: Batch): Statistic => {
    const grams = numbered(symbols(id, samples, length, K), length, K, n);
    const shares = grams.map((list) => new Set(list).size / list.length);
    return (indices) => {
      let sum = 0;
      for (const i of indices) sum += shares[i];
      return sum / indices.length;
    };
  };
  return Object.freeze({
    id,
    unit: '',
    description: `share of a sample's ${n}-grams that it has not had before; the floor is the value to be met`,
    reference: 'Li et al. 2016',
    bounds: { low: 0, high: 1 },
    better: 'neither',
    over,
  });
};
