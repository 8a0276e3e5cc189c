import { Command } from 'commander';
import { readRun, writeReport, writeTrainingReport } from '../../experiments/report/index.js';
import { requireWritable } from '../../experiments/results.js';
import { UsageError } from '../errors.js';
import { findRecord } from '../train/folder.js';
import { type ImportOption, addImport, importModules, printJson } from './options.js';

interface Options extends ImportOption {
  readonly out?: string;
  readonly json?: boolean;
}

const examples = `
Of several folders, what they have of the same problem with the same samples, seed and settings goes on one plot.

Examples:
  $ bfn report monday
  $ bfn report monday tuesday --out both
  $ bfn report results/digits
  $ bfn report monday --import ./mine.mjs`;

export const reportCommand = (): Command =>
  addImport(
    new Command('report')
      .description('make the report of one or more run folders, or of a training: report.html with its plots')
      .argument('<folders...>', 'folders that bfn compare wrote, or one of bfn train')
      .option('--out <folder>', 'where to (default: the folder, if it is one)'),
  )
    .option('--json', 'print as JSON')
    .addHelpText('after', examples)
    .action(async (folders: readonly string[], options: Options) => {
      const { out = folders.length === 1 ? folders[0] : undefined } = options;
      if (out === undefined)
        throw new UsageError(`${folders.length} folders make one report; say where with --out`);
      const report = (await isTraining(folders, out))
        ? await writeTrainingReport(out)
        : await comparisonReport(folders, out, options);
      if (options.json) printJson({ report });
      else console.log(`the report is in ${report}`);
    });

/** Throws a `UsageError` for a training among others: its report is its own, in its folder. */
const isTraining = async (folders: readonly string[], out: string): Promise<boolean> => {
  const records = await Promise.all(folders.map(findRecord));
  const at = records.findIndex((record) => record !== undefined);
  if (at < 0) return false;
  if (folders.length === 1 && out === folders[0]) return true;
  throw new UsageError(`${folders[at]} is of a training; its report is made alone and in its folder`);
};

const comparisonReport = async (
  folders: readonly string[],
  out: string,
  options: Options,
): Promise<string> => {
  const runs = await Promise.all(folders.map(readRun));
  await requireWritable(out);
  await importModules(options);
  return writeReport(out, runs);
};
