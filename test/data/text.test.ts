import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  decode,
  encode,
  readBundledText,
  readText,
  readTextFile,
  textAlphabet,
} from '../../src/data/text.js';
import { UsageError } from '../../src/errors.js';

const anyAlphabet = () =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 0xd7ff }), { minLength: 1, maxLength: 256 })
    .map((units) => String.fromCharCode(...units));

describe('texts and classes', () => {
  it('decodes what it encoded, in any alphabet', () => {
    fc.assert(
      fc.property(anyAlphabet(), fc.array(fc.nat(255)), (alphabet, numbers) => {
        const classes = Uint8Array.from(numbers, (n) => n % alphabet.length);
        expect(encode(decode(classes, alphabet), alphabet)).toEqual(classes);
      }),
    );
  });

  it('has the space as class 0 and a to z after it', () => {
    expect(textAlphabet).toHaveLength(27);
    expect(encode(' az')).toEqual(Uint8Array.of(0, 1, 26));
    expect(encode('')).toEqual(new Uint8Array(0));
  });

  it('names the first character outside the alphabet and where it is', () => {
    expect(() => encode('abc Def')).toThrow(
      new UsageError(
        'the text has "D" at position 4; accepted are the characters of " abcdefghijklmnopqrstuvwxyz"',
      ),
    );
    expect(() => encode('ab😀')).toThrow(/"😀" at position 2/);
    expect(() => decode([0, 27])).toThrow(/class 27 at position 1; accepted are 0 to 26/);
  });

  it('refuses alphabets that are none', () => {
    expect(() => encode('a', '')).toThrow(UsageError);
    expect(() => encode('a', 'aba')).toThrow(/"a" twice/);
    expect(() => encode('a', 'a😀')).toThrow(/above U\+FFFF/);
    expect(() => encode('a', String.fromCharCode(...Array(257).keys()))).toThrow(/257 characters/);
  });

  it('reads the bundled text', async () => {
    const text = await readText();
    expect(text).toHaveLength(10_160_147);
    expect(text.slice(0, 17)).toBe('senj no valkyria ');
    expect(text).toMatch(/^[a-z ]+$/);
    await expect(readText('no-such-text')).rejects.toThrow(UsageError);
  });
});

describe('a file of text', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-text-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const fileOf = async (content: string | Uint8Array, name = 'text.txt'): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  it('has the classes of its characters, in any alphabet, packed or not, and the checksum of what is unpacked', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyAlphabet(),
        fc.array(fc.nat(255), { maxLength: 30 }),
        fc.boolean(),
        async (alphabet, numbers, packed) => {
          const text = numbers.map((n) => alphabet[n % alphabet.length]).join('');
          const path = await fileOf(packed ? gzipSync(text) : text);
          const read = await readTextFile(path, alphabet);
          expect([...read.classes]).toEqual([...encode(text, alphabet)]);
          expect(read.alphabet).toBe(alphabet);
          expect(read.checksum).toBe(createHash('sha256').update(text).digest('hex'));
          const any = await readTextFile(path, text === '' ? alphabet : '*');
          expect(decode(any.classes, any.alphabet)).toBe(text);
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([
    [
      'a capital',
      'abc Def',
      textAlphabet,
      /text\.txt has "D" at byte 4; accepted are the characters of " abc/,
    ],
    ['a line feed at the end', 'abc\n', textAlphabet, /text\.txt has "\\n" at byte 3/],
    ['a letter of two bytes after another', 'éèa', 'éa', /text\.txt has "è" at byte 2/],
    ['a sign of four bytes', 'a😀', 'a', /text\.txt has "😀" at byte 1/],
    [
      'Latin-1',
      Buffer.from('café and more', 'latin1'),
      '*',
      /text\.txt is no UTF-8 at byte 3, which is 0xe9;/,
    ],
    ['no UTF-8', Uint8Array.of(97, 0xff, 97), 'a\ufffd', /text\.txt is no UTF-8 at byte 1, which is 0xff/],
    ['a continuation alone', Uint8Array.of(0xc3, 0xa9, 0xa9), '*', /text\.txt is no UTF-8 at byte 2,/],
    ['an end within a character', Uint8Array.of(97, 0xc3), '*', /text\.txt is no UTF-8 at byte 1,/],
    ['a sign that is twice in the alphabet', 'a', 'aa', /the alphabet has "a" twice/],
  ])('with %s is refused', async (_, content, alphabet, says) => {
    const refused = readTextFile(await fileOf(content), alphabet);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toThrow(/^[^\n]+$/);
  });

  it('may have the sign that stands for bytes that are none, where it is written in UTF-8', async () => {
    const { classes, alphabet } = await readTextFile(await fileOf('a\ufffdb\ufffd'), '*');
    expect(decode(classes, alphabet)).toBe('a\ufffdb\ufffd');
  });

  it('is whole characters to the byte, else the first byte that is none is named', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 6 }), bytes, async (text, more) => {
        const content = Buffer.concat([Buffer.from(text), more]);
        const firstWrong = (): number => {
          let at = 0;
          for (const character of content.toString()) {
            const own = Buffer.from(character);
            if (!own.equals(content.subarray(at, at + own.length))) return at;
            at += own.length;
          }
          return Infinity;
        };
        const message = await readTextFile(await fileOf(content), '*').then(String, String);
        const named = Number(/is no UTF-8 at byte (\d+),/.exec(message)?.[1] ?? Infinity);
        expect(named).toBe(firstWrong());
      }),
      { numRuns: 100 },
    );
  });

  it('must be there', async () => {
    await expect(readTextFile(join(folder, 'none.txt'))).rejects.toThrow(
      /^cannot read the data file \S+none\.txt: ENOENT/,
    );
    await expect(readBundledText('dickens')).rejects.toThrow(
      'there is no text "dickens"; there are: wikitext2, text8, tinyshakespeare',
    );
  });

  it('that ships has the characters that occur in it, or those that are asked for', async () => {
    const { alphabet, classes } = await readBundledText('tinyshakespeare');
    expect([alphabet.length, classes.length]).toEqual([65, 1_115_394]);
    expect(decode(classes.subarray(0, 14), alphabet)).toBe('First Citizen:');
    expect((await readBundledText('text8')).alphabet).toBe(textAlphabet);
    await expect(readBundledText('tinyshakespeare', 'abc')).rejects.toThrow(
      /^tinyshakespeare has "F" at byte 0/,
    );
  });
});
