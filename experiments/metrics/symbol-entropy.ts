import type { Batch } from '../../src/array/batch.js';
import type { Metric, Statistic, TextModel } from '../metric.js';
import { symbols } from './samples.js';

/** `-sum p log2 p` of frequencies that are to be normalised. */
const entropy = (frequencies: Float64Array): number => {
  const total = frequencies.reduce((a, b) => a + b, 0);
  return frequencies.reduce((sum, f) => (f > 0 ? sum - (f / total) * Math.log2(f / total) : sum), 0);
};

/** How often the chain gives each symbol in the long run. */
const symbolLaw = (model: TextModel): Float64Array =>
  Float64Array.from(model.alphabet, (_, k) => {
    let sum = 0;
    for (let state = 0; state < model.stationary.length; state++) {
      sum += model.stationary[state] * model.conditional(state, k);
    }
    return sum;
  });

/**
 * The entropy of the symbol frequencies of all samples together, in bits: the number that papers print beside a spelling
 * accuracy, since a sampler that repeats itself can spell well. Good is the value of the truth, not more. From N symbols it comes out
 * about (K - 1) / (2 ln 2 N) bits too low. NaN for an empty list.
 */
export const symbolEntropy = (model: TextModel, length: number): Metric => {
  const K = model.alphabet.length;
  const over = (samples: Batch): Statistic => {
    const classes = symbols('symbol-entropy', samples, length, K);
    return (indices) => {
      const counts = new Float64Array(K);
      for (const i of indices) {
        for (let at = i * length; at < (i + 1) * length; at++) counts[classes[at]]++;
      }
      return indices.length === 0 ? NaN : entropy(counts);
    };
  };
  return Object.freeze({
    id: 'symbol-entropy',
    unit: 'bits',
    description: 'entropy of the symbol frequencies of the samples; good is the value of the truth',
    truth: entropy(symbolLaw(model)),
    bounds: { low: 0, high: Math.log2(K) },
    over,
  });
};
