import { UsageError } from '../errors.js';
import type { Json } from '../json.js';

/**
 * A linear noising process `x_t = alpha(t) x_0 + sigma(t) noise`, or as an SDE
 * `dx = f(t) x dt + g(t) dw` with `f = alpha'/alpha` and `g² = (sigma²)' - 2 f sigma²` (docs/theory.md, section 1).
 *
 * Time runs from the data end to the noise end; sampling runs back. Every function takes a time in
 * [`dataEnd`, `noiseEnd`] and is accurate in relative terms near both ends (`lambda`, a logarithm, in absolute
 * terms where it is below 1). None of them gives NaN in the closed interval; what diverges at an end is infinite there.
 */
export interface Process {
  readonly id: string;
  /** What the process was made from, so that a record can make it again: `makeProcess(id, parameters)`. */
  readonly parameters: Readonly<Record<string, Json>>;
  readonly dataEnd: number;
  readonly noiseEnd: number;
  /** The smallest time that networks of this process are trained at, where it is not the data end: grids that can't use sigma = 0 end there. */
  readonly smallestTime?: number;
  /** Signal scale. */
  alpha(t: number): number;
  /** Noise scale. */
  sigma(t: number): number;
  /** Half log-SNR `ln(alpha/sigma)`: decreasing in t; `Infinity` where sigma is 0, `-Infinity` where the signal is lost. */
  lambda(t: number): number;
  /** The inverse of `lambda`. Throws a `UsageError` outside the range of the process. */
  timeAtLambda(lambda: number): number;
  /** `sigma²/alpha`, the scale of the state in natural parameters: its limit at the noise end is finite for BFN, where alpha and sigma are both 0. */
  varianceOverSignal(t: number): number;
  /** `f(t)`; `-Infinity` at the noise end where the signal is lost there. */
  drift(t: number): number;
  /** `g²(t)`; `Infinity` at the noise end where the signal is lost and sigma is not 0. */
  squaredDiffusion(t: number): number;
  /** The time that a network trained on this process is shown. */
  networkTime(t: number): number;
  /** True where `networkTime` maps distinct times to one value, so that two moments of a plan may collide. */
  readonly roundsNetworkTime?: boolean;
  /** Set where the state is a vector of K logits a variable: data are `K e_x - 1` and networks see `softmax(z)`. */
  readonly classes?: number;
}

/**
 * The law of `x_t` given `x_s` for s <= t: mean `scale · x_s`, variance `variance` (docs/theory.md, section 1).
 * Throws a `UsageError` for s > t: the process runs from the data to the noise.
 */
export const transition = (process: Process, s: number, t: number): { scale: number; variance: number } => {
  if (!(s <= t)) throw new UsageError(`transition from ${s} to ${t}: give times in order, data side first`);
  if (s === t) return { scale: 1, variance: 0 };
  const sigma = process.sigma(t);
  return {
    scale: process.alpha(t) / process.alpha(s),
    // sigma_t² - scale² sigma_s², without the cancellation
    variance: sigma * sigma * -Math.expm1(2 * (process.lambda(t) - process.lambda(s))),
  };
};
