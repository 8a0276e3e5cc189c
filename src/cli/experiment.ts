import { join } from 'node:path';
import { checkExperiment } from '../../experiments/compare.js';
import type { CheckedExperiment, Experiment, WrittenSettings } from '../../experiments/experiment.js';
import { loadExperiment } from '../../experiments/experiment-file.js';
import { digest } from '../../experiments/key.js';
import type { LoadedModule } from '../../experiments/modules.js';
import { without } from '../json.js';
import { identityOf } from '../../experiments/store.js';
import type { Shard } from '../../experiments/study.js';
import { UsageError } from '../errors.js';
import { type SettingOptions, settingsOf } from './options.js';

/** What the command line says of an experiment. */
export interface ExperimentOptions extends SettingOptions {
  readonly experiment?: string;
  readonly problem?: readonly string[];
  readonly model?: readonly string[];
  readonly data?: string;
  readonly solvers?: readonly string[];
  readonly nfe?: readonly number[];
  readonly metrics?: readonly string[];
  /** Files of networks. */
  readonly features?: readonly string[];
  readonly distanceToReference?: boolean;
  readonly samples?: number;
  readonly repeats?: number;
  readonly seed?: number;
  readonly out?: string;
}

/** What `bfn compare` runs where nothing is asked for. */
export const usual = { problems: ['text', 'digits'], nfe: [5, 10, 20, 50], samples: 1000 } as const;

/** The problems that are named, and those of networks in files. Throws a `UsageError` for data of no network. */
const problemsOf = ({ problem = [], model = [], data }: ExperimentOptions): Experiment['problems'] => {
  if (data !== undefined && model.length === 0) {
    throw new UsageError('--data is what a learned network is held against: --model <file>');
  }
  const networks = model.map((path) => ({
    id: 'network',
    parameters: { path, ...(data === undefined ? {} : { data }) },
  }));
  return [...problem, ...networks];
};

/** The metrics that are asked for, and those of networks. */
const metricsOf = (
  { metrics, features = [] }: ExperimentOptions,
  base: Experiment,
  modules: readonly LoadedModule[],
): Pick<Experiment, 'metrics'> => {
  const asked = metrics ?? base.metrics;
  const own = modules.flatMap(({ path, metric }) =>
    metric !== undefined && features.includes(path) ? [metric] : [],
  );
  if (own.length === 0) return asked ? { metrics: asked } : {};
  return { metrics: [...new Set([...(asked ?? ['default']), ...own])] };
};

/** The experiment of a file, or the usual one, with what the command line says in place of what it says; `modules` are those that were imported for it. */
export const experimentOf = async (
  options: ExperimentOptions,
  modules: readonly LoadedModule[] = [],
): Promise<CheckedExperiment> => {
  const { solvers, nfe, samples, repeats, seed, distanceToReference } = options;
  const base: Experiment =
    options.experiment === undefined ? usual : await loadExperiment(options.experiment);
  const given = settingsOf(options);
  const problems = problemsOf(options);
  const entries = solvers ?? base.solvers;
  return checkExperiment({
    ...base,
    ...(problems.length > 0 ? { problems } : {}),
    ...(nfe ? { nfe } : {}),
    ...metricsOf(options, base, modules),
    ...(distanceToReference ? { distanceToReference } : {}),
    ...(samples === undefined ? {} : { samples }),
    ...(repeats === undefined ? {} : { repeats }),
    ...(seed === undefined ? {} : { seed }),
    settings: { ...base.settings, ...given },
    ...(entries
      ? {
          solvers: entries.map((entry) =>
            typeof entry === 'string' || !entry.settings
              ? entry
              : {
                  ...entry,
                  settings: without(entry.settings, Object.keys(given) as (keyof WrittenSettings)[]),
                },
          ),
        }
      : {}),
  });
};

/**
 * Where a run goes that says nothing of it: the same experiment to the same folder, to go on there, and another one to another. What
 * an experiment is called is no part of the hash, so the folder has it beside.
 */
export const folderOf = (
  experiment: CheckedExperiment,
  modules: readonly LoadedModule[],
  shard?: Shard,
): string => {
  const asked = {
    run: identityOf({ experiment, shard: null }),
    modules: modules.map(({ sha256 }) => sha256),
  };
  const name = (experiment.name ?? 'compare').replaceAll(/[^\w.-]+/g, '-');
  const part = shard ? `shard-${shard.index}-of-${shard.count}` : '';
  return join('results', `${name}-${digest(asked).slice(0, 8)}`, part);
};
