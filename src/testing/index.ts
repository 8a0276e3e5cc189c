/**
 * For those who test with this package: fast-check arbitraries (fast-check is an optional peer dependency), the laws that every solver
 * keeps, the exact law of a plan on Gaussian data, and the orders of a solver, measured without sampling.
 */
export { checkAdaptiveSolver } from './check-adaptive.js';
export { checkSolver } from './check-solver.js';
export type { LawReport } from './laws.js';
export { anyCategorical, anyMixture1d, anyNetwork } from './denoisers.js';
export { type Gaussian, gaussianGain, lawOnGaussian } from './gaussian.js';
export { measureOrder } from './measure/measure.js';
export * from './processes.js';
export { anyGrid, anyLastStep, anySeed, anySettings } from './settings.js';
