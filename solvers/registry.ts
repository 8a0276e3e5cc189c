import { type Family, familyRegistry } from '../src/family.js';
import { type Registry, registry } from '../src/registry.js';
import * as ancestrals from './ancestral.js';
import * as bfnSolvers from './bfn-solver.js';
import { bfn } from './bfn.js';
import { ddim } from './ddim.js';
import { deisSolvers } from './deis.js';
import * as dpmSolvers from './dpm-solver.js';
import { edmChurn } from './edm.js';
import * as eulers from './euler.js';
import { exponentialAdamsFamily } from './exponential-adams.js';
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

const solvers: Registry<Solver> = registry('solver', [
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
]);

/** Adds a solver of your own. Throws a `UsageError` if its id is taken. */
export const registerSolver = solvers.register;

const families = familyRegistry<Solver>('solver', [exponentialAdamsFamily]);

/**
 * The solver of that id, or a member of a family by its line, as in `exponential-adams:order=3,rate=2`. Throws a `UsageError` that says
 * what exists.
 */
export const solver = (line: string): Solver => {
  const id = line.split(':')[0].trim();
  if (!families.list().some((family) => family.id === id)) return solvers.get(line);
  return families.make(id, families.parse(line).parameters);
};

/** The families whose members are asked for by their parameters. */
export const solverFamilies = (): readonly Family<Solver>[] => families.list();

/** All that are registered, in order of registration. */
export const solverList = solvers.list;
