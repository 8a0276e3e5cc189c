import { createHash } from 'node:crypto';
import { type Floats, elements } from '../array/batch.js';
import { type Bytes, checksumOf, openBytes, readUnpacked } from './files.js';
import {
  type Fail,
  type Header,
  entryReader,
  failOf,
  headerEnd,
  parseHeader,
  parseNpy,
  requireSize,
  viewOf,
} from './npy.js';

/** The entries of an array, to be read by their place. */
export interface Entries {
  readonly shape: readonly number[];
  /** SHA-256 of the file, unpacked. */
  readonly checksum: string;
  /** Fills `out` with entries from `first` on, row-major. Throws a `UsageError` where the file no longer has them. */
  read(out: Floats, first: number): void;
}

/** Called with each entry of an array, by its place in row-major order; may throw. */
export type EntryCheck = (entry: number, index: number, shape: readonly number[]) => void;

/** Entries of a piece in which the file is gone through. */
const pieceEntries = 2 ** 17;

const openHeader = (bytes: Bytes, fail: Fail): Header => {
  const upTo = (end: number): Uint8Array => bytes.read(0, Math.min(end, bytes.size), 'its header');
  const header = parseHeader(upTo(headerEnd(upTo(12), fail)), fail);
  requireSize(header, bytes.size, fail);
  return header;
};

/**
 * The array of a `.npy` file, whose entries stay on the disk where the file is large and neither packed by gzip nor in the order of Fortran. All are read once,
 * for the checksum and for `check`. Rejects with a `UsageError` like `readNpy`; `held` is
 * as for `openBytes`.
 */
export const openNpy = async (path: string, check: EntryCheck, held?: number): Promise<Entries> => {
  const fail = failOf(path);
  const bytes = await openBytes(path, held);
  const header = openHeader(bytes, fail);
  const { type, shape, start, fortranOrder } = header;
  if (fortranOrder) return heldEntries(await readUnpacked(path), path, check);
  const entry = entryReader(header, fail);
  const each = (first: number, count: number, put: (value: number, i: number) => void): Uint8Array => {
    const from = start + first * type.bytes;
    const piece = bytes.read(from, from + count * type.bytes, `entry ${first} and those after it`);
    const view = viewOf(piece);
    for (let i = 0; i < count; i++) put(entry(view, i * type.bytes, from), i);
    return piece;
  };
  const hash = createHash('sha256').update(bytes.read(0, start, 'its header'));
  const count = elements(shape);
  for (let first = 0; first < count; first += pieceEntries) {
    hash.update(
      each(first, Math.min(pieceEntries, count - first), (value, i) => check(value, first + i, shape)),
    );
  }
  return {
    shape,
    checksum: hash.digest('hex'),
    read: (out, first) => void each(first, out.length, (value, i) => (out[i] = value)),
  };
};

/** Of Fortran's order: the entries of an item lie apart, so all are held. */
const heldEntries = (content: Buffer, path: string, check: EntryCheck): Entries => {
  const { shape, data } = parseNpy(content, path);
  data.forEach((value, index) => check(value, index, shape));
  return {
    shape,
    checksum: checksumOf(content),
    read: (out, first) => out.set(data.subarray(first, first + out.length)),
  };
};
