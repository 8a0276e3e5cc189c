import type * as core from '@tensorflow/tfjs-core';
import { elements } from '../../src/array/batch.js';
import type { Tf } from '../../src/array/tfjs.js';
import { randomStream } from '../../src/random/index.js';
import type { Architecture, Ops, Shaped } from '../../src/train/ops.js';
import { parametersOf } from '../../src/train/shape-ops.js';
import { tfjsOps } from '../../src/train/tfjs-ops.js';
import { split } from '../../src/train/weights.js';
import { drawCase } from './networks.js';
import { type Plain, plainOps } from './plain-ops.js';

/** What `Ops` can express, of arrays whose numbers float32 has. */
export interface Computation {
  readonly operands: readonly Plain<Float64Array>[];
  of<T extends Shaped>(opsWith: (weights: ReadonlyMap<string, T>) => Ops<T>, operands: readonly T[]): T;
}

const normals = (seed: number, name: string, count: number): Float64Array => {
  const { normal } = randomStream(seed, name);
  return Float64Array.from({ length: count }, () => Math.fround(normal()));
};

/** Operations on operands of these shapes, standard normal. */
export const computation = (
  shapes: readonly (readonly number[])[],
  of: <T extends Shaped>(ops: Ops<T>, operands: readonly T[]) => T,
): Computation => ({
  operands: shapes.map((shape, i) => ({ shape, data: normals(1, `operand ${i}`, elements(shape)) })),
  of: (opsWith, operands) => of(opsWith(new Map()), operands),
});

/**
 * A network at some time a sample, its operands the input and the weights. The times are small, for the angles of some networks are thousands of radians a unit,
 * which float32 does not know well enough.
 */
export const ofNetwork = (network: Architecture, batch: number, seed: number): Computation => {
  const { flat, x, time } = drawCase(network, batch, seed);
  const parameters = parametersOf(network);
  const views = split(network, flat);
  const weights = parameters.map(({ name, shape }) => ({ shape, data: Float64Array.from(views.get(name)!) }));
  return {
    operands: [{ shape: [batch, ...network.inputShape], data: Float64Array.from(x) }, ...weights],
    of(opsWith, [input, ...own]) {
      const ops = opsWith(new Map(parameters.map(({ name }, i) => [name, own[i]])));
      const times = ops.constant(
        time.map((tau) => tau / 100),
        [batch],
      );
      return network.forward(ops, input, times);
    },
  };
};

const onPlain = ({ of }: Computation, operands: readonly Plain<Float64Array>[]): Plain<Float64Array> =>
  of((weights) => plainOps(new Map([...weights].map(([name, { data }]) => [name, data]))), operands);

const product = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

/** The largest difference, in parts of the largest number. */
const distance = (found: ArrayLike<number>, exact: ArrayLike<number>): number => {
  let [most, size] = [found.length === exact.length ? 0 : Infinity, 1e-30];
  for (let i = 0; i < exact.length; i++) {
    if (!(Math.abs(found[i] - exact[i]) <= most)) most = Math.abs(found[i] - exact[i]);
    size = Math.max(size, Math.abs(exact[i]));
  }
  return most / size;
};

export interface Errors {
  /** Of the values, in parts of the largest. */
  readonly values: number;
  /** Of the gradient along a random direction, in parts of the sum of the sizes of its terms. */
  readonly gradient: number;
}

/**
 * How far tfjs is from simple loops in float64: in the values, and in the derivative of a random sum of them along a random direction, there taken by
 * central differences (five points; what they neglect is below 1e-9).
 */
export const errorsOn = async (tf: Tf, computation: Computation, seed = 1): Promise<Errors> => {
  const { operands, of } = computation;
  const exact = onPlain(computation, operands);
  const factors = normals(seed, 'factors', exact.data.length);
  const directions = operands.map(({ data }, i) => normals(seed, `direction ${i}`, data.length));
  const h = 1e-5;
  const at = (steps: number): number => {
    const moved = operands.map(({ shape, data }, i) => ({
      shape,
      data: data.map((value, j) => value + steps * h * directions[i][j]),
    }));
    return product(onPlain(computation, moved).data, factors);
  };
  const derivative = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h);

  const together = tf.tidy(() => {
    const sent = operands.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
    const chosen = tf.tensor(Float32Array.from(factors), [...exact.shape]);
    const { value, grads } = tf.valueAndGrads((...own: core.Tensor[]) =>
      of((weights) => tfjsOps(tf, { weight: (name) => weights.get(name) as core.Tensor }), own),
    )(sent, chosen);
    const found = [value, ...grads];
    const [shapes, wanted] = [found, [exact, ...operands]].map((all) => all.map(({ shape }) => shape.join()));
    if (shapes.join(' ') !== wanted.join(' '))
      throw new Error(`shapes ${shapes.join(' ')} for ${wanted.join(' ')}`);
    return tf.concat(found.map((one) => tf.reshape(one, [-1])));
  });
  const data = await together.data();
  together.dispose();
  const gradient = data.subarray(exact.data.length);
  const direction = directions.flatMap((one) => [...one]);
  const sizeOfTerms = product(gradient.map(Math.abs), direction.map(Math.abs));
  return {
    values: distance(data.subarray(0, exact.data.length), exact.data),
    gradient: Math.abs(product(gradient, direction) - derivative) / Math.max(sizeOfTerms, 1e-30),
  };
};
