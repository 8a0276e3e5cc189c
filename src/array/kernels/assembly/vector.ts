/** Sixteen bytes a term: the array's address (4 bytes, 4 unused), then its coefficient (float64). */
const termBytes: usize = 16;

/** Two float32 numbers as float64, times the coefficients. */
function scaled(coefficients: v128, at: usize): v128 {
  return f64x2.mul(coefficients, f64x2.promote_low_f32x4(v128.load64_zero(at)));
}

function rounded(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/**
 * out[i] := sum of coefficient * array[i] over the terms, for n float32 entries: summed in float64 in the order of the terms
 * and rounded once, in the body and in the tail. `out` may be one of the arrays.
 */
export function combine(out: usize, terms: usize, count: i32, n: i32): void {
  const end = terms + <usize>count * termBytes;
  const bytes = (<usize>n) << 2;
  const body = bytes & ~63;
  let at: usize = 0;
  for (; at < body; at += 64) {
    // sixteen entries at a time, so that reading the term costs little
    let from = load<usize>(terms) + at;
    let c = v128.load64_splat(terms, 8);
    let s0 = scaled(c, from);
    let s1 = scaled(c, from + 8);
    let s2 = scaled(c, from + 16);
    let s3 = scaled(c, from + 24);
    let s4 = scaled(c, from + 32);
    let s5 = scaled(c, from + 40);
    let s6 = scaled(c, from + 48);
    let s7 = scaled(c, from + 56);
    for (let term = terms + termBytes; term < end; term += termBytes) {
      from = load<usize>(term) + at;
      c = v128.load64_splat(term, 8);
      s0 = f64x2.add(s0, scaled(c, from));
      s1 = f64x2.add(s1, scaled(c, from + 8));
      s2 = f64x2.add(s2, scaled(c, from + 16));
      s3 = f64x2.add(s3, scaled(c, from + 24));
      s4 = f64x2.add(s4, scaled(c, from + 32));
      s5 = f64x2.add(s5, scaled(c, from + 40));
      s6 = f64x2.add(s6, scaled(c, from + 48));
      s7 = f64x2.add(s7, scaled(c, from + 56));
    }
    v128.store(out + at, rounded(s0, s1));
    v128.store(out + at, rounded(s2, s3), 16);
    v128.store(out + at, rounded(s4, s5), 32);
    v128.store(out + at, rounded(s6, s7), 48);
  }
  for (; at < bytes; at += 4) {
    let sum = load<f64>(terms, 8) * <f64>load<f32>(load<usize>(terms) + at);
    for (let term = terms + termBytes; term < end; term += termBytes) {
      sum += load<f64>(term, 8) * <f64>load<f32>(load<usize>(term) + at);
    }
    store<f32>(out + at, <f32>sum);
  }
}

/** Adds to `bits` those of x - x, for four entries x: zero where x is finite. */
function doubt(bits: v128, at: usize): v128 {
  const x = v128.load(at);
  return v128.or(bits, f32x4.sub(x, x));
}

/** 1 if all of n float32 entries are finite, else 0. */
export function finite(array: usize, n: i32): i32 {
  const end = array + ((<usize>n) << 2);
  let bits0 = i32x4.splat(0);
  let bits1 = bits0;
  let at = array;
  for (; at + 32 <= end; at += 32) {
    bits0 = doubt(bits0, at);
    bits1 = doubt(bits1, at + 16);
  }
  for (; at < end; at += 4) {
    const x = v128.load32_splat(at);
    bits0 = v128.or(bits0, f32x4.sub(x, x));
  }
  return v128.any_true(v128.or(bits0, bits1)) ? 0 : 1;
}
