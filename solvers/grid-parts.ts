import { UsageError } from '../src/errors.js';
import type { Json } from '../src/json.js';
import type { Process } from '../src/process/process.js';

/** The times of a solver's steps: a recorded setting, never hidden in a solver. */
export interface TimeGrid {
  readonly id: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** `steps + 1` strictly decreasing times of the process, from the start to the data end; `steps` >= 0. */
  times(process: Process, steps: number): readonly number[];
  /** Where it ends, whatever the number of steps. */
  end(process: Process): number;
}

export interface Ends {
  /** Truncation of the noise end, as a fraction of the process's interval, in [0, 1). Default: `defaultEta`. */
  readonly eta?: number;
  /** The time at which the grid ends. Default: the data end, or the last time with a finite half log-SNR that the grid needs. */
  readonly tMin?: number;
}

/**
 * Where a process loses its signal at the noise end, most solvers must start short of it: at the paper's .01 for
 * continuous and .001 for discrete data (reference configurations of Xue et al. 2024). Else at the end itself.
 */
export const defaultEta = (process: Process): number => {
  if (process.lambda(process.noiseEnd) !== -Infinity) return 0;
  return process.classes === undefined ? 0.01 : 0.001;
};

export const startOf = (process: Process, { eta = defaultEta(process) }: Ends): number => {
  if (!(eta >= 0 && eta < 1)) throw new UsageError(`eta is ${eta}; it must be in [0, 1)`);
  return process.noiseEnd - eta * (process.noiseEnd - process.dataEnd);
};

export const endOf = (process: Process, { tMin = process.dataEnd }: Ends): number => {
  if (!(tMin >= process.dataEnd && tMin < process.noiseEnd)) {
    throw new UsageError(
      `tMin is ${tMin}; on ${process.id} it must be in [${process.dataEnd}, ${process.noiseEnd})`,
    );
  }
  return tMin;
};

/** `steps + 1` times from `start` to `end`, equally spaced in `to(t)`; the ends exactly. */
export const spaced = (
  start: number,
  end: number,
  steps: number,
  to: (t: number) => number,
  from: (value: number) => number,
): number[] => {
  const [first, last] = [to(start), to(end)];
  return Array.from({ length: steps + 1 }, (_, i) =>
    i === 0 ? start : i === steps ? end : from(first + ((last - first) * i) / steps),
  );
};

const checked = (times: readonly number[], process: Process, id: string): readonly number[] => {
  times.forEach((t, i) => {
    if (!(t >= process.dataEnd && t <= process.noiseEnd)) {
      throw new UsageError(
        `the ${id} grid has the time ${t}; ${process.id} runs from ${process.dataEnd} to ${process.noiseEnd}`,
      );
    }
    if (i > 0 && !(t < times[i - 1])) {
      throw new UsageError(`the ${id} grid is not strictly decreasing: ${t} comes after ${times[i - 1]}`);
    }
  });
  return times;
};

export const grid = (
  id: string,
  parameters: Readonly<Record<string, Json | undefined>>,
  end: (process: Process) => number,
  times: (process: Process, steps: number) => readonly number[],
): TimeGrid => ({
  id,
  end,
  parameters: Object.fromEntries(
    Object.entries(parameters).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  ),
  times: (process, steps) => checked(times(process, steps), process, id),
});

/** A time with a finite half log-SNR near the data end, for grids that are spaced in it. */
export const finiteEnd = (process: Process, ends: Ends): number => {
  if (ends.tMin !== undefined || process.lambda(process.dataEnd) !== Infinity) return endOf(process, ends);
  return process.smallestTime ?? process.dataEnd + 1e-3 * (process.noiseEnd - process.dataEnd);
};

export const finiteStart = (process: Process, ends: Ends, id: string): number => {
  const start = startOf(process, ends);
  if (process.lambda(start) !== -Infinity) return start;
  throw new UsageError(
    `the ${id} grid needs eta > 0 on ${process.id}: its half log-SNR is -infinity at the noise end`,
  );
};

export const requirePositive = (value: number, id: string, name = 'rho'): void => {
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`${name} of the ${id} grid is ${value}; it must be positive`);
};
