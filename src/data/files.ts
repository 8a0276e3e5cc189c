import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '../errors.js';

const isGzip = (content: Uint8Array): boolean => content[0] === 0x1f && content[1] === 0x8b;

/** The content of a file, unpacked if it begins as gzip does. Rejects with a `UsageError` for one that cannot be read or unpacked. */
export const readUnpacked = async (path: string): Promise<Buffer> => {
  const content = await readFile(path).catch((error: Error) => {
    throw new UsageError(`cannot read the data file ${path}: ${error.message}`);
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

/** SHA-256 in hexadecimal digits of contents one after the other. */
export const checksumOf = (...contents: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(content);
  return hash.digest('hex');
};
