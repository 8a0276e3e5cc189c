/**
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): a keyed bijection of
 * 128-bit counters whose images pass the usual test batteries. There is no state to carry along: the numbers of counter c
 * are a function of c alone.
 */

/** The 64-bit key, as two 32-bit words. */
export interface PhiloxKey {
  readonly low: number;
  readonly high: number;
}

const rounds = 10;
const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9; // golden ratio
const weyl1 = 0xbb67ae85; // sqrt(3) - 1

/** The upper 32 bits of the product of two unsigned 32-bit words, by halves: no product leaves 32 bits. */
const upperProduct = (a: number, b: number): number => {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) >>> 0) + (Math.imul(aLow, bLow) >>> 16);
  const other = (Math.imul(aLow, bHigh) >>> 0) + (middle & 0xffff);
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (other >>> 16)) | 0;
};

/** Writes the four words (as signed 32-bit integers) of counter (c0, c1, c2, c3) under `key` to `out`. */
export const philox = (
  out: Int32Array,
  key: PhiloxKey,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
): void => {
  let k0 = key.low;
  let k1 = key.high;
  for (let round = 0; round < rounds; round++) {
    const high0 = upperProduct(c0, multiplier0);
    const low0 = Math.imul(c0, multiplier0);
    const high1 = upperProduct(c2, multiplier1);
    const low1 = Math.imul(c2, multiplier1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + weyl0) | 0;
    k1 = (k1 + weyl1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
};
