import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';

/** Grey images of handwritten digits, smaller than MNIST's own. */
export interface SmallMnist {
  /** [10000, side²] row-major, in [-1, 1] (ink is 1). */
  readonly images: Float32Array;
  /** [10000], the digit that was written, 0 to 9. */
  readonly labels: Uint8Array;
}

const side = 14;
/** Of a pixel in the file; the same as in the UCI digits. */
const darkest = 16;

/** The entries of an IDX file of bytes, http://yann.lecun.com/exdb/mnist: after the magic number one length a dimension, all big-endian. */
const entriesOf = (file: string, content: Buffer, dimensions: number): Uint8Array => {
  const header = 4 * (1 + dimensions);
  const lengths = Array.from({ length: dimensions }, (_, i) => content.readUInt32BE(4 * (i + 1)));
  const entries = lengths.reduce((a, b) => a * b, 1);
  if (content.readUInt32BE(0) !== 0x800 + dimensions || content.length !== header + entries) {
    throw new UsageError(`${file} is not an IDX file of bytes in ${dimensions} dimensions`);
  }
  return content.subarray(header);
};

/** Each 2x2 block of square images as its mean. */
const halved = (images: Float32Array, from: number): Float32Array => {
  const to = from / 2;
  return Float32Array.from({ length: images.length / 4 }, (_, at) => {
    const [image, y, x] = [Math.floor(at / to ** 2), Math.floor(at / to) % to, at % to];
    const corner = (image * from + 2 * y) * from + 2 * x;
    return (images[corner] + images[corner + 1] + images[corner + from] + images[corner + from + 1]) / 4;
  });
};

/**
 * The 10,000 test images of MNIST, averaged over 2x2 blocks to 14x14 pixels (data/mnist), or over 4x4 blocks to 7x7. Throws a
 * `UsageError` for another side, or if a file is missing or corrupt.
 */
export const readMnist = async (asked = side): Promise<SmallMnist> => {
  if (asked !== side && asked !== side / 2) {
    throw new UsageError(`MNIST images of side ${asked}; accepted are ${side / 2} and ${side}`);
  }
  const [pixels, labels] = await Promise.all(
    (
      [
        [`mnist/t10k-images-14x14.gz`, 3],
        [`mnist/t10k-labels.gz`, 1],
      ] as const
    ).map(async ([file, dimensions]) => entriesOf(file, await readBundled(file), dimensions)),
  );
  const images = Float32Array.from(pixels, (value) => value / (darkest / 2) - 1);
  return { images: asked === side ? images : halved(images, side), labels };
};
