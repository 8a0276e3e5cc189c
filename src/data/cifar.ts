import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { UsageError } from '../errors.js';
import { readAt } from './files.js';

const side = 32;
const channels = 3;
const plane = side * side;
const recordBytes = 1 + channels * plane;
const classes = 10;

/** Of an image: channels last. */
export const cifarShape = [side, side, channels] as const;

/** Labelled colour images of files that stay on the disk. */
export interface CifarRecords {
  /** [count], the class of each, 0 to 9. */
  readonly labels: Uint8Array;
  /** How many each file has. */
  readonly counts: readonly number[];
  /** SHA-256 of the files one after the other. */
  readonly checksum: string;
  /** Reads image `index` from its file into `out`, [32, 32, 3], in [-1, 1]. Throws a `UsageError` where the file no longer has it. */
  readImage(out: Float32Array, index: number): void;
}

interface Part {
  readonly path: string;
  /** Index of its first image among all. */
  readonly first: number;
  readonly labels: readonly number[];
}

/** Reads a file once from end to end, a piece at a time, for its labels and checksum. */
const scan = async (path: string, first: number, hash: ReturnType<typeof createHash>): Promise<Part> => {
  const labels: number[] = [];
  let length = 0;
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
      hash.update(piece);
      for (
        let at = (recordBytes - (length % recordBytes)) % recordBytes;
        at < piece.length;
        at += recordBytes
      ) {
        if (piece[at] >= classes) {
          throw new UsageError(
            `${path}: byte ${length + at}, the label of record ${labels.length}, is ${piece[at]}; accepted are 0 to ${classes - 1}`,
          );
        }
        labels.push(piece[at]);
      }
      length += piece.length;
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`cannot read the data file ${path}: ${(error as Error).message}`);
  }
  if (length === 0 || length % recordBytes !== 0) {
    throw new UsageError(
      `${path} ends at byte ${length}${length === 0 ? '' : `, in record ${labels.length - 1}`}; accepted are whole records of ${recordBytes} bytes`,
    );
  }
  return { path, first, labels };
};

/**
 * The images of CIFAR-10 in its binary form (https://www.cs.toronto.edu/~kriz/cifar.html), of one or several files one after the other: records of
 * 3073 bytes, a label, then the red, the green and the blue plane, each 32x32 row by row. Images are read from the files when they are asked for, so
 * that the 170 MB never are in memory. Rejects with a `UsageError` that names file and byte for a file that is missing, empty, cut off or has another label.
 */
export const openCifar10 = async (paths: readonly string[]): Promise<CifarRecords> => {
  const hash = createHash('sha256');
  const parts: Part[] = [];
  for (const path of paths) {
    const last = parts.at(-1);
    parts.push(await scan(path, last ? last.first + last.labels.length : 0, hash));
  }
  const record = new Uint8Array(recordBytes);
  return {
    labels: Uint8Array.from(parts.flatMap(({ labels }) => labels)),
    counts: parts.map(({ labels }) => labels.length),
    checksum: hash.digest('hex'),
    readImage(out, index) {
      const part = parts.find(({ first, labels }) => index >= first && index < first + labels.length);
      if (part === undefined) throw new UsageError(`there is no image ${index}`);
      const own = index - part.first;
      readAt(record, part.path, own * recordBytes, `record ${own}`);
      for (let at = 0; at < plane; at++) {
        for (let channel = 0; channel < channels; channel++) {
          out[at * channels + channel] = (2 * record[1 + channel * plane + at]) / 255 - 1;
        }
      }
    },
  };
};
