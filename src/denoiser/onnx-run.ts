import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { elements, floats, precisionOf, type Batch, type Floats } from '../array/batch.js';
import type { Network } from './adapters.js';
import { arrays, type ConstantInput, type ElementType, type Signature } from './onnx-graph.js';
import { reasonOf, type Ort } from './onnx-session.js';

/** Every value `count` times in a row. */
const each = (values: Float64Array, count: number): Float64Array =>
  count === 1
    ? values
    : Float64Array.from({ length: values.length * count }, (_, i) => values[Math.floor(i / count)]);

/** `count` samples, those that there are and then the last again. */
const padded = (values: Floats, from: number, size: number, count: number): Floats => {
  const rows = floats(count * size, precisionOf(values));
  const there = values.subarray(from * size, Math.min(values.length, (from + count) * size));
  for (let at = 0; at < rows.length; at += size) {
    const row = Math.min(at, there.length - size);
    rows.set(there.subarray(row, row + size), at);
  }
  return rows;
};

/**
 * The network that a graph is. States of the graph's own type go to it as they are, without a copy, and what it gives is taken as it is.
 * Where it takes a fixed number of samples, they are cut and padded to it.
 */
export const graphNetwork = (ort: Ort, session: InferenceSession, signature: Signature): Network => {
  const { state, time, constants, output, batch } = signature;
  const size = elements(state.shape);
  const timeSize = time ? elements(time.shape) : 0;

  const tensorOf = (type: ElementType, values: ArrayLike<number>, shape: readonly number[]): Tensor => {
    const own = type === 'float32' && values instanceof Float32Array;
    return new ort.Tensor(type, own ? values : arrays[type](values), shape);
  };
  const constantTensor = ({ type, values, shape, perSample }: ConstantInput, n: number): Tensor =>
    perSample
      ? tensorOf(type, Array.from({ length: n }, () => values).flat(), [n, ...shape])
      : tensorOf(type, values, shape);

  const call = async (x: Floats, times: Float64Array): Promise<Batch> => {
    const n = times.length;
    const feeds: Record<string, Tensor> = { [state.name]: tensorOf(state.type, x, [n, ...state.shape]) };
    if (time) feeds[time.name] = tensorOf(time.type, each(times, timeSize), [n, ...time.shape]);
    for (const constant of constants) feeds[constant.name] = constantTensor(constant, n);
    let result: Tensor;
    try {
      result = (await session.run(feeds, [output]))[output] as Tensor;
    } catch (error) {
      throw new Error(`the network failed on ${n} samples: ${reasonOf(error)}`, { cause: error });
    }
    return { shape: result.dims, data: result.data as Floats };
  };

  return async ({ data }, times) => {
    const n = times.length;
    if (batch === undefined || batch === n) return call(data, times);
    const parts: Batch[] = [];
    for (let from = 0; from < n; from += batch) {
      parts.push(await call(padded(data, from, size, batch), padded(times, from, 1, batch) as Float64Array));
    }
    const [{ shape }] = parts;
    const given = elements(shape.slice(1));
    const out = floats(n * given, precisionOf(parts[0].data));
    parts.forEach((part, i) => out.set(part.data.subarray(0, (n - i * batch) * given), i * batch * given));
    return { shape: [n, ...shape.slice(1)], data: out };
  };
};
