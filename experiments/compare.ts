import { UsageErrors } from '../src/errors.js';
import type { Cell, Comparison } from './comparison.js';
import type { CheckedExperiment, Experiment } from './experiment.js';
import { readExperiment } from './experiment-schema.js';
import { type RunOptions, runStudy } from './run.js';
import { prepare } from './study.js';

export type { Cell, Comparison, MetricValue, ProblemReport } from './comparison.js';

export interface CompareOptions extends Omit<RunOptions, 'shard' | 'append'> {
  /** Is given each cell when all its repeats are done. */
  readonly onCell?: (cell: Cell) => void;
}

/** Throws `UsageErrors` that name the path of each mistake. */
export const checkExperiment = (experiment: Experiment): CheckedExperiment => {
  const read = readExperiment(experiment);
  if ('experiment' in read) return read.experiment;
  throw new UsageErrors(read.mistakes.map(({ message }) => message));
};

/**
 * Runs an experiment, problems x solvers x NFE, and yields each cell when it is done; returns the comparison of them all. Who
 * stops taking cells stops the run.
 *
 * All that a user can have got wrong is found before the first cell runs: throws a `UsageError`. A cell that diverges or fails
 * is reported as such and the others go on; without the floor of a problem there is nothing to hold them against, and it
 * throws. Throws the reason of an aborted signal. With a folder, what is done stays done in all these cases.
 */
export async function* runExperiment(
  experiment: Experiment,
  options: Omit<CompareOptions, 'onCell'> = {},
): AsyncGenerator<Cell, Comparison> {
  const modules = (options.modules ?? []).map(({ sha256 }) => sha256);
  return yield* runStudy(await prepare(checkExperiment(experiment), modules), options);
}

/** Runs an experiment to its end: `runExperiment` for those who want the comparison only. */
export const compare = async (
  experiment: Experiment,
  { onCell, ...options }: CompareOptions = {},
): Promise<Comparison> => {
  const cells = runExperiment(experiment, options);
  for (;;) {
    const { value, done } = await cells.next();
    if (done) return value;
    onCell?.(value);
  }
};
