import { createHash } from 'node:crypto';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { UsageError } from '../errors.js';
import { stateNames, type OptimiserState } from './optimiser.js';
import type { StepRecord, TrainingState } from './trainer.js';
import { fromLittleEndian, littleEndian } from './weights-file.js';

/** First in the file. After it stand the SHA-256 of the rest, the length of the header as uint32, the header as JSON, and the vectors; little-endian. */
const magic = Buffer.from('bfn-sde checkpoint 2\n');
const hashLength = 32;
const start = magic.length + hashLength + 4;

/** What a training goes on from. */
export interface Checkpoint extends TrainingState {
  /** The steps that no line of the log tells of yet. */
  readonly records: readonly StepRecord[];
}

interface Header {
  readonly step: number;
  /** Numbers of each vector. */
  readonly count: number;
  /** Of the training that it belongs to. */
  readonly training: string;
  readonly records: readonly StepRecord[];
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

const hashOf = (parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest();
};

/** Writes where a training is, whose description has the hash `training`. */
export const writeCheckpoint = async (path: string, training: string, state: Checkpoint): Promise<void> => {
  const { step, weights, records } = state;
  const header: Header = { step, count: weights.length, training, records };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const rest = [length, json, ...stateNames.map((name) => littleEndian(state[name]))];
  await writeWhole(path, [magic, hashOf(rest), ...rest]);
};

/** So many bytes from a place in a file, fewer where it ends. A vector at a time, since Node takes no file of 2 GiB at once. */
const bytesAt = async (file: FileHandle, position: number, length: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(bytes, got, length - got, position + got);
    if (bytesRead === 0) break;
    got += bytesRead;
  }
  return bytes.subarray(0, got);
};

const headerOf = (json: Buffer): Header | undefined => {
  try {
    return JSON.parse(json.toString('utf8')) as Header;
  } catch {
    return undefined;
  }
};

const read = async (file: FileHandle, training: string, count: number): Promise<Checkpoint | string> => {
  const { size } = await file.stat();
  const head = await bytesAt(file, 0, start);
  if (!head.subarray(0, magic.length).equals(magic)) return 'it is no checkpoint of this version';
  const headerLength = head.length < start ? Infinity : head.readUInt32LE(start - 4);
  if (start + headerLength > size) return 'it is cut off';
  const json = await bytesAt(file, start, headerLength);
  const header = headerOf(json);
  if (!header) return 'it is corrupt: its header cannot be read';
  if (header.training !== training) return 'it is of a training with another description';
  if (header.count !== count) return `it has ${header.count} weights and the network has ${count}`;
  const from = start + headerLength;
  const bytes = 4 * count;
  const wanted = from + stateNames.length * bytes;
  if (size !== wanted) return `it is cut off: ${size} of ${wanted} bytes are there`;
  const vectors: Buffer[] = [];
  for (let i = 0; i < stateNames.length; i++) vectors.push(await bytesAt(file, from + i * bytes, bytes));
  const hash = head.subarray(magic.length, magic.length + hashLength);
  if (!hashOf([head.subarray(start - 4), json, ...vectors]).equals(hash)) {
    return 'it is corrupt: its checksum is another';
  }
  const state = stateNames.map((name, i) => [name, fromLittleEndian(vectors[i])] as const);
  return {
    step: header.step,
    records: header.records,
    ...(Object.fromEntries(state) as unknown as OptimiserState<Float32Array>),
  };
};

/**
 * Reads what `writeCheckpoint` wrote. Rejects with a `UsageError` for a file that is truncated or corrupt, or belongs to another training; gives undefined where
 * there is none.
 */
export const readCheckpoint = async (
  path: string,
  training: string,
  count: number,
): Promise<Checkpoint | undefined> => {
  const found = await open(path, 'r')
    .then((file) => read(file, training, count).finally(() => file.close()))
    .catch(({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new UsageError(`cannot read the checkpoint ${path}: ${message}`);
    });
  if (typeof found !== 'string') return found;
  throw new UsageError(
    `${path}: ${found}; accepted is the checkpoint of this training, or none: give another folder or remove it`,
  );
};
