import { UsageError, requireWhole } from '../../errors.js';
import { readBundledText, readTextFile } from '../text.js';
import { type Dataset, type Part, type Split, partsOf, splitOf, unitRange } from './split.js';

export interface TextOptions {
  readonly path?: string;
  /** One that ships, by its short name. */
  readonly source?: string;
  readonly length: number;
  readonly alphabet?: string;
  readonly split: readonly number[];
}

/** The windows of a part of a text that begin `stride` characters apart. */
const windows = (classes: Uint8Array, [from, to]: Part, length: number, stride: number): Split => {
  const count = Math.floor((to - from - length) / stride) + 1;
  return splitOf(count, [length], (out, index) => {
    const start = from + index * stride;
    out.set(classes.subarray(start, start + length));
  });
};

/** Throws a `UsageError` if a part of the text has no window. */
const requireLongEnough = (parts: readonly Part[], length: number): void => {
  const short = parts.find(([from, to]) => to - from < length);
  if (short === undefined) return;
  throw new UsageError(
    `dataset "text": length = ${length} is more than the ${short[1] - short[0]} characters from ${short[0]}, a part of the split`,
  );
};

/**
 * Windows of a text, split by position: every window of the first part to train on, windows side by side of the others. Of what
 * ships unless told a file.
 */
export const text = async (options: TextOptions): Promise<Dataset> => {
  const { path, source, length, alphabet: asked, split } = options;
  requireWhole('dataset "text": length', length, 1);
  if (path !== undefined && source !== undefined) {
    throw new UsageError('dataset "text": path and source are two texts; give one of them');
  }
  const { classes, alphabet, checksum } = await (path === undefined
    ? readBundledText(source ?? 'wikitext2', asked)
    : readTextFile(path, asked));
  const [train, ...others] = partsOf('dataset "text"', classes.length, split);
  requireLongEnough([train, ...others], length);
  const [valid, test] = others.map((part) => windows(classes, part, length, length));
  return {
    id: 'text',
    parameters: { ...options },
    kind: 'classes',
    shape: [length],
    classes: alphabet.length,
    alphabet,
    range: unitRange,
    trainText: classes.subarray(...train),
    train: windows(classes, train, length, 1),
    valid,
    ...(test && { test }),
    checksum,
  };
};
