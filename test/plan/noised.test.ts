import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplesOf } from '../../src/array/batch.js';
import { noised } from '../../src/plan/noised.js';

const rows = (count: number) => ({
  shape: [count, 3],
  data: Float64Array.from({ length: 3 * count }, (_, i) => Math.sin(i)),
});

describe('noised data', () => {
  it('are alpha x_0 + sigma noise: the noise of a sample is its own, whatever the chunk, and the same at every moment', () => {
    const scale = fc.double({ min: 0.01, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        scale,
        scale,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 7 }),
        (alpha, sigma, seed, from) => {
          const data = rows(8);
          const states = noised(data, { alpha, sigma }, { seed });
          const noise = noised(data, { alpha: 0, sigma: 1 }, { seed });
          states.data.forEach((x, i) =>
            expect(x).toBeCloseTo(alpha * data.data[i] + sigma * noise.data[i], 12),
          );
          const part = noised(samplesOf(data, from, 8), { alpha, sigma }, { seed, firstSample: from });
          expect([...part.data]).toEqual([...states.data.subarray(3 * from)]);
          expect(part.shape).toEqual([8 - from, 3]);
        },
      ),
    );
  });

  it('leave the data alone, in their precision, with noise that is standard normal', () => {
    const data = { shape: [20000, 1], data: new Float32Array(20000).fill(0.5) };
    const states = noised(data, { alpha: 2, sigma: 0.1 }, { seed: 1 });
    expect(data.data.every((x) => x === 0.5)).toBe(true);
    expect(states.data).toBeInstanceOf(Float32Array);
    const mean = Array.from(states.data).reduce((a, b) => a + b) / 20000;
    expect(Math.abs(mean - 1)).toBeLessThan((5 * 0.1) / Math.sqrt(20000));
    const none = noised(data, { alpha: 2, sigma: 0 });
    expect(none.data.every((x) => x === 1)).toBe(true);
  });
});
