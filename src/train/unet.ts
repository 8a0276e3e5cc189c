import { UsageError } from '../errors.js';
import { imageHead, middle, residual, type BlockOptions } from './image-blocks.js';
import { byInputs, convolution, dense, waves } from './layers.js';
import { requireCounts, requireDropout, requireMultiple } from './option-checks.js';
import type { Architecture, Ops, Shaped } from './ops.js';

export interface UnetOptions {
  /** Height and width of an image. */
  readonly side: number;
  /** Numbers of a pixel. Default 1, and a sample is flat then: [side²], else [side, side, channels]. */
  readonly channels?: number;
  /** Channels of the first level. */
  readonly width: number;
  /** Channels of each level, in widths; each level after the first has half the side. Default [1, 2, 2]. */
  readonly multipliers?: readonly number[];
  /** Residual blocks of a level on the way down; one more on the way up. Default 2. */
  readonly blocks?: number;
  /** Of the attention in the middle. Default 4. */
  readonly heads?: number;
  /** Of the normalisations; they divide the width. Default 32. */
  readonly groups?: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Numbers that the network gives for each that it is shown; 2 for a mean and a log-deviation. Default 1. */
  readonly outputs?: number;
}

type Settled = Required<UnetOptions>;

const settle = (options: UnetOptions): Settled => {
  const { channels = 1, multipliers = [1, 2, 2], blocks = 2, heads = 4 } = options;
  const { groups = 32, dropout = 0, outputs = 1, side, width } = options;
  const levels = multipliers.length;
  if (levels === 0) throw new UsageError('unet: multipliers is empty; accepted is one or more');
  requireCounts('unet', { side, channels, width, blocks, heads, groups, outputs });
  requireCounts('unet', Object.fromEntries(multipliers.map((value, i) => [`multipliers[${i}]`, value])));
  requireMultiple('unet: side', side, 2 ** (levels - 1), `halved ${levels - 1} times`);
  requireMultiple('unet: width', width, 2, 'a sine and a cosine of each frequency');
  requireMultiple('unet: width', width, groups, 'groups');
  requireMultiple('unet: width of the last level', width * multipliers[levels - 1], heads, 'heads');
  requireDropout('unet', dropout);
  return { side, channels, width, multipliers, blocks, heads, groups, dropout, outputs };
};

/**
 * The U-Net of improved diffusion (Nichol and Dhariwal 2021, arXiv:2102.09672) as Graves et al. 2023 (arXiv:2308.07037) use it for
 * binary images: levels of half the side each, attention in the middle; it is shown the pixels (`2 theta_0 - 1` there) with the time beside
 * each, and this comes back beside its output before the last layer. From [n, side²] and BFN time, [n], to a number a pixel (a logit
 * there), [n, side²]. Theirs has width 128, dropout 0.5.
 *
 * Throws a `UsageError` for sizes that don't go together.
 */
export const unet = (options: UnetOptions): Architecture => {
  const settled = settle(options);
  const { side, channels, width, multipliers, blocks, groups, heads, dropout, outputs } = settled;
  const shape = channels === 1 ? [side * side] : [side, side, channels];
  const outputShape = outputs === 1 ? shape : [...shape, outputs];
  const frequencies = Array.from({ length: width / 2 }, (_, j) => 10000 ** (-j / (width / 2)));
  return {
    id: 'unet',
    options: { ...settled },
    inputShape: shape,
    outputShape,
    forward<T extends Shaped>(ops: Ops<T>, x: T, time: T) {
      const ticks = waves(ops, ops.scale(time, 4000), frequencies, { cosinesFirst: true });
      const clock = dense(ops, 'time.2', ops.silu(dense(ops, 'time.1', ticks, 4 * width)), 4 * width);
      const active = ops.silu(clock);
      const own: BlockOptions<T> = {
        groups,
        heads,
        dropout,
        timeFor: (name, channels) => dense(ops, name, active, channels),
      };

      // one linear layer of the pixel's numbers and the time
      const start = byInputs(channels + 1);
      const pixels = dense(ops, 'in', ops.reshape(x, [-1, side, side, channels]), width, {
        start,
        bias: start,
      });
      const hour = ops.reshape(ops.scale(time, 2, -1), [-1, 1, 1, 1]);
      const shown = ops.add(pixels, dense(ops, 'in.time', hour, width, { start, bias: false }));

      let h = convolution(ops, 'first', shown, width);
      const skips = [h];
      multipliers.forEach((multiplier, level) => {
        for (let i = 0; i < blocks; i++) {
          h = residual(ops, `down${level}.${i}`, h, multiplier * width, own);
          skips.push(h);
        }
        if (level === multipliers.length - 1) return;
        h = convolution(ops, `down${level}.half`, h, multiplier * width, { stride: 2 });
        skips.push(h);
      });

      h = middle(ops, h, own);

      for (let level = multipliers.length - 1; level >= 0; level--) {
        for (let i = 0; i <= blocks; i++) {
          const joined = ops.concat([h, skips.pop()!], 3);
          h = residual(ops, `up${level}.${i}`, joined, multipliers[level] * width, own);
        }
        if (level > 0) h = convolution(ops, `up${level}.double`, ops.upsample(h), multipliers[level] * width);
      }

      const both = ops.concat([shown, imageHead(ops, h, width, own)], 3);
      return ops.reshape(dense(ops, 'out', both, channels * outputs), [-1, ...outputShape]);
    },
  };
};
