import { UsageError } from '../../errors.js';
import { checksumOf } from '../files.js';
import { contentOfDigits, parseDigits } from '../digits.js';
import { type GreyImages, binariser, writeImage } from '../images.js';
import { bundledMnist, mnistIn } from '../mnist.js';
import { shuffled } from './shuffle.js';
import { type Dataset, type Split, partsOf, splitOf, unitRange } from './split.js';

export interface ImageOptions {
  readonly path?: string;
  /** Of an image, in pixels; that of the file unless told. */
  readonly side?: number;
  readonly binarise: string;
  readonly seed: number;
}

export interface DigitsOptions extends ImageOptions {
  readonly split: readonly number[];
}

/** What images become, as an item of a data set of theirs. */
interface Form {
  readonly side: number;
  readonly dynamic: boolean;
  readonly seed: number;
}

/** Throws a `UsageError` for options that don't fit images of that side. */
const formOf = (id: string, own: number, { side = own, binarise, seed }: ImageOptions): Form => {
  if (!(Number.isInteger(side) && side >= 1 && own % side === 0)) {
    const accepted = Array.from({ length: own }, (_, i) => i + 1).filter((divisor) => own % divisor === 0);
    throw new UsageError(
      `dataset "${id}": side = ${side} is not accepted; accepted are ${accepted.join(', ')}`,
    );
  }
  if (binarise !== 'no' && binarise !== 'dynamic') {
    throw new UsageError(`dataset "${id}": binarise = ${binarise} is not accepted; accepted are no, dynamic`);
  }
  return { side, dynamic: binarise === 'dynamic', seed };
};

/** Images as a split, in the order of `items`; `firstKey` sets apart the random pixels of splits from different files. */
const imageSplit = (images: GreyImages, items: Uint32Array, form: Form, firstKey = 0): Split => {
  const draw = form.dynamic ? binariser(form.seed) : undefined;
  return splitOf(items.length, [form.side, form.side], (out, index, epoch) => {
    writeImage(out, images, items[index], form.side);
    draw?.(out, firstKey + items[index], epoch);
  });
};

const inOrder = ({ labels }: GreyImages): Uint32Array => Uint32Array.from(labels.keys());

const describe = ({ side, dynamic }: Form): Pick<Dataset, 'kind' | 'classes' | 'shape' | 'range'> => ({
  ...(dynamic ? { kind: 'binary', classes: 2 } : { kind: 'values' }),
  shape: [side, side],
  range: unitRange,
});

/** 8x8 handwritten digits (UCI): those that ship, or a CSV file of the same form. Validated on a part drawn with the seed. */
export const digits = async (options: DigitsOptions): Promise<Dataset> => {
  const { path, split, seed } = options;
  const content = await contentOfDigits(path);
  const images = parseDigits(new TextDecoder('latin1').decode(content), path);
  const form = formOf('digits', images.side, options);
  const order = shuffled(images.labels.length, seed);
  const [train, valid, test] = partsOf('dataset "digits"', order.length, split).map((part) =>
    imageSplit(images, order.subarray(...part), form),
  );
  return {
    id: 'digits',
    parameters: { ...options },
    ...describe(form),
    train,
    valid,
    ...(test && { test }),
    checksum: checksumOf(content),
  };
};

/**
 * MNIST: what ships, in 14x14 pixels, or a folder with its four files. Trained on the 60,000 images for it, validated on the 10,000
 * for the test.
 */
export const mnist = async (options: ImageOptions): Promise<Dataset> => {
  const { path } = options;
  const [train, valid] = await Promise.all(
    (['train', 't10k'] as const).map((part) =>
      path === undefined ? bundledMnist(part) : mnistIn(path, part),
    ),
  );
  if (train.side !== valid.side) {
    throw new UsageError(`${path}: images of side ${train.side} to train on, ${valid.side} for the test`);
  }
  const form = formOf('mnist', train.side, options);
  return {
    id: 'mnist',
    parameters: { ...options },
    ...describe(form),
    train: imageSplit(train, inOrder(train), form),
    valid: imageSplit(valid, inOrder(valid), form, train.labels.length),
    checksum: checksumOf(...train.contents, ...valid.contents),
  };
};
