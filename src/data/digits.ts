import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';
import { readUnpacked } from './files.js';
import { type GreyImages, allImages } from './images.js';

/** Grey images of 8x8 handwritten digits. */
export interface Digits {
  /** [count, 64] row-major, pixels scaled from 0..16 to [-1, 1] (ink is 1). */
  readonly images: Float32Array;
  /** [count], the digit that was written, 0 to 9. */
  readonly labels: Uint8Array;
}

const bundled = 'digits.csv.gz';
const side = 8;
const pixelsOfImage = side ** 2;
const darkest = 16;

/** The digits from the text of a file: a line an image, 64 pixels and the label. Throws a `UsageError` that names file, line and column. */
export const parseDigits = (text: string, file = bundled): GreyImages => {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0)
    throw new UsageError(`${file} is empty; accepted is a line of numbers for each digit`);

  /** An integer in [0, most] at a line and column, both from 1. */
  const integer = (field: string | undefined, most: number, line: number, column: number): number => {
    if (field !== undefined && /^\d{1,2}$/.test(field) && Number(field) <= most) return Number(field);
    const found = field === undefined ? 'missing' : JSON.stringify(field.slice(0, 40));
    throw new UsageError(
      `${file}, line ${line}, column ${column} is ${found}; accepted are integers from 0 to ${most}`,
    );
  };

  const pixels = new Uint8Array(lines.length * pixelsOfImage);
  const labels = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    const fields = line.split(',');
    if (fields.length > pixelsOfImage + 1) {
      throw new UsageError(
        `${file}, line ${i + 1} has ${fields.length} columns; accepted are ${pixelsOfImage + 1}`,
      );
    }
    for (let j = 0; j < pixelsOfImage; j++) {
      pixels[i * pixelsOfImage + j] = integer(fields[j], darkest, i + 1, j + 1);
    }
    labels[i] = integer(fields[pixelsOfImage], 9, i + 1, pixelsOfImage + 1);
  });
  return { side, pixels, darkest, labels };
};

/** The content of a file of digits, packed by gzip or not; of the one that ships with the package, unless told. */
export const contentOfDigits = async (path?: string): Promise<Uint8Array> =>
  path === undefined ? readBundled(bundled) : readUnpacked(path);

/**
 * The 1797 digits of the UCI "Optical Recognition of Handwritten Digits" test set (data/digits.csv.gz), or those of a file of
 * the same form, packed by gzip or not. Rejects with a `UsageError` if the file is missing, corrupt or not of that form.
 */
export const readDigits = async (path?: string): Promise<Digits> => {
  const digits = parseDigits(new TextDecoder('latin1').decode(await contentOfDigits(path)), path);
  return { images: allImages(digits), labels: digits.labels };
};
