import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { printedSamples, samplesWriter } from '../../experiments/files.js';
import { rowsOf } from '../../experiments/rows.js';
import { makeProblem } from '../../experiments/problems/index.js';
import type { Problem } from '../../experiments/problem.js';
import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';

const base = await makeProblem('simplex-3');
const problemWith = (view?: Problem['view']): Problem => ({ ...base, id: 'mine', ...(view ? { view } : {}) });
const text = problemWith({ kind: 'text', alphabet: ' abc' });
const plain = problemWith();

const batches = fc
  .record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
    precision: fc.constantFrom(Float32Array, Float64Array),
  })
  .chain(({ shape, precision }) => {
    const length = shape.reduce((a, b) => a * b);
    const entry = fc.float({ noNaN: true, noDefaultInfinity: true });
    return fc
      .array(entry, { minLength: length, maxLength: length })
      .map((data): Batch => ({ shape, data: precision.from(data) }));
  });

/** NumPy's array format read back. */
const parseNpy = (bytes: Uint8Array): { header: string; shape: number[]; data: number[] } => {
  const buffer = Buffer.from(bytes);
  expect(buffer.subarray(0, 8)).toEqual(Buffer.from('\x93NUMPY\x01\x00', 'latin1'));
  const start = 10 + buffer.readUInt16LE(8);
  expect(start % 64).toBe(0);
  const header = buffer.subarray(10, start).toString('latin1');
  expect(header.endsWith('\n')).toBe(true);
  const [, type, tuple] =
    /^\{'descr': '(<f[48])', 'fortran_order': False, 'shape': \(([\d, ]+)\), \} *\n$/.exec(header) ?? [];
  const shape = tuple
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  // a tuple of one has a comma
  expect(tuple.includes(',')).toBe(true);
  const size = type === '<f4' ? 4 : 8;
  const count = (buffer.length - start) / size;
  const read = (i: number): number =>
    size === 4 ? buffer.readFloatLE(start + i * size) : buffer.readDoubleLE(start + i * size);
  return { header, shape, data: Array.from({ length: count }, (_, i) => read(i)) };
};

describe('.npy', () => {
  it('is read back as it was, in shape, precision and bits', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const { header, shape, data } = parseNpy(samplesWriter('x.npy', plain)(batch) as Uint8Array);
        expect(shape).toEqual(batch.shape);
        expect(header).toContain(batch.data instanceof Float32Array ? '<f4' : '<f8');
        expect(data).toEqual([...batch.data]);
      }),
    );
  });

  it('takes a part of a larger array for what it is', () => {
    const whole = Float32Array.of(0, 1, 2, 3, 4, 5);
    const { data } = parseNpy(
      samplesWriter('x.npy', plain)({ shape: [2], data: whole.subarray(2, 4) }) as Uint8Array,
    );
    expect(data).toEqual([2, 3]);
  });
});

describe('.csv', () => {
  it('has a line for each sample, numbers that are read back to the last bit', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        const lines = String(samplesWriter('x.csv', plain)(batch)).split('\n');
        expect(lines.pop()).toBe('');
        expect(lines).toHaveLength(batch.shape[0]);
        const back = lines.map((line) => line.split(',').map(Number));
        // a text has no sign of zero
        expect(back.flat().map((x) => x + 0)).toEqual([...batch.data].map((x) => x + 0));
        expect(rowsOf(batch).flat()).toEqual([...batch.data]);
      }),
    );
  });
});

describe('.txt', () => {
  const batch: Batch = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 0, 3, 0) };

  it('has a line of characters for each sample, as a terminal has', () => {
    expect(samplesWriter('x.txt', text)(batch)).toBe('abc\n c \n');
    expect(printedSamples(batch, text)).toBe('abc\n c \n');
    expect(printedSamples(batch, plain)).toBe('1,2,3\n0,3,0\n');
  });
});

describe('.png', () => {
  const sizes = fc.record({
    count: fc.integer({ min: 1, max: 10 }),
    width: fc.integer({ min: 1, max: 5 }),
    height: fc.integer({ min: 1, max: 5 }),
  });
  const pictures = sizes.chain(({ count, width, height }) => {
    const length = count * width * height;
    return fc.record({
      ...{ count: fc.constant(count), width: fc.constant(width), height: fc.constant(height) },
      data: fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), {
        minLength: length,
        maxLength: length,
      }),
    });
  });

  it('is a sheet of the pictures in reading order, each pixel 4 wide, black at -1 and white at 1', () => {
    fc.assert(
      fc.property(pictures, ({ count, width, height, data }) => {
        const problem = problemWith({ kind: 'picture', width, height });
        const batch = { shape: [count, width * height], data: Float64Array.from(data) };
        const sheet = decode(samplesWriter('x.png', problem)(batch) as Uint8Array);
        const columns = Math.ceil(Math.sqrt(count));
        expect(sheet).toMatchObject({
          width: columns * (width + 1) * 4 + 4,
          height: Math.ceil(count / columns) * (height + 1) * 4 + 4,
          channels: 1,
          depth: 8,
        });
        // every pixel of the sheet: inside a picture or background
        const expected = Uint8Array.from({ length: sheet.width * sheet.height }, (_, at) => {
          const [x, y] = [(at % sheet.width) - 4, Math.floor(at / sheet.width) - 4];
          const [column, row] = [Math.floor(x / (4 * width + 4)), Math.floor(y / (4 * height + 4))];
          const [left, top] = [
            Math.floor((x - column * (4 * width + 4)) / 4),
            Math.floor((y - row * (4 * height + 4)) / 4),
          ];
          const picture = row * columns + column;
          if (x < 0 || y < 0 || left >= width || top >= height || column >= columns || picture >= count)
            return 96;
          const value = data[(picture * height + top) * width + left];
          return Math.round(Math.min(255, Math.max(0, ((value + 1) / 2) * 255)));
        });
        expect(Buffer.compare(Buffer.from(sheet.data as Uint8Array), Buffer.from(expected))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
});

describe('the ending', () => {
  it.each([
    ['x.png', text, '.txt, .csv, .npy'],
    ['x.txt', plain, '.csv, .npy'],
    ['x.jpg', problemWith({ kind: 'picture', width: 1, height: 1 }), '.csv, .npy, .png'],
    ['x', plain, '.csv, .npy'],
    ['.csv', plain, '.csv, .npy'],
    ['x.toString', plain, '.csv, .npy'],
  ])('of %s is refused, with those that are accepted', (name, problem, accepted) => {
    expect(() => samplesWriter(name, problem)).toThrow(UsageError);
    expect(() => samplesWriter(name, problem)).toThrow(
      `cannot write samples of "mine" to ${name}; the ending can be ${accepted}`,
    );
  });

  it('may be in capitals', () => {
    expect(samplesWriter('X.CSV', plain)({ shape: [1], data: Float32Array.of(1) })).toBe('1\n');
  });
});
