import type { Moment } from '../plan/denoiser.js';
import type { Vector } from './laws.js';

/**
 * How the raw numbers of a network become an output: the parametrisation of one data item, and its derivative. A raw output is
 * [variables, outputs] flattened. The functions throw a `UsageError` for numbers that are not finite.
 */
export interface Head {
  readonly id: string;
  /** Numbers that the network gives a variable. */
  readonly outputs: number;
  /** K where the output is a distribution, given as `ln p_O` [variables, K]; none where it is a point, [variables]. */
  readonly classes?: number;
  apply(raw: Vector, state: Vector, moment: Moment): Float64Array;
  /** From the gradient of a loss with respect to the output (of a distribution: to `ln p_O`) to that with respect to `raw`. */
  pullback(raw: Vector, state: Vector, moment: Moment, gradient: Vector): Float64Array;
}
