import fc from 'fast-check';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../../src/array/tfjs.js';
import { loadTfjs } from '../../src/array/tfjs.js';
import { type OptimiserOptions, adamW, learningRate } from '../../src/train/optimiser.js';
import { batchItems, shuffled } from '../../src/train/shuffle.js';

let tfjs: Tfjs;
beforeAll(async () => {
  tfjs = await loadTfjs('cpu');
});

const options: OptimiserOptions = {
  ...{ rate: 0.01, betas: [0.9, 0.98], epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
  ...{ average: 0.9, warmUp: 3, schedule: 'cosine' },
};
const steps = 10;

describe('AdamW on one vector', () => {
  it('is the loop of the paper in float64, step by step: clipped, decayed where asked, averaged', () => {
    const number = fc.float({ min: -2, max: 2, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 4, maxLength: 4 }),
        fc.array(fc.array(number, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: steps }),
        (start, gradients) => {
          const { tf } = tfjs;
          const vector = (values: readonly number[]): Tensor1D => tf.tensor1d([...values], 'float32');
          const decays = [1, 0, 1, 0];
          let state = {
            ...{ weights: vector(start), average: vector(start) },
            ...{ first: vector([0, 0, 0, 0]), second: vector([0, 0, 0, 0]) },
          };
          const [w, a, m, v] = [[...start], [...start], [0, 0, 0, 0], [0, 0, 0, 0]];
          gradients.forEach((gradient, i) => {
            const step = i + 1;
            const next = adamW(tf, state, vector(gradient), vector(decays), options, { step, steps });
            state = next.state;
            const norm = Math.hypot(...gradient);
            expect(next.norm.dataSync()[0]).toBeCloseTo(norm, 4);
            const rate = learningRate(options, step, steps);
            const memory = Math.min(options.average, step / (step + 9));
            gradient.forEach((raw, k) => {
              const g = raw * Math.min(1, 1 / (norm + 1e-6));
              m[k] = 0.9 * m[k] + 0.1 * g;
              v[k] = 0.98 * v[k] + 0.02 * g * g;
              const change = m[k] / (1 - 0.9 ** step) / (Math.sqrt(v[k] / (1 - 0.98 ** step)) + 1e-8);
              w[k] = w[k] * (1 - rate * 0.1 * decays[k]) - rate * change;
              a[k] = memory * a[k] + (1 - memory) * w[k];
            });
          });
          const [weights, average] = [state.weights.dataSync(), state.average.dataSync()];
          w.forEach((value, k) => expect(Math.abs(weights[k] - value)).toBeLessThan(2e-5));
          a.forEach((value, k) => expect(Math.abs(average[k] - value)).toBeLessThan(2e-5));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('rises to its rate and, along a cosine, falls to nothing at the last step', () => {
    expect(learningRate(options, 1, steps)).toBeCloseTo(0.01 / 3, 12);
    expect(learningRate(options, 3, steps)).toBeCloseTo(0.01, 12);
    expect(learningRate(options, steps, steps)).toBeCloseTo(0, 12);
    expect(learningRate({ ...options, schedule: 'constant' }, steps, steps)).toBe(0.01);
  });
});

describe('the order of the items', () => {
  it('is a permutation in every epoch, another one in another', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(50), (count, seed, epoch) => {
        const order = Array.from({ length: count }, (_, i) => shuffled(i, count, seed, epoch));
        expect([...order].sort((a, b) => a - b)).toEqual([...order.keys()]);
      }),
    );
    const of = (epoch: number) => Array.from({ length: 100 }, (_, i) => shuffled(i, 100, 1, epoch)).join();
    expect(of(0)).not.toBe(of(1));
  });

  it('shows each item once an epoch, whatever the batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        (batch, count, seed) => {
          const shown = Array.from({ length: Math.ceil((3 * count) / batch) }, (_, step) =>
            batchItems(step, batch, count, seed),
          ).flat();
          const all = shown.flatMap(({ items }) => items);
          for (let epoch = 0; epoch < 3; epoch++) {
            expect(new Set(all.slice(epoch * count, (epoch + 1) * count)).size).toBe(count);
            const own = shown.filter((part) => part.epoch === epoch).flatMap(({ items }) => items);
            expect(own).toEqual(all.slice(epoch * count, (epoch + 1) * count));
          }
        },
      ),
    );
  });
});
