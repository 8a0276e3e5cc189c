import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { problemList } from '../../experiments/problems/index.js';
import { type ImportOption, addImport, importModules, printJson } from './options.js';

export const problemsCommand = (): Command =>
  addImport(new Command('problems').description('list the problems with their parameters'))
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExamples:\n  $ bfn problems\n  $ bfn compare --problem text:order=3,length=32')
    .action(async (options: ImportOption & { json?: boolean }) => {
      await importModules(options);
      const problems = problemList();
      if (options.json) {
        printJson(problems.map(({ id, description, parameters }) => ({ id, description, parameters })));
        return;
      }
      const rows = problems.map(({ id, description, parameters }) => [
        id,
        description,
        parameters
          .map(({ name, default: usual }) =>
            usual === undefined ? name : `${name}=${JSON.stringify(usual)}`,
          )
          .join(', '),
      ]);
      console.log(markdownTable([['problem', 'what it is', 'parameters'], ...rows]));
    });
