import type { Batch } from '../../src/array/batch.js';
import type { Metric } from '../metric.js';
import { symbols } from './samples.js';

/** So that the squared distance of two items is how many of their variables differ, as it is of two classes by their numbers, 0 and 1. */
export const indicatorScale = Math.fround(Math.SQRT1_2);

/** Classes [n, d] as vectors [n, d * K]: of each variable the number at its class is the scale, the others are 0. */
export const indicators = ({ shape: [count, d], data }: Batch, classes: number): Batch => {
  const out = new Float32Array(count * d * classes);
  data.forEach((k, at) => (out[at * classes + k] = indicatorScale));
  return { shape: [count, d * classes], data: out };
};

/** A metric of a law of indicators as one of samples that are classes. */
export const onIndicators = (metric: Metric, dimension: number, classes: number): Metric =>
  Object.freeze({
    ...metric,
    over: (samples: Batch) => {
      const length = dimension / classes;
      const data = Float32Array.from(symbols(metric.id, samples, length, classes));
      return metric.over(indicators({ shape: [samples.shape[0], length], data }, classes));
    },
  });
