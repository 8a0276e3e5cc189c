import { readFile, writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { type Table, tableOf } from '../experiments/recommended/choose.js';
import {
  checkedCells,
  differences,
  readSweep,
  sweepText,
  withTable,
} from '../experiments/recommended/record.js';
import { type Cells, rerun, runSweep } from '../experiments/recommended/sweep.js';

// Runs the sweep of the recommended settings, records it and writes the table that follows from it, as code and into docs/results.md.
// With --check nothing is written: the table is derived again from the recorded sweep, some of its cells are run again, and it fails
// where table, page or cells differ.

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);
const files = {
  sweep: at('experiments/recommended/sweep.json'),
  table: at('experiments/recommended/table.ts'),
  page: at('docs/results.md'),
};
const text = (file: URL): Promise<string> => readFile(file, 'utf8');

const tableSource = async (table: Table): Promise<string> => {
  const source = `// Written by \`npm run recommend\`; not to be edited.
import type { Table } from './choose.js';

/** What is recommended in each situation, by rising number of calls. */
export const recommendations: Table = ${JSON.stringify(table)};
`;
  return format(source, { ...(await resolveConfig(files.table)), parser: 'typescript' });
};

/** Workers run compiled code, which the script `recommend` builds. */
const withWorkers = async <T>(work: (cells: Cells) => Promise<T>): Promise<T> => {
  const module = at('dist/experiments/workers.js').href;
  const { startWorkers } = (await import(module)) as typeof import('../experiments/workers.js');
  const workers = await startWorkers();
  return work({ run: (task) => workers.run(task) }).finally(() => workers.close());
};

const regenerate = async (): Promise<void> => {
  const begun = performance.now();
  let done = 0;
  const cells = await withWorkers((pool) =>
    runSweep(pool, (some) => {
      done += some.length;
      const { situation, nfe, samples } = some[0];
      console.log(`${situation}, NFE ${nfe}, ${samples} samples: ${done} cells done`);
    }),
  );
  await writeFile(files.sweep, sweepText(cells));
  const table = tableOf(cells);
  await writeFile(files.table, await tableSource(table));
  await writeFile(files.page, withTable(await text(files.page), table));
  console.log(`${cells.length} cells in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
};

const check = async (): Promise<void> => {
  const cells = readSweep(await text(files.sweep));
  const table = tableOf(cells);
  const page = await text(files.page);
  const some = checkedCells(cells);
  const again = await withWorkers((pool) => rerun(some, pool));
  const wrong = [
    ...((await text(files.table)) === (await tableSource(table))
      ? []
      : ['table.ts is not that of the sweep']),
    ...(page === withTable(page, table) ? [] : ['the table of docs/results.md is not that of the sweep']),
    ...differences(some, again),
  ];
  const equal = some.filter((cell, i) => JSON.stringify(cell) === JSON.stringify(again[i])).length;
  console.log(`${equal} of ${some.length} cells came out equal to the last digit`);
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
};

await (process.argv.includes('--check') ? check() : regenerate());
