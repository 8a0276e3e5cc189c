import { log1mExp } from './numeric.js';

/** `ln` of the standard normal density. */
export const logNormalDensity = (z: number): number => (-z * z - Math.log(2 * Math.PI)) / 2;

/** `Phi(z) - 1/2` for |z| up to 2.5: `phi(z) (z + z³/3 + z⁵/15 + ...)`, whose terms have one sign (Abramowitz and Stegun 26.2.11). */
const centralCdf = (z: number): number => {
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return Math.exp(logNormalDensity(z)) * sum;
};

/** `Phi(-z)/phi(z)` for z from 2.5, by its continued fraction `1/(z + 1/(z + 2/(z + 3/(z + ...))))` (26.2.14). */
const millsRatio = (z: number): number => {
  let fraction = z;
  for (let k = Math.ceil(12 + 800 / (z * z)); k >= 1; k--) fraction = z + k / fraction;
  return 1 / fraction;
};

const central = 2.5;

/** The standard normal distribution function, to 1e-13 in relative terms, in the lower tail too. */
export const normalCdf = (z: number): number => {
  if (Math.abs(z) <= central) return 0.5 + centralCdf(z);
  return z < 0 ? Math.exp(logNormalCdf(z)) : z > 0 ? 1 - Math.exp(logNormalCdf(-z)) : NaN;
};

/** `ln Phi(z)`, accurate in both tails. */
export const logNormalCdf = (z: number): number => {
  if (Math.abs(z) <= central) return Math.log(0.5 + centralCdf(z));
  if (z === -Infinity) return -Infinity;
  return z < 0 ? logNormalDensity(z) + Math.log(millsRatio(-z)) : Math.log1p(-Math.exp(logNormalCdf(-z)));
};

/** `ln(Phi(high) - Phi(low))` for low < high, either of them may be infinite; without cancellation in the tails. */
export const logNormalMass = (low: number, high: number): number => {
  if (low > 0) return logNormalMass(-high, -low); // the tail that is small is computed
  if (high <= 0) {
    const upper = logNormalCdf(high);
    return low === -Infinity ? upper : upper + log1mExp(logNormalCdf(low) - upper);
  }
  if (high <= central && low >= -central) return Math.log(centralCdf(high) - centralCdf(low));
  return Math.log1p(-normalCdf(low) - normalCdf(-high));
};
