/** Floating-point storage of a state: float32, or float64 for exact work. */
export type Floats = Float32Array | Float64Array;
export type Precision = 'float32' | 'float64';

/** A batch of samples: batch first, classes or channels last, row-major. `shape[0]` is the number of samples. */
export interface Batch {
  readonly shape: readonly number[];
  readonly data: Floats;
}

export const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const precisionOf = (data: Floats): Precision =>
  data instanceof Float64Array ? 'float64' : 'float32';

export const floats = (length: number, precision: Precision): Floats =>
  precision === 'float64' ? new Float64Array(length) : new Float32Array(length);

/** A batch of zeros. */
export const zeros = (shape: readonly number[], precision: Precision = 'float32'): Batch => ({
  shape,
  data: floats(elements(shape), precision),
});

/** The number of entries of one sample. */
export const sampleSize = (batch: Batch): number => elements(batch.shape.slice(1));

/** Samples `from` to `to` (exclusive) as a view: no copy. */
export const samplesOf = (batch: Batch, from: number, to: number): Batch => {
  const size = sampleSize(batch);
  return {
    shape: [to - from, ...batch.shape.slice(1)],
    data: batch.data.subarray(from * size, to * size),
  };
};

/** Samples of one or more batches, of one shape and precision, one after the other; of one batch, itself. */
export const joined = (batches: readonly Batch[]): Batch => {
  const [first] = batches;
  if (batches.length === 1) return first;
  const count = batches.reduce((sum, { shape }) => sum + shape[0], 0);
  const out = zeros([count, ...first.shape.slice(1)], precisionOf(first.data));
  let at = 0;
  for (const { data } of batches) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
};
