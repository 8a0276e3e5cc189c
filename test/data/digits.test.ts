import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { readBundled } from '../../src/data/bundled.js';
import { parseDigits, readDigits, type Digits } from '../../src/data/digits.js';
import { UsageError } from '../../src/errors.js';

describe('the digits', () => {
  let digits: Digits;
  let lines: string[];
  beforeAll(async () => {
    digits = await readDigits();
    lines = (await readBundled('digits.csv.gz')).toString('utf8').trimEnd().split('\n');
  });

  it('are 1797 images of 64 pixels in [-1, 1], in eighths, with their labels', () => {
    const { images, labels } = digits;
    expect([images.length, labels.length]).toEqual([1797 * 64, 1797]);
    expect([Math.min(...images.slice(0, 6400)), Math.max(...images.slice(0, 6400))]).toEqual([-1, 1]);
    expect(images.every((value) => Number.isInteger((value + 1) * 8) && value >= -1 && value <= 1)).toBe(
      true,
    );
    expect([...images.slice(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((pixel) => pixel / 8 - 1));
    // the counts that the data set's description states
    const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
    expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  });

  const replaced = (line: number, column: number, by: string[]) => {
    const changed = [...lines];
    const fields = changed[line - 1].split(',');
    fields.splice(column - 1, 1, ...by);
    changed[line - 1] = fields.join(',');
    return changed.join('\n');
  };

  it.each([
    [3, 5, ['17'], /line 3, column 5 is "17"; accepted are integers from 0 to 16/],
    [1, 1, ['-1'], /line 1, column 1 is "-1"/],
    [1797, 64, ['1.5'], /line 1797, column 64 is "1\.5"/],
    [2, 65, ['12'], /line 2, column 65 is "12"; accepted are integers from 0 to 9/],
    [2, 65, [], /line 2, column 65 is missing/],
    [9, 2, [''], /line 9, column 2 is ""/],
    [9, 2, ['1', '2'], /line 9 has 66 columns; accepted are 65/],
  ] as [number, number, string[], RegExp][])(
    'line %d, column %d as %j is refused',
    (line, column, by, message) => {
      const parse = () => parseDigits(replaced(line, column, by));
      expect(parse).toThrow(UsageError);
      expect(parse).toThrow(message);
    },
  );

  it('must be one at least', () => {
    expect(() => parseDigits('', 'x.csv')).toThrow(/^x\.csv is empty; accepted is a line of numbers/);
  });

  it('are read from any file of that form, packed or not, whatever ends its lines', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bfn-digits-'));
    try {
      const path = join(folder, 'some.csv');
      for (const content of [
        lines.slice(3, 5).join('\n'),
        gzipSync(`${lines.slice(3, 5).join('\r\n')}\r\n`),
      ]) {
        await writeFile(path, content);
        const read = await readDigits(path);
        expect([...read.images]).toEqual([...digits.images.subarray(3 * 64, 5 * 64)]);
        expect([...read.labels]).toEqual([...digits.labels.subarray(3, 5)]);
      }
      await writeFile(path, `${lines[0]}\n${lines[1].slice(2)}\n`);
      await expect(readDigits(path)).rejects.toThrow(/some\.csv, line 2, column 65 is missing; accepted are/);
      await expect(readDigits(join(folder, 'none.csv'))).rejects.toBeInstanceOf(UsageError);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
