import { basename, extname, join } from 'node:path';
import { checkExperiment } from '../../experiments/compare.js';
import type { CheckedExperiment, Experiment } from '../../experiments/experiment.js';
import { loadExperiment } from '../../experiments/experiment-file.js';
import type { Shard } from '../../experiments/study.js';
import { type SettingOptions, settingsOf } from './options.js';

/** What the command line says of an experiment. */
export interface ExperimentOptions extends SettingOptions {
  readonly experiment?: string;
  readonly problem?: readonly string[];
  readonly solvers?: readonly string[];
  readonly nfe?: readonly number[];
  readonly metrics?: readonly string[];
  readonly samples?: number;
  readonly repeats?: number;
  readonly seed?: number;
  readonly out?: string;
}

/** What `bfn compare` runs where nothing is asked for. */
export const usual = { problems: ['text', 'digits'], nfe: [5, 10, 20, 50], samples: 1000 } as const;

/** The experiment of a file, or the usual one, with what the command line says in place of what it says. */
export const experimentOf = async (options: ExperimentOptions): Promise<CheckedExperiment> => {
  const { problem, solvers, nfe, metrics, samples, repeats, seed } = options;
  const base: Experiment =
    options.experiment === undefined ? usual : await loadExperiment(options.experiment);
  const given = settingsOf(options);
  const entries = solvers ?? base.solvers;
  return checkExperiment({
    ...base,
    ...(problem ? { problems: problem } : {}),
    ...(nfe ? { nfe } : {}),
    ...(metrics ? { metrics } : {}),
    ...(samples === undefined ? {} : { samples }),
    ...(repeats === undefined ? {} : { repeats }),
    ...(seed === undefined ? {} : { seed }),
    settings: { ...base.settings, ...given },
    ...(entries
      ? {
          solvers: entries.map((entry) =>
            typeof entry === 'string' ? entry : { ...entry, settings: { ...entry.settings, ...given } },
          ),
        }
      : {}),
  });
};

/** Where a run goes that says nothing of it: runs of different experiments to different folders. */
export const folderOf = ({ out, experiment }: ExperimentOptions, shard?: Shard): string => {
  const name = experiment === undefined ? '' : basename(experiment, extname(experiment));
  const part = shard ? `shard-${shard.index}-of-${shard.count}` : '';
  return out ?? join('results', name, part);
};
