import { type Registry, registry } from '../../src/registry.js';
import { bayesianUpdates } from './bayesian-updates.js';
import { continuousFlowFigure } from './continuous-flow.js';
import { discretisedOutput } from './discretised-output.js';
import { expectedEntropyFigure } from './expected-entropy.js';
import type { Figure } from './figure.js';
import { informationTime } from './information-time.js';
import { inputVarianceFigure } from './input-variance.js';
import { senderOutputReceiver } from './sender-output-receiver.js';
import { simplexFlow } from './simplex-flow.js';
import { trajectories } from './trajectories.js';
import { updateDistribution } from './update-distribution.js';

export type { Drawing, Figure } from './figure.js';
export { toPng, toSvg } from './render.js';
export { formats, type Format, valueLines, writeFigure, type WrittenFigure } from './write.js';

// in the order in which docs/figures.md tells of them
const figures: Registry<Figure> = registry('figure', [
  bayesianUpdates,
  updateDistribution,
  continuousFlowFigure,
  inputVarianceFigure,
  discretisedOutput,
  senderOutputReceiver,
  simplexFlow,
  expectedEntropyFigure,
  informationTime,
  trajectories,
]);

/** Adds a figure of your own. Throws a `UsageError` if its id is taken. */
export const registerFigure = figures.register;

/** The figure of that id. Throws a `UsageError` that says what exists. */
export const figure = figures.get;

export const figureList = figures.list;
