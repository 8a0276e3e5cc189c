import { type Family, familyRegistry } from '../family.js';
import type { Json } from '../json.js';
import { bfnExpressionFamily } from './bfn-expression.js';
import { continuousBfnFamily } from './continuous-bfn.js';
import { cosineFamily } from './cosine.js';
import { discreteBetasFamily } from './ddpm.js';
import { discreteBfnFamily } from './discrete-bfn.js';
import { expressionFamily } from './expression.js';
import type { ProcessFamily } from './family.js';
import { karrasFamily } from './karras.js';
import type { Process } from './process.js';
import { rectifiedFlowFamily } from './rectified-flow.js';
import { tabulatedFamily } from './tabulated.js';
import { varianceExplodingFamily } from './variance-exploding.js';
import { variancePreservingFamily } from './variance-preserving.js';

const families = familyRegistry<Process | Promise<Process>>('process', [
  continuousBfnFamily,
  discreteBfnFamily,
  variancePreservingFamily,
  cosineFamily,
  varianceExplodingFamily,
  karrasFamily,
  rectifiedFlowFamily,
  discreteBetasFamily,
  tabulatedFamily,
  expressionFamily,
  bfnExpressionFamily,
]);

/** Adds a family of processes, as the built-in ones are. Throws a `UsageError` if the id is taken or not kebab-case. */
export const registerProcess = (family: ProcessFamily): void => families.register(family);

/** All families that can be made by name. */
export const processes = (): readonly Family<Process | Promise<Process>>[] => families.list();

/**
 * Makes a process of a registered family, defaults filled in: `makeProcess(p.id, p.parameters)` is p again.
 * Rejects with a `UsageError` for an unknown id or parameter, a missing one, or a value that is not accepted.
 */
export const makeProcess = async (
  id: string,
  parameters: Readonly<Record<string, Json>> = {},
): Promise<Process> => families.make(id, parameters);

/**
 * Makes a process from one line: its id, and after a colon its parameters, as in `vp-linear:betaMin=0.1,betaMax=20`;
 * lists and numbers by name as JSON. Rejects with a `UsageError` like `makeProcess`.
 */
export const parseProcess = async (text: string): Promise<Process> => {
  const { id, parameters } = families.parse(text);
  return makeProcess(id, parameters);
};
