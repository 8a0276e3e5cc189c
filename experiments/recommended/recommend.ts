import { UsageError } from '../../src/errors.js';
import type { SolverRun } from '../ready-run.js';
import type { Model } from '../problem.js';
import { settingsOf } from './candidate.js';
import type { Row } from './choose.js';
import { type SituationId, situationOf } from './situation.js';
import { recommendations } from './table.js';

/** In place of a solver's id: the recommended solver with its recommended settings. */
export const recommendedId = 'recommended';

const isOwn = ({ grid }: Row): boolean => grid.startsWith('explicit:');

/** What is recommended for a number of calls: the row of that number or of the largest below. Throws a `UsageError` for fewer calls than the first row has. */
export const recommendedRow = (situation: SituationId, nfe: number): Row => {
  const row = recommendations[situation].findLast((one) => one.nfe === nfe || (one.nfe < nfe && !isOwn(one)));
  if (row) return row;
  const least = recommendations[situation][0].nfe;
  throw new UsageError(`nothing is recommended for ${nfe} calls; accepted are ${least} and more`);
};

/** What may still be asked for beside a recommendation: what is made of predictions, and what is of no use to solvers of fixed steps. */
const allowed = new Set(['clip', 'threshold', 'guidance']);

/**
 * The run that `recommended` stands for on a problem; any other is returned as it is. Throws a `UsageError` for settings of the
 * solver on top: they would be other settings than the recommended ones.
 */
export const recommendedRun = (problem: Pick<Model, 'process' | 'moments'>, run: SolverRun): SolverRun => {
  if (run.solver !== recommendedId) return run;
  const other = Object.keys(run.settings).find((name) => !allowed.has(name));
  if (other !== undefined) {
    throw new UsageError(
      `the solver "${recommendedId}" brings its own settings, and ${other} is given; leave it out, or name a solver`,
    );
  }
  const { solver, ...settings } = recommendedRow(situationOf(problem), run.nfe);
  return { solver, nfe: run.nfe, settings: { ...settingsOf(settings), ...run.settings } };
};
