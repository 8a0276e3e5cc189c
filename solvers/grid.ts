import { UsageError } from '../src/errors.js';
import { type Parameter, family, familyRegistry } from '../src/family.js';
import type { Process } from '../src/process/process.js';
import { betaQuantile } from './beta-quantile.js';
import {
  type Ends,
  type TimeGrid,
  endOf,
  finiteEnd,
  finiteStart,
  grid,
  requirePositive,
  spaced,
  startOf,
} from './grid-parts.js';
import { levelTable } from './level-table.js';

export { type Ends, type TimeGrid, defaultEta } from './grid-parts.js';

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

export const timeGrid = {
  uniform,
  halfLogSnr,
  power,
  karras,
  explicit,
  cosine,
  beta,
  table: levelTable,
} as const;

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
  family(
    {
      id: 'table',
      description: 'noise levels sigma/alpha, decreasing, read off log-linearly at any number of steps',
      parameters: [{ name: 'levels', kind: 'numbers', description: 'two or more; the last may be 0' }],
    },
    levelTable,
  ),
]);
