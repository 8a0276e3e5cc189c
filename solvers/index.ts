export { equivalent, type Equivalence, type EquivalenceOptions } from '../src/plan/equivalence.js';
export { timeGrid, defaultEta, type TimeGrid, type Ends } from './grid.js';
export { defineSolver, nodeAt, type Node, type Step, type StepRule } from './program.js';
export { registerSolver, solver, solverList } from './registry.js';
export { odeStep, sdeStep, midpoint } from './exponential.js';
export { lastSteps, type LastStep, type Settings, type Solver } from './solver.js';
