import { open, readFile } from 'node:fs/promises';
import { UsageError } from '../src/errors.js';

/** A file that text can be put at the end of. */
export interface Appendable {
  appendFile(text: string): Promise<unknown>;
}

/** How text is put at the end of a file; a test may let it fail. */
export type Append = (file: Appendable, text: string) => Promise<unknown>;

const append: Append = (file, text) => file.appendFile(text);

/** A file of lines that grows. `entries` are those that it had. */
export interface Journal<T> {
  readonly entries: readonly T[];
  /** Adds a line that ends in a line feed. What could not be written in full is taken back. */
  add(line: string): Promise<void>;
  close(): Promise<void>;
}

const lineFeed = 0x0a;

/** Reads the whole lines of a file, which end at byte `whole`. Rejects with a `UsageError` that names the line which `parse` does not take, or passes it over if `lenient`. */
export const readLines = async <T>(
  path: string,
  parse: (line: string) => T | undefined,
  lenient = false,
): Promise<{ readonly entries: readonly T[]; readonly whole: number }> => {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw new UsageError(`cannot read ${path}: ${error.message}`);
  });
  const entries: T[] = [];
  const whole = content.lastIndexOf(lineFeed) + 1;
  let number = 1;
  for (let from = 0; from < whole; number++) {
    const to = content.indexOf(lineFeed, from);
    const entry = parse(content.toString('utf8', from, to));
    if (entry !== undefined) entries.push(entry);
    else if (!lenient) {
      throw new UsageError(
        `${path}:${number}: the line is malformed, and not only cut off at the end; remove it to have that cell run again, or restore the file`,
      );
    }
    from = to + 1;
  }
  return { entries, whole };
};

/**
 * Opens a file of lines to go on with it. A last line that was cut off, by a process that was killed while it wrote, is
 * removed. Rejects like `readLines`.
 */
export const openJournal = async <T>(
  path: string,
  parse: (line: string) => T | undefined,
  write: Append = append,
): Promise<Journal<T>> => {
  const { entries, whole } = await readLines(path, parse);
  const file = await open(path, 'a');
  let size = whole;
  await file.truncate(size);
  return {
    entries,
    add: async (line) => {
      try {
        await write(file, line);
      } catch (error) {
        await file.truncate(size).catch(() => undefined);
        throw new Error(`cannot write to ${path}: ${(error as Error).message}`, { cause: error });
      }
      size += Buffer.byteLength(line);
    },
    close: () => file.close(),
  };
};
