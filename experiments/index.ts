export {
  compare,
  type CellPool,
  type Cell,
  type CompareOptions,
  type Comparison,
  type MetricValue,
} from './compare.js';
export type { CellOutcome, CellSettings, CellTask, SolverRun } from './cell.js';
export { callsToMeet, callsToReach, type Calls, type QualityCurve } from './equal-quality.js';
export type { Metric, MetricEntry, Mixture, Statistic, TextModel, Truth } from './metric.js';
export * from './metrics/index.js';
export { type Problem, mostLikelyClasses, classMoments } from './problem.js';
export { makeProblem, parseProblem, problemList, registerProblem } from './problems/index.js';
export { type Digits, readDigits } from '../src/data/digits.js';
export { decode, encode, readText, textAlphabet } from '../src/data/text.js';
export { comparisonCsv } from './results.js';
export { type Run, readRun, reportHtml, writeReport } from './report/index.js';
export type { Family, Parameter, Specification } from '../src/family.js';
export { jackknife, pooled, type Estimate } from './statistics.js';
export { comparisonTable } from './table.js';
export { startWorkers, type Workers } from './workers.js';
export { textBound, type TextBound, type TextBoundOptions } from './verify/text-bound.js';
