import { type Batch, type Floats, type Precision, elements, floats } from '../array/batch.js';
import { UsageError } from '../errors.js';
import { readUnpacked } from './files.js';

/** NumPy's array format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
const magic = Buffer.from('\x93NUMPY', 'latin1');

/** How the entries of an array are written, but for the byte order, and what holds them. */
interface EntryType {
  readonly bytes: number;
  readonly precision: Precision;
  read(view: DataView, at: number, littleEndian: boolean): number;
}

/** A half-precision number, IEEE 754: sign, 5 bits of exponent, 10 of fraction. */
const half = (bits: number): number => {
  const [exponent, fraction] = [(bits >> 10) & 0x1f, bits & 0x3ff];
  const size =
    exponent === 0x1f
      ? fraction === 0
        ? Infinity
        : NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1024 + fraction) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -size : size;
};

const entryTypes: Readonly<Record<string, EntryType>> = {
  b1: { bytes: 1, precision: 'float32', read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, precision: 'float32', read: (view, at) => view.getInt8(at) },
  u1: { bytes: 1, precision: 'float32', read: (view, at) => view.getUint8(at) },
  i2: { bytes: 2, precision: 'float32', read: (view, at, little) => view.getInt16(at, little) },
  u2: { bytes: 2, precision: 'float32', read: (view, at, little) => view.getUint16(at, little) },
  i4: { bytes: 4, precision: 'float64', read: (view, at, little) => view.getInt32(at, little) },
  u4: { bytes: 4, precision: 'float64', read: (view, at, little) => view.getUint32(at, little) },
  i8: { bytes: 8, precision: 'float64', read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u8: { bytes: 8, precision: 'float64', read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  f2: { bytes: 2, precision: 'float32', read: (view, at, little) => half(view.getUint16(at, little)) },
  f4: { bytes: 4, precision: 'float32', read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, precision: 'float64', read: (view, at, little) => view.getFloat64(at, little) },
};

export interface Header {
  readonly type: EntryType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the entries begin. */
  readonly start: number;
}

export type Fail = (what: string) => never;

/** Bytes before the header's text: magic, version and length. */
const before = (version: number): number => (version === 1 ? 10 : 12);

/** Where the header ends, from the first 12 bytes or more. */
export const headerEnd = (content: Uint8Array, fail: Fail): number => {
  const wrong = magic.findIndex((byte, at) => content[at] !== byte);
  if (wrong >= 0 && wrong < content.length) {
    fail(`byte ${wrong} is ${content[wrong]}; accepted is ${magic[wrong]}`);
  }
  const version = content[6];
  if (content.length >= 8 && !(version >= 1 && version <= 3)) {
    fail(`byte 6, the version, is ${version}; accepted are 1 to 3`);
  }
  const first = before(version);
  if (content.length < first) return Infinity;
  const view = viewOf(content);
  return first + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
};

/** From the header, or more. */
export const parseHeader = (content: Uint8Array, fail: Fail): Header => {
  const start = headerEnd(content, fail);
  if (content.length < start) fail(`it ends at byte ${content.length}, in its header`);
  const version = content[6];
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(
    content.subarray(before(version), start),
  );
  // a dictionary of Python with these three keys, in any order
  const value = (key: string, pattern: string): string => {
    const found = new RegExp(`'${key}':\\s*(${pattern})\\s*[,}]`).exec(text)?.[1];
    return (
      found ??
      fail(
        `its header at byte ${before(version)} has no ${key} that can be read: ${JSON.stringify(text.trim().slice(0, 200))}`,
      )
    );
  };
  const descr = value('descr', String.raw`'[^']*'|\[.*\]`);
  const [, order = '', name = ''] = /^'([<>|])(\w+)'$/.exec(descr) ?? [];
  if (!Object.hasOwn(entryTypes, name)) {
    fail(
      `its entries are ${descr.slice(0, 200)}, by the header at byte ${before(version)}; accepted are ${Object.keys(entryTypes).join(', ')}`,
    );
  }
  const shape =
    value('shape', String.raw`\((?:\d+,\s*)*(?:\d+)?\)`)
      .match(/\d+/g)
      ?.map(Number) ?? [];
  const fortranOrder = value('fortran_order', 'True|False') === 'True';
  return { type: entryTypes[name], littleEndian: order !== '>', fortranOrder, shape, start };
};

export const requireSize = ({ type, shape, start }: Header, size: number, fail: Fail): void => {
  const end = start + elements(shape) * type.bytes;
  if (size !== end) fail(`it ends at byte ${size}; of shape (${shape.join(', ')}) it has ${end} bytes`);
};

/** What reads the entry at byte `at` of a view whose first byte is byte `from` of the file. */
export const entryReader = (
  { type, littleEndian }: Header,
  fail: Fail,
): ((view: DataView, at: number, from: number) => number) => {
  const isLongInteger = type === entryTypes.i8 || type === entryTypes.u8;
  return (view, at, from) => {
    const value = type.read(view, at, littleEndian);
    if (isLongInteger && !Number.isSafeInteger(value)) {
      fail(`the integer at byte ${from + at} is beyond 2^53, which float64 cannot hold exactly`);
    }
    return value;
  };
};

export const failOf =
  (file: string): Fail =>
  (what) => {
    throw new UsageError(`${file} is no .npy file that can be read: ${what}`);
  };

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Where each entry in the order of C, last index fastest, is in that of Fortran, first index fastest: calls back with both. */
const eachOfFortran = (shape: readonly number[], put: (inC: number, inFortran: number) => void): void => {
  const count = elements(shape);
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const index = shape.map(() => 0);
  let inC = 0;
  for (let inFortran = 0; inFortran < count; inFortran++) {
    put(inC, inFortran);
    for (let axis = 0; axis < shape.length; axis++) {
      inC += strides[axis];
      if (++index[axis] < shape[axis]) break;
      inC -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
};

/**
 * The array of a `.npy` file, row-major whatever its order there; the shape may have no dimension. Entries of up to 16 bits, and f4, become
 * float32, others float64. Throws a `UsageError` that names the file and the byte for any other content, for other types of entries (complex
 * numbers, text, structures), and for an integer beyond 2^53, which float64 cannot hold exactly.
 */
export const parseNpy = (content: Uint8Array, file: string): Batch => {
  const fail = failOf(file);
  const header = parseHeader(content, fail);
  const { type, fortranOrder, shape, start } = header;
  requireSize(header, content.length, fail);
  const view = viewOf(content);
  const count = elements(shape);
  const data: Floats = floats(count, type.precision);
  const read = entryReader(header, fail);
  const put = (to: number, from: number): void => {
    data[to] = read(view, start + from * type.bytes, 0);
  };
  if (fortranOrder) eachOfFortran(shape, put);
  else for (let i = 0; i < count; i++) put(i, i);
  return { shape, data };
};

/** The array of a `.npy` file, packed by gzip or not. Rejects with a `UsageError` like `parseNpy`, and if there is no such file. */
export const readNpy = async (path: string): Promise<Batch> => parseNpy(await readUnpacked(path), path);

/** An array as the content of a `.npy` file, version 1.0, of float32 or float64 as it has. */
export const npyOf = ({ shape, data }: Batch): Uint8Array => {
  const type = data instanceof Float64Array ? '<f8' : '<f4';
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // magic, version, length, header and line feed fill whole blocks of 64 bytes
  const padded = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const start = Buffer.from([
    ...magic,
    1,
    0,
    padded.length & 255,
    padded.length >> 8,
    ...Buffer.from(padded),
  ]);
  return Buffer.concat([start, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
};
