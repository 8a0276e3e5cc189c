export { equivalent, type Equivalence, type EquivalenceOptions } from '../src/plan/equivalence.js';
export { type Answer, answers, withAnswer } from './answer.js';
export { timeGrid, defaultEta, type TimeGrid, type Ends } from './grid.js';
export { nodeAt, type CorrectorRule, type Evaluation, type Node, type Step, type StepRule } from './step.js';
export { defineSolver, type Extras, type StepSolver } from './program.js';
export { type EtaInterval, type EtaSde } from './eta.js';
export { type Churn, edmStochastic } from './edm.js';
export { type RestartOptions, restartSampler } from './restart.js';
export { type Measured, measuredOrders } from './measured.js';
export { type SymbolReference } from './departure.js';
export { inversionPlan, type InversionSettings } from './invert.js';
export { planFromPrior } from './prior-step.js';
export {
  adaptiveSolver,
  adaptiveSolverList,
  anySolver,
  registerSolver,
  solver,
  solverFamilies,
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
export {
  type Adams,
  type Clock,
  adamsCorrector,
  adamsPredictor,
  clocks,
  powerClock,
} from './exponential-multistep.js';
export { type ExponentialAdamsOptions, exponentialAdams } from './exponential-adams.js';
export { type Scaling, type UniCOptions, uniC, uniP, withUniC } from './unipc.js';
export {
  lastSteps,
  noiseSources,
  startUps,
  type LastStep,
  type NoiseSource,
  type Settings,
  type Solver,
  type StartUp,
  type SolverFacts,
} from './solver.js';
export { gridMeasures, type GridMeasure, type OwnMeasure } from './grid-measure.js';
export type { DrawStart, GridProblem } from './grid-error.js';
export {
  optimiseGrid,
  type GridError,
  type OptimiseGridOptions,
  type OptimisedGrid,
} from './optimise-grid.js';
export { alignGrid, type AlignGridOptions, type Alignment } from './align-grid.js';
export type { LevelTable } from './level-table.js';
