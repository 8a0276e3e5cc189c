import { elements } from '../../array/batch.js';
import { UsageError, requireWhole } from '../../errors.js';
import { type EntryCheck, openNpy } from '../npy-entries.js';
import { shuffled } from './shuffle.js';
import { type Dataset, partsOf, splitOf, unitRange } from './split.js';

export interface NpyOptions {
  readonly path: string;
  readonly classes?: number;
  readonly range: readonly number[];
  readonly split: readonly number[];
  readonly seed: number;
}

/** Where entry `at` of an array is: [3, 0, 7]. */
const placeOf = (at: number, shape: readonly number[]): string => {
  const place: number[] = [];
  for (let rest = at, axis = shape.length - 1; axis >= 0; axis--) {
    place.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return `[${place.join(', ')}]`;
};

/** Throws a `UsageError` for an entry that is not accepted; NaN is none. */
const entryCheck =
  ({ path, classes, range: [low, high] }: NpyOptions): EntryCheck =>
  (entry, index, shape) => {
    const accepts =
      classes === undefined
        ? entry >= low && entry <= high
        : Number.isInteger(entry) && entry >= 0 && entry < classes;
    if (accepts) return;
    const accepted =
      classes === undefined
        ? `numbers from ${low} to ${high} (range says what is carried to [-1, 1])`
        : `classes from 0 to ${classes - 1}`;
    throw new UsageError(`${path}: entry ${placeOf(index, shape)} is ${entry}; accepted are ${accepted}`);
  };

/** The items of any array [n, ...]: numbers in a range, or classes. Validated on a part drawn with the seed. Where the file is large they stay on the disk. */
export const npy = async (options: NpyOptions): Promise<Dataset> => {
  const { path, classes, range, split, seed } = options;
  const [low, high] = range;
  if (range.length !== 2 || !(low < high)) {
    throw new UsageError(
      `dataset "npy": range = [${range.join(', ')}] is not accepted; give two numbers, lower and upper`,
    );
  }
  if (classes !== undefined) requireWhole('dataset "npy": classes', classes, 2);
  const entries = await openNpy(path, entryCheck(options));
  const { shape: whole, checksum } = entries;
  const [count, ...item] = whole;
  if (whole.length === 0 || elements(whole) === 0) {
    throw new UsageError(
      `${path} has shape (${whole.join(', ')}); accepted is (n, ...), n items that are not empty`,
    );
  }
  const shape = item.length === 0 ? [1] : item;
  const own = new Float64Array(elements(shape));
  const toUnit = (entry: number): number => (2 * entry - low - high) / (high - low);
  const order = shuffled(count, seed);
  const [train, valid, test] = partsOf('dataset "npy"', count, split).map(([from, to]) =>
    splitOf(to - from, shape, (out, index) => {
      entries.read(own, order[from + index] * own.length);
      own.forEach((entry, i) => (out[i] = classes === undefined ? toUnit(entry) : entry));
    }),
  );
  return {
    id: 'npy',
    parameters: { ...options },
    ...(classes === undefined ? { kind: 'values' } : { kind: classes === 2 ? 'binary' : 'classes', classes }),
    shape,
    range: unitRange,
    train,
    valid,
    ...(test && { test }),
    checksum,
  };
};
