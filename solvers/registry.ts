import { UsageError } from '../src/errors.js';
import { type Family, familyRegistry } from '../src/family.js';
import { type Registry, registry } from '../src/registry.js';
import { adaptiveDpmSolvers } from './adaptive-dpm-solver.js';
import type { AdaptiveSolver, AnySolver } from './adaptive.js';
import * as ancestrals from './ancestral.js';
import * as bfnSolvers from './bfn-solver.js';
import { bfn } from './bfn.js';
import { ddim } from './ddim.js';
import { deisSolvers } from './deis.js';
import { dormandPrince } from './dormand-prince.js';
import * as dpmSolvers from './dpm-solver.js';
import { edmChurn } from './edm.js';
import * as eulers from './euler.js';
import { exponentialAdamsFamily } from './exponential-adams.js';
import { langevin } from './langevin.js';
import { ipndmSolvers, lms4 } from './linear-multistep.js';
import * as renoises from './renoise.js';
import { restart } from './restart.js';
import { rungeKuttas } from './runge-kutta.js';
import { exponentialAdamsSolvers, saSolvers } from './sa-solver.js';
import * as singlesteps from './singlestep.js';
import * as stochasticSinglesteps from './stochastic-singlestep.js';
import { uniPcVarySolvers } from './unipc-vary.js';
import { uniPcSolvers } from './unipc.js';
import type { Solver } from './solver.js';

const solvers: Registry<AnySolver> = registry('solver', [
  bfn,
  eulers.eulerMaruyama,
  eulers.odeEuler,
  eulers.odeHeun,
  bfnSolvers.bfnSolverPlusPlus1,
  bfnSolvers.bfnSolverPlusPlus2,
  bfnSolvers.sdeBfnSolverPlusPlus2,
  bfnSolvers.sdeBfnSolver1,
  bfnSolvers.sdeBfnSolver2,
  bfnSolvers.bfnSolver1,
  bfnSolvers.bfnSolver2,
  bfnSolvers.bfnSolver2Singlestep,
  ddim,
  dpmSolvers.dpmSolverPlusPlus1,
  dpmSolvers.dpmSolverPlusPlus2M,
  dpmSolvers.dpmSolverPlusPlus2MHeun,
  dpmSolvers.dpmSolverPlusPlus3MPublished,
  dpmSolvers.dpmSolverPlusPlus3M,
  dpmSolvers.sdeDpmSolverPlusPlus1,
  dpmSolvers.sdeDpmSolverPlusPlus2M,
  dpmSolvers.sdeDpmSolverPlusPlus2MHeun,
  dpmSolvers.sdeDpmSolverPlusPlus3MPublished,
  dpmSolvers.sdeDpmSolverPlusPlus3M,
  dpmSolvers.dpmSolver2M,
  singlesteps.dpmSolverPlusPlus2S,
  singlesteps.dpmSolverPlusPlus3S,
  singlesteps.dpmSolver1,
  singlesteps.dpmSolver2,
  singlesteps.dpmSolver3,
  singlesteps.dpmSolverFast,
  ...rungeKuttas,
  ...deisSolvers,
  lms4,
  ...ipndmSolvers,
  ...uniPcSolvers,
  ...uniPcVarySolvers,
  ...saSolvers,
  ...exponentialAdamsSolvers,
  ancestrals.ddpmAncestral,
  ancestrals.ddimStochastic,
  ancestrals.eulerAncestral,
  ancestrals.dpm2Ancestral,
  ancestrals.dpmSolverPlusPlus2SAncestral,
  edmChurn,
  restart,
  stochasticSinglesteps.sdeDpmSolverPlusPlus2S,
  stochasticSinglesteps.sdeDpmSolverPlusPlus2SIndependent,
  renoises.renoiseFresh,
  renoises.renoiseFrozen,
  ...adaptiveDpmSolvers,
  dormandPrince,
  langevin,
]);

/** Adds a solver of your own. Throws a `UsageError` if its id is taken. */
export const registerSolver = solvers.register;

const families = familyRegistry<Solver>('solver', [exponentialAdamsFamily]);

/** The families whose members are asked for by their parameters. */
export const solverFamilies = (): readonly Family<Solver>[] => families.list();

/**
 * The solver of that id, of either kind, or a member of a family by its line, as in `exponential-adams:order=3,rate=2`. Throws a
 * `UsageError` that says what exists.
 */
export const anySolver = (line: string): AnySolver => {
  const id = line.split(':')[0].trim();
  if (!families.list().some((family) => family.id === id)) return solvers.get(line);
  return families.make(id, families.parse(line).parameters);
};

/** The solver of that id or line, which makes plans. Throws a `UsageError` that says what exists, or that its steps depend on the sample. */
export const solver = (id: string): Solver => {
  const found = anySolver(id);
  if (!found.adaptive) return found;
  throw new UsageError(
    `${id} has no plan: its steps depend on the sample; draw samples with it (compare, sample), or take a solver of fixed steps`,
  );
};

/** The solver of that id, which makes lanes. Throws a `UsageError` that says what exists, or that its steps are fixed. */
export const adaptiveSolver = (id: string): AdaptiveSolver => {
  const found = anySolver(id);
  if (found.adaptive) return found;
  const ids = adaptiveSolverList().map((one) => one.id);
  throw new UsageError(
    `the steps of ${id} do not depend on the sample; of those whose do there are: ${ids.join(', ')}`,
  );
};

/** All that make plans, in order of registration. */
export const solverList = (): readonly Solver[] => solvers.list().filter((one) => !one.adaptive);

/** All that make lanes, in order of registration. */
export const adaptiveSolverList = (): readonly AdaptiveSolver[] =>
  solvers.list().filter((one) => one.adaptive === true);
