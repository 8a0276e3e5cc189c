import * as v from 'valibot';
import { UsageErrors } from '../errors.js';
import { type Json, without } from '../json.js';

const number = v.pipe(v.number('a number'), v.finite('a finite number'));
const positive = v.pipe(number, v.gtValue(0, 'a number above 0'));
const fraction = v.pipe(
  number,
  v.minValue(0, 'a number from 0 to below 1'),
  v.ltValue(1, 'a number from 0 to below 1'),
);
const whole = (least: number) => {
  const accepted = `a whole number from ${least}`;
  return v.pipe(v.number(accepted), v.safeInteger(accepted), v.minValue(least, accepted));
};
const text = v.pipe(v.string('a text'), v.nonEmpty('a text that is not empty'));
const oneOf = <const T extends string>(names: readonly T[]) =>
  v.picklist(names, `one of ${names.join(', ')}`);

/** By its id, and beside that what it is made from. */
const named = (what: string) =>
  v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'string' ? { id: value } : value)),
    v.looseObject({ id: text }, `the id of ${what}, or { id, ... }`),
    v.transform(({ id, ...parameters }) => ({ id, parameters: parameters as Record<string, Json> })),
  );

const flows = [
  v.strictObject({ kind: v.literal('continuous'), sigma1: v.exactOptional(positive, 0.001) }),
  v.strictObject({
    kind: v.literal('discretised'),
    sigma1: v.exactOptional(positive, 0.001),
    bins: whole(2),
  }),
  v.strictObject({ kind: v.literal('discrete'), beta1: positive }),
] as const;

const optimiser = v.strictObject(
  {
    rate: v.exactOptional(positive, 2e-4),
    betas: v.exactOptional(v.tuple([fraction, fraction], 'two numbers below 1'), [0.9, 0.99]),
    epsilon: v.exactOptional(positive, 1e-8),
    weightDecay: v.exactOptional(v.pipe(number, v.minValue(0, 'a number from 0')), 0.01),
    clip: v.exactOptional(positive, 5),
    average: v.exactOptional(fraction, 0.9999),
    warmUp: v.exactOptional(whole(0), 0),
    schedule: v.exactOptional(oneOf(['constant', 'cosine']), 'constant'),
  },
  'options of the optimiser',
);

export const predictions = [
  'noise',
  'data',
  'velocity',
  'flow-velocity',
  'edm',
  'logits',
  'binary-logit',
] as const;

const loss = v.strictObject(
  { steps: v.exactOptional(whole(1)), clip: v.exactOptional(v.boolean('true or false')) },
  'what the loss is: { steps, clip }',
);

const validation = v.strictObject(
  { every: v.exactOptional(whole(1), 500), items: v.exactOptional(whole(1), 1024) },
  'when to validate: { every, items }',
);

const training = v.strictObject(
  {
    name: v.pipe(text, v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name in small letters, digits and hyphens')),
    description: v.exactOptional(v.string('a text')),
    data: named('a data set'),
    flow: v.exactOptional(v.variant('kind', flows, '{ kind: continuous | discretised | discrete, ... }')),
    process: v.exactOptional(named('a process')),
    network: named('an architecture'),
    predicts: oneOf(predictions),
    input: v.exactOptional(oneOf(['state', 'scaled'])),
    sigmaData: v.exactOptional(positive),
    loss: v.exactOptional(loss, {}),
    batch: whole(1),
    steps: whole(1),
    seed: v.exactOptional(whole(0), 1),
    optimiser: v.exactOptional(optimiser, {}),
    validation: v.exactOptional(validation, {}),
    checkpointEvery: v.exactOptional(whole(1), 500),
    licence: v.exactOptional(v.string('a text')),
  },
  'an object that describes a training',
);

const schema = v.pipe(
  training,
  v.check(
    ({ flow, process }) => (flow === undefined) !== (process === undefined),
    'given either a flow (of BFN) or a process (of diffusion)',
  ),
);

/** A training as a file describes it. */
export type WrittenConfig = v.InferInput<typeof schema>;
/** The same with all usual values filled in. */
export type TrainingConfig = v.InferOutput<typeof schema>;

/** The inverse of `readConfig`: as a file would have it, with all values. */
export const writtenConfig = (config: TrainingConfig): WrittenConfig => {
  const byId = ({ id, parameters }: TrainingConfig['data']) => ({ id, ...parameters });
  return {
    ...config,
    data: byId(config.data),
    network: byId(config.network),
    ...(config.process && { process: byId(config.process) }),
  };
};

/** What of a description the weights depend on: not what it is called, where its data lie (they have a checksum), nor when it is validated and saved. */
export const determining = (config: TrainingConfig): Json => {
  const named = ['name', 'description', 'licence', 'validation', 'checkpointEvery'] as const;
  const written = writtenConfig(config);
  return { ...without(written, named), data: without(written.data as object, ['path']) } as Json;
};

const shown = (value: unknown): string => {
  const line = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
};

/** The keys that the object which has the mistake may have, and what each has to be. */
const entriesAt = ({ path }: v.BaseIssue<unknown>): Readonly<Record<string, v.GenericSchema>> => {
  const [outer, inner] = path ?? [];
  const kind = (outer?.value as { kind?: unknown } | undefined)?.kind;
  switch (inner && outer?.key) {
    case 'optimiser':
      return optimiser.entries;
    case 'loss':
      return loss.entries;
    case 'validation':
      return validation.entries;
    case 'flow':
      return flows.find(({ entries }) => entries.kind.literal === kind)?.entries ?? {};
    default:
      return training.entries;
  }
};

const mistakeOf = (issue: v.BaseIssue<unknown>): string => {
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const place = keys.join('.');
  if (place === '') return `it must be ${issue.message}`;
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `unknown key ${place}; accepted are ${Object.keys(entriesAt(issue)).join(', ')}`;
  }
  if (issue.input !== undefined) return `${place} is ${shown(issue.input)}; it must be ${issue.message}`;
  const entry = entriesAt(issue)[keys[keys.length - 1]];
  const [{ message }] = (entry && v.safeParse(entry, undefined).issues) ?? [issue];
  return `${place} is missing; it must be ${message}`;
};

/** Reads the description of a training. Throws `UsageErrors`, a line for each mistake with its place and what is accepted; `where` stands before each. */
export const readConfig = (written: unknown, where = 'the training'): TrainingConfig => {
  const { success, output, issues } = v.safeParse(schema, written);
  if (success) return output;
  throw new UsageErrors(issues.map((issue) => `${where}: ${mistakeOf(issue)}`));
};

/** `readConfig` of a YAML or JSON file. Rejects with a `UsageError` for one that cannot be read, too. */
export const loadConfig = async (path: string): Promise<TrainingConfig> => {
  const [{ readFile }, { parseDocument }] = await Promise.all([import('node:fs/promises'), import('yaml')]);
  const content = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UsageErrors([`cannot read ${path}: ${error.message}`]);
  });
  const document = parseDocument(content);
  if (document.errors.length > 0) {
    const [{ message }] = document.errors; // what follows from it is no mistake of its own
    throw new UsageErrors([`${path}: ${message.split('\n')[0].replace(/:$/, '')}`]);
  }
  let written: unknown;
  try {
    written = document.toJS();
  } catch (error) {
    throw new UsageErrors([`${path}: ${(error as Error).message}`]); // an alias without an anchor
  }
  return readConfig(written, path);
};
