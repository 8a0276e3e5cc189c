import { type Registry, registry } from '../src/registry.js';
import * as bfnSolvers from './bfn-solver.js';
import { bfn } from './bfn.js';
import { ddim } from './ddim.js';
import * as dpmSolvers from './dpm-solver.js';
import * as eulers from './euler.js';
import type { Solver } from './solver.js';

const solvers: Registry<Solver> = registry('solver', [
  bfn,
  ...Object.values(eulers),
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
  dpmSolvers.dpmSolverPlusPlus2S,
  dpmSolvers.sdeDpmSolverPlusPlus1,
  dpmSolvers.sdeDpmSolverPlusPlus2M,
]);

/** Adds a solver of your own. Throws a `UsageError` if its id is taken. */
export const registerSolver = solvers.register;

/** The solver of that id. Throws a `UsageError` that says what exists. */
export const solver = solvers.get;

/** All that are registered, in order of registration. */
export const solverList = solvers.list;
