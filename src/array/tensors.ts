/** The operations of host.ts and basis.ts on tfjs tensors [n, ...sampleShape], float32. What they return is the caller's to dispose of. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { UsageError } from '../errors.js';
import { type Basis, type Coefficient, componentsOf, dimensionOf } from './basis.js';
import type { Batch } from './batch.js';
import type { Tf } from './tfjs.js';
import { transformOf } from './transform.js';

/** A batch as a tensor, of a copy: some backends keep the array that they are given, and its owner goes on with it. */
export const upload = (tf: Tf, { shape, data }: Batch): Tensor =>
  tf.tensor(Float32Array.from(data), [...shape], 'float32');

/** A coefficient a component of a basis, applied to tensors. */
export interface TensorBasis {
  /** `V' diag(c) V x` of every sample. */
  scale(x: Tensor, coefficient: readonly number[]): Tensor;
  dispose(): void;
}

/** The vectors of a basis, [rank, d], whatever way it is given. */
const rowsOf = (basis: Basis): Float32Array => {
  const d = dimensionOf(basis);
  const { rank, inverse } = transformOf(basis);
  const rows = new Float32Array(rank * d);
  const [unit, row] = [new Float64Array(rank), new Float64Array(d)];
  for (let k = 0; k < rank; k++) {
    unit.fill(0);
    unit[k] = 1;
    inverse(unit, row);
    rows.set(row, k * d);
  }
  return rows;
};

export const tensorBasis = (tf: Tf, basis: Basis): TensorBasis => {
  const [d, components] = [dimensionOf(basis), componentsOf(basis)];
  const flat = (x: Tensor): Tensor2D => {
    const [n] = x.shape;
    if (x.size === n * d) return tf.reshape(x, [n, d]);
    throw new UsageError(
      `the plan is for samples of ${d} numbers, and the state has shape [${x.shape.join(', ')}]`,
    );
  };
  if (basis.id === 'coordinates') {
    const scale = (x: Tensor, coefficient: readonly number[]): Tensor =>
      tf.tidy(() => tf.reshape(tf.mul(flat(x), tf.tensor1d([...coefficient])), x.shape));
    return { scale, dispose: () => undefined };
  }
  const { rank } = transformOf(basis);
  const rows = tf.tensor2d(rowsOf(basis), [rank, d]);
  // kept as well, since the WASM backend multiplies by a transposed matrix in a scalar loop
  const columns = tf.tidy(() => tf.transpose(rows) as Tensor2D);
  return {
    scale: (x, coefficient) =>
      tf.tidy(() => {
        const states = flat(x);
        const shared = components > rank ? coefficient[rank] : 0;
        const own = tf.tensor1d(coefficient.slice(0, rank).map((value) => value - shared));
        const within = tf.matMul(tf.mul<Tensor2D>(tf.matMul(states, columns), own), rows);
        return tf.reshape(shared === 0 ? within : tf.add(within, tf.mul(states, shared)), x.shape);
      }),
    dispose: () => tf.dispose([rows, columns]),
  };
};

export interface TensorTerm {
  readonly coefficient: Coefficient;
  readonly tensor: Tensor;
}

/** The sum of coefficient · tensor over one or more terms, in float32 in the order of the terms. */
export const combineTensors = (tf: Tf, terms: readonly TensorTerm[], basis?: TensorBasis): Tensor =>
  tf.tidy(() =>
    terms
      .map(({ coefficient, tensor }) => {
        if (typeof coefficient === 'number') return tf.mul(tensor, coefficient);
        if (!basis) throw new UsageError('a coefficient a component needs their basis');
        return basis.scale(tensor, coefficient);
      })
      .reduce((sum, term) => tf.add(sum, term)),
  );

/** Which samples are finite throughout, [n], of type bool. */
export const finiteSamples = (tf: Tf, x: Tensor): Tensor1D =>
  tf.tidy(() => tf.all<Tensor1D>(tf.isFinite(tf.reshape(x, [x.shape[0], -1])), 1));
