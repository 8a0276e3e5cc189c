/** The standard normal density. */
export const normalDensity = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/**
 * The standard normal distribution function, `1/2 + phi(z) (z + z³/3 + z⁵/15 + ...)` (Abramowitz and Stegun 26.2.11), whose
 * terms have one sign: accurate to 1e-15 in absolute terms.
 */
export const normalCdf = (z: number): number => {
  if (!(Math.abs(z) < 9)) return z > 0 ? 1 : z < 0 ? 0 : NaN; // P(|Z| > 9) = 2e-19
  let term = z;
  let sum = z;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (z * z) / k;
    sum += term;
  }
  return Math.min(Math.max(0.5 + normalDensity(z) * sum, 0), 1);
};
