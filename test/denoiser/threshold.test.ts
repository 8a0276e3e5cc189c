import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/array/batch.js';
import { clip } from '../../src/denoiser/adapters.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { dynamicThreshold, type ThresholdOptions } from '../../src/denoiser/threshold.js';
import { UsageError } from '../../src/errors.js';
import type { Denoiser, Moment } from '../../src/plan/denoiser.js';
import { batchOf, momentAt, rowsOf } from './laws.js';

const d = 5;
/** Predicts the state. */
const echo: Denoiser = { sampleShape: [d], predict: ({ shape, data }) => ({ shape, data: data.slice() }) };
const row = (largest: number) =>
  fc.array(fc.double({ min: -largest, max: largest, noNaN: true }), { minLength: d, maxLength: d });
const rows = fc.array(row(6), { minLength: 1, maxLength: 4 });
const quantile = fc.double({ min: 0.01, max: 1, noNaN: true });
const maximum = fc.oneof(fc.constant(Infinity), fc.double({ min: 1, max: 5, noNaN: true }));

const predict = (denoiser: Denoiser, samples: readonly (readonly number[])[]): number[][] => {
  const moments = new Array<Moment>(samples.length).fill(momentAt(1, 1));
  return rowsOf(denoiser.predict(batchOf(samples), moments) as Batch);
};

/** The value v such that a share q of the way along the broken line through the sorted values is v. */
const bruteForceQuantile = (values: readonly number[], q: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  for (let i = 0; i + 1 < sorted.length; i++) {
    const [from, to] = [i / (sorted.length - 1), (i + 1) / (sorted.length - 1)];
    if (q <= to) return sorted[i] + ((q - from) / (to - from)) * (sorted[i + 1] - sorted[i]);
  }
  return sorted[sorted.length - 1];
};

describe('dynamicThreshold', () => {
  it('is the formula of Saharia et al., sample by sample', () => {
    fc.assert(
      fc.property(rows, quantile, maximum, (samples, q, most) => {
        const mine = predict(dynamicThreshold(echo, { quantile: q, maximum: most }), samples);
        samples.forEach((sample, i) => {
          const s = Math.min(Math.max(1, bruteForceQuantile(sample.map(Math.abs), q)), most);
          sample.forEach((value, j) => {
            const exact = (Math.sign(value) * Math.min(Math.abs(value), s)) / s;
            expect(Math.abs(mine[i][j] - exact)).toBeLessThan(1e-12);
          });
        });
      }),
    );
  });

  it('does not look at the rest of the batch', () => {
    fc.assert(
      fc.property(rows, quantile, (samples, q) => {
        const denoiser = dynamicThreshold(echo, { quantile: q });
        const alone = samples.map((sample) => predict(denoiser, [sample])[0]);
        expect(predict(denoiser, samples)).toEqual(alone);
      }),
    );
  });

  it('is clip, and no change, where all is within [-1, 1]', () => {
    fc.assert(
      fc.property(row(1), quantile, (sample, q) => {
        const mine = predict(dynamicThreshold(echo, { quantile: q }), [sample]);
        expect(mine).toEqual(predict(clip(echo, -1, 1), [sample]));
        expect(mine).toEqual([sample]);
      }),
    );
  });

  it('is clip with maximum 1', () => {
    fc.assert(
      fc.property(rows, quantile, (samples, q) => {
        const mine = predict(dynamicThreshold(echo, { quantile: q, maximum: 1 }), samples);
        expect(mine).toEqual(predict(clip(echo, -1, 1), samples));
      }),
    );
  });

  it('is recorded, keeps NaN, waits for a prediction and lets draws pass', async () => {
    const points = atoms({ points: [[-3], [3]] });
    const denoiser = dynamicThreshold(points, { maximum: 2 });
    expect([denoiser.threshold, denoiser.unthresholded, denoiser.evaluations]).toEqual([
      { quantile: 0.995, maximum: 2 },
      points,
      1,
    ]);
    const x = batchOf([[9], [NaN]]);
    const moments = [momentAt(1, 1), momentAt(1, 1)];
    expect([...(denoiser.predict(x, moments) as Batch).data]).toEqual([1, NaN]);
    const slow = dynamicThreshold({
      sampleShape: [1],
      predict: async (...asked) => points.predict(...asked),
    });
    expect([...(await slow.predict(x, moments)).data]).toEqual([1, NaN]);
    expect(slow.draw).toBeUndefined();
    const classes = dynamicThreshold(independentCategorical({ probabilities: [0.2, 0.3, 0.5] }));
    const z = { shape: [1, 1, 3], data: new Float64Array(3) };
    const drawn = classes.draw?.(z, [momentAt(1, 1)], (_, out) => out.fill(0.1)) as Batch;
    expect([...drawn.data]).toEqual([2, -1, -1]);
  });

  it.each<[ThresholdOptions, RegExp]>([
    [{ quantile: 0 }, /the quantile of a threshold is 0; accepted are numbers in \(0, 1\]/],
    [{ quantile: NaN }, /the quantile of a threshold is NaN/],
    [{ maximum: 0.5 }, /the maximum of a threshold is 0.5; accepted are numbers from 1/],
  ])('does not take %j', (options, message) => {
    expect(() => dynamicThreshold(echo, options)).toThrow(UsageError);
    expect(() => dynamicThreshold(echo, options)).toThrow(message);
  });
});
