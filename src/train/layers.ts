import type { Ops, Shaped, Start } from './ops.js';

/** Uniform within 1/sqrt(inputs), as PyTorch starts linear and convolution layers. */
export const byInputs = (inputs: number): Start => ({ law: 'uniform', bound: 1 / Math.sqrt(inputs) });

export interface DenseOptions {
  /** Of the matrix; `byInputs` unless told. */
  readonly start?: Start;
  /** Of the offset; as the matrix by default. False: there is none. */
  readonly bias?: Start | false;
}

/** `x W + b` along the last axis, with `width` outputs. */
export const dense = <T extends Shaped>(
  ops: Ops<T>,
  name: string,
  x: T,
  width: number,
  { start, bias }: DenseOptions = {},
): T => {
  const inputs = x.shape[x.shape.length - 1];
  const product = ops.linear(x, ops.weight(`${name}.weight`, [inputs, width], start ?? byInputs(inputs)));
  if (bias === false) return product;
  return ops.add(product, ops.weight(`${name}.bias`, [width], bias ?? byInputs(inputs), { decays: false }));
};

/** A convolution with a size x size filter and an offset a channel. */
export const convolution = <T extends Shaped>(
  ops: Ops<T>,
  name: string,
  x: T,
  width: number,
  { size = 3, stride = 1, start }: { size?: 1 | 3; stride?: 1 | 2; start?: Start } = {},
): T => {
  const inputs = x.shape[x.shape.length - 1];
  const usual = start ?? byInputs(size * size * inputs);
  const filter = ops.weight(`${name}.weight`, [size, size, inputs, width], usual);
  return ops.add(
    ops.convolve(x, filter, stride),
    ops.weight(`${name}.bias`, [width], usual, { decays: false }),
  );
};

const gainAndShift = <T extends Shaped>(ops: Ops<T>, name: string, x: T): T => {
  const width = [x.shape[x.shape.length - 1]];
  const gain = ops.weight(`${name}.weight`, width, { law: 'ones' }, { decays: false });
  return ops.add(
    ops.multiply(x, gain),
    ops.weight(`${name}.bias`, width, { law: 'zeros' }, { decays: false }),
  );
};

/** Ba et al. 2016, arXiv:1607.06450. */
export const layerNorm = <T extends Shaped>(ops: Ops<T>, name: string, x: T, epsilon = 1e-5): T =>
  gainAndShift(ops, name, ops.normalise(x, [x.shape.length - 1], epsilon));

/** Of [n, height, width, channels], over the pixels and each group of channels. (Wu and He 2018, arXiv:1803.08494) */
export const groupNorm = <T extends Shaped>(
  ops: Ops<T>,
  name: string,
  x: T,
  groups = 32,
  epsilon = 1e-5,
): T => {
  const [, height, width, channels] = x.shape;
  const apart = ops.reshape(x, [-1, height * width, groups, channels / groups]);
  return gainAndShift(
    ops,
    name,
    ops.reshape(ops.normalise(apart, [1, 3], epsilon), [-1, height, width, channels]),
  );
};

/**
 * Each of [n, length, width] looks at all: softmax(q k^T / sqrt(d)) v in `heads` parts of the width, from the projections q, k, v
 * side by side, [n, length, 3 width]; `rate` is that of dropout on where it looks. (Vaswani et al. 2017, arXiv:1706.03762)
 */
export const attention = <T extends Shaped>(ops: Ops<T>, projections: T, heads: number, rate = 0): T => {
  const [, length, three] = projections.shape;
  const [width, depth] = [three / 3, three / 3 / heads];
  const part = (i: number, order: readonly number[]): T => {
    const own = ops.slice(projections, 2, i * width, (i + 1) * width);
    return ops.transpose(ops.reshape(own, [-1, length, heads, depth]), order);
  };
  const [queries, keys, values] = [part(0, [0, 2, 1, 3]), part(1, [0, 2, 3, 1]), part(2, [0, 2, 1, 3])];
  const weights = ops.softmax(ops.scale(ops.matMul(queries, keys), 1 / Math.sqrt(depth)));
  const seen = ops.matMul(ops.dropout(weights, rate), values);
  return ops.reshape(ops.transpose(seen, [0, 2, 1, 3]), [-1, length, width]);
};

/** `sin(f t)` and `cos(f t)` of each frequency f, for a time a sample: [n] to [n, 2 frequencies]; sines first unless told. */
export const waves = <T extends Shaped>(
  ops: Ops<T>,
  time: T,
  frequencies: ArrayLike<number>,
  { cosinesFirst = false } = {},
): T => {
  const angles = ops.multiply(
    ops.reshape(time, [-1, 1]),
    ops.constant(Float32Array.from(frequencies), [1, frequencies.length]),
  );
  const [sines, cosines] = [ops.sin(angles), ops.cos(angles)];
  return ops.concat(cosinesFirst ? [cosines, sines] : [sines, cosines], 1);
};
