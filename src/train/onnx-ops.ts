import { elements } from '../array/batch.js';
import type { OnnxNode, OnnxTensor } from './onnx-file.js';
import { inOrder, lies, lying, reshapedOrder, staysPut, type Laid } from './onnx-layout.js';
import type { Ops } from './ops.js';
import { reshaped, shapeOps } from './shape-ops.js';

/** A value of the graph. */
export interface Drawn extends Laid {
  readonly name: string;
  /** The numbers of a weight or constant: it is declared where it is first used, in the shape in which it is. */
  readonly data?: OnnxTensor['data'];
}

/** A graph that grows as a network runs on `ops`. */
export interface Drawing {
  readonly ops: Ops<Drawn>;
  /** Gives a value a name of one's own, its axes in order. */
  output(x: Drawn, name: string): void;
  nodes(): readonly OnnxNode[];
  tensors(): readonly OnnxTensor[];
}

const channelsFirst = [0, 3, 1, 2];

/** Networks as an ONNX graph of opset 17, without dropout. `dataOf` says what is to be written for a weight. */
export const drawing = (dataOf: (name: string) => OnnxTensor['data']): Drawing => {
  const nodes: OnnxNode[] = [];
  const tensors = new Map<string, OnnxTensor>();
  const shapes = shapeOps(() => undefined);
  let constants = 0;

  const emit = (
    op: string,
    inputs: readonly string[],
    attributes: OnnxNode['attributes'] = {},
    output = `${op.toLowerCase()}_${nodes.length}`,
  ): string => {
    nodes.push({ op, inputs, output, attributes });
    return output;
  };
  const declare = (name: string, shape: readonly number[], data: OnnxTensor['data']): string => {
    const own = tensors.get(name)?.shape ?? shape;
    const free = own.join() === shape.join() ? name : `${name}_${shape.join('x')}`;
    tensors.set(free, { name: free, shape, data });
    return free;
  };
  const scalar = (value: number): string => declare(`number_${value}`, [], Float32Array.of(value));
  const integers = (values: readonly number[]): string =>
    declare(`integers_${values.join('_')}`, [values.length], BigInt64Array.from(values, BigInt));

  const declared = (x: Drawn): string => (x.data ? declare(x.name, lying(x), x.data) : x.name);
  /** The name of a value, its axes lying in that order. */
  const arranged = (x: Drawn, order: readonly number[]): string => {
    const moved = { ...x, order };
    if (lies(x, order) || (x.data && staysPut(x, order))) return declared(moved);
    if (staysPut(x, order)) return emit('Reshape', [x.name, integers(lying(moved))]);
    return emit('Transpose', [declared(x)], { perm: order.map((axis) => x.order.indexOf(axis)) });
  };
  const ordered = (x: Drawn): string => arranged(x, inOrder(x.shape.length));
  const value = (name: string, shape: readonly number[], order?: readonly number[]): Drawn => ({
    name,
    shape,
    order: order ?? inOrder(shape.length),
  });
  /** Entry by entry, however the axes lie; operands are names or numbers. */
  const entrywise = (op: string, x: Drawn, ...others: (string | number)[]): Drawn => {
    const names = others.map((other) => (typeof other === 'number' ? scalar(other) : other));
    return value(emit(op, [declared(x), ...names]), x.shape, x.order);
  };

  const reshape = (x: Drawn, wanted: readonly number[]): Drawn => {
    const shape = reshaped(x.shape, wanted);
    const order = reshapedOrder(x, shape);
    if (x.data && order) return { ...x, shape, order };
    const source = order ? declared(x) : ordered(x);
    const result = value(source, shape, order);
    return { ...result, name: emit('Reshape', [source, integers(lying(result))]) };
  };

  const pair = (op: string, a: Drawn, b: Drawn): Drawn => {
    const { shape } = shapes.add(a, b);
    const [first, second] = [a, b].map((x) =>
      x.shape.length === shape.length
        ? x
        : reshape(x, [...shape.slice(x.shape.length).map(() => 1), ...x.shape]),
    );
    // the larger stays as it is
    const { order } = Math.abs(elements(a.shape)) < Math.abs(elements(b.shape)) ? second : first;
    return value(emit(op, [arranged(first, order), arranged(second, order)]), shape, order);
  };

  const ops: Ops<Drawn> = {
    weight: (name, shape) => ({ ...value(name, shape), data: dataOf(name) }),
    constant: (data, shape) => ({ ...value(`constant_${constants++}`, shape), data }),
    add: (a, b) => pair('Add', a, b),
    multiply: (a, b) => pair('Mul', a, b),
    scale(x, factor, shift = 0) {
      const scaled = factor === 1 ? x : entrywise('Mul', x, factor);
      return shift === 0 ? scaled : entrywise('Add', scaled, shift);
    },
    linear(x, weight) {
      const { shape } = shapes.linear(x, weight);
      const order = x.order.at(-1) === shape.length - 1 ? x.order : inOrder(shape.length);
      return value(emit('MatMul', [arranged(x, order), ordered(weight)]), shape, order);
    },
    matMul: (a, b) => value(emit('MatMul', [ordered(a), ordered(b)]), shapes.matMul(a, b).shape),
    convolve(x, filter, stride = 1) {
      const [size] = filter.shape;
      const pad = (size - 1) / 2;
      const inputs = [arranged(x, channelsFirst), arranged(filter, [3, 2, 0, 1])];
      const name = emit('Conv', inputs, {
        kernel_shape: [size, size],
        pads: [pad, pad, pad, pad],
        strides: [stride, stride],
      });
      return value(name, shapes.convolve(x, filter, stride).shape, channelsFirst);
    },
    upsample(x) {
      const scales = declare('twice', [4], Float32Array.of(1, 1, 2, 2));
      const name = emit('Resize', [arranged(x, channelsFirst), '', scales], {
        mode: { text: 'nearest' },
        nearest_mode: { text: 'floor' },
        coordinate_transformation_mode: { text: 'asymmetric' },
      });
      return value(name, shapes.upsample(x).shape, channelsFirst);
    },
    reshape,
    transpose: (x, order) => ({
      ...x,
      shape: order.map((axis) => x.shape[axis]),
      order: x.order.map((axis) => order.indexOf(axis)),
    }),
    concat(parts, axis) {
      const { order } = parts[0];
      const names = parts.map((part) => arranged(part, order));
      return value(
        emit('Concat', names, { axis: order.indexOf(axis) }),
        shapes.concat(parts, axis).shape,
        order,
      );
    },
    slice(x, axis, from, to) {
      const [starts, ends, axes] = [from, to, x.order.indexOf(axis)].map((at) => integers([at]));
      return value(
        emit('Slice', [declared(x), starts, ends, axes]),
        shapes.slice(x, axis, from, to).shape,
        x.order,
      );
    },
    sin: (x) => entrywise('Sin', x),
    cos: (x) => entrywise('Cos', x),
    silu: (x) => entrywise('Mul', x, entrywise('Sigmoid', x).name),
    // in the form that ONNX Runtime knows and computes in one pass: 3% of a transformer
    gelu(x) {
      const cubed = entrywise('Mul', entrywise('Pow', x, 3), 0.044715);
      const inner = entrywise('Mul', entrywise('Add', cubed, declared(x)), Math.sqrt(2 / Math.PI));
      const gate = entrywise('Add', entrywise('Tanh', inner), 1);
      return entrywise('Mul', entrywise('Mul', x, 0.5), gate.name);
    },
    softmax(x) {
      const order = x.order.at(-1) === x.shape.length - 1 ? x.order : inOrder(x.shape.length);
      return value(emit('Softmax', [arranged(x, order)], { axis: -1 }), x.shape, order);
    },
    normalise(x, axes, epsilon) {
      const last = x.order.slice(-axes.length).every((axis) => axes.includes(axis));
      const others = x.order.filter((axis) => !axes.includes(axis));
      const order = last ? x.order : [...others, ...axes];
      const over = order.slice(-axes.length).map((axis) => x.shape[axis]);
      const ones = declare(`ones_${over.join('_')}`, over, new Float32Array(elements(over)).fill(1));
      const attributes = { axis: -axes.length, epsilon: { float: epsilon } };
      return value(emit('LayerNormalization', [arranged(x, order), ones], attributes), x.shape, order);
    },
    dropout: (x) => x,
  };

  return {
    ops,
    output: (x, name) => void emit('Identity', [ordered(x)], {}, name),
    nodes: () => nodes,
    tensors: () => [...tensors.values()],
  };
};
