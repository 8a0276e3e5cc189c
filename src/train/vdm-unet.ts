import { imageHead, middle, residual, type BlockOptions } from './image-blocks.js';
import { convolution, dense, waves } from './layers.js';
import { requireCounts, requireDropout, requireMultiple } from './option-checks.js';
import type { Architecture, Ops, Shaped } from './ops.js';

export interface VdmUnetOptions {
  /** Height and width of an image. */
  readonly side: number;
  /** Numbers of a pixel; 3 for colours. */
  readonly channels: number;
  readonly width: number;
  /** Residual blocks on the way down; one more on the way up. */
  readonly depth: number;
  /** Of the attention in the middle. Default 1. */
  readonly heads?: number;
  /** Of the normalisations; they divide the width. Default 32. */
  readonly groups?: number;
  /** Default 0. */
  readonly dropout?: number;
  /** Numbers that the network gives for each that it is shown; 2 for a mean and a log-deviation. Default 1. */
  readonly outputs?: number;
}

/** Powers of two of the Fourier features, in turns of the circle a unit. */
const octaves = [5, 6];

const settle = (options: VdmUnetOptions): Required<VdmUnetOptions> => {
  const { side, channels, width, depth, heads = 1, groups = 32, dropout = 0, outputs = 1 } = options;
  requireCounts('vdm-unet', { side, channels, width, depth, heads, groups, outputs });
  requireMultiple('vdm-unet: width', width, 2, 'a sine and a cosine of each frequency');
  requireMultiple('vdm-unet: width', width, groups, 'groups');
  requireMultiple('vdm-unet: width', width, heads, 'heads');
  requireDropout('vdm-unet', dropout);
  return { side, channels, width, depth, heads, groups, dropout, outputs };
};

/**
 * The U-Net of variational diffusion models (Kingma et al. 2021, arXiv:2107.00630) as Graves et al. 2023 (arXiv:2308.07037) use it for
 * colour images: one resolution throughout, fine Fourier features of the input, attention in the middle, and the input back beside the
 * output before the last layer. From mu, [n, side, side, channels], and BFN time, [n], to [n, side, side, channels], or with a last axis
 * of two or more `outputs`. Theirs has width 128, depth 32, dropout 0.1.
 *
 * Throws a `UsageError` for sizes that don't go together.
 */
export const vdmUnet = (options: VdmUnetOptions): Architecture => {
  const settled = settle(options);
  const { side, channels, width, depth, heads, groups, dropout, outputs } = settled;
  const shape = [side, side, channels];
  const outputShape = outputs === 1 ? shape : [...shape, outputs];
  const count = width / 2;
  const frequencies = Array.from({ length: count }, (_, j) => 10 ** ((-4 * j) / Math.max(1, count - 1)));
  return {
    id: 'vdm-unet',
    options: { ...settled },
    inputShape: shape,
    outputShape,
    forward<T extends Shaped>(ops: Ops<T>, x: T, time: T) {
      // 1000 (tau + 0.001)
      const ticks = waves(ops, ops.scale(time, 1000, 1), frequencies);
      const hidden = ops.silu(dense(ops, 'time.1', ticks, 4 * width));
      const clock = ops.silu(dense(ops, 'time.2', hidden, 4 * width));
      const own: BlockOptions<T> = {
        groups,
        heads,
        dropout,
        timeFor: (name, channels) =>
          dense(ops, name, clock, channels, { start: { law: 'zeros' }, bias: false }),
      };

      const fine = octaves.map((q) => ops.scale(x, 2 * Math.PI * 2 ** q));
      const shown = ops.concat(
        [x, ...fine.map((turns) => ops.sin(turns)), ...fine.map((turns) => ops.cos(turns))],
        3,
      );
      let h = convolution(ops, 'in', shown, width);
      const skips = [h];
      for (let i = 0; i < depth; i++) {
        h = residual(ops, `down${i}`, h, width, own);
        skips.push(h);
      }
      h = middle(ops, h, own);
      for (let i = 0; i <= depth; i++) {
        h = residual(ops, `up${i}`, ops.concat([h, skips.pop()!], 3), width, own);
      }
      const both = ops.concat([x, imageHead(ops, h, width, own)], 3);
      return ops.reshape(dense(ops, 'out', both, channels * outputs), [-1, ...outputShape]);
    },
  };
};
