import { UsageError } from '../src/errors.js';
import { type Parameter, family, familyRegistry } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { Process } from '../src/process/process.js';
import { betaQuantile } from './beta-quantile.js';

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

const startOf = (process: Process, { eta = defaultEta(process) }: Ends): number => {
  if (!(eta >= 0 && eta < 1)) throw new UsageError(`eta is ${eta}; it must be in [0, 1)`);
  return process.noiseEnd - eta * (process.noiseEnd - process.dataEnd);
};

const endOf = (process: Process, { tMin = process.dataEnd }: Ends): number => {
  if (!(tMin >= process.dataEnd && tMin < process.noiseEnd)) {
    throw new UsageError(
      `tMin is ${tMin}; on ${process.id} it must be in [${process.dataEnd}, ${process.noiseEnd})`,
    );
  }
  return tMin;
};

/** `steps + 1` times from `start` to `end`, equally spaced in `to(t)`; the ends exactly. */
const spaced = (
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

const grid = (
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
const finiteEnd = (process: Process, ends: Ends): number => {
  if (ends.tMin !== undefined || process.lambda(process.dataEnd) !== Infinity) return endOf(process, ends);
  return process.smallestTime ?? process.dataEnd + 1e-3 * (process.noiseEnd - process.dataEnd);
};

const finiteStart = (process: Process, ends: Ends, id: string): number => {
  const start = startOf(process, ends);
  if (process.lambda(start) !== -Infinity) return start;
  throw new UsageError(
    `the ${id} grid needs eta > 0 on ${process.id}: its half log-SNR is -infinity at the noise end`,
  );
};

/** Uniform in t: the paper's. */
const uniform = (ends: Ends = {}): TimeGrid =>
  grid(
    'uniform',
    { ...ends },
    (process) => endOf(process, ends),
    (process, steps) => spaced(startOf(process, ends), endOf(process, ends), steps, identity, identity),
  );

/** Uniform in half log-SNR (Lu et al. 2022, section 3.4). */
const halfLogSnr = (ends: Ends = {}): TimeGrid =>
  grid(
    'half-log-snr',
    { ...ends },
    (process) => finiteEnd(process, ends),
    (process, steps) => {
      const [start, end] = [finiteStart(process, ends, 'half-log-snr'), finiteEnd(process, ends)];
      return spaced(start, end, steps, process.lambda, process.timeAtLambda);
    },
  );

/** Uniform in `t^(1/rho)`: rho = 1 is uniform, rho = 2 quadratic; larger rho puts more steps near the data end. */
const power = ({ rho = 2, ...ends }: Ends & { readonly rho?: number } = {}): TimeGrid => {
  requirePositive(rho, 'power');
  return grid(
    'power',
    { rho, ...ends },
    (process) => endOf(process, ends),
    (process, steps) =>
      spaced(
        startOf(process, ends),
        endOf(process, ends),
        steps,
        (t) => (t - process.dataEnd) ** (1 / rho),
        (value) => process.dataEnd + value ** rho,
      ),
  );
};

/**
 * Karras et al. 2022, eq. 5: uniform in `(sigma/alpha)^(1/rho)`, rho = 7 theirs. Where sigma is 0 at the data end, the
 * levels end at `tMin` and one more step goes from there to the data end.
 */
const karras = ({ rho = 7, ...ends }: Ends & { readonly rho?: number } = {}): TimeGrid => {
  requirePositive(rho, 'karras');
  const times = (process: Process, steps: number): readonly number[] => {
    const [start, end] = [finiteStart(process, ends, 'karras'), finiteEnd(process, ends)];
    const rest = steps > 0 && end > process.dataEnd ? [process.dataEnd] : [];
    const levels = spaced(
      start,
      end,
      steps - rest.length,
      (t) => Math.exp(-process.lambda(t) / rho),
      (value) => process.timeAtLambda(-rho * Math.log(value)),
    );
    return [...levels, ...rest];
  };
  return grid('karras', { rho, ...ends }, (process) => process.dataEnd, times);
};

/** The times themselves: one more than the solver takes steps. */
const explicit = (times: readonly number[]): TimeGrid =>
  grid(
    'explicit',
    { times },
    () => times[times.length - 1],
    (_, steps) => {
      if (times.length === steps + 1) return times;
      throw new UsageError(`the explicit grid has ${times.length} times; ${steps} steps need ${steps + 1}`);
    },
  );

const identity = (t: number): number => t;

const requirePositive = (value: number, id: string, name = 'rho'): void => {
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`${name} of the ${id} grid is ${value}; it must be positive`);
};

/** `steps + 1` times whose parts of the way from the end to the start are `part(1 - i/steps)`; the ends exactly. */
const parted = (ends: Ends, process: Process, steps: number, part: (u: number) => number): number[] => {
  const [start, end] = [startOf(process, ends), endOf(process, ends)];
  return Array.from({ length: steps + 1 }, (_, i) =>
    i === 0 ? start : i === steps ? end : end + (start - end) * part(1 - i / steps),
  );
};

/**
 * `t = end + (start - end)(1 - cos(pi u/2))`, u from 1 to 0: a quarter of a cosine, quadratic at the data end. The half
 * of a cosine, dense at both ends, is `beta` with a = b = 1/2.
 */
const cosine = (ends: Ends = {}): TimeGrid =>
  grid(
    'cosine',
    { ...ends },
    (process) => endOf(process, ends),
    (process, steps) => parted(ends, process, steps, (u) => 2 * Math.sin((Math.PI * u) / 4) ** 2),
  );

/** The quantiles of a Beta(a, b) law between the ends: dense at both (Lee et al. 2024, "Beta Sampling is All You Need", with .6 and .6). */
const beta = ({
  a = 0.6,
  b = 0.6,
  ...ends
}: Ends & { readonly a?: number; readonly b?: number } = {}): TimeGrid => {
  requirePositive(a, 'beta', 'a');
  requirePositive(b, 'beta', 'b');
  return grid(
    'beta',
    { a, b, ...ends },
    (process) => endOf(process, ends),
    (process, steps) => parted(ends, process, steps, (u) => betaQuantile(u, a, b)),
  );
};

export const timeGrid = { uniform, halfLogSnr, power, karras, explicit, cosine, beta } as const;

const ends: readonly Parameter[] = [
  { name: 'eta', kind: 'number', optional: true, description: 'truncation of the noise end, in [0, 1)' },
  { name: 'tMin', kind: 'number', optional: true, description: 'the time at which the grid ends' },
];
const rho = (usual: number): Parameter => ({
  name: 'rho',
  kind: 'number',
  default: usual,
  description: 'the root that is uniform',
});

/** Grids by name, for command lines and records: `karras:rho=7,eta=0.001`. */
export const grids = familyRegistry<TimeGrid>('grid', [
  family({ id: 'uniform', description: 'uniform in t', parameters: ends }, uniform),
  family({ id: 'half-log-snr', description: 'uniform in half log-SNR', parameters: ends }, halfLogSnr),
  family({ id: 'power', description: 'uniform in t^(1/rho)', parameters: [rho(2), ...ends] }, power),
  family(
    { id: 'karras', description: 'uniform in (sigma/alpha)^(1/rho)', parameters: [rho(7), ...ends] },
    karras,
  ),
  family(
    {
      id: 'explicit',
      description: 'the times themselves, decreasing: explicit:times=[0.99,0.5,0]',
      parameters: [{ name: 'times', kind: 'numbers', description: 'one more than there are steps' }],
    },
    ({ times }: { times: readonly number[] }) => explicit(times),
  ),
  family(
    { id: 'cosine', description: 'a quarter of a cosine in t: dense at the data end', parameters: ends },
    cosine,
  ),
  family(
    {
      id: 'beta',
      description: 'quantiles of a Beta(a, b) law of t: dense at both ends where a and b are below 1',
      parameters: [
        { name: 'a', kind: 'number', default: 0.6, description: 'the smaller, the denser at the data end' },
        { name: 'b', kind: 'number', default: 0.6, description: 'the smaller, the denser at the noise end' },
        ...ends,
      ],
    },
    beta,
  ),
]);
