/**
 * Matrix products on tensors whose gradients are products again, so that the slow paths of a backend are avoided in one place: WebAssembly
 * multiplies transposed matrices and batches of matrices in a scalar loop, ten times slower than a single plain product.
 */
import type * as core from '@tensorflow/tfjs-core';
import type { Tf } from '../array/tfjs.js';

interface Transposed {
  readonly a?: boolean;
  readonly b?: boolean;
}

const transposed = <T extends core.Tensor>(tf: Tf, x: T): T => {
  const axes = [...x.shape.keys()];
  return tf.transpose(x, [...axes.slice(0, -2), axes[axes.length - 1], axes[axes.length - 2]]);
};

/** a b of matrices, or of batches of them [batch, rows, columns]; each may be taken transposed. */
const product = <T extends core.Tensor2D | core.Tensor3D>(
  tf: Tf,
  a: T,
  b: T,
  { a: ofA = false, b: ofB = false }: Transposed = {},
): T => {
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, ofA, ofB);
  const [left, right] = [ofA ? transposed(tf, a) : a, ofB ? transposed(tf, b) : b];
  if (left.rank === 2) return tf.matMul(left, right);
  const [ls, rs] = [tf.unstack(left), tf.unstack(right)];
  return tf.stack(ls.map((one, i) => tf.matMul(one as core.Tensor2D, rs[i] as core.Tensor2D))) as T;
};

const withProductGradient = <T extends core.Tensor2D | core.Tensor3D>(tf: Tf): ((a: T, b: T) => T) =>
  tf.customGrad((a, b, save) => {
    (save as unknown as (tensors: core.Tensor[]) => void)([a as T, b as T]);
    return {
      value: product(tf, a as T, b as T),
      gradFunc: (dy, saved) => {
        const [left, right] = saved as [T, T];
        return [product(tf, dy as T, right, { b: true }), product(tf, left, dy as T, { a: true })];
      },
    };
  }) as unknown as (a: T, b: T) => T;

/** [rows, k] times [k, columns]. */
export const linear = (tf: Tf, x: core.Tensor2D, w: core.Tensor2D): core.Tensor2D =>
  withProductGradient<core.Tensor2D>(tf)(x, w);

/** [n, heads, a, b] times [n, heads, b, c]. */
export const matMul = (tf: Tf, a: core.Tensor4D, b: core.Tensor4D): core.Tensor4D => {
  const [n, heads, rows, inner] = a.shape;
  const columns = b.shape[3];
  const multiply = withProductGradient<core.Tensor3D>(tf);
  const together = multiply(
    tf.reshape(a, [n * heads, rows, inner]),
    tf.reshape(b, [n * heads, inner, columns]),
  );
  return tf.reshape(together, [n, heads, rows, columns]);
};
