import { inversionPlan } from '../solvers/invert.js';
import { solver as solverOf } from '../solvers/registry.js';
import { type Batch, precisionOf, zeros } from '../src/array/batch.js';
import { noised } from '../src/plan/noised.js';
import { sample } from '../src/plan/sample.js';
import { type SolverRun, planSettings, readyRun } from './ready-run.js';
import { type Model, asData } from './problem.js';
import { recommendedRun } from './recommended/recommend.js';

/** Data to start from in place of a law. */
export interface GivenStart {
  /** Decoded. Sample i starts from row i, or from row i modulo their number. */
  readonly data: Batch;
  /** Carried to the start by the solver's own ODE and not by the forward process: as many calls again. */
  readonly invert: boolean;
  readonly samples: number;
  readonly seed: number;
}

const repeatedTo = (count: number, { shape, data }: Batch): Batch => {
  const rows = zeros([count, ...shape.slice(1)], precisionOf(data));
  for (let i = 0; i < rows.data.length; i++) rows.data[i] = data[i % data.length];
  return rows;
};

/** The states that given data are at the start of a run's plan. Rejects with a `UsageError` for a solver that cannot invert. */
export const statesFrom = async (
  problem: Model,
  asked: SolverRun,
  { data, invert, samples, seed }: GivenStart,
): Promise<Batch> => {
  const run = recommendedRun(problem, asked);
  const { plan, denoiser } = readyRun(problem, run);
  const rows = asData(problem, repeatedTo(samples, data));
  if (!invert) return noised(rows, plan.start, { seed });
  const { grid, etaSde, etaDdim } = planSettings(run.settings);
  const inversion = inversionPlan(solverOf(run.solver), problem.process, {
    nfe: run.nfe,
    ...(grid && { grid }),
    ...(etaSde !== undefined && { etaSde }),
    ...(etaDdim !== undefined && { etaDdim }),
  });
  const start = noised(rows, inversion.start, { seed });
  const states = await sample({ plan: inversion, denoiser, start, samples, seed });
  return { shape: states.shape, data: states.data };
};
