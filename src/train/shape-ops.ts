import { elements } from '../array/batch.js';
import type { Architecture, Ops, Shaped, Start } from './ops.js';

/** A trained tensor as an architecture declares it. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: Start;
  /** Whether weight decay applies to it. */
  readonly decays: boolean;
}

const sameNumber = (a: number, b: number, what: string): number => {
  if (a === b || b === 1 || a === 1) return a === 1 ? b : a;
  throw new Error(`${what}: ${a} and ${b} do not fit`);
};

const broadcast = (a: readonly number[], b: readonly number[]): number[] => {
  const rank = Math.max(a.length, b.length);
  const at = (shape: readonly number[], axis: number): number => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => sameNumber(at(a, axis), at(b, axis), 'broadcast'));
};

/** -1 in the wanted shape stands for the rest; where the batch is not known, for that. */
export const reshaped = (from: readonly number[], wanted: readonly number[]): number[] => {
  const [total, known] = [elements(from), elements(wanted.filter((size) => size >= 0))];
  const unknown = from.includes(-1);
  if (wanted.includes(-1) ? Math.abs(total) % known === 0 : total === known) {
    return wanted.map((size) => (size >= 0 ? size : unknown ? -1 : total / known));
  }
  throw new Error(`reshape: [${from.join(', ')}] to [${wanted.join(', ')}]`);
};

/** The shapes of a network's values, with no numbers in them; `declare` is told of each weight. */
export const shapeOps = (declare: (parameter: Parameter) => void): Ops<Shaped> => {
  const same = (x: Shaped): Shaped => x;
  const two = (a: Shaped, b: Shaped): Shaped => ({ shape: broadcast(a.shape, b.shape) });
  return {
    weight(name, shape, start, { decays = true } = {}) {
      declare({ name, shape, start, decays });
      return { shape };
    },
    constant: (_values, shape) => ({ shape }),
    add: two,
    multiply: two,
    scale: same,
    linear: ({ shape }, { shape: [inputs, width] }) => {
      sameNumber(shape[shape.length - 1], inputs, 'linear');
      return { shape: [...shape.slice(0, -1), width] };
    },
    matMul: ({ shape: a }, { shape: b }) => ({ shape: [...a.slice(0, -1), b[b.length - 1]] }),
    convolve: ({ shape: [n, height, width, inputs] }, { shape: [, , expected, out] }, stride = 1) => {
      sameNumber(inputs, expected, 'convolve');
      return { shape: [n, Math.ceil(height / stride), Math.ceil(width / stride), out] };
    },
    upsample: ({ shape: [n, height, width, channels] }) => ({ shape: [n, 2 * height, 2 * width, channels] }),
    reshape: ({ shape }, wanted) => ({ shape: reshaped(shape, wanted) }),
    transpose: ({ shape }, order) => ({ shape: order.map((axis) => shape[axis]) }),
    concat: (parts, axis) => ({
      shape: parts[0].shape.map((size, i) =>
        i === axis ? parts.reduce((sum, { shape }) => sum + shape[i], 0) : size,
      ),
    }),
    slice: ({ shape }, axis, from, to) => ({
      shape: shape.map((size, i) => (i === axis ? to - from : size)),
    }),
    sin: same,
    cos: same,
    silu: same,
    gelu: same,
    softmax: same,
    normalise: same,
    dropout: same,
  };
};

/** The trained tensors of an architecture, in the order in which it uses them, and the shape that it gives. Needs no memory for them. */
export const parametersOf = (architecture: Architecture): readonly Parameter[] => {
  const parameters = new Map<string, Parameter>();
  const ops = shapeOps((parameter) => {
    if (parameters.has(parameter.name)) throw new Error(`two weights are called ${parameter.name}`);
    parameters.set(parameter.name, parameter);
  });
  const { shape } = architecture.forward(ops, { shape: [-1, ...architecture.inputShape] }, { shape: [-1] });
  const wanted = [-1, ...architecture.outputShape];
  if (shape.join() !== wanted.join()) {
    throw new Error(`${architecture.id} gives [${shape.join(', ')}] and declares [${wanted.join(', ')}]`);
  }
  return [...parameters.values()];
};

/** How many numbers are trained. */
export const countParameters = (architecture: Architecture): number =>
  parametersOf(architecture).reduce((sum, { shape }) => sum + elements(shape), 0);
