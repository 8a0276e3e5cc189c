/**
 * Training by a description, and networks as files: what `bfn train` and `bfn evaluate` are made of. For Node; tfjs, ONNX Runtime and YAML are loaded when
 * they are asked for.
 */
export { type TrainingConfig, type WrittenConfig, loadConfig, readConfig, writtenConfig } from './config.js';
export { type Task, taskOf } from './task.js';
export {
  type LogEntry,
  type RunTrainingOptions,
  type TrainingProgress,
  readLog,
  runTraining,
  startState,
} from './run.js';
export { trainingFiles } from './files.js';
export { type FolderProgress, type TrainingRecord, findRecord, progressIn, readRecord } from './folder.js';
export {
  type Engine,
  type OpenTrainedOptions,
  type TrainedNetwork,
  engines,
  flowOfNetwork,
  openTrained,
} from './trained.js';

export {
  type Items,
  type StepRecord,
  type Trainer,
  type TrainerOptions,
  type TrainingState,
  trainer,
} from './trainer.js';
export { type OptimiserOptions, learningRate } from './optimiser.js';
export type { BatchDraw, Feed, Feeds, Objective, TensorFeeds } from './objective.js';
export { type ClassificationOptions, flowClassification } from './classification.js';
export { type DiscretisedOptions, flowDiscretised } from './discretised.js';
export {
  type FlowRegressionOptions,
  type RegressionOptions,
  diffusionRegression,
  flowRegression,
} from './regression.js';

export { architecture, architectures, registerArchitecture } from './architectures.js';
export type { Architecture, Ops, Shaped, Start } from './ops.js';
export {
  type DenseOptions,
  attention,
  byInputs,
  convolution,
  dense,
  groupNorm,
  layerNorm,
  waves,
} from './layers.js';
export { type Parameter, countParameters, parametersOf } from './shape-ops.js';
export { split, startWeights } from './weights.js';
export { readWeights, writeWeights } from './weights-file.js';
export { type OnnxOptions, exportOnnx } from './onnx.js';

export {
  type Dataset,
  type Split,
  datasetList,
  openDataset,
  parseDataset,
  registerDataset,
} from '../data/dataset.js';
export { type BackendName, type Tfjs, backendNames, loadTfjs } from '../array/tfjs.js';
export { describedNetwork, type DescribedNetwork, type NetworkDenoiser } from '../denoiser/described.js';
export type { NetworkData, NetworkDescription, WrittenNetwork } from '../denoiser/network-file.js';
export {
  openOnnx,
  type OnnxNetwork,
  type OnnxOptions as OpenOnnxOptions,
  type OnnxProvider,
} from '../denoiser/onnx.js';
