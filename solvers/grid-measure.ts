import { type Batch, type Floats, elements, sampleSize } from '../src/array/batch.js';
import { UsageError } from '../src/errors.js';

/**
 * How far samples are from a reference solution of the same starts. `squared-error`: sample by sample, the mean of `(x - y)²` over
 * samples and coordinates. `energy-distance`: as laws, `2 E|x - y| - E|x - x'| - E|y - y'|` with Euclidean norms over all pairs
 * (Székely & Rizzo 2013); 0 where both are the same set of samples.
 */
export type GridMeasure = 'squared-error' | 'energy-distance';
export const gridMeasures: readonly GridMeasure[] = ['squared-error', 'energy-distance'];

/** A measure of the user's own: how far final predictions `[samples, ...]` are from what they should be; smaller is better. */
export interface OwnMeasure {
  readonly id: string;
  of(result: Batch): number | Promise<number>;
}

/** The mean Euclidean distance of all pairs. */
const meanDistance = (a: Floats, b: Floats, size: number): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i += size) {
    for (let j = 0; j < b.length; j += size) {
      let squared = 0;
      for (let k = 0; k < size; k++) squared += (a[i + k] - b[j + k]) ** 2;
      sum += Math.sqrt(squared);
    }
  }
  return (sum * size * size) / (a.length * b.length);
};

const squaredError =
  ({ data, shape }: Batch) =>
  (result: Batch): number => {
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += (result.data[i] - data[i]) ** 2;
    return sum / elements(shape);
  };

const energyDistance = (reference: Batch): ((result: Batch) => number) => {
  const size = sampleSize(reference);
  const { data } = reference;
  const within = meanDistance(data, data, size);
  return (result) =>
    2 * meanDistance(result.data, data, size) - meanDistance(result.data, result.data, size) - within;
};

/** The measure as a function of the samples. Throws a `UsageError` for one that there is not. */
export const distanceFrom = (reference: Batch, measure: GridMeasure): ((result: Batch) => number) => {
  if (!gridMeasures.includes(measure)) {
    throw new UsageError(`the measure is "${String(measure)}"; it must be ${gridMeasures.join(' or ')}`);
  }
  return (measure === 'squared-error' ? squaredError : energyDistance)(reference);
};
