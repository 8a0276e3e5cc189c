import * as v from 'valibot';
import { UsageError, UsageErrors } from '../errors.js';
import type { Specification } from '../family.js';
import type { Json } from '../json.js';

/** What the first line of the file says, and what a reader has to know. */
export const networkFormat = 'bfn-sde network 1';

/**
 * What a network predicts: a guise of the data (conversions.ts); `logits` of K classes, or `binary-logit`, that of class 1 of two; or
 * `discretised-normal`, the mean and the log deviation of the noise, whose law is that of `bins` (Graves et al. 2023, section 5).
 */
export const predictionKinds = [
  'noise',
  'data',
  'score',
  'velocity',
  'flow-velocity',
  'edm',
  'logits',
  'binary-logit',
  'discretised-normal',
] as const;
export type PredictionKind = (typeof predictionKinds)[number];

/** `state`: x; `scaled`: x at unit variance; `softmax`: class probabilities; `binary`: 2 theta_0 - 1 of two classes. */
export const inputKinds = ['state', 'scaled', 'softmax', 'binary'] as const;
export type InputKind = (typeof inputKinds)[number];

/** `process`: the time that the process shows its networks; `log-process`: its natural logarithm, as EDM has it, at scale 1/4. */
export const clockKinds = ['process', 'log-process'] as const;
export type ClockKind = (typeof clockKinds)[number];

/** `scale · value + shift` of what its kind says. */
export interface Shown<Kind> {
  readonly kind: Kind;
  readonly scale: number;
  readonly shift: number;
}

export type NetworkData =
  | { readonly kind: 'text'; readonly alphabet: string }
  | { readonly kind: 'picture'; readonly width: number; readonly height: number; readonly channels: number }
  | { readonly kind: 'vector' };

/** The network of a file beside it, `NAME.json`: all that is needed to sample from it; docs/bring-your-own-network.md. */
export interface NetworkDescription {
  readonly format: typeof networkFormat;
  /** Made by `makeProcess`. */
  readonly process: Specification;
  /** Of the state: [d], or of classes [length, K]. */
  readonly sampleShape: readonly number[];
  readonly predicts: PredictionKind;
  /** Of a discretised normal: how many equal bins [-1, 1] has. */
  readonly bins?: number;
  /** Standard deviation of a coordinate of the data, for `edm` and `scaled`. */
  readonly sigmaData?: number;
  /** Of noise and a discretised normal: the data are predicted as 0 below this BFN time; off unless given. */
  readonly smallTime?: number;
  /** Predictions of continuous data are kept within; off unless given. */
  readonly clip?: readonly [low: number, high: number];
  /** What the network sees. As a kind alone, scale 1 and shift 0; unless told by what it predicts, as `adapt` has it. */
  readonly input?: Shown<InputKind>;
  /** The time that it sees; that of the process unless told. */
  readonly clock: Shown<ClockKind>;
  /** Of one sample, as the network takes it and gives it; that of the state unless told, a discretised normal with a last axis of 2. */
  readonly inputShape?: readonly number[];
  readonly outputShape?: readonly number[];
  /** Whether the channels are the last axis of these shapes, as they are of the state, or the first, as in PyTorch's convolutions. */
  readonly layout: 'channels-last' | 'channels-first';
  readonly data: NetworkData;
  /** Of continuous data, black and white of a picture; [-1, 1] unless told. */
  readonly dataRange?: readonly [low: number, high: number];
  /** Names in the graph; without one for the time the network is shown none. */
  readonly inputs: { readonly state: string; readonly time?: string };
  readonly output: string;
  /** Of the time of one sample, repeated to fill it: [] for a time input [n], [1] for [n, 1]; as the graph has it unless told. */
  readonly timeShape?: readonly number[];
  /** Values of other inputs by name: one number, or the numbers of one sample. */
  readonly constants: Readonly<Record<string, number | readonly number[]>>;
  /** How many samples a call takes, where the graph cannot take any number. */
  readonly batch?: number;
  /** What the network is built of, for who trains it on: no part of sampling. */
  readonly architecture?: { readonly id: string; readonly options: Readonly<Record<string, Json>> };
  /** The data set that it was trained on (data/dataset.ts): what its samples are held against. */
  readonly dataset?: Specification;
  readonly source?: string;
  readonly licence?: string;
  readonly trainedOn?: string;
}

type Written<Kind> = Kind | { readonly kind: Kind; readonly scale?: number; readonly shift?: number };
type Usual = 'input' | 'clock' | 'layout' | 'inputs' | 'output' | 'constants';

/** As it may be written: what has a usual value left out, a kind by its name alone. */
export type WrittenNetwork = Omit<NetworkDescription, Usual> &
  Partial<Pick<NetworkDescription, 'layout' | 'inputs' | 'output' | 'constants'>> & {
    readonly input?: Written<InputKind>;
    readonly clock?: Written<ClockKind>;
  };

// A message says what is accepted, as in "it must be ...".
const number = v.pipe(v.number('a number'), v.finite('a finite number'));
const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const to = most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : '';
  const accepted = `a whole number from ${least}${to}`;
  return v.pipe(
    v.number(accepted),
    v.safeInteger(accepted),
    v.minValue(least, accepted),
    v.maxValue(most, accepted),
  );
};
const text = v.pipe(v.string('a text'), v.nonEmpty('a text that is not empty'));
const oneOf = <const T extends string>(names: readonly T[]) =>
  v.picklist(names, `one of ${names.join(', ')}`);
const shape = v.array(whole(1), 'a list of whole numbers');
const range = v.pipe(
  v.tuple([number, number], 'two numbers, the lower first'),
  v.check(([low, high]) => low < high, 'two numbers, the lower first'),
);
const positive = v.pipe(number, v.gtValue(0, 'a number above 0'));

/** By its kind alone, or with scale and shift. */
const shown = <const Kind extends string>(kinds: readonly Kind[]) => {
  const whole = v.strictObject(
    { kind: oneOf(kinds), scale: v.exactOptional(number, 1), shift: v.exactOptional(number, 0) },
    `one of ${kinds.join(', ')}, or { kind, scale, shift }`,
  );
  return v.pipe(
    v.unknown(),
    v.transform((value) => (typeof value === 'object' && value !== null ? value : { kind: value })),
    whole,
  );
};

const json: v.GenericSchema<Json> = v.lazy(() =>
  v.union([v.null(), v.boolean(), number, v.string(), v.array(json), v.record(v.string(), json)], 'JSON'),
);
const byName = v.record(v.string(), json, 'values by name');

const dataKinds = ['text', 'picture', 'vector'] as const;
const data = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('text'), alphabet: text }),
    v.strictObject({
      ...{ kind: v.literal('picture'), width: whole(1), height: whole(1) },
      channels: v.exactOptional(whole(1), 1),
    }),
    v.strictObject({ kind: v.literal('vector') }),
  ],
  ({ expected }) =>
    expected === 'Object' ? `{ kind: ${dataKinds.join(' | ')}, ... }` : `one of ${dataKinds.join(', ')}`,
);

const schema = v.strictObject(
  {
    format: v.literal(networkFormat, JSON.stringify(networkFormat)),
    process: v.strictObject(
      { id: text, parameters: v.exactOptional(byName, {}) },
      'a process: { id, parameters }',
    ),
    sampleShape: v.pipe(
      v.array(whole(1), 'a list of whole numbers, [d] or [length, K]'),
      v.check(({ length }) => length === 1 || length === 2, '[d] or [length, K]'),
    ),
    predicts: oneOf(predictionKinds),
    bins: v.exactOptional(whole(2, 65536)),
    sigmaData: v.exactOptional(positive),
    smallTime: v.exactOptional(v.pipe(positive, v.maxValue(1, 'a BFN time from 0 to 1'))),
    clip: v.exactOptional(range),
    input: v.exactOptional(shown(inputKinds)),
    clock: v.exactOptional(shown(clockKinds), { kind: 'process' }),
    inputShape: v.exactOptional(shape),
    outputShape: v.exactOptional(shape),
    layout: v.exactOptional(oneOf(['channels-last', 'channels-first']), 'channels-last'),
    data,
    dataRange: v.exactOptional(range),
    inputs: v.exactOptional(
      v.strictObject(
        { state: text, time: v.exactOptional(text) },
        'names of graph inputs, { state, time } or { state }',
      ),
      { state: 'x', time: 't' },
    ),
    output: v.exactOptional(text, 'y'),
    timeShape: v.exactOptional(shape),
    constants: v.exactOptional(
      v.record(
        v.string(),
        v.union([number, v.array(number)], 'a number or a list of numbers'),
        'values by the names of graph inputs',
      ),
      {},
    ),
    batch: v.exactOptional(whole(1)),
    architecture: v.exactOptional(v.strictObject({ id: text, options: byName }, '{ id, options }')),
    dataset: v.exactOptional(
      v.strictObject({ id: text, parameters: v.exactOptional(byName, {}) }, 'a data set: { id, parameters }'),
    ),
    source: v.exactOptional(v.string('a text')),
    licence: v.exactOptional(v.string('a text')),
    trainedOn: v.exactOptional(v.string('a text')),
  } satisfies Record<keyof NetworkDescription, unknown>,
  'an object that describes a network',
);

type Issue = v.BaseIssue<unknown>;
const keysOf = (issue: Issue): readonly (string | number)[] =>
  (issue.path ?? []).map(({ key }) => key as string | number);

/** As in `data.width` or `sampleShape[0]`. */
const pathText = (keys: readonly (string | number)[]): string =>
  keys.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${key}`)).join('');

const quoted = (value: unknown): string => {
  const line = JSON.stringify(value) ?? String(value);
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
};

/** The keys that are accepted where an unknown one stands. */
const acceptedAt: Readonly<Record<string, string>> = {
  '': Object.keys(schema.entries).join(', '),
  process: 'id, parameters',
  input: 'kind, scale, shift',
  clock: 'kind, scale, shift',
  data: 'kind and, of a text, alphabet, of a picture, width, height, channels',
  inputs: 'state, time',
  architecture: 'id, options',
  dataset: 'id, parameters',
};

const mistakeOf = (issue: Issue): string => {
  const keys = keysOf(issue);
  const [where, parent] = [pathText(keys), pathText(keys.slice(0, -1))];
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return `${parent === '' ? '' : `${parent}: `}unknown key ${quoted(keys.at(-1))}; accepted are ${acceptedAt[parent]}`;
  }
  if (issue.input === undefined && keys.length > 0) return `${where} is missing`;
  return `${where === '' ? 'the description' : where} is ${quoted(issue.input)}; it must be ${issue.message}`;
};

/**
 * Reads the description of a network, from a file or from code. Throws `UsageErrors`, a line for each mistake with its place in the JSON and
 * what is accepted; `where` stands before each. Whether the parts fit together is for `describedNetwork` to check.
 */
export const readNetwork = (written: unknown, where = 'the network'): NetworkDescription => {
  const { success, output, issues } = v.safeParse(schema, written);
  if (success) return output;
  throw new UsageErrors(issues.map((issue) => `${where}: ${mistakeOf(issue)}`));
};

/** `readNetwork` of a JSON file. Rejects with a `UsageError` for one that cannot be read or is no JSON, too. */
export const loadNetworkFile = async (path: string): Promise<NetworkDescription> => {
  const { readFile } = await import('node:fs/promises');
  let written: unknown;
  try {
    written = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `cannot read the description of a network from ${path}: ${(error as Error).message}`,
    );
  }
  return readNetwork(written, path);
};
