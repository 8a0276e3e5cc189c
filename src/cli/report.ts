import { Command } from 'commander';
import { readRun, writeReport } from '../../experiments/report/index.js';
import { requireWritable } from '../../experiments/results.js';
import { UsageError } from '../errors.js';
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
  $ bfn report monday --import ./mine.mjs`;

export const reportCommand = (): Command =>
  addImport(
    new Command('report')
      .description('make the report of one or more run folders: report.html, its plots and its table')
      .argument('<folders...>', 'folders that bfn compare wrote')
      .option('--out <folder>', 'where to (default: the folder, if it is one)'),
  )
    .option('--json', 'print as JSON')
    .addHelpText('after', examples)
    .action(async (folders: readonly string[], options: Options) => {
      const { out = folders.length === 1 ? folders[0] : undefined } = options;
      if (out === undefined)
        throw new UsageError(`${folders.length} folders make one report; say where with --out`);
      const runs = await Promise.all(folders.map(readRun));
      await requireWritable(out);
      await importModules(options);
      const report = await writeReport(out, runs);
      if (options.json) printJson({ report });
      else console.log(`the report is in ${report}`);
    });
