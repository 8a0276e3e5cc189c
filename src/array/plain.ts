/** The operations of host.ts in plain TypeScript: the reference, with which the kernels agree bit for bit. */
import type { Floats } from './batch.js';

/** One summand of a linear combination. */
export interface Term {
  readonly coefficient: number;
  readonly array: Floats;
}

const block = 1024;
const sums = new Float64Array(block);

/** Any number of terms, block by block: the sums stay in float64 until the last term, as in the shorter forms. */
const combineMany = (out: Floats, terms: readonly Term[]): void => {
  for (let from = 0; from < out.length; from += block) {
    const n = Math.min(block, out.length - from);
    sums.fill(-0, 0, n); // the neutral element: 0 + -0 would be 0
    for (const { coefficient, array } of terms) {
      for (let i = 0; i < n; i++) sums[i] += coefficient * array[from + i];
    }
    for (let i = 0; i < n; i++) out[from + i] = sums[i];
  }
};

/** See `combine` of host.ts. */
export const combinePlain = (out: Floats, terms: readonly Term[]): void => {
  const n = out.length;
  if (terms.length > 4) return combineMany(out, terms);
  const [{ coefficient: c0, array: a0 }, t1, t2, t3] = terms;
  if (t1 === undefined) {
    for (let i = 0; i < n; i++) out[i] = c0 * a0[i];
    return;
  }
  const { coefficient: c1, array: a1 } = t1;
  if (t2 === undefined) {
    for (let i = 0; i < n; i++) out[i] = c0 * a0[i] + c1 * a1[i];
    return;
  }
  const { coefficient: c2, array: a2 } = t2;
  if (t3 === undefined) {
    for (let i = 0; i < n; i++) out[i] = c0 * a0[i] + c1 * a1[i] + c2 * a2[i];
    return;
  }
  const { coefficient: c3, array: a3 } = t3;
  for (let i = 0; i < n; i++) out[i] = c0 * a0[i] + c1 * a1[i] + c2 * a2[i] + c3 * a3[i];
};

/** See `allFinite` of host.ts. */
export const allFinitePlain = (array: Floats): boolean => {
  // x - x is 0 where x is finite, else NaN; four sums, so that no addition waits for the one before
  const body = array.length - (array.length % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let i = 0; i < body; i += 4) {
    s0 += array[i] - array[i];
    s1 += array[i + 1] - array[i + 1];
    s2 += array[i + 2] - array[i + 2];
    s3 += array[i + 3] - array[i + 3];
  }
  for (let i = body; i < array.length; i++) s0 += array[i] - array[i];
  return s0 + s1 + s2 + s3 === 0;
};
