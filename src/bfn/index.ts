export {
  accuracyFromExpression,
  continuousAccuracy,
  discreteAccuracy,
  type AccuracySchedule,
} from './accuracy.js';
export { continuousFlow, discretisedFlow } from './normal-flow.js';
export { discreteFlow } from './discrete-flow.js';
export { logNormalCdf, logNormalDensity, logNormalMass, normalCdf } from './normal.js';
export { makeBins, type Bins } from './bins.js';
export type {
  BayesianFlow,
  ContinuousFlow,
  DiscreteFlow,
  DiscretisedFlow,
  FlowBase,
  NormalBelief,
  NormalFlow,
} from './flow.js';
export type { Head } from './head.js';
export { mixtureLaw, normalLaw, type Law, type NormalLaw, type Vector } from './laws.js';
export {
  binDenoiser,
  meanOfBins,
  mostProbable,
  type BinDenoiser,
  type DistributionDenoiser,
} from './output.js';
export { binNetwork, binaryInput, binaryNetwork, classNetwork } from './networks.js';
export { exactBins } from './exact-bins.js';
export {
  discretisedNormal,
  type DiscretisedNormal,
  type DiscretisedNormalOptions,
} from './discretised-normal.js';
export {
  binaryHead,
  dataHead,
  discretisedNormalHead,
  noiseHead,
  softmaxHead,
  type DiscretisedNormalHeadOptions,
  type NoiseOptions,
} from './heads.js';
export {
  continuousTimeLoss,
  discreteTimeLoss,
  reconstructionLoss,
  type DiscreteTimeOptions,
  type LossEstimate,
  type LossOptions,
  type ReconstructionOptions,
} from './losses.js';
export { lossAndGradient, lossState, type LossAndGradient, type LossDraw } from './gradients.js';
export type { PointDiscretisation } from './terms.js';
export {
  continuousTimeLossByQuadrature,
  discreteTimeLossByQuadrature,
  meanSquaredErrorByQuadrature,
  mutualInformation,
  reconstructionLossByQuadrature,
  type QuadratureOptions,
} from './quadrature.js';
export { likelihoodWeight, scoreMatchingLoss } from './score-matching.js';
export { convertPrediction, informationRate, type ConvertOptions, type Guise } from './predictions.js';
export { variationalBound, type BoundOptions, type VariationalBound } from './likelihood-bound.js';
export {
  classDivergence,
  coordinateDivergence,
  hutchinson,
  mixtureDivergence,
  type DifferentiableDenoiser,
  type Divergence,
} from './likelihood-divergence.js';
export { exactBound, type ExactBound, type ExactBoundOptions } from './likelihood-exact.js';
export {
  odeLogLikelihood,
  type MarginalLaw,
  type OdeLikelihood,
  type OdeLikelihoodOptions,
} from './likelihood.js';
