import type * as core from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';
import { product } from './tfjs-products.js';

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
      const padded = tf.pad(input, [
        [0, 0],
        [border, border],
        [border, border],
        [0, 0],
      ]);
      const columns = tf.transpose(tf.reshape(full, [n * height * width, outputs])) as core.Tensor2D;
      const patches = tf.concat(
        Array.from({ length: size * size }, (_, place) =>
          tf.slice(padded, [0, Math.floor(place / size), place % size, 0], [n, height, width, inputs]),
        ),
        3,
      );
      const rows = tf.reshape(patches, [n * height * width, size * size * inputs]) as core.Tensor2D;
      const flat = tf.reshape(product(tf, columns, rows), [outputs, size, size, inputs]);
      const ofFilter = tf.transpose(flat, [1, 2, 3, 0]);
      return [ofInput, ofFilter];
    };
    return { value, gradFunc };
  }) as unknown as (x: core.Tensor4D, filter: core.Tensor4D) => core.Tensor4D;
  return run(x, filter);
};
