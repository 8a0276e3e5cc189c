/**
 * Two words to two independent standard normals: the Box-Muller transform in float32, as one fixed sequence of IEEE
 * operations. `Math.log` and `Math.cos` may differ between engines in the last bit; this does not, and the WebAssembly kernel
 * (array/kernels/assembly/philox.ts) runs the same sequence on four pairs at a time, to the same bits.
 *
 * No normal is larger than sqrt(-2 ln 2^-32) = 6.66: the tail beyond, of probability 3e-11, is cut off. The
 * smallest radius above 0 is 3.5e-4, as float32 has no number between 1 - 2^-24 and 1.
 */

const { fround, sqrt } = Math;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

const sqrtHalf = 0x3f3504f3; // the bits of sqrt(1/2) in float32
const minusTwoLn2 = fround(-2 * Math.LN2);

/** sqrt(-2 ln u), where u is `word` in units of 2^-32, its last bit set (so that u > 0), rounded to float32. */
const radius = (word: number): number => {
  float[0] = (word | 1) >>> 0;
  // u = 2^exponent (1 + x) with 1 + x in [sqrt(1/2), sqrt(2)): near 1 there is nothing to cancel
  const b = (bits[0] - sqrtHalf - (32 << 23)) | 0;
  const exponent = b >> 23;
  bits[0] = (b & 0x7fffff) + sqrtHalf;
  const x = fround(float[0] - 1);
  // -2 ln(1 + x) / x, relative error 3e-8 (minimax; so below)
  let p = fround(-0.17478860914707184);
  p = fround(fround(p * x) + fround(0.28618720173835754));
  p = fround(fround(p * x) + fround(-0.29833850264549255));
  p = fround(fround(p * x) + fround(0.3314021825790405));
  p = fround(fround(p * x) + fround(-0.399243026971817));
  p = fround(fround(p * x) + fround(0.5000356435775757));
  p = fround(fround(p * x) + fround(-0.6666789650917053));
  p = fround(fround(p * x) + fround(0.9999998211860657));
  p = fround(fround(p * x) - 2);
  return fround(sqrt(fround(fround(exponent * minusTwoLn2) + fround(p * x))));
};

/** Writes two independent standard normals, made from two independent words, to out[at] and out[at + 1]. */
export const normalPair = (out: Float32Array, at: number, first: number, second: number): void => {
  const r = radius(first);
  // The angle within an eighth of a turn of its axis, as a fraction in [-1, 1], from the upper 30 bits ...
  const f = fround(fround((second >> 1) | 1) * 2 ** -30);
  const z = fround(f * f);
  // cos(pi/4 f) and sin(pi/4 f), absolute error 4e-8
  let c = fround(-0.0003189770213793963);
  c = fround(fround(c * z) + fround(0.01585014909505844));
  c = fround(fround(c * z) + fround(-0.3084244132041931));
  c = fround(fround(c * z) + 1);
  let s = fround(-3.660915535874665e-5);
  s = fround(fround(s * z) + fround(0.0024910164065659046));
  s = fround(fround(s * z) + fround(-0.08074583113193512));
  s = fround(fround(s * z) + fround(0.7853981852531433));
  const across = fround(r * fround(s * f));
  // ... and which of the four half axes, from the last two.
  const along = second & 2 ? -fround(r * c) : fround(r * c);
  out[at] = second & 1 ? across : along;
  out[at + 1] = second & 1 ? along : across;
};
