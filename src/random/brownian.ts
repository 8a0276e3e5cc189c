import { UsageError } from '../errors.js';
import { keyOfNoise, purpose } from './key.js';
import { normalPair } from './normal.js';
import { type PhiloxKey, philox } from './philox.js';
import { hashOfName } from './stream.js';

/**
 * One virtual Brownian path a coordinate, on the clock u >= 0, W(0) = 0. Nothing is stored: W(u) is a function of the key and
 * of u alone, so it is the same bits whatever was asked before, and a finer grid sees the same path. W is built from
 * W(1) by doubling above 1, by halving below 1, and within an octave by bisection (Levy's construction), in float64.
 */
export interface PathKey {
  readonly seed: number;
  readonly sample: number;
  /** Paths of differently named clocks are independent. */
  readonly clock: string;
}

/** An interval of the clock, `0 <= from < to`. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** Bits of u below its leading one that are seen: times are rounded to a relative 2^-41, and nodes of an octave fit a counter. */
const depth = 40;
const octaves = 1000;

const words = new Int32Array(4);
const four = new Float32Array(4);

/** Four normals of a node: octave e, and its place in the tree of the octave (0 for the octave's own, below 2^40). */
const nodeNormals = (key: PhiloxKey, block: number, sample: number, e: number, place: number): void => {
  const high = Math.floor(place / 2 ** 32);
  const last = purpose.path | (high << 3) | ((e + 1024) << 11);
  philox(words, key, block, place | 0, sample, last);
  normalPair(four, 0, words[0], words[1]);
  normalPair(four, 2, words[2], words[3]);
};

/** Writes W(u) of four coordinates to `out`. */
const at = (out: Float64Array, u: number, key: PhiloxKey, block: number, sample: number): void => {
  out.fill(0);
  if (u === 0) return;
  const add = (scale: number): void => {
    for (let i = 0; i < 4; i++) out[i] += scale * four[i];
  };
  const octave = Math.floor(Math.log2(u));
  const e = 2 ** octave > u ? octave - 1 : 2 ** (octave + 1) <= u ? octave + 1 : octave;

  // the two ends of the octave [2^e, 2^(e + 1))
  nodeNormals(key, block, sample, 0, 0);
  add(1);
  const right = Float64Array.from(out);
  const grow = (j: number): void => {
    nodeNormals(key, block, sample, j + 1, 0);
    add(Math.sqrt(2 ** j));
  };
  const halve = (j: number): void => {
    // W(2^(j - 1)) given W(0) = 0 and W(2^j)
    right.set(out);
    nodeNormals(key, block, sample, j - 1, 0);
    for (let i = 0; i < 4; i++) out[i] = out[i] / 2 + Math.sqrt(2 ** j) * 0.5 * four[i];
  };
  for (let j = 0; j < e; j++) grow(j);
  for (let j = 0; j > e; j--) halve(j);
  if (e >= 0) {
    nodeNormals(key, block, sample, e + 1, 0);
    for (let i = 0; i < 4; i++) right[i] = out[i] + Math.sqrt(2 ** e) * four[i];
  }

  // bisection; `left` in units of the octave, exact in float64
  const target = Math.round((u / 2 ** e - 1) * 2 ** depth);
  let [left, width, place] = [0, 2 ** depth, 1];
  let scale = Math.sqrt(2 ** e) / 2; // standard deviation of a midpoint: half the root of the interval
  while (target !== left) {
    if (target === left + width) {
      out.set(right);
      return;
    }
    nodeNormals(key, block, sample, e, place);
    const upper = target >= left + width / 2;
    for (let i = 0; i < 4; i++) {
      const middle = (out[i] + right[i]) / 2 + scale * four[i];
      if (upper) out[i] = middle;
      else right[i] = middle;
    }
    width /= 2;
    if (upper) left += width;
    place = 2 * place + (upper ? 1 : 0);
    scale *= Math.SQRT1_2;
  }
};

/** Whether a path is known on it. */
export const isInterval = ({ from, to }: Interval): boolean => {
  const known = (u: number): boolean => u === 0 || (u >= 2 ** -octaves && u < 2 ** octaves);
  return known(from) && known(to) && from < to;
};

const checkInterval = ({ from, to }: Interval): void => {
  if (isInterval({ from, to })) return;
  throw new UsageError(
    `no increment of a Brownian path from ${from} to ${to}: accepted are 0 <= from < to, below 2^${octaves}`,
  );
};

/**
 * Fills `out` with `(W(to) - W(from))/sqrt(to - from)` of coordinates 0, 1, ...: standard normals, dependent where
 * intervals of one path overlap, rounded to the precision of `out`. Throws a `UsageError` for a key or an interval out of range.
 */
export const pathNormals = (
  out: Float32Array | Float64Array,
  { seed, sample, clock }: PathKey,
  interval: Interval,
): void => {
  checkInterval(interval);
  const { from, to } = interval;
  const { low, high } = keyOfNoise({ seed, sample, draw: 0 });
  const [name0, name1] = hashOfName(clock);
  const key = { low: low ^ name0, high: high ^ name1 };
  const [before, after] = [new Float64Array(4), new Float64Array(4)];
  const scale = 1 / Math.sqrt(to - from);
  for (let first = 0; first < out.length; first += 4) {
    at(before, from, key, first >>> 2, sample);
    at(after, to, key, first >>> 2, sample);
    const count = Math.min(4, out.length - first);
    for (let i = 0; i < count; i++) out[first + i] = (after[i] - before[i]) * scale;
  }
};
