import fc from 'fast-check';
import { expect, it } from 'vitest';
import { frechetDistance } from '../../../experiments/metrics/frechet-distance.js';
import { indicators, onIndicators } from '../../../experiments/metrics/indicators.js';
import { type Moments, momentsOf } from '../../../experiments/metrics/frechet-distance.js';
import type { Batch } from '../../../src/array/batch.js';

const lawOf = ({ shape: [, dimension], data }: Batch) => {
  const moments: Moments = momentsOf(Float64Array.from(data), dimension);
  const sample = (): Batch => ({ shape: [0, dimension], data: new Float32Array(0) });
  return { dimension, ...moments, sample };
};

const [n, d] = [12, 3];
const bits = fc
  .array(fc.nat(1), { minLength: n * d, maxLength: n * d })
  .map((data): Batch => ({ shape: [n, d], data: Float32Array.from(data) }));

it('two classes are as far apart by their indicators as by their numbers', async () => {
  await fc.assert(
    fc.asyncProperty(bits, bits, async (truth, samples) => {
      const asVectors = frechetDistance(lawOf(indicators(truth, 2)));
      const all = [...Array(n).keys()];
      const by = async (metric: typeof asVectors): Promise<number> => (await metric.over(samples))(all);
      const byNumbers = await by(frechetDistance(lawOf(truth)));
      expect(await by(onIndicators(asVectors, 2 * d, 2))).toBeCloseTo(byNumbers, 5);
    }),
    { numRuns: 30 },
  );
});
