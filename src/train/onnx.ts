import { elements } from '../array/batch.js';
import { UsageError } from '../errors.js';
import { encodeOnnx, type OnnxTensor } from './onnx-file.js';
import { inOrder } from './onnx-layout.js';
import { drawing } from './onnx-ops.js';
import type { Architecture } from './ops.js';
import { parametersOf } from './shape-ops.js';

export interface OnnxOptions {
  /** A file beside the graph, with the weights as `writeWeights` writes them. Unless given they are part of the graph. */
  readonly external?: string;
}

/**
 * A network as the bytes of an `.onnx` file: from inputs `x`, [n, ...inputShape], and `time`, [n], to the output `y`, [n, ...outputShape], all
 * float32 and for any n. Dropout is left out. Throws a `UsageError` if the weights are not those of the architecture.
 */
export const exportOnnx = (
  architecture: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  { external }: OnnxOptions = {},
): Uint8Array => {
  const data = new Map<string, OnnxTensor['data']>();
  let offset = 0;
  for (const { name, shape } of parametersOf(architecture)) {
    const [own, count] = [weights.get(name), elements(shape)];
    if (own?.length !== count) {
      throw new UsageError(
        `weight ${name} has ${own?.length ?? 'no'} numbers; accepted are the ${count} of this ${architecture.id}`,
      );
    }
    const length = 4 * count;
    data.set(name, external === undefined ? own : { location: external, offset, length });
    offset += length;
  }

  const graph = drawing((name) => data.get(name)!);
  const inputs = [
    { name: 'x', shape: [-1, ...architecture.inputShape] },
    { name: 'time', shape: [-1] },
  ];
  const [x, time] = inputs.map((input) => ({ ...input, order: inOrder(input.shape.length) }));
  graph.output(architecture.forward(graph.ops, x, time), 'y');
  return encodeOnnx({
    name: architecture.id,
    nodes: graph.nodes(),
    tensors: graph.tensors(),
    inputs,
    outputs: [{ name: 'y', shape: [-1, ...architecture.outputShape] }],
  });
};
