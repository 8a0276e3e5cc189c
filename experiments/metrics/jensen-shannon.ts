const entropyTerm = (part: number, other: number): number =>
  part === 0 ? 0 : part * Math.log2((2 * part) / (part + other));

/**
 * The Jensen-Shannon divergence of two laws on the same points, in bits: `KL(p || m)/2 + KL(q || m)/2`, `m = (p + q)/2`
 * (Lin 1991, "Divergence measures based on the Shannon entropy", eq. 4.1). Symmetric, 0 for equal laws, 1 for disjoint ones.
 */
export const jensenShannon = (p: ArrayLike<number>, q: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += entropyTerm(p[i], q[i]) + entropyTerm(q[i], p[i]);
  // Math.min and Math.max pass NaN on.
  return Math.min(Math.max(sum / 2, 0), 1); // rounding may leave [0, 1]
};
