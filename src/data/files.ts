import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '../errors.js';

const isGzip = (content: Uint8Array): boolean => content[0] === 0x1f && content[1] === 0x8b;

const cannotRead = (path: string, error: unknown): UsageError =>
  new UsageError(`cannot read the data file ${path}: ${(error as Error).message}`);

/** The content of a file, unpacked if it begins as gzip does. Rejects with a `UsageError` for one that cannot be read or unpacked. */
export const readUnpacked = async (path: string): Promise<Buffer> => {
  const content = await readFile(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (!isGzip(content)) return content;
  try {
    return gunzipSync(content);
  } catch (error) {
    throw new UsageError(
      `cannot unpack the gzip file ${path} of ${content.length} bytes: ${(error as Error).message}`,
    );
  }
};

/**
 * Fills `out` with the bytes of a file from `start` on. Throws a `UsageError` for a file that cannot be read, and for one that ends before, which it had
 * not when it was opened: `within` says what of it is cut off.
 */
export const readAt = (out: Uint8Array, path: string, start: number, within: string): void => {
  const bytesRead = ((): number => {
    try {
      // opened anew each time: nothing has to be closed by whoever holds the data
      const descriptor = openSync(path, 'r');
      try {
        return readSync(descriptor, out, 0, out.length, start);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw cannotRead(path, error);
    }
  })();
  if (bytesRead === out.length) return;
  throw new UsageError(`${path} has become shorter: it ends at byte ${start + bytesRead}, in ${within}`);
};

/** Bytes that are read as they are needed. */
export interface Bytes {
  readonly size: number;
  /** Bytes `start` to `end` (exclusive), not to be changed. Throws a `UsageError` where the file, in `within`, no longer has them. */
  read(start: number, end: number, within: string): Uint8Array;
}

/** Up to how many bytes a file is held in memory, where reading an item takes less than opening the file would. */
const usualHeld = 2 ** 26;

/**
 * The content of a file, unpacked, that stays on the disk where it is large and not packed by gzip. Rejects with a `UsageError` for one that cannot
 * be read or unpacked.
 */
export const openBytes = async (path: string, held = usualHeld): Promise<Bytes> => {
  const { size, packed } = await sizeOf(path).catch((error: unknown) => {
    throw cannotRead(path, error);
  });
  if (packed || size <= held) {
    const content = await readUnpacked(path);
    return { size: content.length, read: (start, end) => content.subarray(start, end) };
  }
  return {
    size,
    read(start, end, within) {
      const out = new Uint8Array(end - start);
      readAt(out, path, start, within);
      return out;
    },
  };
};

const sizeOf = async (path: string): Promise<{ readonly size: number; readonly packed: boolean }> => {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return { size: (await file.stat()).size, packed: isGzip(buffer) };
  } finally {
    await file.close();
  }
};

/** SHA-256 in hexadecimal digits of contents one after the other. */
export const checksumOf = (...contents: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex');
};
