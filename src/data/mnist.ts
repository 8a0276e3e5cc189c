import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';
import { parseIdx } from './idx.js';
import { type GreyImages, allImages } from './images.js';
import { readUnpacked } from './files.js';

/** Grey images of handwritten digits, smaller than MNIST's own. */
export interface SmallMnist {
  /** [10000, side²] row-major, in [-1, 1] (ink is 1). */
  readonly images: Float32Array;
  /** [10000], the digit that was written, 0 to 9. */
  readonly labels: Uint8Array;
}

/** Images as files hold them. */
export interface MnistPart extends GreyImages {
  /** Of its files, unpacked: images, labels. */
  readonly contents: readonly [images: Uint8Array, labels: Uint8Array];
}

/** The 60,000 that networks are trained on, or the 10,000 of the test. */
export type MnistPartName = 'train' | 't10k';

const bundledSide = 14;
/** Of a pixel in the bundled files; the same as in the UCI digits. */
const bundledDarkest = 16;

interface Content {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Throws a `UsageError` unless the two are square images and as many labels. */
const partOf = (images: Content, labels: Content, darkest: number): MnistPart => {
  const { shape, data } = parseIdx(images.bytes, images.file, 3);
  const [count, side, width] = shape;
  if (data.length === 0) throw new UsageError(`${images.file} has no pixels; accepted is one image or more`);
  const { data: digits } = parseIdx(labels.bytes, labels.file, 1);
  if (side !== width)
    throw new UsageError(`${images.file} has images of ${side}x${width} pixels; accepted are squares`);
  if (digits.length !== count) {
    throw new UsageError(`${labels.file} has ${digits.length} labels; ${images.file} has ${count} images`);
  }
  return { side, pixels: data, darkest, labels: digits, contents: [images.bytes, labels.bytes] };
};

/** The images that ship with the package in 14x14 pixels (data/mnist). Rejects with a `UsageError` if a file is missing or corrupt. */
export const bundledMnist = async (part: MnistPartName): Promise<MnistPart> => {
  const [images, labels] = await Promise.all(
    ['images-14x14', 'labels'].map(async (what) => {
      const file = `mnist/${part}-${what}.gz`;
      return { file, bytes: await readBundled(file) };
    }),
  );
  return partOf(images, labels, bundledDarkest);
};

/** A file of a folder under its name, or with `.gz` after it. */
const contentIn = async (folder: string, name: string): Promise<Content> => {
  const plain = join(folder, name);
  const packed = await access(plain).then(
    () => false,
    () => true,
  );
  const file = packed ? `${plain}.gz` : plain;
  return { file, bytes: await readUnpacked(file) };
};

/**
 * The images of a folder with the files of MNIST under their names (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte` and so on), packed
 * by gzip or not. Rejects with a `UsageError` if one is missing, no IDX file of bytes, or if there are not as many labels as images.
 */
export const mnistIn = async (folder: string, part: MnistPartName): Promise<MnistPart> => {
  const [images, labels] = await Promise.all([
    contentIn(folder, `${part}-images-idx3-ubyte`),
    contentIn(folder, `${part}-labels-idx1-ubyte`),
  ]);
  return partOf(images, labels, 255);
};

/**
 * The 10,000 test images of MNIST, averaged over 2x2 blocks to 14x14 pixels (data/mnist), or over 4x4 blocks to 7x7. Throws a
 * `UsageError` for another side, or if a file is missing or corrupt.
 */
export const readMnist = async (asked = bundledSide): Promise<SmallMnist> => {
  if (asked !== bundledSide && asked !== bundledSide / 2) {
    throw new UsageError(`MNIST images of side ${asked}; accepted are ${bundledSide / 2} and ${bundledSide}`);
  }
  const part = await bundledMnist('t10k');
  return { images: allImages(part, asked), labels: part.labels };
};
