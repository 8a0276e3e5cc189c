import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type Batch, elements } from '../src/array/batch.js';
import { parseNpy } from '../src/data/npy.js';
import { encode } from '../src/data/text.js';
import { UsageError } from '../src/errors.js';
import type { Model } from './problem.js';
import { lineFeedSign, rowsOf } from './rows.js';

const linesOf = (content: Buffer): string[] => {
  const lines = content.toString('utf8').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

const csv = (content: Buffer): number[][] => linesOf(content).map((line) => line.split(',').map(Number));

const text = (content: Buffer, alphabet: string): number[][] =>
  linesOf(content).map((line) => [...encode(line.replaceAll(lineFeedSign, '\n'), alphabet)]);

const npy = (content: Buffer): readonly number[][] => {
  const array = parseNpy(content, 'it');
  if (array.shape.length !== 2) {
    throw new UsageError(`it is no array of shape [n, d], but [${array.shape.join(', ')}]`);
  }
  return rowsOf(array);
};

const parse = (name: string, content: Buffer, { view }: Model): readonly number[][] => {
  switch (extname(name).toLowerCase()) {
    case '.npy':
      return npy(content);
    case '.csv':
      return csv(content);
    case '.txt':
      if (view?.kind === 'text') return text(content, view.alphabet);
  }
  throw new UsageError(`the ending can be ${view?.kind === 'text' ? '.txt, ' : ''}.csv, .npy`);
};

const isClass = (classes: number, value: number): boolean =>
  Number.isInteger(value) && value >= 0 && value < classes;

/** The rows as a batch. Throws a `UsageError` for the first that is no sample of the problem. */
const checked = (rows: readonly number[][], { process: { classes }, denoiser }: Model): Batch => {
  const size = elements(denoiser.sampleShape) / (classes ?? 1);
  const accepted = classes === undefined ? 'finite numbers' : `classes from 0 to ${classes - 1}`;
  const accepts = (value: number): boolean =>
    classes === undefined ? Number.isFinite(value) : isClass(classes, value);
  const wrong = rows.findIndex((row) => row.length !== size || !row.every(accepts));
  if (wrong >= 0 || rows.length === 0) {
    throw new UsageError(`sample ${Math.max(wrong, 0) + 1} is not ${size} ${accepted}`);
  }
  return { shape: [rows.length, size], data: Float32Array.from(rows.flat()) };
};

/**
 * Decoded samples of a problem from a file that `bfn sample` can write: .npy, .csv or, of text, .txt. Rejects with a `UsageError` for a file
 * that cannot be read or does not hold samples of this problem.
 */
export const readSamples = async (name: string, problem: Model): Promise<Batch> => {
  try {
    return checked(parse(name, await readFile(name), problem), problem);
  } catch (error) {
    throw new UsageError(`cannot read samples of "${problem.id}" from ${name}: ${(error as Error).message}`);
  }
};
