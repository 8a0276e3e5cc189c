import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cifarShape, openCifar10 } from '../../src/data/cifar.js';
import { UsageError } from '../../src/errors.js';
import { cifarOf } from './formats.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-cifar-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const fileOf = async (name: string, content: Uint8Array): Promise<string> => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

const labelsOf = (content: Uint8Array): number[] => [...content.filter((_, at) => at % 3073 === 0)];

describe('CIFAR-10', () => {
  it('has the images of all files one after the other, channels last', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
        fc.nat(255),
        async (counts, salt) => {
          const contents = counts.map((count, i) => cifarOf(count, salt + 10 * i));
          const paths = await Promise.all(contents.map((content, i) => fileOf(`part-${i}.bin`, content)));
          const { labels, checksum, counts: read, readImage } = await openCifar10(paths);
          const all = Buffer.concat(contents);
          expect(read).toEqual(counts);
          expect(checksum).toBe(createHash('sha256').update(all).digest('hex'));
          expect([...labels]).toEqual(labelsOf(all));
          const image = new Float32Array(32 * 32 * 3);
          for (const index of [...labels.keys()].reverse()) {
            readImage(image, index);
            for (const [y, x, channel] of [
              [0, 0, 0],
              [0, 1, 2],
              [31, 31, 1],
              [17, 4, 2],
            ]) {
              const byte = all[index * 3073 + 1 + channel * 1024 + y * 32 + x];
              expect(image[(y * 32 + x) * 3 + channel]).toBe(Math.fround((2 * byte) / 255 - 1));
            }
            expect(image.every((value) => value >= -1 && value <= 1)).toBe(true);
          }
        },
      ),
      { numRuns: 20 },
    );
    expect(cifarShape).toEqual([32, 32, 3]);
  });

  it('finds labels across the pieces that a file is read in', async () => {
    const content = cifarOf(700); // 2.1 MB
    const { labels } = await openCifar10([await fileOf('large.bin', content)]);
    expect([...labels]).toEqual(labelsOf(content));
  });

  const spoilt = cifarOf(3);
  spoilt[2 * 3073] = 10;
  it.each([
    ['no record', Buffer.alloc(0), /x\.bin ends at byte 0; accepted are whole records of 3073 bytes$/],
    [
      'half a record',
      cifarOf(2).subarray(0, 4000),
      /x\.bin ends at byte 4000, in record 1; accepted are whole records/,
    ],
    [
      'one byte more',
      Buffer.concat([cifarOf(2), Buffer.from([1])]),
      /x\.bin ends at byte 6147, in record 2; /,
    ],
    ['a label that is none', spoilt, /x\.bin: byte 6146, the label of record 2, is 10; accepted are 0 to 9$/],
  ])('with %s is refused', async (_, content, says) => {
    const refused = openCifar10([await fileOf('x.bin', content)]);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
  });

  it('must be there, when it is opened and when it is read', async () => {
    await expect(openCifar10([join(folder, 'none.bin')])).rejects.toThrow(
      /^cannot read the data file \S+none\.bin: ENOENT/,
    );
    const path = await fileOf('shrinks.bin', cifarOf(3));
    const { readImage } = await openCifar10([path]);
    await truncate(path, 7000);
    const image = new Float32Array(3072);
    readImage(image, 1);
    expect(() => readImage(image, 2)).toThrow(
      /shrinks\.bin has become shorter: it ends at byte 7000, in record 2$/,
    );
    await rm(path);
    expect(() => readImage(image, 0)).toThrow(UsageError);
  });
});
