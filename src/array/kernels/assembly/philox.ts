// The same operations as src/random/philox.ts and src/random/normal.ts, in the same order, on four counters at a time.

const multiplier0: u32 = 0xd2511f53;
const multiplier1: u32 = 0xcd9e8d57;
const weyl0: u32 = 0x9e3779b9;
const weyl1: u32 = 0xbb67ae85;

function step(p: v128, x: v128, coefficient: f32): v128 {
  return f32x4.add(f32x4.mul(p, x), f32x4.splat(coefficient));
}

/** sqrt(-2 ln u) of the words u, in units of 2^-32. */
function radius(words: v128): v128 {
  const sqrtHalf = i32x4.splat(0x3f3504f3);
  const u = f32x4.convert_i32x4_u(v128.or(words, i32x4.splat(1)));
  const bits = i32x4.sub(u, i32x4.splat(0x3f3504f3 + (32 << 23)));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23));
  const x = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), sqrtHalf), f32x4.splat(1));
  let p = step(f32x4.splat(-0.17478860914707184), x, 0.28618720173835754);
  p = step(p, x, -0.29833850264549255);
  p = step(p, x, 0.3314021825790405);
  p = step(p, x, -0.399243026971817);
  p = step(p, x, 0.5000356435775757);
  p = step(p, x, -0.6666789650917053);
  p = step(p, x, 0.9999998211860657);
  p = step(p, x, -2);
  return f32x4.sqrt(f32x4.add(f32x4.mul(exponent, f32x4.splat(-1.3862943649291992)), f32x4.mul(p, x)));
}

/** cos(pi/4 f), where z = f². */
function cosine(z: v128): v128 {
  let c = step(f32x4.splat(-0.0003189770213793963), z, 0.01585014909505844);
  c = step(c, z, -0.3084244132041931);
  return step(c, z, 1);
}

/** sin(pi/4 f). */
function sine(f: v128, z: v128): v128 {
  let s = step(f32x4.splat(-3.660915535874665e-5), z, 0.0024910164065659046);
  s = step(s, z, -0.08074583113193512);
  s = step(s, z, 0.7853981852531433);
  return f32x4.mul(s, f);
}

/** The fraction of an eighth of a turn that the upper 30 bits stand for. */
function fraction(words: v128): v128 {
  const odd = v128.or(i32x4.shr_s(words, 1), i32x4.splat(1));
  return f32x4.mul(f32x4.convert_i32x4_s(odd), f32x4.splat(9.313225746154785e-10)); // 2^-30
}

function along(r: v128, z: v128, words: v128): v128 {
  const sign = i32x4.shl(v128.and(words, i32x4.splat(2)), 30);
  return v128.xor(f32x4.mul(r, cosine(z)), sign);
}

/** All ones where the last bit is set. */
function swapped(words: v128): v128 {
  return i32x4.neg(v128.and(words, i32x4.splat(1)));
}

/** Stores entries from `at` to `end` (at most four), and returns `end`. */
function put(at: usize, four: v128, end: usize): usize {
  for (; at < end; at += 4) {
    store<f32>(at, f32x4.extract_lane(four, 0));
    four = v128.shuffle<f32>(four, four, 1, 2, 3, 0);
  }
  return end;
}

/**
 * Fills `out`, `samples` rows of `size` float32, with standard normals: row r with those of sample firstSample + r, from
 * coordinate 4 firstBlock on.
 */
export function normals(
  out: usize,
  samples: i32,
  size: i32,
  firstSample: i32,
  firstBlock: i32,
  draw: i32,
  seedLow: u32,
  seedHigh: u32,
): void {
  const end = out + ((<usize>samples * <usize>size) << 2);
  const blocks = (size + 3) >> 2;
  // The lanes are four blocks in a row: of one sample or, where its row ends, of the next ones too.
  let block = i32x4(0, 1 % blocks, 2 % blocks, 3 % blocks);
  let row = i32x4(0, 1 / blocks, 2 / blocks, 3 / blocks);
  const blockStep = i32x4.splat(4 % blocks);
  const rowStep = i32x4.splat(4 / blocks);
  while (out < end) {
    const left = i32x4.sub(i32x4.splat(size), i32x4.shl(block, 2));
    const bytes = i32x4.shl(i32x4.min_s(left, i32x4.splat(4)), 2);
    let c0 = i32x4.add(block, i32x4.splat(firstBlock));
    let c1 = i32x4.splat(draw);
    let c2 = i32x4.add(row, i32x4.splat(firstSample));
    let c3 = i32x4.splat(0); // the purpose: normals
    let k0 = seedLow;
    let k1 = seedHigh;
    const m0 = i32x4.splat(multiplier0);
    const m1 = i32x4.splat(multiplier1);
    for (let round = 0; round < 10; round++) {
      const p0 = i64x2.extmul_low_i32x4_u(c0, m0);
      const q0 = i64x2.extmul_high_i32x4_u(c0, m0);
      const p1 = i64x2.extmul_low_i32x4_u(c2, m1);
      const q1 = i64x2.extmul_high_i32x4_u(c2, m1);
      c0 = v128.xor(v128.xor(v128.shuffle<i32>(p1, q1, 1, 3, 5, 7), c1), i32x4.splat(k0));
      c1 = v128.shuffle<i32>(p1, q1, 0, 2, 4, 6);
      c2 = v128.xor(v128.xor(v128.shuffle<i32>(p0, q0, 1, 3, 5, 7), c3), i32x4.splat(k1));
      c3 = v128.shuffle<i32>(p0, q0, 0, 2, 4, 6);
      k0 += weyl0;
      k1 += weyl1;
    }
    const r01 = radius(c0);
    const f01 = fraction(c1);
    const z01 = f32x4.mul(f01, f01);
    const along01 = along(r01, z01, c1);
    const across01 = f32x4.mul(r01, sine(f01, z01));
    const n0 = v128.bitselect(across01, along01, swapped(c1));
    const n1 = v128.bitselect(along01, across01, swapped(c1));
    const r23 = radius(c2);
    const f23 = fraction(c3);
    const z23 = f32x4.mul(f23, f23);
    const along23 = along(r23, z23, c3);
    const across23 = f32x4.mul(r23, sine(f23, z23));
    const n2 = v128.bitselect(across23, along23, swapped(c3));
    const n3 = v128.bitselect(along23, across23, swapped(c3));
    // from four lanes of each normal to four normals of each lane
    const low01 = v128.shuffle<f32>(n0, n1, 0, 4, 1, 5);
    const low23 = v128.shuffle<f32>(n2, n3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(n0, n1, 2, 6, 3, 7);
    const high23 = v128.shuffle<f32>(n2, n3, 2, 6, 3, 7);
    const x0 = v128.shuffle<i64>(low01, low23, 0, 2);
    const x1 = v128.shuffle<i64>(low01, low23, 1, 3);
    const x2 = v128.shuffle<i64>(high01, high23, 0, 2);
    const x3 = v128.shuffle<i64>(high01, high23, 1, 3);
    if (out + 64 <= end) {
      // what a store writes beyond its row, the next one overwrites
      v128.store(out, x0);
      out += i32x4.extract_lane(bytes, 0);
      v128.store(out, x1);
      out += i32x4.extract_lane(bytes, 1);
      v128.store(out, x2);
      out += i32x4.extract_lane(bytes, 2);
      v128.store(out, x3);
      out += i32x4.extract_lane(bytes, 3);
    } else {
      out = put(out, x0, min(out + i32x4.extract_lane(bytes, 0), end));
      out = put(out, x1, min(out + i32x4.extract_lane(bytes, 1), end));
      out = put(out, x2, min(out + i32x4.extract_lane(bytes, 2), end));
      out = put(out, x3, min(out + i32x4.extract_lane(bytes, 3), end));
    }
    block = i32x4.add(block, blockStep);
    row = i32x4.add(row, rowStep);
    const past = i32x4.ge_s(block, i32x4.splat(blocks));
    block = i32x4.sub(block, v128.and(past, i32x4.splat(blocks)));
    row = i32x4.sub(row, past);
  }
}
