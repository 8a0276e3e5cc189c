import type * as core from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';

/** Every entry followed by zeros in both directions, [n, h, w, c] to [n, 2 h, 2 w, c], cut to height and width. */
const dilated = (tf: Tf, y: core.Tensor4D, height: number, width: number): core.Tensor4D => {
  const [n, rows, columns, channels] = y.shape;
  const wide = tf.pad(tf.reshape(y, [n * rows * columns, 1, channels]), [
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
  const tall = tf.pad(tf.reshape(wide, [n * rows, 1, 2 * columns * channels]), [
    [0, 0],
    [0, 1],
    [0, 0],
  ]);
  const whole = tf.reshape(tall, [n, 2 * rows, 2 * columns, channels]) as core.Tensor4D;
  return tf.slice(whole, [0, 0, 0, 0], [n, height, width, channels]);
};

/**
 * The convolution of ops.ts. Its gradients are a convolution with the flipped filter, and of the filter a product with
 * all that its places see: tfjs's kernel for the one is a scalar loop in WebAssembly, and for the other missing there. With stride 2 the gradient is that of
 * stride 1 where the places that were left out had no say.
 */
export const convolve = (tf: Tf, x: core.Tensor4D, filter: core.Tensor4D, stride: 1 | 2): core.Tensor4D => {
  const size = filter.shape[0];
  const border = (size - 1) / 2;
  const run = tf.customGrad((x, filter, save) => {
    (save as unknown as (tensors: core.Tensor[]) => void)([x as core.Tensor, filter as core.Tensor]);
    const value = tf.conv2d(x as core.Tensor4D, filter as core.Tensor4D, stride, border, 'NHWC', 1, 'floor');
    const gradFunc = (dy: core.Tensor, saved: core.Tensor[]): core.Tensor[] => {
      const [input, weights] = saved as [core.Tensor4D, core.Tensor4D];
      const [n, height, width, inputs] = input.shape;
      const outputs = weights.shape[3];
      const full = stride === 1 ? (dy as core.Tensor4D) : dilated(tf, dy as core.Tensor4D, height, width);
      const flipped = tf.transpose(tf.reverse(weights, [0, 1]), [0, 1, 3, 2]);
      const ofInput = tf.conv2d(full, flipped as core.Tensor4D, 1, border);
      // On the grid with its border, counted through, a place of the filter sees the input so many numbers further on: one run a channel, and what it sees of
      // the border's own rows meets zeros.
      const [tall, wide] = [height + 2 * border, width + 2 * border];
      const sides = [border, border] as [number, number];
      const after = [0, 2 * border] as [number, number];
      const all = n * tall * wide;
      const count = all - 2 * border * (wide + 1);
      const seen = tf.reshape(tf.pad(tf.transpose(input, [3, 0, 1, 2]), [[0, 0], [0, 0], sides, sides]), [
        inputs,
        all,
      ]);
      const patches = tf.concat(
        Array.from({ length: size * size }, (_, place) =>
          tf.slice(seen, [0, Math.floor(place / size) * wide + (place % size)], [inputs, count]),
        ),
      ) as core.Tensor2D;
      const grid = tf.reshape(tf.pad(full, [[0, 0], after, after, [0, 0]]), [all, outputs]);
      const places = tf.slice(grid, [0, 0], [count, outputs]) as core.Tensor2D;
      const ofFilter = tf.reshape(tf.matMul(patches, places), [size, size, inputs, outputs]);
      return [ofInput, ofFilter];
    };
    return { value, gradFunc };
  }) as unknown as (x: core.Tensor4D, filter: core.Tensor4D) => core.Tensor4D;
  return run(x, filter);
};
