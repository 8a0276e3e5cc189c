import type { InferenceSession } from 'onnxruntime-node';
import { elements } from '../array/batch.js';
import { UsageError } from '../errors.js';
import type { NetworkDescription } from './network-file.js';
import { shapesOf } from './network-shapes.js';

/** How numbers of a graph's types are held. */
export const arrays = {
  float32: (values: ArrayLike<number>) => Float32Array.from(values),
  float64: (values: ArrayLike<number>) => Float64Array.from(values),
  int32: (values: ArrayLike<number>) => Int32Array.from(values, Math.round),
  int64: (values: ArrayLike<number>) =>
    BigInt64Array.from(values as number[], (value) => BigInt(Math.round(value))),
} as const;
export type ElementType = keyof typeof arrays;
const floatTypes: readonly ElementType[] = ['float32', 'float64'];
const numberTypes = Object.keys(arrays) as readonly ElementType[];

/** An input that is given the same in every call: its numbers of one sample, repeated for each, or all of them, where it has no batch. */
export interface ConstantInput {
  readonly name: string;
  readonly type: ElementType;
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly perSample: boolean;
}

/** How a graph is called, by its description and what it says of itself. */
export interface Signature {
  readonly state: { readonly name: string; readonly type: ElementType; readonly shape: readonly number[] };
  readonly time?: { readonly name: string; readonly type: ElementType; readonly shape: readonly number[] };
  readonly constants: readonly ConstantInput[];
  readonly output: string;
  /** Samples of a call, where it cannot be any number. */
  readonly batch?: number;
}

type Metadata = InferenceSession.ValueMetadata;
/** Fixed, or any by some name; of a graph that does not say, an empty list. */
type Dimensions = readonly (number | string)[];

const listed = (dimensions: Dimensions): string => `[${dimensions.join(', ')}]`;

const find = (what: string, name: string, all: readonly Metadata[]): Metadata => {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  const names = all.map((one) => one.name).join(', ');
  throw new UsageError(`${what} is "${name}"; the graph has ${names}`);
};

const tensor = (
  what: string,
  value: Metadata,
  accepted: readonly ElementType[],
): { readonly type: ElementType; readonly dimensions: Dimensions } => {
  const type = value.isTensor ? value.type : 'no tensor';
  if (value.isTensor && (accepted as readonly string[]).includes(type)) {
    return { type: type as ElementType, dimensions: value.shape };
  }
  throw new UsageError(
    `${what}, "${value.name}" of the graph, is of type ${type}; it must be ${accepted.join(' or ')}`,
  );
};

const agree = (wanted: Dimensions, given: Dimensions): boolean =>
  given.length === wanted.length &&
  given.every((d, i) => typeof d === 'string' || typeof wanted[i] === 'string' || d === wanted[i]);

/** Throws a `UsageError` where the graph's dimensions, as far as it says them, are not a batch of that shape. */
const requireShape = (what: string, name: string, shape: readonly number[], given: Dimensions): void => {
  if (given.length === 0 || agree(['n', ...shape], given)) return;
  throw new UsageError(
    `${what} is ${listed(shape)} a sample; "${name}" of the graph has ${listed(given)}, the batch first`,
  );
};

const timeOf = ({ inputs, timeShape }: NetworkDescription, all: readonly Metadata[]): Signature['time'] => {
  if (inputs.time === undefined) return undefined;
  const { type, dimensions } = tensor('the time', find('inputs.time', inputs.time, all), numberTypes);
  if (timeShape) {
    requireShape('timeShape', inputs.time, timeShape, dimensions);
    return { name: inputs.time, type, shape: timeShape };
  }
  const own = dimensions.slice(1);
  const open = own.find((d): d is string => typeof d === 'string');
  if (open !== undefined) {
    throw new UsageError(
      `timeShape is missing; "${inputs.time}" of the graph has ${listed(dimensions)}, which does not say ${open}`,
    );
  }
  return { name: inputs.time, type, shape: own as readonly number[] };
};

const constantOf = (
  name: string,
  given: number | readonly number[],
  all: readonly Metadata[],
  batch: number | undefined,
): ConstantInput => {
  const { type, dimensions } = tensor(
    `constants.${name}`,
    find('a name in constants', name, all),
    numberTypes,
  );
  const [first, ...others] = dimensions;
  const perSample = typeof first === 'string' || (first !== undefined && first === batch);
  const shape = perSample ? others : dimensions;
  if (shape.some((d) => typeof d === 'string')) {
    throw new UsageError(
      `constants.${name} is for "${name}" of the graph with ${listed(dimensions)}; all but the first must be numbers`,
    );
  }
  const size = elements(shape as readonly number[]);
  const values = typeof given === 'number' ? new Array<number>(size).fill(given) : given;
  if (values.length !== size) {
    throw new UsageError(
      `constants.${name} has ${values.length} numbers; "${name}" of the graph takes ${size}${perSample ? ' a sample' : ''}`,
    );
  }
  return { name, type, values, shape: shape as readonly number[], perSample };
};

const batchOf = ({ batch }: NetworkDescription, name: string, [first]: Dimensions): number | undefined => {
  if (typeof first !== 'number') return batch;
  if (batch === undefined || batch === first) return first;
  throw new UsageError(`batch is ${batch}; "${name}" of the graph takes ${first} samples a call`);
};

/** Throws a `UsageError` at the first thing in which the graph and its description differ. */
export const signatureOf = (
  description: NetworkDescription,
  { inputMetadata, outputMetadata }: Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>,
): Signature => {
  const { inputs, constants, output } = description;
  const { inputShape, outputShape } = shapesOf(description);
  const state = tensor('the state', find('inputs.state', inputs.state, inputMetadata), floatTypes);
  requireShape('inputShape', inputs.state, inputShape, state.dimensions);
  const result = tensor('the output', find('output', output, outputMetadata), floatTypes);
  requireShape('outputShape', output, outputShape, result.dimensions);
  const batch = batchOf(description, inputs.state, state.dimensions);
  const time = timeOf(description, inputMetadata);
  const known = [inputs.state, inputs.time, ...Object.keys(constants)];
  const other = inputMetadata.find(({ name }) => !known.includes(name));
  if (other) {
    throw new UsageError(`the graph has an input "${other.name}"; it must be in inputs or in constants`);
  }
  return {
    state: { name: inputs.state, type: state.type, shape: inputShape },
    ...(time && { time }),
    constants: Object.entries(constants).map(([name, given]) =>
      constantOf(name, given, inputMetadata, batch),
    ),
    output,
    ...(batch !== undefined && { batch }),
  };
};
