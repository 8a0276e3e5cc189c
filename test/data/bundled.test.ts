import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot, readBundled } from '../../src/data/bundled.js';
import { UsageError } from '../../src/errors.js';

const name = 'digits.csv.gz';
const data = join(packageRoot(), 'data');

// a copy of the data folder, to be spoilt
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bfn-data-'));
  for (const file of [name, 'SHA256SUMS']) await copyFile(join(data, file), join(folder, file));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('readBundled', () => {
  it('unpacks a file whose checksum is right', async () => {
    const content = await readBundled(name, folder);
    expect(content.equals(gunzipSync(await readFile(join(folder, name))))).toBe(true);
    expect(content.equals(await readBundled(name))).toBe(true);
  });

  const spoil: readonly (readonly [what: string, how: () => Promise<void>, says: RegExp])[] = [
    ['a missing file', () => rm(join(folder, name)), /^cannot read the data file \S+digits\.csv\.gz: ENOENT/],
    [
      'missing checksums',
      () => rm(join(folder, 'SHA256SUMS')),
      /^cannot read the data file \S+: ENOENT.*SHA256SUMS/,
    ],
    [
      'an empty file',
      () => writeFile(join(folder, name), ''),
      /^the data file \S+digits\.csv\.gz is corrupt: /,
    ],
    [
      'one bit that flipped',
      async () => {
        const bytes = await readFile(join(folder, name));
        bytes[bytes.length >> 1] ^= 1;
        await writeFile(join(folder, name), bytes);
      },
      /is corrupt: its SHA-256 is not the one in \S+SHA256SUMS/,
    ],
    ['another file, well packed', () => writeFile(join(folder, name), gzipSync('1,2,3')), /is corrupt/],
    ['a file that is not listed', () => writeFile(join(folder, 'SHA256SUMS'), ''), /is corrupt/],
  ];

  it.each(spoil)('refuses %s in one line', async (_, how, says) => {
    await how();
    const refused = readBundled(name, folder);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(/^[^\n]+$/);
  });
});
