import { attention, convolution, dense, groupNorm } from './layers.js';
import type { Ops, Shaped } from './ops.js';

const zeros = { law: 'zeros' } as const;

/** What the blocks of one U-Net share. */
export interface BlockOptions<T extends Shaped> {
  /** Groups of channels of the normalisations. */
  readonly groups: number;
  readonly dropout: number;
  readonly heads: number;
  /** The time as a block of that name is shown it: [n, width]. */
  readonly timeFor: (name: string, width: number) => T;
}

/**
 * [n, height, width, in] to `width` channels: two convolutions, the time added between them, around which x passes (through a 1x1 convolution
 * where the number of channels changes). The second starts at 0, so at first x is all that passes.
 */
export const residual = <T extends Shaped>(
  ops: Ops<T>,
  name: string,
  x: T,
  width: number,
  { groups, dropout, timeFor }: BlockOptions<T>,
): T => {
  const first = convolution(ops, `${name}.1`, ops.silu(groupNorm(ops, `${name}.norm1`, x, groups)), width);
  const timed = ops.add(first, ops.reshape(timeFor(`${name}.time`, width), [-1, 1, 1, width]));
  const inner = ops.dropout(ops.silu(groupNorm(ops, `${name}.norm2`, timed, groups)), dropout);
  const second = convolution(ops, `${name}.2`, inner, width, { start: zeros });
  const inputs = x.shape[x.shape.length - 1];
  return ops.add(inputs === width ? x : convolution(ops, `${name}.skip`, x, width, { size: 1 }), second);
};

/** Each pixel of [n, height, width, channels] looks at all, and adds what it sees; at first nothing. */
export const pixelAttention = <T extends Shaped>(
  ops: Ops<T>,
  name: string,
  x: T,
  { groups, heads }: BlockOptions<T>,
): T => {
  const [, height, width, channels] = x.shape;
  const pixels = ops.reshape(groupNorm(ops, `${name}.norm`, x, groups), [-1, height * width, channels]);
  const seen = attention(ops, dense(ops, name, pixels, 3 * channels), heads);
  const added = dense(ops, `${name}.out`, seen, channels, { start: zeros, bias: zeros });
  return ops.add(x, ops.reshape(added, [-1, height, width, channels]));
};

/** The middle of both U-Nets: residual, attention, residual. */
export const middle = <T extends Shaped>(ops: Ops<T>, x: T, options: BlockOptions<T>): T => {
  const width = x.shape[x.shape.length - 1];
  const first = residual(ops, 'middle.1', x, width, options);
  return residual(ops, 'middle.2', pixelAttention(ops, 'middle.attention', first, options), width, options);
};

/** Normalised, and through a convolution that starts at 0. */
export const imageHead = <T extends Shaped>(
  ops: Ops<T>,
  x: T,
  width: number,
  { groups }: BlockOptions<T>,
): T => convolution(ops, 'head', ops.silu(groupNorm(ops, 'head.norm', x, groups)), width, { start: zeros });
