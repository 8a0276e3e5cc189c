import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CellSettings } from '../../experiments/cell.js';
import { loadModules, type LoadedModule } from '../../experiments/modules.js';
import { grids } from '../../solvers/grid.js';
import { lastSteps, noiseSources } from '../../solvers/solver.js';
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

/** Names apart by commas or spaces: for an option that takes several. */
export const names = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...parts(text).map((part) => part.trim()),
];

const number = (text: string): number => {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
};

const range = (text: string): readonly [number, number] => {
  const [low, high, ...more] = text.split(',').map(number);
  if (low < high && more.length === 0) return [low, high];
  throw new InvalidArgumentError('It must be two numbers, the lower first: -1,1.');
};

/** The settings that `compare`, `plan` and `sample` share; what is left out is each solver's own default. */
export const addSettings = (command: Command): Command =>
  command
    .option(
      '--grid <grid>',
      `times of the steps: ${grids
        .list()
        .map(({ id }) => id)
        .join(', ')}; with parameters as in karras:rho=7,eta=0.001`,
    )
    .option('--eta <number>', 'truncation of the noise end, in [0, 1), of the grid', number)
    .addOption(new Option('--last-step <what>', 'what becomes of the last calls').choices(lastSteps))
    .option('--draw', 'let the network draw classes instead of their mean')
    .option('--no-draw', 'let the network give the mean, also where the solver would draw')
    .option(
      '--eta-sde <number>',
      'between the ODE (0) and the reverse SDE (1), of solvers that take it',
      number,
    )
    .option('--eta-ddim <number>', "share of DDPM's noise in a step, of solvers that take it", number)
    .addOption(new Option('--noise <source>', 'of SDE solvers').choices(noiseSources))
    .option('--lower-order-final', 'let the order fall to 1 towards the last step');

/** The further settings of those that run the plan. */
export const addRunSettings = (command: Command): Command =>
  addSettings(command)
    .option('--atol <number>', 'absolute tolerance of a step, of solvers that take it', number)
    .option('--rtol <number>', 'relative tolerance of a step, of solvers that take it', number)
    .addOption(new Option('--start <law>', 'law of the start').choices(startIds))
    .option('--clip <low,high>', 'clip the predictions of continuous data, as in -1,1', range);

export interface SettingOptions extends Omit<CellSettings, 'grid' | 'tolerance'> {
  readonly grid?: string;
  readonly atol?: number;
  readonly rtol?: number;
  readonly eta?: number;
}

const gridOf = ({ grid = 'uniform', eta }: SettingOptions): Specification => {
  const { id, parameters } = grids.parse(grid);
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
  'lowerOrderFinal',
  'start',
  'clip',
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
  ...toleranceOf(options),
  ...Object.fromEntries(
    settings.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  ),
});

export const addImport = (command: Command): Command =>
  command.option(
    '--import <module>',
    'a module that registers solvers, processes, problems or metrics (may be repeated)',
    (path: string, before: readonly string[] = []) => [...before, path],
  );

export interface ImportOption {
  readonly import?: readonly string[];
}

export const importModules = (options: ImportOption): Promise<readonly LoadedModule[]> =>
  loadModules(options.import ?? []);

/** Prints JSON for machines. */
export const printJson = (value: unknown): void => console.log(JSON.stringify(value, null, 1));
