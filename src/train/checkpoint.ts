import { createHash } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import { stateNames, type OptimiserState } from './optimiser.js';
import type { TrainingState } from './trainer.js';
import { fromLittleEndian, littleEndian } from './weights-file.js';

/** First in the file. After it stand the length of the header, uint32, the header as JSON, and the vectors, all little-endian. */
const magic = 'bfn-sde checkpoint 1\n';

interface Header {
  readonly step: number;
  /** Numbers of each vector. */
  readonly count: number;
  /** Of the training that it belongs to. */
  readonly training: string;
  /** SHA-256 of the vectors. */
  readonly sha256: string;
}

/** Writes a file whole or not at all: what stood there before stands until the new one is on the disk. */
export const writeWhole = async (path: string, parts: readonly (Uint8Array | string)[]): Promise<void> => {
  const file = await open(`${path}.part`, 'w');
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
};

/** Writes the state of a training, whose description has the hash `training`. */
export const writeCheckpoint = async (
  path: string,
  training: string,
  state: TrainingState,
): Promise<void> => {
  const vectors = stateNames.map((name) => littleEndian(state[name]));
  const hash = createHash('sha256');
  vectors.forEach((bytes) => hash.update(bytes));
  const header: Header = {
    step: state.step,
    count: state.weights.length,
    training,
    sha256: hash.digest('hex'),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  await writeWhole(path, [magic, length, json, ...vectors]);
};

/**
 * Reads what `writeCheckpoint` wrote. Rejects with a `UsageError` for a file that is truncated or corrupt, or belongs to another training; gives undefined where
 * there is none.
 */
export const readCheckpoint = async (
  path: string,
  training: string,
  count: number,
): Promise<TrainingState | undefined> => {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new UsageError(`cannot read the checkpoint ${path}: ${error.message}`);
  });
  if (!bytes) return undefined;
  const fail = (what: string): never => {
    throw new UsageError(
      `${path}: ${what}; accepted is the checkpoint of this training, or none: give another folder or remove it`,
    );
  };
  const start = magic.length + 4;
  if (bytes.length < start || bytes.toString('latin1', 0, magic.length) !== magic)
    fail('it is no checkpoint');
  const from = start + bytes.readUInt32LE(magic.length);
  let header: Header;
  try {
    header = JSON.parse(bytes.toString('utf8', start, from)) as Header;
  } catch {
    return fail('its header is cut off or corrupt');
  }
  if (header.training !== training) fail('it is of a training with another description');
  if (header.count !== count) fail(`it has ${header.count} weights and the network has ${count}`);
  const vectors = bytes.subarray(from);
  if (vectors.length !== 4 * count * stateNames.length) {
    fail(`it is cut off: ${vectors.length} bytes of ${4 * count * stateNames.length} are there`);
  }
  if (createHash('sha256').update(vectors).digest('hex') !== header.sha256)
    fail('it is corrupt: its checksum is another');
  const state = stateNames.map(
    (name, i) => [name, fromLittleEndian(vectors.subarray(4 * count * i, 4 * count * (i + 1)))] as const,
  );
  return { step: header.step, ...(Object.fromEntries(state) as unknown as OptimiserState<Float32Array>) };
};
