import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

// The numbers of the fields are those of onnx.proto.
const fields = { modelGraph: 7, graphTensor: 5, tensorExternal: 13, entryKey: 1, entryValue: 2 } as const;

/** What stands in the field of that number, as often as it occurs. */
const parts = (message: Uint8Array, field: number): Uint8Array[] => {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === field && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, number);
  }
  return found;
};

/**
 * The files beside an ONNX graph that its weights lie in, each once, in the order in which they are first named, as paths from the graph's folder. Throws an `Error` for bytes that are
 * no graph.
 */
export const weightFiles = (graph: Uint8Array): readonly string[] => {
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const entries = parts(graph, fields.modelGraph)
    .flatMap((of) => parts(of, fields.graphTensor))
    .flatMap((tensor) => parts(tensor, fields.tensorExternal));
  const locations = entries
    .filter((entry) => parts(entry, fields.entryKey).some((key) => text(key) === 'location'))
    .flatMap((entry) => parts(entry, fields.entryValue).map(text));
  return [...new Set(locations)];
};
