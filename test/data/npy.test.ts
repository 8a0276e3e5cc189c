import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { npyOf, parseNpy } from '../../src/data/npy.js';
import { openNpy } from '../../src/data/npy-entries.js';
import { UsageError } from '../../src/errors.js';

/**
 * Written by NumPy 1.24.2, `numpy.lib.format.write_array(file, array, version=(version, 0))`, then packed by gzip: type, order, version,
 * shape, entries in the order of C.
 */
const writtenByNumpy: readonly (readonly [
  string,
  string,
  number,
  readonly number[],
  readonly number[],
  string,
])[] = [
  [
    '?',
    'C',
    1,
    [2, 3],
    [0, 1, 1, 0, 0, 1],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF6TZKiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgZGRgYGRgAbEayAhgAAAA==',
  ],
  [
    '<i1',
    'C',
    1,
    [2, 3],
    [-128, 127, 0, -1, 5, 6],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF6Taaiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDroZ6hv+sbAD7vnE7hgAAAA==',
  ],
  [
    '<u1',
    'C',
    1,
    [2, 3],
    [0, 255, 1, 2, 3, 4],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLob/jEzMLADKE+IThgAAAA==',
  ],
  [
    '<i2',
    'C',
    1,
    [2, 3],
    [-32768, 32767, 0, -1, 5, 6],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLoaG//UMDP//szKwMQAAnuZmUYwAAAA=',
  ],
  [
    '>u2',
    'C',
    1,
    [2, 3],
    [0, 65535, 1, 256, 3, 4],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG5XaqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgaG//8ZGBkZGJgZWABoPWWijAAAAA==',
  ],
  [
    '>i4',
    'C',
    1,
    [2, 3],
    [-2147483648, 2147483647, 0, -1, 5, 6],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDrgYGBob6////AymG/xCaFYjZALIHghSYAAAA',
  ],
  [
    '<u4',
    'C',
    1,
    [2, 3],
    [0, 4294967295, 1, 65536, 3, 4],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG5TaqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYg+A8EjCAGAyMDM5BkAWIAt0Soz5gAAAA=',
  ],
  [
    '<i8',
    'C',
    1,
    [2, 3],
    [-9007199254740991, 9007199254740991, 0, -1, 5, 6],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLkYGEHjwHwLkGWAAKvCfFcpng9IAadsokbAAAAA=',
  ],
  [
    '>u8',
    'C',
    1,
    [2, 3],
    [0, 9007199254740991, 1, 4294967296, 3, 4],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG5XaqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYYkP8PBlAeIxTDADOUZgEAGVaCYbAAAAA=',
  ],
  [
    '<f2',
    'C',
    1,
    [2, 3],
    [0.5, -65504, 5.960464477539063e-8, 6.103515625e-5, -0.333251953125, 1],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgaL/78ZGRhYQrcy2AAA49g1PowAAAA=',
  ],
  [
    '>f2',
    'C',
    1,
    [2, 3],
    [1, 2, 3, 4, 5, -6.0625],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLhsGBwYnBhcGV4ZjAgCrdEr5jAAAAA==',
  ],
  [
    '<f4',
    'C',
    1,
    [2, 3],
    [0.5, -3.25, 15000000000.0, 1.401298464324817e-45, 7, 8],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYGBnsGhoADZS3xAYwMIPDAAUg4AgCb8CsfmAAAAA==',
  ],
  [
    '>f4',
    'C',
    1,
    [2, 3],
    [1, 2, 3, 4, 5, -6.0625],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLvsGBgYHBiAGEg4g9gIGhgOHGBgA3Vp8qJgAAAA=',
  ],
  [
    '<f8',
    'C',
    1,
    [2, 3],
    [0.1, -0.2, 1e300, 5e-324, 7, 8],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDrlkzQWCnPYQ+uX9OKUOHzRPzOkYGZCDjAKEVHABGoP5isAAAAA==',
  ],
  [
    '>f8',
    'C',
    1,
    [2, 3],
    [0.1, 2, 3, 4, 5, -6.0625],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLvudM0FglgMDBDhwQGkBKC0CoQ9IQFQAAIx87xawAAAA',
  ],
  [
    '<f4',
    'F',
    1,
    [2, 3, 2],
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKxjoKRpo6CrUKZAIuBjA44AAkQNiRgaEBSCuAaHsGhgdAtgMQCwD5C4C0gSMAYjlAqbAAAAA=',
  ],
  [
    '>i2',
    'F',
    2,
    [3, 2],
    [1, 2, 3, 4, 5, 6],
    'H4sIAAAAAAACA5vsF+obEMnEUMLAwFCtnpJanFykbqWgbpdppK6joJ6WX1RSlJgXn1+UkgoSDykqTQUKF2ckFqQCuRrGOgpGmjoKtQrkAi4GRgZmBlYGJgYWBjYAT/bCAowAAAA=',
  ],
  [
    '<f8',
    'C',
    3,
    [2],
    [1.5, 2.5],
    'H4sIAAAAAAACA5vsF+obEMnMUMLAwFCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjqaOgq1CmQDLgYw+GEPoVkcAImDnIiQAAAA',
  ],
  [
    '<f4',
    'C',
    1,
    [],
    [42],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5Gpo6CrUKFAEuBgYNJwBAZ/XlhAAAAA==',
  ],
  [
    '<f4',
    'C',
    1,
    [0, 3],
    [],
    'H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GgY6CsaaOgq1CmQDLgCjaFJ3gAAAAA==',
  ],
];

const plain = (header: string, entries: Uint8Array, version = 1): Buffer => {
  const text = Buffer.from(header);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    text,
    entries,
  ]);
};

type Put = (view: DataView, at: number, value: number, little: boolean) => void;
const integers = (bytes: number, signed: boolean): fc.Arbitrary<number> => {
  const bits = Math.min(53, 8 * bytes);
  return bits === 53
    ? fc.maxSafeInteger().map((n) => (signed ? n : Math.abs(n)))
    : fc.integer({ min: signed ? -(2 ** (bits - 1)) : 0, max: 2 ** (signed ? bits - 1 : bits) - 1 });
};
const types: readonly { name: string; bytes: number; entry: fc.Arbitrary<number>; put: Put }[] = [
  { name: 'b1', bytes: 1, entry: fc.nat(1), put: (view, at, value) => view.setUint8(at, value) },
  { name: 'i1', bytes: 1, entry: integers(1, true), put: (view, at, value) => view.setInt8(at, value) },
  { name: 'u1', bytes: 1, entry: integers(1, false), put: (view, at, value) => view.setUint8(at, value) },
  {
    name: 'i2',
    bytes: 2,
    entry: integers(2, true),
    put: (view, at, value, e) => view.setInt16(at, value, e),
  },
  {
    name: 'u2',
    bytes: 2,
    entry: integers(2, false),
    put: (view, at, value, e) => view.setUint16(at, value, e),
  },
  {
    name: 'i4',
    bytes: 4,
    entry: integers(4, true),
    put: (view, at, value, e) => view.setInt32(at, value, e),
  },
  {
    name: 'u4',
    bytes: 4,
    entry: integers(4, false),
    put: (view, at, value, e) => view.setUint32(at, value, e),
  },
  {
    name: 'i8',
    bytes: 8,
    entry: integers(8, true),
    put: (view, at, value, e) => view.setBigInt64(at, BigInt(value), e),
  },
  {
    name: 'u8',
    bytes: 8,
    entry: integers(8, false),
    put: (view, at, value, e) => view.setBigUint64(at, BigInt(value), e),
  },
  { name: 'f4', bytes: 4, entry: fc.float(), put: (view, at, value, e) => view.setFloat32(at, value, e) },
  { name: 'f8', bytes: 8, entry: fc.double(), put: (view, at, value, e) => view.setFloat64(at, value, e) },
];

/** An array of any type, shape, byte order and order of entries; `value` says what is where. */
const files = fc
  .record({
    type: fc.constantFrom(...types),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    little: fc.boolean(),
    fortran: fc.boolean(),
    version: fc.constantFrom(1, 2, 3),
  })
  .chain((form) => {
    const count = form.shape.reduce((a, b) => a * b, 1);
    const entries = fc.array(form.type.entry, { minLength: count, maxLength: count });
    return entries.map((values) => ({ ...form, values }));
  });

/** Position, first index fastest, of the entry that is at `inC`, last index fastest. */
const inFortran = (inC: number, shape: readonly number[]): number => {
  let [rest, position] = [inC, 0];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const before = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    position += (rest % shape[axis]) * before;
    rest = Math.floor(rest / shape[axis]);
  }
  return position;
};

type Form = typeof files extends fc.Arbitrary<infer T> ? T : never;

const contentOf = (form: Form): Uint8Array => {
  const { type, shape, little, fortran, version, values } = form;
  const { name, bytes, put } = type;
  const entries = new DataView(new ArrayBuffer(values.length * bytes));
  values.forEach((value, i) => put(entries, bytes * (fortran ? inFortran(i, shape) : i), value, little));
  const order = bytes === 1 ? '|' : little ? '<' : '>';
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '${order}${name}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${tuple}, }  \n`;
  return plain(header, new Uint8Array(entries.buffer), version);
};

describe('.npy', () => {
  it.each(writtenByNumpy)(
    'of %s, order %s, version %d, shape %j is read as NumPy wrote it',
    (type, _, __, shape, values, file) => {
      const { shape: read, data } = parseNpy(gunzipSync(Buffer.from(file, 'base64')), 'x');
      expect(read).toEqual(shape);
      expect([...data]).toEqual(values.map((value) => (type.endsWith('f4') ? Math.fround(value) : value)));
      expect(data).toBeInstanceOf(/[fiu]8|[iu]4/.test(type) ? Float64Array : Float32Array);
    },
  );

  it('has its entries where they were, whatever the type, byte order and order', () => {
    fc.assert(
      fc.property(files, (form) => {
        const { shape, values } = form;
        const read = parseNpy(contentOf(form), 'x');
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual(values);
      }),
    );
  });

  it('is written so that it is read back, bit for bit', () => {
    const shapes = fc.array(fc.nat(4), { maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.boolean(), fc.infiniteStream(fc.double()), (shape, wide, numbers) => {
        const values = [...numbers.take(shape.reduce((a, b) => a * b, 1))];
        const batch = { shape, data: wide ? Float64Array.from(values) : Float32Array.from(values) };
        expect(parseNpy(npyOf(batch), 'x')).toEqual(batch);
      }),
    );
  });

  it('has half-precision numbers that are infinite, or none', () => {
    const entries = Uint8Array.of(0, 0x7c, 0, 0xfc, 0, 0x7e, 0, 0x80);
    const header = "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }\n";
    expect([...parseNpy(plain(header, entries), 'x').data]).toEqual([Infinity, -Infinity, NaN, -0]);
  });

  const header = (descr: string, shape = '(2,)', order = 'False') =>
    `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
  const eight = new Uint8Array(8);

  const refused: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['other words', Buffer.from('some other words'), /byte 0 is 115; accepted is 147$/],
    ['a wrong magic number', Buffer.from('\x93NUMPX\x01\x00', 'latin1'), /byte 5 is 88; accepted is 89$/],
    ['nothing', Buffer.alloc(0), /ends at byte 0, in its header$/],
    [
      'a version to come',
      Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([4, 0, 1, 0])]),
      /byte 6, the version, is 4; accepted are 1 to 3$/,
    ],
    ['half a header', plain(header("'<f4'"), eight).subarray(0, 20), /ends at byte 20, in its header$/],
    [
      'no dictionary',
      plain('nothing\n', eight),
      /header at byte 10 has no descr that can be read: "nothing"$/,
    ],
    [
      'no shape',
      plain("{'descr': '<f4', 'fortran_order': False, }", eight),
      /at byte 10 has no shape that can be read/,
    ],
    ['a negative shape', plain(header("'<f4'", '(-2,)'), eight), /has no shape that can be read/],
    [
      'an order that is none',
      plain(header("'<f4'", '(2,)', 'Maybe'), eight, 2),
      /header at byte 12 has no fortran_order that can be read/,
    ],
    [
      'complex numbers',
      plain(header("'<c8'", '(1,)'), eight),
      /entries are '<c8', by the header at byte 10; accepted are b1, i1, .*f8$/,
    ],
    ['text', plain(header("'<U2'", '(1,)'), eight), /entries are '<U2'/],
    ['pickled objects', plain(header("'|O'", '(1,)'), eight), /entries are '\|O'/],
    [
      'structures',
      plain(header("[('a', '<f4'), ('b', '<i4')]", '(1,)'), eight),
      /entries are \[\('a', '<f4'\), \('b', '<i4'\)\]/,
    ],
    [
      'too few entries',
      plain(header("'<f4'", '(3,)'), eight),
      /ends at byte \d+; of shape \(3\) it has \d+ bytes$/,
    ],
    ['too many', plain(header("'<f4'", '(1,)'), eight), /ends at byte \d+; of shape \(1\) it has \d+ bytes$/],
    [
      'an integer that is too large',
      plain(header("'<i8'", '(1,)'), Uint8Array.of(0, 0, 0, 0, 0, 0, 0x20, 0)),
      /the integer at byte \d+ is beyond 2\^53/,
    ],
  ];
  it.each(refused)('with %s is refused in one line', (_, content, says) => {
    const read = () => parseNpy(content, 'x.npy');
    expect(read).toThrow(UsageError);
    expect(read).toThrow(says);
    expect(read).toThrow(/^x\.npy is no \.npy file that can be read: [^\n]+$/);
  });

  const refusalOf = async (opening: Promise<unknown>): Promise<string> =>
    opening.then(
      () => 'not refused',
      (error: unknown) => `${(error as Error).name}: ${(error as Error).message}`,
    );

  describe('on the disk', () => {
    let folder = '';
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'bfn-npy-'))));
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const fileOf = async (content: Uint8Array): Promise<string> => {
      await writeFile(join(folder, 'x.npy'), content);
      return join(folder, 'x.npy');
    };
    const anyEntry = (): void => undefined;

    it('gives entries by their place, held or not, packed or not, whatever type and order, and has each checked', async () => {
      await fc.assert(
        fc.asyncProperty(files, fc.boolean(), fc.nat(), fc.nat(), async (form, packed, a, b) => {
          const { shape, values } = form;
          const content = contentOf(form);
          const path = await fileOf(packed ? gzipSync(content) : content);
          const [first, end] = [a % (values.length + 1), b % (values.length + 1)].toSorted((x, y) => x - y);
          for (const held of [0, 2 ** 20]) {
            const checked: number[] = [];
            const { read, ...of } = await openNpy(path, (entry, index) => (checked[index] = entry), held);
            expect(of).toEqual({ shape, checksum: createHash('sha256').update(content).digest('hex') });
            expect(checked).toEqual(values);
            const out = new Float64Array(end - first);
            read(out, first);
            expect([...out]).toEqual(values.slice(first, end));
          }
        }),
      );
    });

    it.each(refused)('with %s is refused as in memory', async (_, content, says) => {
      const path = await fileOf(content);
      for (const held of [0, 2 ** 20]) {
        const message = await refusalOf(openNpy(path, anyEntry, held));
        expect(message).toMatch(says);
        expect(message).toMatch(/^UsageError: \S+x\.npy is no \.npy file that can be read: [^\n]+$/);
      }
    });

    it('must be there, when it is opened and when it is read', async () => {
      expect(await refusalOf(openNpy(join(folder, 'none.npy'), anyEntry))).toMatch(
        /^UsageError: cannot read the data file \S+none\.npy: ENOENT/,
      );
      const path = await fileOf(npyOf({ shape: [9], data: new Float32Array(9) }));
      const { read } = await openNpy(path, anyEntry, 0);
      await truncate(path, 130);
      read(new Float32Array(0), 0);
      expect(() => read(new Float32Array(3), 0)).toThrow(
        /x\.npy has become shorter: it ends at byte 130, in entry 0 and those after it$/,
      );
    });

    it('may be larger than 2 GiB, which is not read whole: that it is cut off is found at once', async () => {
      const path = await fileOf(plain(header("'<f8'", '(300000000,)'), eight));
      await truncate(path, 2.3e9);
      expect(await refusalOf(openNpy(path, anyEntry))).toMatch(
        /it ends at byte 2300000000; of shape \(300000000\) it has 24000000\d\d bytes$/,
      );
    });
  });
});
