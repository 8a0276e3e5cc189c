import { Command } from 'commander';
import { markdownTable } from 'markdown-table';
import { clocks } from '../../solvers/exponential-multistep.js';
import { type Measured, measuredOrders } from '../../solvers/measured.js';
import type { AnySolver } from '../../solvers/adaptive.js';
import { adaptiveSolverList, solverFamilies, solverList } from '../../solvers/registry.js';
import { type ImportOption, addImport, importModules, printJson } from './options.js';

const measuredOf = (solver: AnySolver): Measured | undefined =>
  Object.hasOwn(measuredOrders, solver.id) ? measuredOrders[solver.id] : undefined;

/** The declared facts of a solver as JSON, with the orders that were measured of the built-in ones (solvers/measured.ts). */
const facts = (solver: AnySolver): Record<string, string | number | boolean | null> => ({
  id: solver.id,
  description: solver.description ?? '',
  kind: solver.kind,
  adaptive: solver.adaptive === true,
  order: solver.order,
  weakOrder: solver.weakOrder ?? null,
  orderAsStarted: solver.orderAsStarted ?? solver.order,
  measuredOrder: measuredOf(solver)?.order ?? null,
  measuredOrderAsStarted: measuredOf(solver)?.orderAsStarted ?? null,
  measuredOrderFromFullStart: measuredOf(solver)?.orderFromFullStart ?? null,
  measuredWeakOrder: measuredOf(solver)?.weakOrder ?? null,
  measuredWeakOrderOfSde: measuredOf(solver)?.weakOrderOfSde ?? null,
  clock: (solver.clock ?? solver.multistep?.clock ?? clocks.lambda).id,
  evaluationsPerStep: solver.evaluationsPerStep ?? 1,
  consistent: solver.consistent,
  scaleInvariant: solver.scaleInvariant ?? false,
  takesReference: solver.takesReference ?? false,
  takesSymbols: solver.takesSymbols ?? false,
  reference: solver.reference,
});

export const solversCommand = (): Command =>
  addImport(new Command('solvers').description('list the solvers with their declared facts'))
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExamples:\n  $ bfn solvers\n  $ bfn solvers --json --import ./mine.mjs')
    .action(async (options: ImportOption & { json?: boolean }) => {
      await importModules(options);
      const solvers = [...solverList(), ...adaptiveSolverList()];
      if (options.json) {
        printJson(solvers.map(facts));
        return;
      }
      const dash = (value: number | null | undefined): string => String(value ?? '-');
      const rows = solvers.map((solver) => [
        solver.id,
        solver.adaptive ? `${solver.kind}, adaptive` : solver.kind,
        dash(solver.order),
        dash(measuredOf(solver)?.order),
        dash(solver.orderAsStarted ?? solver.order),
        dash(measuredOf(solver)?.orderAsStarted),
        dash(measuredOf(solver)?.orderFromFullStart),
        dash(solver.weakOrder),
        dash(measuredOf(solver)?.weakOrder),
        dash(solver.evaluationsPerStep ?? 1),
        solver.consistent ? 'yes' : 'no',
        solver.reference,
      ]);
      console.log(
        markdownTable([
          [
            'solver',
            'kind',
            'order',
            'measured',
            'as started',
            'measured',
            'from full start',
            'weak order',
            'measured',
            'calls a step',
            'consistent',
            'reference',
          ],
          ...rows,
        ]),
      );
      const families = solverFamilies().map(({ id, description, parameters }) => [
        `${id}:${parameters.map(({ name, default: usual }) => `${name}=${String(usual)}`).join(',')}`,
        description,
      ]);
      console.log(`\n${markdownTable([['family, with its defaults', 'what it is'], ...families])}`);
    });
