import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** Where the numbers of a tensor lie in a file beside the graph, in bytes. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** A tensor that is part of the graph: float32 or, for shapes and places, int64. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array | ExternalData;
}

export interface OnnxNode {
  readonly op: string;
  /** Names; an empty one leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly output: string;
  /** A bare number is a whole one. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export type OnnxAttribute =
  { readonly float: number } | { readonly text: string } | number | readonly number[];

/** An input or output: float32, -1 for the batch. */
export interface OnnxValue {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** Of the operators; 17 is the first with layer normalisation. */
const operators = 17;
/** Of the file format; 8 is that of the same release (ONNX 1.12). */
const format = 8;

const elementTypes = { float: 1, int64: 7 };

// The numbers of the fields are those of onnx.proto. Each function writes the fields of one message.
type Write = (to: BinaryWriter) => void;
const message = (to: BinaryWriter, field: number, write: Write): void => {
  to.tag(field, WireType.LengthDelimited).fork();
  write(to);
  to.join();
};
const text = (to: BinaryWriter, field: number, value: string): unknown =>
  to.tag(field, WireType.LengthDelimited).string(value);
const bytes = (to: BinaryWriter, field: number, value: Uint8Array): unknown =>
  to.tag(field, WireType.LengthDelimited).bytes(value);
const int = (to: BinaryWriter, field: number, value: number): unknown =>
  to.tag(field, WireType.Varint).int64(value);
const float = (to: BinaryWriter, field: number, value: number): unknown =>
  to.tag(field, WireType.Bit32).float(value);

const attribute =
  (name: string, value: OnnxAttribute): Write =>
  (to) => {
    text(to, 1, name);
    if (typeof value === 'number') {
      int(to, 3, value);
      int(to, 20, 2);
    } else if ('float' in value) {
      float(to, 2, value.float);
      int(to, 20, 1);
    } else if ('text' in value) {
      text(to, 4, value.text);
      int(to, 20, 3);
    } else {
      value.forEach((entry) => int(to, 8, entry));
      int(to, 20, 7);
    }
  };

const node =
  ({ op, inputs, output, attributes }: OnnxNode): Write =>
  (to) => {
    inputs.forEach((input) => text(to, 1, input));
    text(to, 2, output);
    text(to, 3, output);
    text(to, 4, op);
    for (const [name, value] of Object.entries(attributes)) message(to, 5, attribute(name, value));
  };

const external = (to: BinaryWriter, place: ExternalData): void => {
  for (const [key, value] of Object.entries(place)) {
    message(to, 13, (entry) => {
      text(entry, 1, key);
      text(entry, 2, String(value));
    });
  }
  int(to, 14, 1);
};

const tensor =
  ({ name, shape, data }: OnnxTensor): Write =>
  (to) => {
    shape.forEach((size) => int(to, 1, size));
    int(to, 2, data instanceof BigInt64Array ? elementTypes.int64 : elementTypes.float);
    text(to, 8, name);
    if (ArrayBuffer.isView(data)) {
      bytes(to, 9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    } else {
      external(to, data);
    }
  };

const value =
  ({ name, shape }: OnnxValue): Write =>
  (to) => {
    text(to, 1, name);
    message(to, 2, (type) =>
      message(type, 1, (tensorType) => {
        int(tensorType, 1, elementTypes.float);
        message(tensorType, 2, (dimensions) =>
          shape.forEach((size) =>
            message(dimensions, 1, (dimension) =>
              size < 0 ? text(dimension, 2, 'n') : int(dimension, 1, size),
            ),
          ),
        );
      }),
    );
  };

/** The bytes of an `.onnx` file. Its format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
export const encodeOnnx = ({ name, nodes, tensors, inputs, outputs }: OnnxGraph): Uint8Array => {
  const file = new BinaryWriter();
  int(file, 1, format);
  text(file, 2, 'bfn-sde');
  message(file, 7, (graph) => {
    nodes.forEach((each) => message(graph, 1, node(each)));
    text(graph, 2, name);
    tensors.forEach((each) => message(graph, 5, tensor(each)));
    inputs.forEach((each) => message(graph, 11, value(each)));
    outputs.forEach((each) => message(graph, 12, value(each)));
  });
  message(file, 8, (set) => int(set, 2, operators));
  return file.finish();
};
