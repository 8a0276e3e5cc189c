import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import { registry } from '../registry.js';
import { continuousBfnFamily } from './continuous-bfn.js';
import { cosineFamily } from './cosine.js';
import { discreteBetasFamily } from './ddpm.js';
import { discreteBfnFamily } from './discrete-bfn.js';
import { expressionFamily } from './expression.js';
import type { Parameter, ParameterKind, ProcessFamily } from './family.js';
import { karrasFamily } from './karras.js';
import type { Process } from './process.js';
import { rectifiedFlowFamily } from './rectified-flow.js';
import { tabulatedFamily } from './tabulated.js';
import { varianceExplodingFamily } from './variance-exploding.js';
import { variancePreservingFamily } from './variance-preserving.js';

const families = registry<ProcessFamily>('process', [
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
]);

/** Adds a family of processes, as the built-in ones are. Throws a `UsageError` if the id is taken or not kebab-case. */
export const registerProcess = (family: ProcessFamily): void => families.register(family);

/** All families that can be made by name. */
export const processes = (): readonly ProcessFamily[] => families.list();

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown): boolean => Array.isArray(value) && value.every(isNumber);
const isText = (value: unknown): boolean => typeof value === 'string';

const kinds: Readonly<Record<ParameterKind, { accepted: string; holds(value: Json): boolean }>> = {
  number: { accepted: 'a number', holds: isNumber },
  numbers: { accepted: 'a list of numbers', holds: isNumbers },
  text: { accepted: 'a text', holds: isText },
  'text or numbers': {
    accepted: 'a text or a list of numbers',
    holds: (value) => isText(value) || isNumbers(value),
  },
  'named numbers': {
    accepted: 'numbers by name',
    holds: (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(isNumber),
  },
};

const parameterOf = (family: ProcessFamily, name: string): Parameter => {
  const parameter = family.parameters.find((candidate) => candidate.name === name);
  if (parameter) return parameter;
  const names = family.parameters.map((known) => known.name).join(', ') || 'none';
  throw new UsageError(`process "${family.id}" has no parameter ${JSON.stringify(name)}; it takes ${names}`);
};

/**
 * Makes a process of a registered family, defaults filled in: `makeProcess(p.id, p.parameters)` is p again.
 * Rejects with a `UsageError` for an unknown id or parameter, a missing one, or a value that is not accepted.
 */
export const makeProcess = async (
  id: string,
  parameters: Readonly<Record<string, Json>> = {},
): Promise<Process> => {
  const family = families.get(id);
  for (const [name, value] of Object.entries(parameters)) {
    const { kind, description } = parameterOf(family, name);
    if (kinds[kind].holds(value)) continue;
    const shown = JSON.stringify(value).slice(0, 60);
    throw new UsageError(
      `process "${id}": ${name} = ${shown} is not ${kinds[kind].accepted} (${description})`,
    );
  }
  const missing = family.parameters.find(
    ({ name, default: usual, optional }) =>
      !Object.hasOwn(parameters, name) && usual === undefined && optional !== true,
  );
  if (missing) throw new UsageError(`process "${id}" needs ${missing.name}: ${missing.description}`);
  const usual = family.parameters.flatMap(({ name, default: value }) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return family.make({ ...Object.fromEntries(usual), ...parameters });
};

/** Splits at commas outside brackets, so that lists and calls stay whole. */
const splitAtCommas = (text: string): string[] => {
  const parts = [''];
  let depth = 0;
  for (const c of text) {
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c)) depth--;
    if (c === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts;
};

const valueOf = (kind: ParameterKind, text: string): Json => {
  if (kind === 'text' || (kind === 'text or numbers' && !text.startsWith('['))) return text;
  if (kind === 'number') return text === '' || Number.isNaN(Number(text)) ? text : Number(text);
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text; // makeProcess says what is accepted
  }
};

/**
 * Makes a process from one line: its id, and after a colon its parameters, as in `vp-linear:betaMin=0.1,betaMax=20`;
 * lists and numbers by name as JSON. Rejects with a `UsageError` like `makeProcess`.
 */
export const parseProcess = async (text: string): Promise<Process> => {
  const colon = text.indexOf(':');
  if (colon < 0) return makeProcess(text.trim());
  const family = families.get(text.slice(0, colon).trim());
  const parameters = new Map<string, Json>();
  for (const part of splitAtCommas(text.slice(colon + 1))) {
    const [, name = '', value = ''] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (name === '' || parameters.has(name)) {
      throw new UsageError(
        `process "${family.id}": ${JSON.stringify(part)} is not accepted; give each parameter once, as name=value`,
      );
    }
    parameters.set(name, valueOf(parameterOf(family, name).kind, value));
  }
  return makeProcess(family.id, Object.fromEntries(parameters));
};
