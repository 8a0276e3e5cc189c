import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseIdx, readIdx } from '../../src/data/idx.js';
import { UsageError } from '../../src/errors.js';
import { idxOf } from './formats.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-idx-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const arrays = fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }).chain((shape) => {
  const count = shape.reduce((a, b) => a * b, 1);
  return fc.uint8Array({ minLength: count, maxLength: count }).map((data) => ({ shape, data }));
});

describe('IDX', () => {
  it('is read as it was written, in any number of dimensions', () => {
    fc.assert(
      fc.property(arrays, fc.boolean(), ({ shape, data }, ranked) => {
        const read = parseIdx(idxOf(shape, data), 'x', ranked ? shape.length : undefined);
        expect(read.shape).toEqual(shape);
        expect([...read.data]).toEqual([...data]);
      }),
    );
  });

  it('of any other length is refused, with where it ends', () => {
    fc.assert(
      fc.property(arrays, fc.integer({ min: 1, max: 9 }), ({ shape, data }, by) => {
        const content = idxOf(shape, data);
        const longer = Buffer.concat([content, Buffer.alloc(by)]);
        expect(() => parseIdx(longer, 'x')).toThrow(
          new RegExp(`^x is no IDX file .* it ends at byte ${longer.length}`),
        );
        const shorter = content.subarray(0, Math.max(0, content.length - by));
        expect(() => parseIdx(shorter, 'x')).toThrow(
          new RegExp(`^x is no IDX file .* it ends at byte ${shorter.length}`),
        );
      }),
    );
  });

  it('is the same packed by gzip and not', async () => {
    const content = idxOf([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 255));
    await writeFile(join(folder, 'plain'), content);
    await writeFile(join(folder, 'packed'), gzipSync(content));
    const plain = await readIdx(join(folder, 'plain'), 2);
    expect(plain.shape).toEqual([2, 3]);
    expect(await readIdx(join(folder, 'packed'))).toEqual(plain);
  });

  it.each([
    ['words', Buffer.from('some words'), /byte 0 is 115; accepted is 0$/],
    [
      'another type of entries',
      Buffer.from([0, 0, 0x0d, 1, 0, 0, 0, 0]),
      /byte 2 is 13; accepted is 8, unsigned bytes$/,
    ],
    ['no dimension', Buffer.from([0, 0, 8, 0]), /byte 3, the number of dimensions, is 0; accepted is 3$/],
    [
      'another number of them',
      idxOf([1], Uint8Array.of(1)),
      /byte 3, the number of dimensions, is 1; accepted is 3$/,
    ],
    ['nothing', Buffer.alloc(0), /ends at byte 0, in its magic number$/],
    ['half a magic number', Buffer.from([0, 0]), /ends at byte 2, in its magic number$/],
    ['half a header', Buffer.from([0, 0, 8, 3, 0, 0]), /ends at byte 6, in the lengths of its 3 dimensions$/],
    [
      'half the entries',
      idxOf([2, 2, 2], Uint8Array.of(1, 2, 3, 4)),
      /ends at byte 20; of shape \[2, 2, 2\] it has 24 bytes$/,
    ],
  ])('with %s is refused in one line', (_, content, says) => {
    const read = () => parseIdx(content, 'x.idx', 3);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(says);
    expect(read).toThrow(/^x\.idx is no IDX file of bytes: [^\n]+$/);
  });

  it('that is missing, or packed and cut off, is refused', async () => {
    await expect(readIdx(join(folder, 'none'))).rejects.toThrow(/^cannot read the data file \S+none: ENOENT/);
    const content = gzipSync(idxOf([100], new Uint8Array(100).fill(7)));
    await writeFile(join(folder, 'cut'), content.subarray(0, content.length - 9));
    const refused = readIdx(join(folder, 'cut'));
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(
      /^cannot unpack the gzip file \S+cut of \d+ bytes: unexpected end of file$/,
    );
  });
});
