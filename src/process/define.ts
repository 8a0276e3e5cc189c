import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import type { Process } from './process.js';

/** An option of every diffusion family, for discrete data embedded as `K e_x - 1`. */
export interface ClassesOption {
  /** The number of classes K, where the state is a vector of K logits a variable. */
  readonly classes?: number;
}

/** The formulas of a process. What is left out has its usual form. */
export interface Definition extends Omit<
  Process,
  'parameters' | 'classes' | 'timeAtLambda' | 'varianceOverSignal' | 'networkTime'
> {
  /** Entries that are undefined are not recorded; `classes` is also shown on the process. */
  readonly parameters: Readonly<Record<string, Json | undefined>>;
  /** The inverse of `lambda` strictly inside its range. */
  inverse(lambda: number): number;
  varianceOverSignal?(t: number): number;
  networkTime?(t: number): number;
}

/** A slip of a few units in the last place, as a grid in lambda makes at its ends, is not an error. */
const slack = (lambda: number): number => 8 * Number.EPSILON * Math.max(1, Math.abs(lambda));

/** A record cannot be changed: the lists in it are those of the process itself. */
const frozen = (value: Json): Json => (typeof value === 'object' ? Object.freeze(value) : value);

export const defineProcess = ({ parameters, inverse, ...rest }: Definition): Process => {
  const { id, dataEnd, noiseEnd, alpha, sigma } = rest;
  const highest = rest.lambda(dataEnd);
  const lowest = rest.lambda(noiseEnd);
  const given = Object.entries(parameters).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  const classes = parameters['classes'];
  return Object.freeze({
    varianceOverSignal: (t: number) => sigma(t) ** 2 / alpha(t),
    networkTime: (t: number) => t,
    ...rest,
    parameters: Object.freeze(Object.fromEntries(given.map(([name, value]) => [name, frozen(value)]))),
    ...(typeof classes === 'number' ? { classes } : {}),
    timeAtLambda: (lambda: number) => {
      if (!(lambda <= highest + slack(highest) && lambda >= lowest - slack(lowest))) {
        throw new UsageError(
          `process "${id}": lambda = ${lambda} is outside its range, ${lowest} to ${highest}`,
        );
      }
      if (lambda >= highest) return dataEnd;
      if (lambda <= lowest) return noiseEnd;
      return Math.min(noiseEnd, Math.max(dataEnd, inverse(lambda)));
    },
  });
};
