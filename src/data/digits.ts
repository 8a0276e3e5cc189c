import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';

/** Grey images of 8x8 handwritten digits. */
export interface Digits {
  /** [1797, 64] row-major, pixels scaled from 0..16 to [-1, 1] (ink is 1). */
  readonly images: Float32Array;
  /** [1797], the digit that was written, 0 to 9. */
  readonly labels: Uint8Array;
}

const file = 'digits.csv.gz';
const count = 1797;
const pixels = 64;
const darkest = 16;

/** An integer in [0, most] at a line and column, both from 1. Throws a `UsageError` that names the place. */
const integer = (text: string | undefined, most: number, line: number, column: number): number => {
  if (text !== undefined && /^\d{1,2}$/.test(text) && Number(text) <= most) return Number(text);
  const found = text === undefined ? 'missing' : `"${text}"`;
  throw new UsageError(
    `${file}, line ${line}, column ${column} is ${found}; accepted are integers from 0 to ${most}`,
  );
};

/** The digits from the text of the file: a line an image, 64 pixels and the label. Throws a `UsageError` that names line and column. */
export const parseDigits = (text: string): Digits => {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length !== count)
    throw new UsageError(`${file} has ${lines.length} lines; accepted are ${count}`);
  const images = new Float32Array(count * pixels);
  const labels = new Uint8Array(count);
  lines.forEach((line, i) => {
    const fields = line.split(',');
    if (fields.length > pixels + 1) {
      throw new UsageError(`${file}, line ${i + 1} has ${fields.length} columns; accepted are ${pixels + 1}`);
    }
    for (let j = 0; j < pixels; j++) {
      images[i * pixels + j] = integer(fields[j], darkest, i + 1, j + 1) / (darkest / 2) - 1;
    }
    labels[i] = integer(fields[pixels], 9, i + 1, pixels + 1);
  });
  return { images, labels };
};

/**
 * The 1797 digits of the UCI "Optical Recognition of Handwritten Digits" test set (data/digits.csv.gz). Throws a
 * `UsageError` if the file is missing, corrupt or not of that form.
 */
export const readDigits = async (): Promise<Digits> =>
  parseDigits((await readBundled(file)).toString('utf8'));
