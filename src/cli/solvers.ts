import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { solverList } from '../../solvers/registry.js';
import type { Solver } from '../../solvers/solver.js';
import { type ImportOption, addImport, importModules, printJson } from './options.js';

/** The declared facts of a solver as JSON; measured orders are null until they have been measured. */
const facts = (solver: Solver): Record<string, string | number | boolean | null> => ({
  id: solver.id,
  description: solver.description ?? '',
  kind: solver.kind,
  order: solver.order,
  weakOrder: solver.weakOrder ?? null,
  measuredOrder: null,
  measuredWeakOrder: null,
  evaluationsPerStep: solver.evaluationsPerStep ?? 1,
  consistent: solver.consistent,
  scaleInvariant: solver.scaleInvariant ?? false,
  reference: solver.reference,
});

export const solversCommand = (): Command =>
  addImport(new Command('solvers').description('list the solvers with their declared facts'))
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExamples:\n  $ bfn solvers\n  $ bfn solvers --json --import ./mine.mjs')
    .action(async (options: ImportOption & { json?: boolean }) => {
      await importModules(options);
      const solvers = solverList();
      if (options.json) {
        printJson(solvers.map(facts));
        return;
      }
      const dash = (value: number | null | undefined): string => String(value ?? '-');
      const rows = solvers.map((solver) => [
        solver.id,
        solver.kind,
        dash(solver.order),
        dash(solver.weakOrder),
        dash(solver.evaluationsPerStep ?? 1),
        solver.consistent ? 'yes' : 'no',
        solver.reference,
      ]);
      console.log(
        markdownTable([
          ['solver', 'kind', 'order', 'weak order', 'calls a step', 'consistent', 'reference'],
          ...rows,
        ]),
      );
    });
