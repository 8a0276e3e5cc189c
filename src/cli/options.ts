import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFileSync } from 'node:fs';
import type { CellSettings } from '../../experiments/ready-run.js';
import { loadModules, type LoadedModule } from '../../experiments/modules.js';
import { parseThreshold } from '../../experiments/predictions.js';
import { references } from '../../experiments/reference.js';
import { answers } from '../../solvers/answer.js';
import type { EtaSde } from '../../solvers/eta.js';
import { grids } from '../../solvers/grid.js';
import { priorStep } from '../../solvers/prior-step.js';
import { lastSteps, noiseSources, startUps } from '../../solvers/solver.js';
import { UsageError } from '../errors.js';
import type { Specification } from '../family.js';
import { startIds } from '../plan/start.js';

/** A whole number of at least `least`. */
export const whole =
  (least: number, most = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+(e\d+)?$/.test(text) && value >= least && value <= most) return value;
    const to = most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : '';
    throw new InvalidArgumentError(`It must be a whole number from ${least}${to}.`);
  };

const parts = (text: string): string[] => text.split(',').filter((part) => part.trim() !== '');

/** Numbers apart by commas or spaces: for an option that takes several. */
export const wholes =
  (least: number) =>
  (text: string, before: readonly number[] = []): readonly number[] => [
    ...before,
    ...parts(text).map((part) => whole(least)(part.trim())),
  ];

/**
 * Names apart by commas or spaces: for an option that takes several. A part that is a parameter, as `rate=2`, belongs to the name before
 * it: `bfn,exponential-adams:order=3,rate=2` is two names.
 */
export const names = (text: string, before: readonly string[] = []): readonly string[] => {
  const all = [...before];
  for (const part of parts(text).map((each) => each.trim())) {
    if (all.length > before.length && /^\w+\s*=/.test(part)) all.push(`${all.pop() ?? ''},${part}`);
    else all.push(part);
  }
  return all;
};

export const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
};

const range = (text: string): readonly [number, number] => {
  const [low, high, ...more] = text.split(',').map(number);
  if (low < high && more.length === 0) return [low, high];
  throw new InvalidArgumentError('It must be two numbers, the lower first: -1,1.');
};

const etaSde = (text: string): EtaSde => {
  const [value, from, to, ...more] = text.split(',').map(number);
  if (from === undefined) return value;
  if (to !== undefined && more.length === 0) return { value, from, to };
  throw new InvalidArgumentError('It must be a number, or a number and two half log-SNRs: 1,-2,1.');
};

/** The settings that `compare`, `plan` and `sample` share; what is left out is each solver's own default. */
export const addSettings = (command: Command): Command =>
  command
    .option(
      '--grid <grid>',
      `times of the steps: ${grids
        .list()
        .map(({ id }) => id)
        .join(', ')}; with parameters as in karras:rho=7,eta=0.001; or a file of bfn grid (.json)`,
    )
    .option('--eta <number>', 'truncation of the noise end, in [0, 1), of the grid', number)
    .addOption(new Option('--last-step <what>', 'what becomes of the last calls').choices(lastSteps))
    .addOption(
      new Option('--answer <what>', 'what is made of the last prediction of classes').choices(answers),
    )
    .option('--draw', 'let the network draw classes instead of their mean')
    .option('--no-draw', 'let the network give the mean, also where the solver would draw')
    .option(
      '--eta-sde <number>',
      'between the ODE (0) and the reverse SDE (1), of solvers that take it; 1,-2,1: only at half log-SNRs from -2 to 1',
      etaSde,
    )
    .option('--eta-ddim <number>', "share of DDPM's noise in a step, of solvers that take it", number)
    .addOption(new Option('--noise <source>', 'of SDE solvers').choices(noiseSources))
    .addOption(new Option('--start-up <how>', 'of multistep solvers').choices(startUps))
    .option('--lower-order-final', 'let the order fall to 1 towards the last step')
    .option(
      '--reference <model>',
      `precondition by a model of the problem's data: ${references
        .list()
        .map(({ id }) => id)
        .join(', ')}; as in low-rank:rank=8`,
    );

/** The further settings of those that run the plan. */
export const addRunSettings = (command: Command): Command =>
  addSettings(command)
    .option('--atol <number>', 'absolute tolerance of a step, of solvers that take it', number)
    .option('--rtol <number>', 'relative tolerance of a step, of solvers that take it', number)
    .addOption(
      new Option(
        '--start <law>',
        `law of the start; ${priorStep} is a call at the noise end and a step from there`,
      ).choices([...startIds, priorStep]),
    )
    .option('--clip <low,high>', 'clip the predictions of continuous data, as in -1,1', range)
    .option(
      '--threshold [quantile=...]',
      'threshold the predictions of continuous data dynamically, as in quantile=0.995,maximum=2',
      (text) => parseThreshold(text),
    )
    .option(
      '--guidance <scale>',
      'classifier-free guidance, for problems with something given, as in digits:given=3',
      number,
    );

export interface SettingOptions extends Omit<CellSettings, 'grid' | 'reference' | 'threshold' | 'tolerance'> {
  readonly grid?: string;
  readonly reference?: string;
  readonly atol?: number;
  readonly rtol?: number;
  readonly eta?: number;
  /** True without a value. */
  readonly threshold?: NonNullable<CellSettings['threshold']> | true;
}

/** A grid by its line, or from a file that `bfn grid --out` wrote; its values are checked where it is made. */
const readGrid = (text: string): Specification => {
  if (!text.endsWith('.json')) return grids.parse(text);
  try {
    const { id, parameters } = JSON.parse(readFileSync(text, 'utf8')) as Partial<Specification>;
    if (typeof id === 'string' && typeof parameters === 'object') return { id, parameters };
  } catch (error) {
    throw new UsageError(`cannot read ${text} as JSON: ${(error as Error).message}`);
  }
  throw new UsageError(`${text} is no grid: it must be { "id": "...", "parameters": { ... } }`);
};

const gridOf = ({ grid = 'uniform', eta }: SettingOptions): Specification => {
  const { id, parameters } = readGrid(grid);
  if (eta === undefined) return { id, parameters };
  if ('eta' in parameters) throw new UsageError(`eta is given twice: --grid ${grid} and --eta ${eta}`);
  return { id, parameters: { ...parameters, eta } };
};

const settings = [
  'lastStep',
  'draw',
  'etaSde',
  'etaDdim',
  'noise',
  'startUp',
  'lowerOrderFinal',
  'answer',
  'start',
  'clip',
  'guidance',
] as const;

const toleranceOf = ({ atol, rtol }: SettingOptions): Pick<CellSettings, 'tolerance'> => {
  if (atol === undefined && rtol === undefined) return {};
  return {
    tolerance: {
      ...(atol === undefined ? {} : { absolute: atol }),
      ...(rtol === undefined ? {} : { relative: rtol }),
    },
  };
};

export const settingsOf = (options: SettingOptions): CellSettings => ({
  ...(options.grid === undefined && options.eta === undefined ? {} : { grid: gridOf(options) }),
  ...(options.reference === undefined ? {} : { reference: references.parse(options.reference) }),
  ...toleranceOf(options),
  ...Object.fromEntries(
    settings.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ),
  ...(options.threshold === undefined
    ? {}
    : { threshold: options.threshold === true ? parseThreshold('') : options.threshold }),
});

export const addImport = (command: Command): Command =>
  command.option(
    '--import <module>',
    'a module that registers solvers, processes, problems, metrics, data sets or architectures (may be repeated)',
    (path: string, before: readonly string[] = []) => [...before, path],
  );

export interface ImportOption {
  readonly import?: readonly string[];
}

export const importModules = (options: ImportOption): Promise<readonly LoadedModule[]> =>
  loadModules(options.import ?? []);

/** Prints JSON for machines. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 1));
