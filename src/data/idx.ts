import { UsageError } from '../errors.js';
import { readUnpacked } from './files.js';

/** An array of bytes, row-major. */
export interface ByteArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** The third byte of a file of unsigned bytes. */
const unsignedBytes = 0x08;

/**
 * The array of an IDX file of bytes, http://yann.lecun.com/exdb/mnist: 0, 0, the type of the entries, the number of dimensions;
 * their lengths, big-endian; the entries. Throws a `UsageError` that names the file and the byte for any other content, and
 * unless the array has `rank` dimensions, where that is given.
 */
export const parseIdx = (content: Uint8Array, file: string, rank?: number): ByteArray => {
  const fail = (what: string): never => {
    throw new UsageError(`${file} is no IDX file of bytes: ${what}`);
  };
  const wrong = [0, 0, unsignedBytes].findIndex((byte, at) => content[at] !== byte);
  if (wrong >= content.length || content.length < 4)
    fail(`it ends at byte ${content.length}, in its magic number`);
  if (wrong >= 0) {
    fail(
      `byte ${wrong} is ${content[wrong]}; accepted is ${wrong < 2 ? 0 : `${unsignedBytes}, unsigned bytes`}`,
    );
  }
  const dimensions = content[3];
  if (dimensions === 0 || (rank !== undefined && dimensions !== rank)) {
    fail(`byte 3, the number of dimensions, is ${dimensions}; accepted is ${rank ?? 'one from 1'}`);
  }
  const start = 4 + 4 * dimensions;
  if (content.length < start)
    fail(`it ends at byte ${content.length}, in the lengths of its ${dimensions} dimensions`);
  const view = new DataView(content.buffer, content.byteOffset, start);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const end = start + shape.reduce((product, length) => product * length, 1);
  if (content.length !== end) {
    fail(`it ends at byte ${content.length}; of shape [${shape.join(', ')}] it has ${end} bytes`);
  }
  return { shape, data: content.subarray(start) };
};

/** The array of an IDX file of bytes, packed by gzip or not. Rejects with a `UsageError` like `parseIdx`, and if there is no such file. */
export const readIdx = async (path: string, rank?: number): Promise<ByteArray> =>
  parseIdx(await readUnpacked(path), path, rank);
