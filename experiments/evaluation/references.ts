import { type Batch, elements, samplesOf } from '../../src/array/batch.js';
import { type Bins, makeBins } from '../../src/bfn/bins.js';
import type { Dataset, Split } from '../../src/data/dataset.js';
import { independentCode } from './independent.js';
import { type CodeLength, ngramCode } from './ngrams.js';
import { independentNormalCode, normalCode } from './normals.js';

/** A simple model of the same training data: exact code lengths to hold a bound against. */
export interface Reference {
  readonly id: string;
  readonly description: string;
  /** Of an item in nats. */
  readonly code: CodeLength;
}

/** Items that a reference is fitted to, at most, spread evenly over those that there are. */
const fitted = 10_000;
/** Variables up to which their covariance is fitted. */
const manyVariables = 1024;

/** `count` items of a split, spread evenly over it. */
export const spreadItems = ({ count, read }: Split, wanted: number): Batch => {
  const number = Math.min(wanted, count);
  return read(
    Array.from({ length: number }, (_, i) => Math.floor((i * count) / number)),
    0,
  );
};

const textReferences = (text: Uint8Array, classes: number): readonly Reference[] =>
  [1, 2, 3, 4].map((n) => ({
    id: `${n}-gram`,
    description: 'counts of the training text, interpolated by Witten and Bell',
    code: ngramCode(text, classes, n),
  }));

const classReferences = ({ train, shape, classes = 2, kind }: Dataset): readonly Reference[] => {
  const variables = elements(shape);
  return [
    {
      id: 'independent',
      description: `independent ${kind === 'binary' ? 'pixels' : 'variables'}, by their frequencies in the training data`,
      code: independentCode(spreadItems(train, fitted).data, variables, classes),
    },
  ];
};

const valueReferences = ({ train, shape }: Dataset, bins: Bins): readonly Reference[] => {
  const d = elements(shape);
  const { data } = spreadItems(train, fitted);
  const independent = {
    id: 'independent-normals',
    description: `a normal law a variable, in ${bins.count} bins`,
    code: independentNormalCode(data, d, bins),
  };
  if (d > manyVariables) return [independent];
  return [
    independent,
    {
      id: 'normal',
      description: `one normal law of the mean and covariance of the training data, in ${bins.count} bins`,
      code: normalCode(data, d, bins),
    },
  ];
};

/** Models to hold a network against, fitted to what it was trained on; `bins` is how many there are of values. */
export const referencesOf = (dataset: Dataset, bins: number): readonly Reference[] => {
  if (dataset.trainText) return textReferences(dataset.trainText, dataset.classes ?? 2);
  return dataset.kind === 'values' ? valueReferences(dataset, makeBins(bins)) : classReferences(dataset);
};

/** Code lengths of all items, in nats. */
export const codeLengths = (items: Batch, code: CodeLength): Float64Array =>
  Float64Array.from({ length: items.shape[0] }, (_, i) => code(samplesOf(items, i, i + 1).data));
