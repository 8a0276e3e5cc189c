import * as v from 'valibot';
import { answers } from '../solvers/answer.js';
import { type EtaSde, checkedEta } from '../solvers/eta.js';
import { grids } from '../solvers/grid.js';
import { priorStep } from '../solvers/prior-step.js';
import { anySolver } from '../solvers/registry.js';
import { lastSteps, maxNfe, noiseSources, startUps } from '../solvers/solver.js';
import { UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import { type StartId, startIds } from '../src/plan/start.js';
import type { CellSettings } from './ready-run.js';
import type { CheckedExperiment, Experiment } from './experiment.js';
import { metricId } from './metrics/index.js';
import { parseThreshold } from './predictions.js';
import { parseProblem } from './problems/index.js';
import { recommendedId } from './recommended/recommend.js';
import { references } from './reference.js';

// The message of a schema says what is accepted, as in "it must be ..."; that of a transformation or a check is a whole sentence.

const whole = (least: number, most?: number) => {
  const accepted = `a whole number from ${least}${most === undefined ? '' : ` to ${most}`}`;
  return v.pipe(
    v.number(accepted),
    v.safeInteger(accepted),
    v.minValue(least, accepted),
    v.maxValue(most ?? Number.MAX_SAFE_INTEGER, accepted),
  );
};
const text = v.pipe(v.string('a text'), v.trim(), v.nonEmpty('a text that is not empty'));
const number = v.pipe(v.number('a number'), v.finite('a finite number'));
const flag = v.boolean('true or false');
const oneOf = <const T extends string>(names: readonly T[]) =>
  v.picklist(names, `one of ${names.join(', ')}`);

const json: v.GenericSchema<Json> = v.lazy(() =>
  v.union([v.null(), v.boolean(), number, v.string(), v.array(json), v.record(v.string(), json)], 'JSON'),
);

/** Runs what throws a `UsageError`; such an error becomes the issue of that place. */
const reading = <In, Out>(read: (value: In) => Out) =>
  v.rawTransform<In, Out>(({ dataset, addIssue, NEVER }) => {
    try {
      return read(dataset.value);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      addIssue({ message: error.message });
      return NEVER;
    }
  });

/** `id:name=value`, or the same as an object. */
const specification = (parse: (text: string) => Specification, check: (of: Specification) => unknown) =>
  v.pipe(
    v.unknown(),
    reading((value) => (typeof value === 'string' ? parse(value) : value)),
    v.strictObject(
      { id: text, parameters: v.exactOptional(v.record(v.string(), json, 'values by name'), {}) },
      'a text like id:name=value, or an id with parameters',
    ),
    reading((value: Specification) => {
      check(value);
      return value;
    }),
  );

const range = v.pipe(
  v.tuple([number, number], 'two numbers, the lower first'),
  v.check(([low, high]) => low < high, 'clip takes two numbers, the lower first'),
);

/** A number, or one on an interval of half log-SNRs. */
const eta = v.pipe(
  v.lazy((value: unknown): v.GenericSchema<unknown, EtaSde> =>
    typeof value === 'object' && value !== null
      ? v.strictObject({ value: number, from: number, to: number }, 'a number, or value, from and to')
      : number,
  ),
  reading((value: EtaSde) => checkedEta('etaSde', value)),
);

const tolerance = v.strictObject(
  { absolute: v.exactOptional(number), relative: v.exactOptional(number) },
  'absolute, relative or both',
);

const threshold = v.pipe(
  v.unknown(),
  reading((value) => (typeof value === 'string' ? parseThreshold(value) : value)),
  v.strictObject(
    { quantile: v.exactOptional(number), maximum: v.exactOptional(number) },
    'quantile, maximum or both, or the same as text',
  ),
);

/** One line a setting: a setting without one does not compile. */
const settingSchemas = {
  grid: v.exactOptional(specification(grids.parse, ({ id, parameters }) => grids.make(id, parameters))),
  reference: v.exactOptional(
    specification(references.parse, ({ id, parameters }) => references.make(id, parameters)),
  ),
  lastStep: v.exactOptional(oneOf(lastSteps)),
  answer: v.exactOptional(oneOf(answers)),
  draw: v.exactOptional(flag),
  etaSde: v.exactOptional(eta),
  etaDdim: v.exactOptional(number),
  noise: v.exactOptional(oneOf(noiseSources)),
  startUp: v.exactOptional(oneOf(startUps)),
  lowerOrderFinal: v.exactOptional(flag),
  tolerance: v.exactOptional(tolerance),
  start: v.exactOptional(oneOf<StartId | typeof priorStep>([...startIds, priorStep])),
  clip: v.exactOptional(range),
  threshold: v.exactOptional(threshold),
  guidance: v.exactOptional(number),
} satisfies Record<keyof CellSettings, unknown>;

const settings = v.strictObject(settingSchemas, 'settings by name');

const knownSolver = v.pipe(
  text,
  reading((line) => {
    if (line !== recommendedId) anySolver(line);
    return line;
  }),
);

const entry = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' ? { solver: value } : value)),
  v.strictObject(
    { solver: knownSolver, label: v.exactOptional(text), settings: v.exactOptional(settings, {}) },
    'the id of a solver, or a solver with label and settings',
  ),
);

const list = <const Schema extends v.GenericSchema>(what: string, item: Schema) =>
  v.pipe(v.array(item, `a list of ${what}`), v.minLength(1, `a list of one or more ${what}`));

/** A list of numbers or names, no one twice. */
const distinct = <const Schema extends v.GenericSchema<unknown, string | number>>(
  what: string,
  item: Schema,
) =>
  v.pipe(
    list(what, item),
    v.check(
      (values) => new Set(values).size === values.length,
      ({ input }) => {
        const twice = input.find((value, i) => input.indexOf(value) < i);
        return `${what} ${String(twice)} is listed twice`;
      },
    ),
  );

const schema = v.strictObject(
  {
    name: v.exactOptional(text),
    description: v.exactOptional(text),
    tags: v.exactOptional(v.array(text, 'a list of texts'), []),
    problems: list(
      'problems',
      specification(parseProblem, ({ id }) => parseProblem(id)),
    ),
    solvers: v.exactOptional(list('solvers', entry)),
    nfe: distinct('NFE', whole(1, maxNfe)),
    samples: whole(3),
    repeats: v.exactOptional(whole(1), 1),
    seed: v.exactOptional(whole(0), 1),
    metrics: v.exactOptional(distinct('metrics', v.pipe(text, reading(metricId)))),
    distanceToReference: v.exactOptional(flag),
    settings: v.exactOptional(settings, {}),
  } satisfies Record<keyof Experiment, unknown>,
  'an experiment: problems, solvers, nfe, samples',
);

/** Keys and places in lists, from the outside in. */
export type Path = readonly (string | number)[];

/** What is wrong with an experiment, and where. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
}

type Issue = v.BaseIssue<unknown>;

const pathOf = (issue: Issue): Path => (issue.path ?? []).map(({ key }) => key as string | number);

/** As in `solvers[2].settings.grid`. */
const pathText = (path: Path): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${key}`)).join('');

const shown = (value: unknown): string => {
  const line = JSON.stringify(value) ?? String(value);
  return line.length > 60 ? `${line.slice(0, 57)}...` : line;
};

/** The keys that are accepted where an unknown one stands. */
const keysAt = (path: Path): readonly string[] => {
  if (path.length === 0) return Object.keys(schema.entries);
  const inner = path[path.length - 1];
  if (inner === 'settings') return Object.keys(settingSchemas);
  if (inner === 'tolerance') return Object.keys(tolerance.entries);
  if (inner === 'threshold') return ['quantile', 'maximum'];
  if (inner === 'etaSde') return ['value', 'from', 'to'];
  return path[0] === 'solvers' && path.length === 2 ? ['solver', 'label', 'settings'] : ['id', 'parameters'];
};

const nameOf = (path: Path): string => (path.length === 0 ? 'the experiment' : pathText(path));

const mistakeOf = (issue: Issue): Mistake => {
  const path = pathOf(issue);
  const where = pathText(path);
  const last = path[path.length - 1];
  const within = issue.path?.at(-1)?.input;
  if (issue.type === 'strict_object' && Array.isArray(within)) {
    const list = path.slice(0, -1);
    return { path: list, message: `${nameOf(list)} is ${shown(within)}; it must be ${issue.message}` };
  }
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const parent = path.slice(0, -1);
    const at = parent.length === 0 ? '' : `${pathText(parent)}: `;
    const accepted = keysAt(parent).join(', ');
    return { path, message: `${at}unknown key ${shown(last)}; accepted are ${accepted}` };
  }
  if (issue.type === 'strict_object' && issue.input === undefined && path.length > 0) {
    return { path: path.slice(0, -1), message: `${where} is missing` };
  }
  if (issue.type === 'raw_transform' || issue.type === 'check') {
    return { path, message: where === '' ? issue.message : `${where}: ${issue.message}` };
  }
  return { path, message: `${nameOf(path)} is ${shown(issue.input)}; it must be ${issue.message}` };
};

/** Reads an experiment, from a file or from code: either what it says, or all that is wrong with it. */
export const readExperiment = (
  input: unknown,
): { readonly experiment: CheckedExperiment } | { readonly mistakes: readonly Mistake[] } => {
  const { success, output, issues } = v.safeParse(schema, input);
  if (success) return { experiment: output };
  // of a list in the place of an object every key is missing: it is told once
  const mistakes = new Map(issues.map(mistakeOf).map((mistake) => [mistake.message, mistake]));
  return { mistakes: [...mistakes.values()] };
};
