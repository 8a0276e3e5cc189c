// Forward-backward over the states of a Markov chain for 16 samples at a time. A line is one number of each of the 16: 64 bytes,
// four vectors. A sample stays in its own lane, so samples don't feel each other.

/** A sparse matrix, its rows in any order. */
@unmanaged
class Sparse {
  /** Pairs of int32: the offset of the line to write, the number of entries. */
  rows: usize;
  rowsEnd: usize;
  /** Pairs of int32 and float32: the offset of the line to read, the coefficient. */
  entries: usize;
}

/** What the caller lays out in memory (src/denoiser/markov/kernel.ts); all but the first four are addresses. */
@unmanaged
class Chain {
  length: i32;
  classes: i32;
  states: i32;
  groups: i32;
  /** [K + 1] int32: the states that end with class k are firstState[k] to firstState[k + 1], none if k does not occur. */
  firstState: usize;
  /** [16, length, K], not in lines: logits on entry, `K e - 1` on return. */
  samples: usize;
  /** A line. */
  kappa: usize;
  /** [length, K] lines. */
  likelihoods: usize;
  /** [length, S + G] lines: the messages of the states, then those of the groups. At position 0 the states' hold the stationary law. */
  forward: usize;
  /** [2, S + G] lines: likelihood times message of the position ahead, and the messages of this one. */
  backward: usize;
  /** [K] lines. */
  marginals: usize;
  /** Two lines: one over the sum of the messages, and ones. */
  scale: usize;
  ones: usize;
  // From states to groups, and from both to states. Each is the address of a `Sparse`.
  forwardGroups: Sparse;
  forwardStates: Sparse;
  backwardGroups: Sparse;
  backwardStates: Sparse;
}

// Messages below this are set to 0 before they are multiplied on: denormal numbers would make all of it many times slower.
const negligible: f32 = 1e-30;

/** exp(x) for x <= 0 within 2e-7, relative; below -87 as at -87. */
function exp(x: v128): v128 {
  x = f32x4.max(x, f32x4.splat(-87));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts, the first of few digits, so that n times it is exact
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.1219444e-4)));
  let p = f32x4.splat(1.0 / 5040);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23));
}

/** The vector of four samples, `stride` bytes apart. */
function gather(at: usize, stride: usize): v128 {
  let v = v128.load32_zero(at);
  v = v128.load_lane<f32>(at + stride, v, 1);
  v = v128.load_lane<f32>(at + 2 * stride, v, 2);
  return v128.load_lane<f32>(at + 3 * stride, v, 3);
}

function scatter(at: usize, stride: usize, v: v128): void {
  v128.store_lane<f32>(at, v, 0);
  v128.store_lane<f32>(at + stride, v, 1);
  v128.store_lane<f32>(at + 2 * stride, v, 2);
  v128.store_lane<f32>(at + 3 * stride, v, 3);
}

function fill(line: usize, count: i32, value: v128): void {
  for (const end = line + ((<usize>count) << 6); line < end; line += 16) v128.store(line, value);
}

/** The line after that of the last state that ends with class k. */
function endOf(chain: Chain, k: i32): usize {
  return (<usize>load<u32>(chain.firstState + ((<usize>k) << 2), 4)) << 6;
}

/** message * likelihood, 0 where that is negligible. */
function weighted(message: v128, likelihood: v128, threshold: v128): v128 {
  return f32x4.mul(v128.and(message, f32x4.ge(message, threshold)), likelihood);
}

/** Sparse matrix times lines, times the line `scale`. */
function product(matrix: Sparse, from: usize, out: usize, scale: usize): void {
  const s0 = v128.load(scale);
  const s1 = v128.load(scale, 16);
  const s2 = v128.load(scale, 32);
  const s3 = v128.load(scale, 48);
  let entry = matrix.entries;
  for (let row = matrix.rows, last = matrix.rowsEnd; row < last; row += 8) {
    let a0 = f32x4.splat(0);
    let a1 = a0;
    let a2 = a0;
    let a3 = a0;
    for (const end = entry + ((<usize>load<u32>(row, 4)) << 3); entry < end; entry += 8) {
      const c = v128.load32_splat(entry, 4);
      const at = from + <usize>load<u32>(entry);
      a0 = f32x4.add(a0, f32x4.mul(c, v128.load(at)));
      a1 = f32x4.add(a1, f32x4.mul(c, v128.load(at, 16)));
      a2 = f32x4.add(a2, f32x4.mul(c, v128.load(at, 32)));
      a3 = f32x4.add(a3, f32x4.mul(c, v128.load(at, 48)));
    }
    const to = out + <usize>load<u32>(row);
    v128.store(to, f32x4.mul(a0, s0));
    v128.store(to, f32x4.mul(a1, s1), 16);
    v128.store(to, f32x4.mul(a2, s2), 32);
    v128.store(to, f32x4.mul(a3, s3), 48);
  }
}

/** `exp(kappa (z - max))`, the maximum over the classes that occur. */
function likelihoods(chain: Chain): void {
  const classes = chain.classes;
  const stride = (<usize>(chain.length * classes)) << 2;
  for (let part: usize = 0; part < 64; part += 16) {
    const kappa = v128.load(chain.kappa + part);
    let from = chain.samples + (part >> 2) * stride;
    let line = chain.likelihoods + part;
    for (let i = 0; i < chain.length; i++) {
      let highest = f32x4.splat(-Infinity);
      for (let k = 0, start: usize = 0; k < classes; k++) {
        const end = endOf(chain, k);
        if (start < end) highest = f32x4.max(highest, gather(from + ((<usize>k) << 2), stride));
        start = end;
      }
      for (let k = 0; k < classes; k++) {
        v128.store(line, exp(f32x4.mul(kappa, f32x4.sub(gather(from, stride), highest))));
        line += 64;
        from += 4;
      }
    }
  }
}

/** Each position is divided by the sum of the one before it, so that sums stay near 1. */
function forward(chain: Chain): void {
  const one = f32x4.splat(1);
  const stride = (<usize>(chain.states + chain.groups)) << 6;
  let now = chain.forward;
  let likely = chain.likelihoods;
  for (let i = 0; i < chain.length; i++) {
    if (i > 0) product(chain.forwardStates, now - stride, now, chain.scale);
    for (let part: usize = 0; part < 64; part += 16) {
      let at = now + part;
      let total = f32x4.splat(0);
      for (let k = 0; k < chain.classes; k++) {
        const likelihood = v128.load(likely + ((<usize>k) << 6) + part);
        const threshold = f32x4.div(f32x4.splat(negligible), likelihood);
        for (const end = now + endOf(chain, k); at < end; at += 64) {
          const message = weighted(v128.load(at), likelihood, threshold);
          v128.store(at, message);
          total = f32x4.add(total, message);
        }
      }
      v128.store(chain.scale + part, f32x4.div(one, total));
    }
    product(chain.forwardGroups, now, now, chain.ones);
    now += stride;
    likely += (<usize>chain.classes) << 6;
  }
}

/** Backward messages, met with the forward ones; likewise each divided by the sum at the position before it. */
function backward(chain: Chain): void {
  const one = f32x4.splat(1);
  const classes = chain.classes;
  const sampleStride = (<usize>(chain.length * classes)) << 2;
  const stride = (<usize>(chain.states + chain.groups)) << 6;
  const ahead = chain.backward;
  const here = ahead + stride;
  fill(here, chain.states, one);
  for (let i = chain.length - 1; i >= 0; i--) {
    const past = chain.forward + <usize>i * stride;
    const likely = chain.likelihoods + ((<usize>(i * classes)) << 6);
    if (i < chain.length - 1) {
      product(chain.backwardGroups, ahead, ahead, chain.ones);
      product(chain.backwardStates, ahead, here, chain.scale);
    }
    for (let part: usize = 0; part < 64; part += 16) {
      let at = part;
      let total = f32x4.splat(0);
      for (let k = 0; k < classes; k++) {
        const likelihood = v128.load(likely + ((<usize>k) << 6) + part);
        const threshold = f32x4.div(f32x4.splat(negligible), likelihood);
        let marginal = f32x4.splat(0);
        for (const end = endOf(chain, k); at < end; at += 64) {
          const message = v128.load(here + at);
          marginal = f32x4.add(marginal, f32x4.mul(message, v128.load(past + at)));
          v128.store(ahead + at, weighted(message, likelihood, threshold));
        }
        v128.store(chain.marginals + ((<usize>k) << 6), marginal);
        total = f32x4.add(total, marginal);
      }
      v128.store(chain.scale + part, f32x4.div(one, total));
      let to = chain.samples + (part >> 2) * sampleStride + ((<usize>(i * classes)) << 2);
      for (let k = 0; k < classes; k++, to += 4) {
        const marginal = v128.load(chain.marginals + ((<usize>k) << 6));
        const scaled = f32x4.mul(marginal, f32x4.splat(<f32>classes));
        scatter(to, sampleStride, f32x4.sub(f32x4.div(scaled, total), one));
      }
    }
  }
}

/** The posterior of the classes of 16 samples given their logits: both in `chain.samples`. */
export function markovPosterior(chain: Chain): void {
  fill(chain.ones, 1, f32x4.splat(1));
  likelihoods(chain);
  forward(chain);
  backward(chain);
}
