export {
  checkExperiment,
  compare,
  runExperiment,
  type Cell,
  type CompareOptions,
  type Comparison,
  type MetricValue,
} from './compare.js';
export type { CheckedExperiment, Experiment, SolverEntry, WrittenSettings } from './experiment.js';
export { loadExperiment, libraryNames, parseExperiment } from './experiment-file.js';
export { loadModules, type LoadedModule } from './modules.js';
export type { CellPool, Progress } from './run.js';
export type { Manifest, StoredCell, Timing } from './store-format.js';
export type { CellOutcome, CellTask } from './cell.js';
export type { CellSettings, SolverRun } from './ready-run.js';
export { callsToMeet, callsToReach, type Calls, type QualityCurve } from './equal-quality.js';
export type { Slope } from './analysis.js';
export type { Finding } from './findings.js';
export type { PairedComparison } from './paired-comparisons.js';
export {
  distanceToReference,
  referenceSolution,
  type ReferenceDistance,
  type ReferenceSolution,
} from './reference-solution.js';
export type { Metric, MetricEntry, Mixture, Statistic, TextModel, Truth } from './metric.js';
export * from './metrics/index.js';
export { type GivenStart, statesFrom } from './given-start.js';
export type { PredictionSettings } from './predictions.js';
export {
  type Model,
  type Problem,
  type Reference,
  asData,
  mostLikelyClasses,
  classMoments,
} from './problem.js';
export { modelOfNetwork, openModel, type OpenModel } from './network-model.js';
export { readSamples } from './read-samples.js';
export { makeProblem, parseProblem, problemList, registerProblem } from './problems/index.js';
export {
  type Dataset,
  type Split,
  datasetList,
  openDataset,
  parseDataset,
  registerDataset,
} from '../src/data/dataset.js';
export { type CifarRecords, openCifar10 } from '../src/data/cifar.js';
export { type Digits, readDigits } from '../src/data/digits.js';
export { type ByteArray, readIdx } from '../src/data/idx.js';
export { type SmallMnist, readMnist } from '../src/data/mnist.js';
export { npyOf, readNpy } from '../src/data/npy.js';
export { type EncodedText, decode, encode, readText, readTextFile, textAlphabet } from '../src/data/text.js';
export { comparisonCsv } from './results.js';
export { type Run, readRun, reportHtml, writeReport } from './report/index.js';
export type { Family, Parameter, Specification } from '../src/family.js';
export { jackknife, pooled, type Estimate, type Jackknifed } from './statistics.js';
export { bootstrap } from './statistics/bootstrap.js';
export { holm } from './statistics/holm.js';
export { pairedDifference, type PairedDifference } from './statistics/paired.js';
export {
  type Replicates,
  estimateOf,
  extrapolated,
  jointly,
  meanOfRepeats,
} from './statistics/replicates.js';
export { convergenceSlope } from './statistics/slope.js';
export { comparisonTable } from './table.js';
export { startWorkers, type Workers } from './workers.js';
export { textBound, type TextBound, type TextBoundOptions } from './verify/text-bound.js';
