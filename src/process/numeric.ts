/** `ln(1 + e^x)`, to rounding for every x. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** `ln(e^y - 1)` for y >= 0, the inverse of `softplus`. */
export const logExpm1 = (y: number): number =>
  y < Math.LN2 ? Math.log(Math.expm1(y)) : y + Math.log1p(-Math.exp(-y));

/** Halves a bracket; on a bracket that spans powers of two it halves the exponent, to find small times to rounding. */
const middle = (low: number, high: number): number => {
  if (low === 0) return high / 1024;
  if (low > 0 && high > 4 * low) return Math.sqrt(low) * Math.sqrt(high);
  return low / 2 + high / 2;
};

/**
 * The root of a decreasing function between `low` and `high`, to rounding: Newton's method, and bisection where Newton
 * leaves the bracket or does not halve it. Values may be infinite, slopes anything.
 */
export const decreasingRoot = (
  f: (t: number) => { value: number; slope: number },
  low: number,
  high: number,
): number => {
  let t = middle(low, high);
  let best = t;
  let bestValue = Infinity;
  let halvedTo = high - low;
  for (let iteration = 0; iteration < 500 && low < t && t < high; iteration++) {
    const { value, slope } = f(t);
    if (Math.abs(value) < bestValue) {
      best = t;
      bestValue = Math.abs(value);
    }
    if (value === 0) break;
    if (value > 0) low = t;
    else high = t;
    const newton = t - value / slope;
    // Every third step may be a bisection: often enough to bound the work, too seldom to slow Newton down.
    const slow = iteration % 3 === 2 && high - low > halvedTo / 2;
    if (iteration % 3 === 2) halvedTo = high - low;
    if (newton === t) break;
    t = newton > low && newton < high && !slow ? newton : middle(low, high);
  }
  return best;
};
