import { readFile, stat, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { UsageError } from '../errors.js';
import type { Architecture } from './ops.js';
import { countParameters } from './shape-ops.js';

const swaps = endianness() === 'BE';

/** float32 numbers as the bytes of a file, least significant first; a view where the machine has them so. */
export const littleEndian = (values: Float32Array): Buffer => {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return swaps ? Buffer.from(bytes).swap32() : bytes;
};

/** The inverse of `littleEndian`, in an array of its own. */
export const fromLittleEndian = (bytes: Uint8Array): Float32Array => {
  const values = new Float32Array(bytes.length / 4);
  const own = Buffer.from(values.buffer);
  own.set(bytes);
  if (swaps) own.swap32();
  return values;
};

/** Writes weights as they lie in their vector: float32, little-endian, nothing else. */
export const writeWeights = async (path: string, flat: Float32Array): Promise<void> =>
  writeFile(path, littleEndian(flat));

/** How long the file of an architecture's weights is. */
export const weightBytes = (architecture: Architecture): number => 4 * countParameters(architecture);

const requireSize = (path: string, size: number, architecture: Architecture): void => {
  const wanted = weightBytes(architecture);
  if (size === wanted) return;
  throw new UsageError(
    `${path} has ${size} bytes; accepted are ${wanted}, the weights of this ${architecture.id}: it is truncated or of another network`,
  );
};

/** Rejects with a `UsageError` if there is a file of weights and it is not as long as those of the architecture are, which is only made then. */
export const checkWeights = async (path: string, architecture: () => Architecture): Promise<void> => {
  const found = await stat(path).catch(() => undefined);
  if (found) requireSize(path, found.size, architecture());
};

/** Reads what `writeWeights` wrote. Throws a `UsageError` if the file can't be read or is not as long as the architecture's weights are. */
export const readWeights = async (path: string, architecture: Architecture): Promise<Float32Array> => {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: the weights can't be read (${error.code ?? error.message})`);
  });
  requireSize(path, bytes.length, architecture);
  return fromLittleEndian(bytes);
};
