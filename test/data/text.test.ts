import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, readText, textAlphabet } from '../../src/data/text.js';
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
    expect(() => encode('a', 'a😀')).toThrow(/above U\+FFFF at position 1/);
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
