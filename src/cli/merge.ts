import { Command, Option } from 'commander';
import { commonRun, mergeRuns } from '../../experiments/merge.js';
import { requireWritable } from '../../experiments/results.js';
import { folderOf } from './experiment.js';
import { type ImportOption, addImport, importModules } from './options.js';
import { recordOf } from './record.js';
import { type DeliveryOptions, deliver } from './results.js';

interface Options extends ImportOption, DeliveryOptions {
  readonly out?: string;
  readonly force?: boolean;
}

const examples = `
Examples:
  $ bfn compare --problem text --shard 1/2 --out half-1
  $ bfn compare --problem text --shard 2/2 --out half-2
  $ bfn merge half-1 half-2 --out both`;

export const mergeCommand = (): Command =>
  addImport(
    new Command('merge')
      .description('join the folders of the shards of a run into what one run would have written')
      .argument('<folders...>', 'run folders of one experiment that together hold all of it')
      .option('--out <folder>', 'where to (default: where one run of all would go)')
      .option('--force', 'take the folder over if it belongs to another run')
      .option('--no-report', 'write no report.html, plots and table'),
  )
    .option('--json', 'print the result as JSON')
    .addOption(new Option('--csv', 'print the result as CSV').conflicts('json'))
    .addHelpText('after', examples)
    .action(async (folders: readonly string[], options: Options) => {
      const { force = false } = options;
      const begun = performance.now();
      const modules = await importModules(options);
      const out = options.out ?? folderOf((await commonRun(folders, modules)).experiment, modules);
      await requireWritable(out);
      const comparison = await mergeRuns(folders, out, { modules, force });
      const record = await recordOf({ modules, seconds: (performance.now() - begun) / 1000, workers: 0 });
      await deliver(out, comparison, record, options);
    });
