export type { Batch, Floats, Precision } from './array/batch.js';
export { DivergedError, UsageError } from './errors.js';
export { family } from './family.js';
export * from './process/index.js';
export type { Basis, Coefficient } from './array/basis.js';
export { componentPlan } from './plan/components.js';
export { type Spectrum, covarianceOf } from './plan/spectrum.js';
export { cosineSpectrum, diagonalSpectrum, spectrumOf, type SpectrumOptions } from './denoiser/spectra.js';
export type { Denoiser, Moment, Uniforms } from './plan/denoiser.js';
export { planFromJson } from './plan/check.js';
export { equivalent, type Equivalence, type EquivalenceOptions } from './plan/equivalence.js';
export { normalForm, normalForms, type NormalForm, type Row } from './plan/normal-form.js';
export { type LaneResults, laneStepper } from './plan/lane-runner.js';
export {
  measure,
  type Incomplete,
  type Lane,
  type LaneEnd,
  type LaneInstruction,
  type Lanes,
  type Measure,
} from './plan/lanes.js';
export {
  type ClockInterval,
  type Evaluate,
  type Instruction,
  type Plan,
  type Register,
  type Terms,
  type WideTerms,
  isCall,
} from './plan/plan.js';
export { type SymbolModel } from './plan/symbols.js';
export { noised } from './plan/noised.js';
export { printPlan } from './plan/print.js';
export { type Request, type Stepper, type StepperOptions, stepper } from './plan/runner.js';
export {
  type CallCount,
  type IncompleteSample,
  type SampleOptions,
  type Samples,
  type StepReport,
  sample,
} from './plan/sample.js';
export { type DataMoments, type StartId, type StartLaw, startLaw } from './plan/start.js';
export {
  normals,
  pathNormals,
  randomStream,
  uniforms,
  type NoiseKey,
  type RandomStream,
} from './random/index.js';
export { adapt, clip, type AdapterOptions, type ClippedDenoiser, type Network } from './denoiser/adapters.js';
export { atoms, type Atoms } from './denoiser/atoms.js';
export { independentCategorical, type CategoricalSettings } from './denoiser/categorical.js';
export { drawClasses, type ClassDenoiser } from './denoiser/classes.js';
export { fitGaussianMixture, type FitOptions, type MixtureFit } from './denoiser/em.js';
export { fitMarkov, type MarkovModel } from './denoiser/markov/model.js';
export { markovText } from './denoiser/markov/denoiser.js';
export { gaussianMixture, type GaussianMixture, type MixtureParameters } from './denoiser/mixture.js';
export * from './bfn/index.js';
export * from './denoiser/guidance/index.js';
export { dynamicThreshold, type ThresholdOptions, type ThresholdedDenoiser } from './denoiser/threshold.js';
