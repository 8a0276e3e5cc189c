import { UsageError } from '../errors.js';
import type { Bins } from './bins.js';
import { requireLength, type Vector } from './laws.js';
import { logNormalDensity, logNormalMass } from './normal.js';

export interface DiscretisedNormalOptions {
  /**
   * What becomes of the mass beyond +-1: 'clip', the default, folds it into the first and the last bin; 'truncate' cuts it off and
   * renormalises.
   */
  readonly tails?: 'clip' | 'truncate';
  /**
   * 'exact', the default: logarithms of masses in the log domain, however small. 'original': as the original code has them, the
   * density times the width for a bin of mass below 1e-5; truncated, 1/K for all where [-1, 1] holds less than 1e-5.
   * (Graves et al. 2023, section 5, and their code)
   */
  readonly smallMass?: 'exact' | 'original';
}

/** A normal law of one variable as probabilities of bins. */
export interface DiscretisedNormal {
  /** `ln p_O(k)`, [K], nats. */
  readonly logProbabilities: Float64Array;
  /** The derivative of a loss in the mean and in the logarithm of the deviation, from that in `logProbabilities`, [K]. */
  pullback(gradient: Vector): { readonly mean: number; readonly logDeviation: number };
}

/** The logarithm of a mass and its derivatives in the mean and the logarithm of the deviation. */
interface LogMass {
  readonly value: number;
  readonly mean: number;
  readonly logDeviation: number;
}

const small = 1e-5;

/** `z exp(ln phi(z) - offset)`, 0 at an infinite z. */
const ratio = (z: number, power: 0 | 1, offset: number): number =>
  Math.abs(z) === Infinity ? 0 : z ** power * Math.exp(logNormalDensity(z) - offset);

/** Between two places in units of the deviation, from the mean. */
const massBetween = (low: number, high: number, deviation: number): LogMass => {
  const value = logNormalMass(low, high);
  return {
    value,
    mean: (ratio(low, 0, value) - ratio(high, 0, value)) / deviation,
    logDeviation: ratio(low, 1, value) - ratio(high, 1, value),
  };
};

/** Density at a place times a width. */
const massAround = (z: number, width: number, deviation: number): LogMass => ({
  value: logNormalDensity(z) + Math.log(width / deviation),
  mean: z / deviation,
  logDeviation: z * z - 1,
});

const uniformOf = (count: number): DiscretisedNormal => ({
  logProbabilities: new Float64Array(count).fill(-Math.log(count)),
  pullback: () => ({ mean: 0, logDeviation: 0 }),
});

/**
 * `p_O(k) = G(right_k) - G(left_k)`, G the distribution function of `N(mean, deviation²)`, set to 0 up to -1 and to 1 from 1
 * (Graves et al. 2023, section 5; docs/bayesian-flow.md). Throws a `UsageError` unless the mean is
 * finite and the deviation positive.
 */
export const discretisedNormal = (
  mean: number,
  deviation: number,
  bins: Bins,
  { tails = 'clip', smallMass = 'exact' }: DiscretisedNormalOptions = {},
): DiscretisedNormal => {
  if (!(Number.isFinite(mean) && deviation > 0 && deviation < Infinity)) {
    throw new UsageError(
      `a normal output of mean ${mean} and deviation ${deviation}; accepted are finite numbers, the deviation above 0`,
    );
  }
  const last = bins.count;
  const place = (v: number): number => (v - mean) / deviation;
  const folded = (j: number): number =>
    tails === 'clip' && (j === 0 || j === last) ? (j === 0 ? -Infinity : Infinity) : place(bins.edge(j));
  const range = tails === 'truncate' ? massBetween(place(-1), place(1), deviation) : undefined;
  if (range && smallMass === 'original' && range.value < Math.log(small)) return uniformOf(last);
  const masses = Array.from({ length: last }, (_, k) => {
    const exact = massBetween(folded(k), folded(k + 1), deviation);
    if (smallMass === 'exact' || exact.value - (range?.value ?? 0) >= Math.log(small)) return exact;
    return massAround(place(bins.centres[k]), bins.width, deviation);
  });
  return {
    logProbabilities: Float64Array.from(masses, ({ value }) => value - (range?.value ?? 0)),
    pullback(gradient) {
      requireLength('the gradient', gradient, last);
      let [byMean, byDeviation] = [0, 0];
      masses.forEach((mass, k) => {
        if (gradient[k] === 0) return;
        byMean += gradient[k] * (mass.mean - (range?.mean ?? 0));
        byDeviation += gradient[k] * (mass.logDeviation - (range?.logDeviation ?? 0));
      });
      return { mean: byMean, logDeviation: byDeviation };
    },
  };
};
