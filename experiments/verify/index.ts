import { algorithmChecks } from './algorithms.js';
import type { Check } from './check.js';
import { classChecks } from './classes.js';
import { correlationChecks } from './correlation.js';
import { drawChecks } from './draws.js';
import { equivalenceChecks } from './equivalences.js';
import { informationChecks } from './information.js';
import { integralChecks } from './integrals.js';
import { likelihoodChecks } from './likelihood.js';
import { lossChecks } from './losses.js';
import { posteriorChecks } from './posteriors.js';
import { processChecks } from './processes.js';
import { sdeChecks } from './sde.js';
import { senderChecks } from './senders.js';
import { startChecks } from './starts.js';
import { updateChecks } from './updates.js';

export { check, selectChecks, type Check, type CheckResult, type Definition, type Method } from './check.js';
export { textBound, type TextBound, type TextBoundOptions } from './text-bound.js';

/** Every claim of the theory, in the order of docs/theory.md. */
export const checks: readonly Check[] = [
  ...processChecks,
  ...sdeChecks,
  ...updateChecks,
  ...senderChecks,
  ...startChecks,
  ...equivalenceChecks,
  ...algorithmChecks,
  ...integralChecks,
  ...posteriorChecks,
  ...classChecks,
  ...lossChecks,
  ...informationChecks,
  ...correlationChecks,
  ...drawChecks,
  ...likelihoodChecks,
];
