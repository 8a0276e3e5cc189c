import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { WrittenNetwork } from '../../src/denoiser/network-file.js';

// Just enough of ONNX's protobuf messages (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto) for small graphs.

const types = { float32: 1, int32: 6, int64: 7, float16: 10, float64: 11 } as const;
export type TypeName = keyof typeof types;

type Write = (writer: BinaryWriter) => void;
const message = (write: Write): Uint8Array => {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
};
/** A field of text, of a number, or of a message. */
const field = (writer: BinaryWriter, at: number, value: string | number | Write): void => {
  if (typeof value === 'string') writer.tag(at, 2).string(value);
  else if (typeof value === 'number') writer.tag(at, 0).int64(value);
  else writer.tag(at, 2).bytes(message(value));
};

/** A value of a graph: its name, type, and dimensions, a name for one that is any number. */
export interface Value {
  readonly name: string;
  readonly type?: TypeName;
  readonly shape: readonly (number | string)[];
}

const valueInfo =
  ({ name, type = 'float32', shape }: Value): Write =>
  (w) => {
    field(w, 1, name);
    field(w, 2, (typed) =>
      field(typed, 1, (tensor) => {
        field(tensor, 1, types[type]);
        field(tensor, 2, (all) => {
          for (const d of shape) field(all, 1, (one) => field(one, typeof d === 'number' ? 1 : 2, d));
        });
      }),
    );
  };

export interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly type?: 'float32' | 'int64';
  /** In a file of its own, which then holds nothing else. */
  readonly file?: string;
}

export const bytesOf = ({ values, type }: Weights): Uint8Array =>
  new Uint8Array((type === 'int64' ? BigInt64Array.from(values, BigInt) : Float32Array.from(values)).buffer);

const weights =
  (of: Weights): Write =>
  (w) => {
    for (const d of of.shape) field(w, 1, d);
    field(w, 2, types[of.type ?? 'float32']);
    field(w, 8, of.name);
    if (of.file === undefined) {
      w.tag(9, 2).bytes(bytesOf(of));
      return;
    }
    field(w, 13, (entry) => [field(entry, 1, 'location'), field(entry, 2, of.file ?? '')]);
    field(w, 14, 1);
  };

export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** An attribute that is a number. */
  readonly attribute?: readonly [name: string, value: number];
}

const node =
  ({ op, inputs, output, attribute }: Node): Write =>
  (w) => {
    for (const input of inputs) field(w, 1, input);
    field(w, 2, output);
    field(w, 4, op);
    if (attribute)
      field(w, 5, (a) => [field(a, 1, attribute[0]), field(a, 3, attribute[1]), field(a, 20, 2)]);
  };

export interface Graph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly weights: readonly Weights[];
  readonly nodes: readonly Node[];
}

/** The content of a file .onnx. */
export const onnxFile = ({ inputs, outputs, weights: all, nodes }: Graph): Uint8Array =>
  message((w) => {
    field(w, 1, 8);
    field(w, 7, (g) => {
      nodes.forEach((each) => field(g, 1, node(each)));
      field(g, 2, 'graph');
      all.forEach((each) => field(g, 5, weights(each)));
      inputs.forEach((each) => field(g, 11, valueInfo(each)));
      outputs.forEach((each) => field(g, 12, valueInfo(each)));
    });
    field(w, 8, (opset) => [field(opset, 1, ''), field(opset, 2, 17)]);
  });

/** `y = x W + b + t v + label u`, for rows x of d numbers. */
export interface Linear {
  readonly W: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly v: readonly number[];
}

export interface LinearOptions {
  readonly batch?: number | string;
  readonly timeType?: TypeName;
  readonly stateType?: TypeName;
  /** Of the time of one sample; of as many numbers as can be added to a row. */
  readonly timeShape?: readonly number[];
  /** Another input, `label`, [n] of int64, that u = (1, ..., 1) is multiplied with. */
  readonly label?: boolean;
  /** The state's rows as the graph has them, [d] unless told. */
  readonly shape?: readonly number[];
  readonly weightsFile?: string;
}

const flat = (W: readonly (readonly number[])[]): number[] => W.flat();

/** The plain formula, for one row. */
export const linear = ({ W, b, v }: Linear, x: ArrayLike<number>, time: number, label = 0): number[] =>
  b.map((bias, j) => W.reduce((sum, row, i) => sum + x[i] * row[j], bias + time * v[j] + label));

/** The same as a graph, with inputs `x` and `t`, output `y`. */
export const linearGraph = ({ W, b, v }: Linear, options: LinearOptions = {}): Graph => {
  const {
    batch = 'n',
    timeType = 'float32',
    stateType = 'float32',
    timeShape = [],
    label,
    weightsFile,
  } = options;
  const d = b.length;
  const { shape = [d] } = options;
  const cast = (from: string, output: string): Node => ({
    op: 'Cast',
    inputs: [from],
    output,
    attribute: ['to', 1],
  });
  return {
    inputs: [
      { name: 'x', type: stateType, shape: [batch, ...shape] },
      { name: 't', type: timeType, shape: [batch, ...timeShape] },
      ...(label ? [{ name: 'label', type: 'int64' as const, shape: [batch] }] : []),
    ],
    outputs: [{ name: 'y', shape: [batch, ...shape] }],
    weights: [
      { name: 'W', shape: [d, d], values: flat(W), ...(weightsFile !== undefined && { file: weightsFile }) },
      { name: 'b', shape: [d], values: b },
      { name: 'v', shape: [d], values: v },
      { name: 'row', shape: [2], values: [-1, d], type: 'int64' },
      { name: 'column', shape: [2], values: [-1, 1], type: 'int64' },
      { name: 'whole', shape: [shape.length + 1], values: [-1, ...shape], type: 'int64' },
    ],
    nodes: [
      cast('x', 'x32'),
      cast('t', 't32'),
      { op: 'Reshape', inputs: ['x32', 'row'], output: 'rows' },
      { op: 'Reshape', inputs: ['t32', 'column'], output: 'times' },
      { op: 'MatMul', inputs: ['rows', 'W'], output: 'xW' },
      { op: 'Add', inputs: ['xW', 'b'], output: 'biased' },
      { op: 'Mul', inputs: ['times', 'v'], output: 'tv' },
      { op: 'Add', inputs: ['biased', 'tv'], output: label ? 'unlabelled' : 'sum' },
      ...(label
        ? [
            cast('label', 'label32'),
            { op: 'Reshape', inputs: ['label32', 'column'], output: 'labels' },
            { op: 'Add', inputs: ['unlabelled', 'labels'], output: 'sum' },
          ]
        : []),
      { op: 'Reshape', inputs: ['sum', 'whole'], output: 'y' },
    ],
  };
};

/** Of a linear network that predicts noise on continuous BFN. */
export const linearDescription = (d: number, more: Partial<WrittenNetwork> = {}): WrittenNetwork => ({
  format: 'bfn-sde network 1',
  process: { id: 'bfn-continuous', parameters: { sigma1: 0.02 } },
  sampleShape: [d],
  predicts: 'noise',
  data: { kind: 'vector' },
  ...more,
});
