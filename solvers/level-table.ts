import { UsageError } from '../src/errors.js';
import type { Process } from '../src/process/process.js';
import { type TimeGrid, grid } from './grid-parts.js';

export interface LevelTable {
  /** Noise levels `sigma/alpha`, strictly decreasing; two or more, the last may be 0. */
  readonly levels: readonly number[];
}

/**
 * Noise levels that were found for one number of steps, read off at any other: log-linearly in their place in the table, as Sabour
 * et al. 2024 (Align Your Steps, arXiv:2404.14507, section 4) do with theirs. A last level of 0 is the data end, reached from the
 * smallest other level in one step. Throws a `UsageError` for levels that are no table, or that the process does not reach.
 */
export const levelTable = ({ levels }: LevelTable): TimeGrid => {
  const toData = levels[levels.length - 1] === 0;
  const logs = (toData ? levels.slice(0, -1) : levels).map(Math.log);
  const decreasing = logs.every((log, i) => Number.isFinite(log) && (i === 0 || log < logs[i - 1]));
  if (logs.length < 2 || !decreasing) {
    throw new UsageError(
      `the levels of the table grid are [${levels.join(', ')}]; give two or more above 0, decreasing, and after them 0 or nothing`,
    );
  }
  const at = (place: number): number => {
    const below = Math.min(Math.floor(place), logs.length - 2);
    const part = place - below;
    return (1 - part) * logs[below] + part * logs[below + 1];
  };
  const end = (process: Process): number =>
    toData ? process.dataEnd : process.timeAtLambda(-logs[logs.length - 1]);
  return grid('table', { levels }, end, (process, steps) => {
    const rest = toData && steps > 0 ? [process.dataEnd] : [];
    const inner = steps - rest.length;
    const times = Array.from({ length: inner + 1 }, (_, i) =>
      process.timeAtLambda(-at(inner === 0 ? 0 : (i * (logs.length - 1)) / inner)),
    );
    return [...times, ...rest];
  });
};
