export {
  classifierFree,
  type ClassifierFreeDenoiser,
  type ClassifierFreeOptions,
} from './classifier-free.js';
export {
  classifierGuidance,
  componentGradient,
  type ClassifierGuidanceOptions,
  type ClassifierGuidedDenoiser,
} from './classifier.js';
export { conditionOn, selectComponents } from './condition.js';
export { conditionOnClasses, withEvidence } from './evidence.js';
export { inpaint, type InpaintedDenoiser, type InpaintOptions } from './inpaint.js';
export { knownCoordinates, type Known } from './known.js';
export { evaluationsOf, type Gradient, type WrappedDenoiser } from './shared.js';
export { simplexGuidance, type SimplexGuidanceOptions, type SimplexGuidedDenoiser } from './simplex.js';
