export { equivalent, type Equivalence, type EquivalenceOptions } from '../src/plan/equivalence.js';
export { timeGrid, defaultEta, type TimeGrid, type Ends } from './grid.js';
export {
  defineSolver,
  nodeAt,
  type CorrectorRule,
  type Evaluation,
  type Extras,
  type Node,
  type Step,
  type StepRule,
} from './program.js';
export { type Churn, edmStochastic } from './edm.js';
export { type RestartOptions, restartSampler } from './restart.js';
export { type Measured, measuredOrders } from './measured.js';
export {
  adaptiveSolver,
  adaptiveSolverList,
  anySolver,
  registerSolver,
  solver,
  solverList,
} from './registry.js';
export {
  lanesOf,
  type AdaptiveFacts,
  type AdaptiveSettings,
  type AdaptiveSolver,
  type AnySolver,
  type LaneSettings,
  type Tolerance,
} from './adaptive.js';
export { defineAdaptive, type EmbeddedPair } from './embedded-pair.js';
export { type Langevin, predictorCorrectorLangevin } from './langevin.js';
export { integralControl, proportionalIntegralControl, type StepControl } from './step-control.js';
export { odeStep, sdeStep, midpoint } from './exponential.js';
export { type Adams, type Clock, adamsCorrector, adamsPredictor, clocks } from './exponential-multistep.js';
export { type Scaling, uniC, uniP } from './unipc.js';
export {
  lastSteps,
  noiseSources,
  type LastStep,
  type NoiseSource,
  type Settings,
  type Solver,
  type SolverFacts,
} from './solver.js';
export { gridMeasures, type GridMeasure } from './grid-measure.js';
export {
  optimiseGrid,
  type GridError,
  type OptimiseGridOptions,
  type OptimisedGrid,
} from './optimise-grid.js';
