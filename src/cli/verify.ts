import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { type CheckResult, checks, selectChecks } from '../../experiments/verify/index.js';
import { printJson, whole } from './options.js';
import { progressBar } from './progress.js';

interface Options {
  readonly seed: number;
  readonly instances: number;
  readonly json?: boolean;
}

const number = (value: number): string =>
  value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(1) : String(value);

const row = ({ name, method, instances, residual, relation, tolerance, passed }: CheckResult): string[] => [
  passed ? 'pass' : 'FAIL',
  name,
  method,
  String(instances),
  number(residual),
  `${relation} ${number(tolerance)}`,
];

/** The claims that failed in words, since a name does not say what is wrong. */
const explained = ({ name, statement, source, error }: CheckResult): string =>
  `FAIL ${name}: ${statement} (${source})${error === undefined ? '' : `\n  it threw: ${error}`}`;

export const verifyCommand = (): Command =>
  new Command('verify')
    .description('check every claim of the theory and print the residual of each')
    .argument('[names...]', 'checks to run; all if none is given')
    .option('--seed <number>', 'seed of the random instances', whole(0), 0)
    .option('--instances <number>', 'random instances of a check that is not a proof', whole(1), 200)
    .option('--list', 'print the statements without checking them')
    .option('--json', 'print as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ bfn verify\n  $ bfn verify theorem-5.2 proposition-4.2 --instances 1000\n  $ bfn verify --list',
    )
    .action(async (names: readonly string[], options: Options & { list?: boolean }) => {
      const selected = selectChecks(checks, names);
      if (options.list) {
        if (options.json)
          printJson(
            selected.map(({ name, statement, source, method }) => ({ name, statement, source, method })),
          );
        else
          for (const { name, statement, source } of selected)
            console.log(`${name}\n  ${statement}\n  ${source}`);
        return;
      }
      const progress = progressBar('checks');
      const start = performance.now();
      const results: CheckResult[] = [];
      for (const check of selected) {
        progress.update(results.length, selected.length);
        results.push(await check.run(options));
      }
      progress.stop();
      const failed = results.filter(({ passed }) => !passed);
      if (failed.length > 0) process.exitCode = 1;
      if (options.json) {
        printJson({ checks: results });
        return;
      }
      const header = ['', 'check', 'method', 'instances', 'residual', 'accepted'];
      console.log(markdownTable([header, ...results.map(row)], { align: ['l', 'l', 'l', 'r', 'r', 'l'] }));
      for (const result of failed) console.log(`\n${explained(result)}`);
      const seconds = ((performance.now() - start) / 1000).toFixed(0);
      console.log(`\n${results.length - failed.length} of ${results.length} claims hold (${seconds} s)`);
    });
