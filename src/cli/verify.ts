import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { type Check, type CheckResult, checks, selectChecks } from '../../experiments/verify/index.js';
import { printJson, whole } from './options.js';
import { progressBar } from './progress.js';

interface Options {
  readonly seed: number;
  readonly instances: number;
  readonly list?: boolean;
  readonly json?: boolean;
}

const number = (value: number): string =>
  value === 0 || !Number.isFinite(value) ? String(value) : value.toExponential(1);

const row = ({ name, method, instances, residual, relation, tolerance, passed }: CheckResult): string[] => [
  passed ? 'holds' : 'FAILS',
  name,
  method,
  String(instances),
  number(residual),
  `${relation} ${number(tolerance)}`,
];

/** What a claim says, for those who know it by its name alone. */
const spelled = ({ name, statement, source }: Pick<Check, 'name' | 'statement' | 'source'>): string =>
  `${name}\n  ${statement}\n  (${source})`;

const printTable = (results: readonly CheckResult[], seconds: number): void => {
  const header = ['', 'claim', 'method', 'instances', 'residual', 'accepted'];
  console.log(markdownTable([header, ...results.map(row)], { align: ['l', 'l', 'l', 'r', 'r', 'l'] }));
  for (const result of results.filter(({ passed }) => !passed)) {
    console.log(`\n${spelled(result)}${result.error === undefined ? '' : `\n  it threw: ${result.error}`}`);
  }
  const holding = results.filter(({ passed }) => passed).length;
  console.log(`\n${holding} of ${results.length} claims hold (${seconds.toFixed(1)} s)`);
};

const printList = (selected: readonly Check[], json: boolean | undefined): void => {
  if (!json) console.log(selected.map(spelled).join('\n\n'));
  else
    printJson({
      checks: selected.map(({ name, statement, source, method }) => ({ name, statement, source, method })),
    });
};

const examples = `
The residual is the largest over the instances: of a proof the number of identities left open, of coefficients and numbers a
relative difference, of Monte Carlo a difference in standard errors. The command fails if a claim does.

Examples:
  $ bfn verify
  $ bfn verify theorem-5.2 proposition-4.2 --instances 1000 --seed 7
  $ bfn verify --list`;

export const verifyCommand = (all: readonly Check[] = checks): Command =>
  new Command('verify')
    .description('check every claim of the theory and print the residual of each')
    .argument('[names...]', 'claims to check; all if none is given')
    .option('--seed <number>', 'seed of the random instances', whole(0), 0)
    .option('--instances <number>', 'random instances of each claim that is not proved', whole(1), 200)
    .option('--list', 'print what the claims say, without checking them')
    .option('--json', 'print as JSON')
    .addHelpText('after', examples)
    .action(async (names: readonly string[], { list, json, ...options }: Options) => {
      const selected = selectChecks(all, names);
      if (list) {
        printList(selected, json);
        return;
      }
      const start = performance.now();
      const progress = progressBar('claims');
      const results: CheckResult[] = [];
      for (const check of selected) {
        progress.update(results.length, selected.length);
        results.push(await check.run(options));
      }
      progress.stop();
      if (json) printJson({ checks: results });
      else printTable(results, (performance.now() - start) / 1000);
      const failed = results.filter(({ passed }) => !passed).map(({ name }) => name);
      if (failed.length > 0)
        throw new Error(`${failed.length} of ${results.length} claims fail: ${failed.join(', ')}`);
    });
