import { type Batch, elements } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Json } from '../../json.js';

/** Items to train on or to validate with. */
export interface Split {
  readonly count: number;
  /**
   * Items by their index below `count`, in any order: [n, ...shape], numbers in the data set's range, or classes as whole numbers.
   * A function of the index and, where pixels are drawn at random, of the epoch (a whole number from 0). Throws a `UsageError` for
   * an index that there is not.
   */
  read(indices: ArrayLike<number>, epoch: number): Batch;
}

/** Data that networks can be trained on. */
export interface Dataset {
  readonly id: string;
  /** As they were given, defaults filled in. */
  readonly parameters: Readonly<Record<string, Json>>;
  /** Numbers, or whole numbers from 0 to `classes - 1`; `binary` is two classes. */
  readonly kind: 'values' | 'classes' | 'binary';
  /** Of an item; channels last. */
  readonly shape: readonly number[];
  /** How many classes there are, unless the kind is `values`. */
  readonly classes?: number;
  /** Of a text: the character of each class. */
  readonly alphabet?: string;
  /** Of a text: the class of each character of the part to train on, in a row. */
  readonly trainText?: Uint8Array;
  /** What numbers lie in. */
  readonly range: readonly [low: -1, high: 1];
  readonly train: Split;
  readonly valid: Split;
  /** Held back from both, where there is such a part. */
  readonly test?: Split;
  /** SHA-256 of the content of the files, unpacked, one after the other. */
  readonly checksum: string;
}

export const unitRange = [-1, 1] as const;

/** A split whose items are written one by one: `write` fills `out`, zeros of `shape`, with item `index`. */
export const splitOf = (
  count: number,
  shape: readonly number[],
  write: (out: Float32Array, index: number, epoch: number) => void,
): Split => {
  const size = elements(shape);
  return {
    count,
    read(indices, epoch) {
      const data = new Float32Array(indices.length * size);
      for (let i = 0; i < indices.length; i++) {
        const index = indices[i];
        if (!(Number.isInteger(index) && index >= 0 && index < count)) {
          throw new UsageError(`item ${index} of a split; accepted are 0 to ${count - 1}`);
        }
        write(data.subarray(i * size, (i + 1) * size), index, epoch);
      }
      return { shape: [indices.length, ...shape], data };
    },
  };
};

/** Where a part of a whole begins and ends (exclusive). */
export type Part = readonly [from: number, to: number];

const partNames = ['train', 'valid', 'test'] as const;

/**
 * Parts of `count` things by `split`: two or three fractions that sum to 1 or less, or numbers of things; train, valid and, of three,
 * test, one after the other. Throws a `UsageError` for another list, and if there are too few things.
 */
export const partsOf = (source: string, count: number, split: readonly number[]): readonly Part[] => {
  const fail = (what: string): never => {
    throw new UsageError(`${source}: split = [${split.join(', ')}] ${what}`);
  };
  const total = split.reduce((sum, part) => sum + part, 0);
  const areFractions = split.every((part) => part > 0 && part < 1) && total < 1 + 1e-9;
  const areCounts = split.every((part) => Number.isSafeInteger(part) && part >= 1);
  if (!(split.length === 2 || split.length === 3) || !(areFractions || areCounts)) {
    fail('is not accepted; give 2 or 3 fractions of at most 1 in all, or whole numbers from 1');
  }
  if (areCounts && total > count) fail(`asks for ${total}; there are ${count}`);
  let sum = 0;
  const bounds = split.map((part) => {
    sum += part;
    return areCounts ? sum : Math.min(count, Math.round(sum * count));
  });
  const parts = bounds.map((end, i): Part => [bounds[i - 1] ?? 0, end]);
  const empty = parts.findIndex(([from, to]) => from === to);
  if (empty >= 0) fail(`leaves nothing to ${partNames[empty]}; there are ${count}`);
  return parts;
};
