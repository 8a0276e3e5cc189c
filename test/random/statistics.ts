import { erf } from 'mathjs/number';

/** Every threshold below belongs to a probability of one in a million, two-sided. */
export const zLimit = 4.9;
/** 2 exp(-2 x²) = 1e-6: the limit of sqrt(n) times the Kolmogorov distance. */
export const kolmogorovLimit = 2.7;

export const normalCdf = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;

/** sqrt(n) times the largest distance of the empirical distribution from `cdf`. */
export const kolmogorov = (values: ArrayLike<number>, cdf: (x: number) => number): number => {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  let largest = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    largest = Math.max(largest, p - i / n, (i + 1) / n - p);
  });
  return Math.sqrt(n) * largest;
};

/** sqrt(n) times the correlation of two series of mean 0: standard normal if they are independent. */
export const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let ab = 0;
  let aa = 0;
  let bb = 0;
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return (Math.sqrt(n) * ab) / Math.sqrt(aa * bb);
};

/** The z score of a count that is binomial (n, p). */
export const countScore = (count: number, n: number, p: number): number =>
  (count - n * p) / Math.sqrt(n * p * (1 - p));
