import { UsageError } from '../errors.js';
import { readBundled } from './bundled.js';

/** The 27 symbols of text8: class 0 is the space, then a to z. */
export const textAlphabet = ' abcdefghijklmnopqrstuvwxyz';

/**
 * A text that ships with the package (`data/text/<name>.txt.gz`), unpacked: for one, 10,160,147 characters of Wikipedia in
 * the form of text8 (`wikitext2-az.train`). Throws a `UsageError` if there is no such file or it is corrupt.
 */
export const readText = async (name = 'wikitext2-az.train'): Promise<string> =>
  (await readBundled(`text/${name}.txt.gz`)).toString('latin1');

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
        `the alphabet has a character above U+FFFF at position ${k}; accepted are those up to it`,
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

/** The characters of classes. Throws a `UsageError` at the first class that is not below the alphabet's length. */
export const decode = (classes: ArrayLike<number>, alphabet: string = textAlphabet): string =>
  Array.from(classes, (k, i) => {
    const character = alphabet[k];
    if (character !== undefined) return character;
    throw new UsageError(`class ${k} at position ${i}; accepted are 0 to ${alphabet.length - 1}`);
  }).join('');
