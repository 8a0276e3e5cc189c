import type { LogEntry } from '../train/run.js';
import { progressBar } from './progress.js';
import { durationText } from './run-progress.js';

/** In a pipe, a line each so many milliseconds, and one for each validation. */
const quiet = 10_000;

/** What is shown of a training on standard error: a bar on a terminal, in a pipe a line now and then. */
export interface TrainingReporter {
  step(step: number): void;
  entry(entry: LogEntry): void;
  stop(): void;
}

const short = (value: number, digits = 4): string => String(Number(value.toPrecision(digits)));

/** `from`: the steps that were done before. */
export const trainingReporter = (
  { steps, from }: { readonly steps: number; readonly from: number },
  clock: () => number = performance.now.bind(performance),
): TrainingReporter => {
  const begun = clock();
  const bar = progressBar('steps', '{what}{speed} steps/s, {left} left');
  let spoken = begun;
  let last: LogEntry = { step: from };
  const details = (step: number) => {
    const seconds = (clock() - begun) / 1000;
    const speed = (step - from) / seconds;
    const { loss, validation, rate } = last;
    const what = Object.entries({ loss, validation, rate }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name} ${short(value)}, `],
    );
    return { what: what.join(''), speed: short(speed, 3), left: durationText((steps - step) / speed) };
  };
  return {
    step: (step) => bar.update(step, steps, details(step)),
    entry: (entry) => {
      last = { ...last, ...entry };
      if (process.stderr.isTTY) return;
      if (entry.validation === undefined && clock() - spoken < quiet) return;
      spoken = clock();
      const { what, speed, left } = details(entry.step);
      process.stderr.write(`${entry.step}/${steps} steps, ${what}${speed} steps/s, ${left} left\n`);
    },
    stop: bar.stop,
  };
};
