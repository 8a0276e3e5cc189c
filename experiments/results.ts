import { access, constants, mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../src/errors.js';
import type { Json } from '../src/json.js';
import type { Comparison } from './comparison.js';

/** Makes the folders of a path that do not exist, and says which, the outermost first. (`mkdir`'s own `recursive` never returns below /proc.) */
export const makeFolders = async (folder: string): Promise<readonly string[]> => {
  try {
    await mkdir(folder);
    return [folder];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      await access(`${folder}/.`, constants.W_OK); // not a file, and not read-only
      return [];
    }
    const parent = dirname(folder);
    if (code !== 'ENOENT' || parent === folder) throw error;
    const made = await makeFolders(parent);
    await mkdir(folder);
    return [...made, folder];
  }
};

/** Makes sure that a folder can be made and written to, before work is done for it; leaves nothing behind. Rejects with a `UsageError` if not. */
export const requireWritable = async (folder: string): Promise<void> => {
  try {
    const made = await makeFolders(resolve(folder));
    for (const path of made.toReversed()) await rmdir(path).catch(() => undefined); // in use by another by now
  } catch (error) {
    throw new UsageError(`cannot write to the folder ${folder}: ${(error as Error).message}`);
  }
};

/** Writes a file whole or not at all, under another name first; makes its folder. With `flush`, also where the power fails. An error names the file. */
export const writeWhole = async (
  path: string,
  content: string | Uint8Array,
  { flush = false } = {},
): Promise<void> => {
  const draft = `${path}.part`;
  try {
    await makeFolders(resolve(dirname(path)));
    await writeFile(draft, content, { flush });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    throw new Error(`cannot write to ${path}: ${(error as Error).message}`, { cause: error });
  }
};

const csvField = (value: string | number): string => {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Lines of fields as CSV (RFC 4180, with \n). */
export const csvLines = (lines: readonly (readonly (string | number)[])[]): string =>
  lines.map((line) => line.map(csvField).join(',')).join('\n') + '\n';

const columns = [
  ...['problem', 'solver', 'nfe', 'status', 'metric', 'value', 'low', 'high', 'floor', 'truth'],
  ...['samples', 'repeats', 'seed', 'calls', 'most calls', 'label'],
];

/** One line a cell and metric (RFC 4180, with \n). A cell that is not ok has one line without a metric. */
export const comparisonCsv = ({ cells, problems, samples, repeats, seed }: Comparison): string => {
  const truthOf = (problem: string, metric: string): number | string =>
    problems.find(({ name }) => name === problem)?.metrics[metric]?.truth ?? '';
  const lines = cells.flatMap(({ problem, solver, label, nfe, status, metrics, calls }) => {
    const values = Object.entries(metrics).map(([id, { value, low, high, floor }]) => [
      ...[id, value, low, high, floor],
      truthOf(problem, id),
    ]);
    return (values.length > 0 ? values : [['', '', '', '', '', '']]).map((value) => [
      ...[problem, solver, nfe, status],
      ...value,
      ...[samples, repeats, seed, calls?.mean ?? '', calls?.max ?? '', label],
    ]);
  });
  return csvLines([columns, ...lines]);
};

/** Writes `compare.json` and `compare.csv`; `record` says how to run it again. */
export const writeComparison = async (
  folder: string,
  comparison: Comparison,
  record: Readonly<Record<string, Json>>,
): Promise<void> => {
  await writeWhole(join(folder, 'compare.json'), JSON.stringify({ ...comparison, record }, null, 1) + '\n');
  await writeWhole(join(folder, 'compare.csv'), comparisonCsv(comparison));
};
