/**
 * Holm's corrected p-values for a family of comparisons (Holm 1979, "A simple sequentially rejective multiple test procedure"):
 * calling those below 0.05 real makes one false claim or more in at most 5% of families, however the comparisons
 * depend on each other. In the order given; each is at least the p-value itself and at most 1.
 */
export const holm = (pValues: readonly number[]): readonly number[] => {
  const ascending = pValues.map((_, i) => i).sort((a, b) => pValues[a] - pValues[b]);
  const corrected = new Array<number>(pValues.length);
  let most = 0;
  ascending.forEach((i, place) => {
    most = Math.max(most, Math.min(1, (pValues.length - place) * pValues[i]));
    corrected[i] = most;
  });
  return corrected;
};
