import { UsageError } from '../errors.js';
import type { Moment } from '../plan/denoiser.js';
import { withIndependentNoises } from '../plan/independent-noises.js';
import type { Plan, Register } from '../plan/plan.js';
import { scalarOf } from '../plan/components.js';

/** One-dimensional Gaussian data `N(mean, variance)`: its network `E[x_0 | x_t]` is affine in x_t. */
export interface Gaussian {
  readonly mean: number;
  readonly variance: number;
}

/** The exact network: `D = mean + gain (x - alpha mean)`. */
export const gaussianGain = ({ variance }: Gaussian, { alpha, sigma }: Moment): number => {
  if (alpha === 0) return 0;
  return (alpha * variance) / (alpha ** 2 * variance + sigma ** 2);
};

/** An affine function of independent standard normals. */
interface Affine {
  readonly constant: number;
  readonly normals: ReadonlyMap<string, number>;
}

const sum = (terms: readonly (readonly [number, Affine])[]): Affine => {
  let constant = 0;
  const normals = new Map<string, number>();
  for (const [coefficient, value] of terms) {
    constant += coefficient * value.constant;
    for (const [name, weight] of value.normals) {
      normals.set(name, (normals.get(name) ?? 0) + coefficient * weight);
    }
  }
  return { constant, normals };
};

/**
 * The law of what a plan returns on Gaussian data with its exact network, started from the exact law there: without sampling,
 * since the plan is then an affine map of its normals. Also the coefficient of the start's normal, which is what the flow
 * of an ODE is told by. Draws of classes are not supported: Gaussian data have none.
 */
export const lawOnGaussian = (plan: Plan, data: Gaussian): Gaussian & { readonly ofStart: number } => {
  const { start } = plan;
  const deviation = Math.sqrt(start.alpha ** 2 * data.variance + start.sigma ** 2);
  const registers = new Map<Register, Affine>([
    [start.register, { constant: start.alpha * data.mean, normals: new Map([['start', deviation]]) }],
  ]);
  const read = (register: Register): Affine =>
    registers.get(register) ?? { constant: NaN, normals: new Map() };
  for (const entry of withIndependentNoises(plan).instructions) {
    switch (entry.op) {
      case 'noise':
        if ('draw' in entry)
          registers.set(entry.into, { constant: 0, normals: new Map([[String(entry.draw), 1]]) });
        break;
      case 'combine':
        registers.set(
          entry.into,
          sum(entry.terms.map(([coefficient, register]) => [scalarOf(coefficient), read(register)])),
        );
        break;
      case 'evaluate': {
        if (entry.ask)
          throw new UsageError('a reference of symbols is not affine: the plan has no law on Gaussian data');
        const gain = gaussianGain(data, entry);
        const offset = data.mean * (1 - gain * entry.alpha);
        registers.set(
          entry.into,
          sum([
            [gain, read(entry.from)],
            [1, { constant: offset, normals: new Map() }],
          ]),
        );
        break;
      }
      case 'return': {
        const { constant, normals } = read(entry.from);
        const variance = [...normals.values()].reduce((total, weight) => total + weight ** 2, 0);
        return { mean: constant, variance, ofStart: normals.get('start') ?? 0 };
      }
    }
  }
  return { mean: NaN, variance: NaN, ofStart: NaN };
};
