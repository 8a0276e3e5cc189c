import type { Batch } from '../../src/array/batch.js';
import type { Metric, Statistic, TextModel } from '../metric.js';
import { symbols } from './samples.js';

/** The mean over samples of `-log2 p(x) / length`. */
const bits =
  (id: string, model: TextModel, length: number) =>
  (samples: Batch): Statistic => {
    const classes = symbols(id, samples, length, model.alphabet.length);
    const ofSample = Float64Array.from(
      { length: samples.shape[0] },
      (_, i) => -model.logProbability(classes.subarray(i * length, (i + 1) * length)) / (length * Math.LN2),
    );
    return (indices) => {
      let sum = 0;
      for (const i of indices) sum += ofSample[i];
      return sum / indices.length;
    };
  };

/** Bits a character of the truth itself: its entropy rate over this length. */
const trueBits = (model: TextModel, length: number): number =>
  model.blockEntropy(length) / (length * Math.LN2);

/**
 * `-(1/L) log2 p(x)` under the true model, averaged over samples: the cross-entropy rate from samples to truth. Neither low
 * nor high is good: samples that are too typical (" the the the") score below the truth's own entropy rate `truth`, noise
 * above it. Infinite if the model rules a sample out.
 */
export const bitsPerCharacter = (model: TextModel, length: number): Metric =>
  Object.freeze({
    id: 'bits-per-character',
    unit: 'bits',
    description: 'code length of the samples under the true model; good is the value of the truth, not 0',
    truth: trueBits(model, length),
    bounds: { low: 0 },
    over: bits('bits-per-character', model, length),
  });

/** `|bits-per-character - truth|`: the distance of that code length from the truth's entropy rate. */
export const bitsGap = (model: TextModel, length: number): Metric => {
  const truth = trueBits(model, length);
  return Object.freeze({
    id: 'bits-gap',
    unit: 'bits',
    description: 'distance of bits-per-character from that of the truth',
    bounds: { low: 0 },
    over: (samples: Batch): Statistic => {
      const mean = bits('bits-gap', model, length)(samples);
      return (indices) => Math.abs(mean(indices) - truth);
    },
  });
};
