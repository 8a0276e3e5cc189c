import { type Batch, sampleSize } from '../src/array/batch.js';

/** Stands for a line feed in files of text, so that a sample is a line. */
export const lineFeedSign = '↵';

/** The samples, each as a list of its numbers. */
export const rowsOf = (samples: Batch): readonly number[][] => {
  const size = sampleSize(samples);
  return Array.from({ length: samples.shape[0] }, (_, i) =>
    Array.from(samples.data.subarray(i * size, (i + 1) * size)),
  );
};
