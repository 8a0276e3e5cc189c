/** `ln Gamma(x)` for x > 0: Stirling's series (Abramowitz & Stegun 6.1.41), from where eight terms reach rounding. */
const lnGamma = (x: number): number => {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift += Math.log(z);
  const series = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400];
  const tail = series.reduceRight((sum, coefficient) => coefficient + sum / (z * z), 0) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + tail - shift;
};

/** `1 + d_1/(1 + d_2/(1 + ...))` of the incomplete beta function (DLMF 8.17.22), by Lentz's method; quick where x <= a/(a + b). */
const fraction = (x: number, a: number, b: number): number => {
  let [c, d, value] = [1, 0, 1];
  for (let n = 1; n < 10_000; n++) {
    const m = Math.floor(n / 2);
    const numerator = n % 2 === 0 ? m * (b - m) : -(a + m) * (a + b + m);
    const term = (numerator * x) / ((a + n - 1) * (a + n));
    d = 1 / (1 + term * d);
    c = 1 + term / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) break;
  }
  return value;
};

/** The probability below x of a Beta(a, b) law, `I_x(a, b)` (DLMF 8.17), for x in [0, 1] and positive a and b. */
export const betaProbability = (x: number, a: number, b: number): number => {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + lnGamma(a + b) - lnGamma(a) - lnGamma(b));
  // the symmetry I_x(a, b) = 1 - I_(1-x)(b, a) keeps the fraction where it is quick
  if (x <= (a + 1) / (a + b + 2)) return front / (a * fraction(x, a, b));
  return 1 - front / (b * fraction(1 - x, b, a));
};

/** The x below which a Beta(a, b) law has the probability p: bisection until two neighbouring doubles are left. */
export const betaQuantile = (p: number, a: number, b: number): number => {
  if (p <= 0 || p >= 1) return p <= 0 ? 0 : 1;
  let [low, high] = [0, 1];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return middle;
    if (betaProbability(middle, a, b) < p) low = middle;
    else high = middle;
  }
};
