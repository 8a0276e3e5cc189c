import type * as core from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { elements } from './batch.js';
import type { Tf } from './tfjs.js';

type Kernel<Inputs, Attributes, Result> = (call: {
  readonly inputs: Inputs;
  readonly attrs: Attributes;
  readonly backend: BackendWasm;
}) => Result;
type Slice = Kernel<{ readonly x: core.TensorInfo }, core.SliceAttrs, core.TensorInfo>;

/** The numbers of `x` from a place on, row by row where they don't lie side by side. */
const copy = (
  x: core.TypedArray,
  shape: readonly number[],
  from: readonly number[],
  out: core.TypedArray,
  size: readonly number[],
): void => {
  // the axes after `rows` are whole, so with theirs they make one run
  let rows = shape.length - 1;
  while (rows > 0 && size[rows] === shape[rows]) rows--;
  const run = elements(size.slice(rows));
  const strides = shape.map((_, axis) => elements(shape.slice(axis + 1)));
  const visit = (axis: number, start: number, at: number): number => {
    if (axis === rows) {
      const first = start + from[axis] * strides[axis];
      out.set(x.subarray(first, first + run), at);
      return at + run;
    }
    for (let i = from[axis]; i < from[axis] + size[axis]; i++)
      at = visit(axis + 1, start + i * strides[axis], at);
    return at;
  };
  if (run > 0) visit(0, 0, 0);
};

/**
 * Kernels of tfjs for parts of tensors copy all of a tensor out of WebAssembly's memory for each part: much of a step of training, where a vector is
 * split into weights and a batch into matrices (bench/training.ts). These copy the part.
 */
const replaceSlices = (tf: Tf): void => {
  const given = tf.getKernel('Slice', 'wasm').kernelFunc as unknown as Slice;
  const slice: Slice = (call) => {
    const { inputs, attrs, backend } = call;
    const { x } = inputs;
    if (x.dtype === 'string' || x.dtype === 'complex64') return given(call);
    const [begin, size] = tf.slice_util.parseSliceParams(x as core.Tensor, attrs.begin, attrs.size);
    const out = backend.makeOutput(size, x.dtype);
    copy(backend.typedArrayFromHeap(x), x.shape, begin, backend.typedArrayFromHeap(out), size);
    return out;
  };
  /** Parts of those lengths along an axis. */
  const parts = (x: core.TensorInfo, axis: number, lengths: readonly number[], backend: BackendWasm) => {
    let at = 0;
    return lengths.map((length) => {
      const [begin, size] = [x.shape.map((_, i) => (i === axis ? at : 0)), x.shape.slice()];
      size[axis] = length;
      at += length;
      return slice({ inputs: { x }, attrs: { begin, size }, backend });
    });
  };
  const split: Kernel<{ readonly x: core.TensorInfo }, core.SplitVAttrs, core.TensorInfo[]> = ({
    inputs: { x },
    attrs,
    backend,
  }) => {
    const [axis] = tf.util.parseAxisParam(attrs.axis, x.shape);
    const lengths = tf.backend_util.prepareSplitSize(x as core.Tensor, attrs.numOrSizeSplits, axis);
    return parts(x, axis, lengths, backend);
  };
  const unpack: Kernel<{ readonly value: core.TensorInfo }, core.UnpackAttrs, core.TensorInfo[]> = ({
    inputs,
    attrs,
    backend,
  }) => {
    const { value } = inputs;
    const [axis] = tf.util.parseAxisParam(attrs.axis, value.shape);
    const ones = new Array<number>(value.shape[axis]).fill(1);
    const shape = value.shape.filter((_, i) => i !== axis);
    return parts(value, axis, ones, backend).map((part) => ({ ...part, shape }));
  };
  for (const [kernelName, kernel] of Object.entries({ Slice: slice, SplitV: split, Unpack: unpack })) {
    tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: kernel as unknown as core.KernelFunc });
  }
};

/** Listeners for errors of the process that nobody caught. */
const listeners = (emitter: NodeJS.EventEmitter) =>
  ['uncaughtException', 'unhandledRejection'].flatMap((event) =>
    emitter.listeners(event).map((listener) => ({ event, listener: listener as () => void })),
  );

let replaced = false;

/**
 * Starts WebAssembly. Emscripten, which compiled it, makes it listen for every error of the process that nobody caught and throw it again from within its own
 * code, a line of 60,000 characters that Node then prints: the listeners that are new are taken away.
 */
export const startWasm = async (tf: Tf): Promise<void> => {
  await import('@tensorflow/tfjs-backend-wasm');
  const emitter = typeof process === 'undefined' ? undefined : process;
  const before = new Set(emitter && listeners(emitter).map(({ listener }) => listener));
  await tf.setBackend('wasm');
  for (const { event, listener } of emitter ? listeners(emitter) : []) {
    if (!before.has(listener)) (emitter as NodeJS.EventEmitter).off(event, listener);
  }
  if (replaced) return;
  replaceSlices(tf);
  replaced = true;
};
