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

interface Header {
  readonly type: EntryType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the entries begin. */
  readonly start: number;
}

type Fail = (what: string) => never;

const parseHeader = (content: Buffer, fail: Fail): Header => {
  const wrong = magic.findIndex((byte, at) => content[at] !== byte);
  if (wrong >= 0 && wrong < content.length) {
    fail(`byte ${wrong} is ${content[wrong]}; accepted is ${magic[wrong]}`);
  }
  const version = content[6];
  if (content.length >= 8 && !(version >= 1 && version <= 3)) {
    fail(`byte 6, the version, is ${version}; accepted are 1 to 3`);
  }
  const before = version === 1 ? 10 : 12;
  const start =
    content.length < before
      ? Infinity
      : before + (version === 1 ? content.readUInt16LE(8) : content.readUInt32LE(8));
  if (content.length < start) fail(`it ends at byte ${content.length}, in its header`);
  const text = content.toString(version === 3 ? 'utf8' : 'latin1', before, start);
  // a dictionary of Python with these three keys, in any order
  const value = (key: string, pattern: string): string => {
    const found = new RegExp(`'${key}':\\s*(${pattern})\\s*[,}]`).exec(text)?.[1];
    return (
      found ??
      fail(
        `its header at byte ${before} has no ${key} that can be read: ${JSON.stringify(text.trim().slice(0, 200))}`,
      )
    );
  };
  const descr = value('descr', String.raw`'[^']*'|\[.*\]`);
  const [, order = '', name = ''] = /^'([<>|])(\w+)'$/.exec(descr) ?? [];
  if (!Object.hasOwn(entryTypes, name)) {
    fail(
      `its entries are ${descr.slice(0, 200)}, by the header at byte ${before}; accepted are ${Object.keys(entryTypes).join(', ')}`,
    );
  }
  const shape =
    value('shape', String.raw`\((?:\d+,\s*)*(?:\d+)?\)`)
      .match(/\d+/g)
      ?.map(Number) ?? [];
  const fortranOrder = value('fortran_order', 'True|False') === 'True';
  return { type: entryTypes[name], littleEndian: order !== '>', fortranOrder, shape, start };
};

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
  const fail: Fail = (what) => {
    throw new UsageError(`${file} is no .npy file that can be read: ${what}`);
  };
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const { type, littleEndian, fortranOrder, shape, start } = parseHeader(bytes, fail);
  const count = elements(shape);
  const end = start + count * type.bytes;
  if (bytes.length !== end) {
    fail(`it ends at byte ${bytes.length}; of shape (${shape.join(', ')}) it has ${end} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Floats = floats(count, type.precision);
  const isLongInteger = type === entryTypes.i8 || type === entryTypes.u8;
  const put = (to: number, from: number): void => {
    const at = start + from * type.bytes;
    const value = type.read(view, at, littleEndian);
    if (isLongInteger && !Number.isSafeInteger(value)) {
      fail(`the integer at byte ${at} is beyond 2^53, which float64 cannot hold exactly`);
    }
    data[to] = value;
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
