import type { Cell } from '../../experiments/comparison.js';
import type { Progress as RunProgress } from '../../experiments/run.js';
import { progressBar } from './progress.js';

/** In a pipe, a line each so many milliseconds; a short run prints none. */
const quiet = 10_000;

/** The share of a run from which on the time left is told: the first cells are a poor measure of the others. */
const telling = 0.01;

/** `75 s`, `12 min` or `3.4 h`. */
export const durationText = (seconds: number): string => {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
};

const rateText = (perSecond: number): string =>
  perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(60 * perSecond).toFixed(1)}/min`;

/** What is shown of a run on standard error: a bar on a terminal, in a pipe a line now and then. */
export interface RunReporter {
  readonly last: RunProgress | undefined;
  update(progress: RunProgress): void;
  /** `quality`: the metric, a distance, by which the best cell of its problem is told. */
  cell(cell: Cell, quality: string | undefined): void;
  stop(): void;
}

export const runReporter = (clock: () => number = performance.now.bind(performance)): RunReporter => {
  const begun = clock();
  const bar = progressBar('cells', '{rate}, {left} left{best}');
  const bestOf = new Map<string, number>();
  let spoken = begun;
  let best = '';
  let last: RunProgress | undefined;
  const details = ({ done, found, share }: RunProgress) => {
    const seconds = (clock() - begun) / 1000;
    return {
      rate: rateText((done - found) / seconds),
      left: share >= telling ? durationText(((1 - share) / share) * seconds) : '?',
      best,
    };
  };
  return {
    get last() {
      return last;
    },
    update: (progress) => {
      last = progress;
      const { done, total } = progress;
      const shown = details(progress);
      bar.update(done, total, shown);
      if (process.stderr.isTTY || clock() - spoken < quiet) return;
      spoken = clock();
      process.stderr.write(`${done}/${total} cells, ${shown.rate}, ${shown.left} left${best}\n`);
    },
    cell: ({ problem, label, nfe, metrics }, quality) => {
      const value = quality === undefined ? undefined : metrics[quality]?.value;
      if (value === undefined || value >= (bestOf.get(problem) ?? Infinity)) return;
      bestOf.set(problem, value);
      best = `, best on ${problem}: ${label}, NFE ${nfe} (${quality} ${value.toPrecision(3)})`;
    },
    stop: bar.stop,
  };
};
