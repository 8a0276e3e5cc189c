import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.js';
import { type CifarRecords, cifarShape, openCifar10 } from '../cifar.js';
import { shuffled } from './shuffle.js';
import { type Dataset, type Split, partsOf, splitOf, unitRange } from './split.js';

export interface CifarOptions {
  readonly path: string;
  readonly split?: readonly number[];
  readonly seed: number;
}

const trainFiles = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`);
const testFile = 'test_batch.bin';
const usualSplit = [0.9, 0.1];

const imagesOf = ({ readImage }: CifarRecords, items: Uint32Array): Split =>
  splitOf(items.length, cifarShape, (out, index) => readImage(out, items[index]));

const isFolder = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    (error: Error) => {
      throw new UsageError(`cannot read the data file ${path}: ${error.message}`);
    },
  );

/**
 * CIFAR-10 in its binary form: a folder with its six files, of which the sixth is to validate with, or one file of such records, validated
 * on a part drawn with the seed. Images stay on the disk until they are read.
 */
export const cifar10 = async (options: CifarOptions): Promise<Dataset> => {
  const { path, split, seed } = options;
  const six = await isFolder(path);
  if (six && split !== undefined) {
    throw new UsageError('dataset "cifar10": a folder has its own split; give split for a single file only');
  }
  const records = await openCifar10(six ? [...trainFiles, testFile].map((name) => join(path, name)) : [path]);
  const count = records.labels.length;
  const order = six ? Uint32Array.from({ length: count }, (_, i) => i) : shuffled(count, seed);
  const testCount = records.counts.at(-1) ?? 0;
  const parts = partsOf(
    'dataset "cifar10"',
    count,
    six ? [count - testCount, testCount] : (split ?? usualSplit),
  );
  const [train, valid, test] = parts.map((part) => imagesOf(records, order.subarray(...part)));
  return {
    id: 'cifar10',
    parameters: { ...options },
    kind: 'values',
    shape: cifarShape,
    range: unitRange,
    train,
    valid,
    ...(test && { test }),
    checksum: records.checksum,
  };
};
