import { isUtf8 } from 'node:buffer';
import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';
import { checksumOf, readUnpacked } from './files.js';

/** The 27 symbols of text8: class 0 is the space, then a to z. */
export const textAlphabet = ' abcdefghijklmnopqrstuvwxyz';

/** The texts that ship with the package by their short names, as files of data/text. */
export const bundledTexts: Readonly<Record<string, string>> = {
  wikitext2: 'wikitext2-az.train',
  text8: 'text8-1m',
  tinyshakespeare: 'tinyshakespeare',
};

/**
 * A text that ships with the package (`data/text/<name>.txt.gz`), unpacked: for one, 10,160,147 characters of Wikipedia in
 * the form of text8 (`wikitext2-az.train`). Throws a `UsageError` if there is no such file or it is corrupt.
 */
export const readText = async (name = 'wikitext2-az.train'): Promise<string> =>
  (await contentOfText(name)).toString('latin1');

const contentOfText = (name: string): Promise<Buffer> => readBundled(`text/${name}.txt.gz`);

const absent = 0xffff;

/** Class of each UTF-16 code unit. Throws a `UsageError` unless the alphabet is 1 to 256 distinct characters. */
const classOfUnit = (alphabet: string): Uint16Array => {
  if (alphabet.length < 1 || alphabet.length > 256) {
    throw new UsageError(`the alphabet has ${alphabet.length} characters; accepted are 1 to 256`);
  }
  const classes = new Uint16Array(65536).fill(absent);
  for (let k = 0; k < alphabet.length; k++) {
    const unit = alphabet.charCodeAt(k);
    if (unit >= 0xd800 && unit < 0xe000) {
      throw new UsageError(
        `the alphabet has ${String.fromCodePoint(alphabet.codePointAt(k) ?? unit)}, a character above U+FFFF; accepted are those up to it`,
      );
    }
    if (classes[unit] !== absent) {
      throw new UsageError(
        `the alphabet has ${JSON.stringify(alphabet[k])} twice; its characters must differ`,
      );
    }
    classes[unit] = k;
  }
  return classes;
};

/** The class (position in the alphabet) of each character. Throws a `UsageError` at the first character outside the alphabet. */
export const encode = (text: string, alphabet: string = textAlphabet): Uint8Array => {
  const classes = classOfUnit(alphabet);
  const encoded = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const k = classes[text.charCodeAt(i)];
    if (k === absent) {
      const character = JSON.stringify(String.fromCodePoint(text.codePointAt(i) ?? 0));
      throw new UsageError(
        `the text has ${character} at position ${i}; accepted are the characters of ${JSON.stringify(alphabet)}`,
      );
    }
    encoded[i] = k;
  }
  return encoded;
};

/** The bytes that a character of UTF-8 has by the first of them. */
const bytesOfCharacter = (first: number): number =>
  first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

/** Throws a `UsageError` that names the first byte that begins no character of UTF-8: decoded, it would pass for U+FFFD. */
const requireUtf8 = (content: Buffer, file: string): void => {
  if (isUtf8(content)) return;
  const endOf = (at: number): number => at + bytesOfCharacter(content[at]);
  let at = 0;
  while (isUtf8(content.subarray(at, endOf(at)))) at = endOf(at);
  throw new UsageError(
    `${file} is no UTF-8 at byte ${at}, which is 0x${content[at].toString(16)}; accepted is a text in UTF-8`,
  );
};

/**
 * The class of each character of a text in UTF-8. They are written over the text itself, so that a text of 100 MB takes no more than
 * that. Throws a `UsageError` that names file and byte at the first character outside the alphabet.
 */
const encodeInPlace = (content: Buffer, alphabet: string, file: string): Uint8Array => {
  const classes = classOfUnit(alphabet);
  let count = 0;
  for (let at = 0; at < content.length;) {
    const size = bytesOfCharacter(content[at]);
    const character = size === 1 ? undefined : content.toString('utf8', at, at + size);
    const k = classes[character === undefined ? content[at] : character.charCodeAt(0)];
    if (k === absent) {
      const found = JSON.stringify(character ?? String.fromCharCode(content[at]));
      throw new UsageError(
        `${file} has ${found} at byte ${at}; accepted are the characters of ${JSON.stringify(alphabet)}`,
      );
    }
    content[count++] = k;
    at += size;
  }
  return content.subarray(0, count);
};

/** The distinct characters of a text in UTF-8: in the order of text8 where they are among its 27, else in that of their codes. */
const charactersOf = (content: Buffer): string => {
  const occurs = new Uint8Array(256);
  for (const byte of content) occurs[byte] = 1;
  const bytes = [...occurs.keys()].filter((byte) => occurs[byte] === 1);
  const found =
    (bytes.at(-1) ?? 0) < 0x80 ? bytes.map((byte) => String.fromCharCode(byte)) : new Set(content.toString());
  const characters = [...found].sort().join('');
  return [...characters].every((character) => textAlphabet.includes(character)) ? textAlphabet : characters;
};

/** A text as classes. */
export interface EncodedText {
  /** [characters], each the position of its character in the alphabet. */
  readonly classes: Uint8Array;
  readonly alphabet: string;
  /** SHA-256 of the text, unpacked. */
  readonly checksum: string;
}

/** Stands for the characters that occur, or the 27 of text8 if there are no others, where an alphabet is asked for. */
export const anyAlphabet = '*';

const encodedText = (content: Buffer, asked: string, file: string): EncodedText => {
  requireUtf8(content, file);
  const checksum = checksumOf(content);
  const alphabet = asked === anyAlphabet ? charactersOf(content) : asked;
  return { classes: encodeInPlace(content, alphabet, file), alphabet, checksum };
};

/**
 * The text of a file in UTF-8, packed by gzip or not, in the 27 symbols of text8 or another alphabet; `*` for the characters that occur in
 * it (the 27 of text8 if there are no others). Rejects with a `UsageError` if there is no such file, and at the first byte that is no UTF-8 or character outside the alphabet, with its place.
 */
export const readTextFile = async (path: string, alphabet: string = textAlphabet): Promise<EncodedText> =>
  encodedText(await readUnpacked(path), alphabet, path);

/** The same, of a text that ships with the package, by its short name; unless told, in its own characters, as by `*`. */
export const readBundledText = async (source: string, alphabet = anyAlphabet): Promise<EncodedText> => {
  if (!Object.hasOwn(bundledTexts, source)) {
    throw new UsageError(`there is no text "${source}"; there are: ${Object.keys(bundledTexts).join(', ')}`);
  }
  return encodedText(await contentOfText(bundledTexts[source]), alphabet, source);
};

/** The characters of classes. Throws a `UsageError` at the first class that is not below the alphabet's length. */
export const decode = (classes: ArrayLike<number>, alphabet: string = textAlphabet): string =>
  Array.from(classes, (k, i) => {
    const character = alphabet[k];
    if (character !== undefined) return character;
    throw new UsageError(`class ${k} at position ${i}; accepted are 0 to ${alphabet.length - 1}`);
  }).join('');
