import { elements, type Floats } from '../../src/array/batch.js';
import type { Architecture, Ops } from '../../src/train/ops.js';
import { reshaped } from '../../src/train/shape-ops.js';

/**
 * A value of a network. Each operation computes in float64 and rounds once to float32, so angles of thousands of radians are those of float32; where an
 * operand is float64, it does not round.
 */
export interface Plain<F extends Floats = Float32Array> {
  readonly shape: readonly number[];
  readonly data: F;
}

type Any = Plain<Floats>;

const make = (
  operands: readonly Any[],
  shape: readonly number[],
  at: (place: readonly number[], flat: number) => number,
): Any => {
  const place = shape.map(() => 0);
  const double = operands.some(({ data }) => data instanceof Float64Array);
  const data = new (double ? Float64Array : Float32Array)(elements(shape));
  for (let flat = 0; flat < data.length; flat++) {
    data[flat] = at(place, flat);
    for (let axis = shape.length - 1; axis >= 0 && ++place[axis] === shape[axis]; axis--) place[axis] = 0;
  }
  return { shape, data };
};

/** The entry at a place, 0 outside; axes aligned at the last, and those of length 1 repeated. */
const entry = ({ shape, data }: Any, place: readonly number[]): number => {
  let flat = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const at = shape[axis] === 1 ? 0 : place[axis + place.length - shape.length];
    if (at < 0 || at >= shape[axis]) return 0;
    flat = flat * shape[axis] + at;
  }
  return data[flat];
};

const map = ({ shape, data }: Any, f: (x: number) => number): Any => ({ shape, data: data.map(f) });

const pair = (a: Any, b: Any, f: (a: number, b: number) => number): Any => {
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape = Array.from({ length: rank }, (_, i) =>
    Math.max(a.shape[i - rank + a.shape.length] ?? 1, b.shape[i - rank + b.shape.length] ?? 1),
  );
  return make([a, b], shape, (place) => f(entry(a, place), entry(b, place)));
};

const sum = (count: number, term: (k: number) => number): number => {
  let total = 0;
  for (let k = 0; k < count; k++) total += term(k);
  return total;
};

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const anyOps = (weights: ReadonlyMap<string, Floats>): Ops<Any> => ({
  weight: (name, shape) => ({ shape, data: weights.get(name)! }),
  constant: (data, shape) => ({ shape, data }),
  add: (a, b) => pair(a, b, (x, y) => x + y),
  multiply: (a, b) => pair(a, b, (x, y) => x * y),
  scale: (x, factor, shift = 0) => {
    const scaled = map(x, (entry) => entry * Math.fround(factor));
    return shift === 0 ? scaled : map(scaled, (entry) => entry + shift);
  },
  linear: (x, w) =>
    make([x, w], [...x.shape.slice(0, -1), w.shape[1]], (place) =>
      sum(w.shape[0], (k) => entry(x, [...place.slice(0, -1), k]) * entry(w, [k, place[place.length - 1]])),
    ),
  matMul: (a, b) =>
    make([a, b], [...a.shape.slice(0, -1), b.shape[3]], ([n, head, i, j]) =>
      sum(b.shape[2], (k) => entry(a, [n, head, i, k]) * entry(b, [n, head, k, j])),
    ),
  convolve: (x, filter, stride = 1) => {
    const [size, , inputs, out] = filter.shape;
    const [n, height, width] = x.shape;
    // an axis of length 1 is not to be repeated here
    const pixel = (i: number, row: number, column: number, k: number): number =>
      row < 0 || column < 0 || row >= height || column >= width
        ? 0
        : x.data[((i * height + row) * width + column) * inputs + k];
    const around = (size - 1) / 2;
    return make(
      [x, filter],
      [n, Math.ceil(height / stride), Math.ceil(width / stride), out],
      ([i, row, column, channel]) =>
        sum(size * size * inputs, (at) => {
          const [k, b, a] = [at % inputs, Math.floor(at / inputs) % size, Math.floor(at / inputs / size)];
          const shown = pixel(i, row * stride + a - around, column * stride + b - around, k);
          return shown * filter.data[at * out + channel];
        }),
    );
  },
  upsample: (x) =>
    make([x], [x.shape[0], 2 * x.shape[1], 2 * x.shape[2], x.shape[3]], ([n, row, column, channel]) =>
      entry(x, [n, row >> 1, column >> 1, channel]),
    ),
  reshape: (x, shape) => ({ shape: reshaped(x.shape, shape), data: x.data }),
  transpose: (x, order) =>
    make(
      [x],
      order.map((axis) => x.shape[axis]),
      (place) =>
        entry(
          x,
          order.map((_, axis) => place[order.indexOf(axis)]),
        ),
    ),
  concat: (parts, axis) => {
    const total = sum(parts.length, (k) => parts[k].shape[axis]);
    return make(parts, parts[0].shape.with(axis, total), (place) => {
      let [at, k] = [place[axis], 0];
      while (at >= parts[k].shape[axis]) at -= parts[k++].shape[axis];
      return entry(parts[k], place.with(axis, at));
    });
  },
  slice: (x, axis, from, to) =>
    make([x], x.shape.with(axis, to - from), (place) => entry(x, place.with(axis, place[axis] + from))),
  sin: (x) => map(x, Math.sin),
  cos: (x) => map(x, Math.cos),
  silu: (x) => map(x, (entry) => entry * sigmoid(entry)),
  gelu: (x) => map(x, (u) => (u / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (u + 0.044715 * u ** 3)))),
  softmax: (x) => {
    const count = x.shape[x.shape.length - 1];
    return make([x], x.shape, (_, flat) => {
      const row = x.data.subarray(flat - (flat % count), flat - (flat % count) + count);
      return 1 / sum(count, (k) => Math.exp(row[k] - x.data[flat]));
    });
  },
  normalise: (x, axes, epsilon) => {
    const over = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
    const count = elements(over);
    const groups = new Map<string, number[]>();
    const keyOf = (place: readonly number[]): string => place.map((at, i) => (over[i] > 1 ? 0 : at)).join();
    make([x], x.shape, (place, flat) => {
      const key = keyOf(place);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key)!.push(x.data[flat]);
      return 0;
    });
    const moments = new Map(
      [...groups].map(([key, values]) => {
        const mean = sum(count, (k) => values[k]) / count;
        return [key, { mean, variance: sum(count, (k) => (values[k] - mean) ** 2) / count }];
      }),
    );
    return make([x], x.shape, (place, flat) => {
      const { mean, variance } = moments.get(keyOf(place))!;
      return (x.data[flat] - mean) / Math.sqrt(variance + epsilon);
    });
  },
  dropout: (x) => x,
});

/** Simple loops, to compare others with. */
export const plainOps = <F extends Floats>(weights: ReadonlyMap<string, F>): Ops<Plain<F>> =>
  anyOps(weights) as Ops<Plain<F>>;

/** What a network gives for a batch, by simple loops. */
export const plainForward = <F extends Floats>(
  architecture: Architecture,
  weights: ReadonlyMap<string, F>,
  x: F,
  time: F,
): Plain<F> =>
  architecture.forward(
    plainOps(weights),
    { shape: [time.length, ...architecture.inputShape], data: x },
    { shape: [time.length], data: time },
  );
