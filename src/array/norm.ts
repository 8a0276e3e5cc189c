import type { Floats } from './batch.js';
import type { Term } from './plain.js';

/**
 * The root mean square of `x_i / max(absolute, |coefficient · array_i|, ...)`, over arrays of one length; in float64, in order, so
 * that the same numbers give the same bits. Not finite where an entry is not.
 */
export const scaledNorm = (x: Floats, absolute: number, sizes: readonly Term[]): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    let size = absolute;
    for (const { coefficient, array } of sizes) size = Math.max(size, Math.abs(coefficient * array[i]));
    sum += (x[i] / size) ** 2;
  }
  return Math.sqrt(sum / x.length);
};
