import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTfjs } from '../../src/array/tfjs.js';
import {
  continuousAccuracy,
  continuousFlow,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
} from '../../src/bfn/index.js';
import { flowClassification } from '../../src/train/classification.js';
import { flowDiscretised } from '../../src/train/discretised.js';
import { type Objective, batchDraw, stepOf } from '../../src/train/objective.js';
import { flowRegression } from '../../src/train/regression.js';
import { answerOf } from './answers.js';

const anySeed = fc.nat(2 ** 31);
const anyStep = fc.nat(2 ** 31);
const anyCount = fc.integer({ min: 1, max: 40 });

describe('the places in time of a batch', () => {
  it('lie 1/n apart in (0, 1), so that each of n steps is asked of once', () => {
    fc.assert(
      fc.property(anySeed, anyStep, anyCount, (seed, step, n) => {
        const { places } = batchDraw(seed, step, n);
        places.toSorted().forEach((place, i, sorted) => {
          expect(place).toBeGreaterThan(0);
          expect(place).toBeLessThan(1);
          if (i > 0) expect(place - sorted[i - 1]).toBeCloseTo(1 / n, 12);
        });
        const steps = Array.from(places, (place) => stepOf(place, n));
        expect(steps.toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i + 1));
      }),
    );
  });

  it('are uniform for each item: an estimate at them is unbiased, whatever the order of the items', () => {
    const [n, draws] = [8, 4000];
    for (const item of [0, 3, 7]) {
      const places = Float64Array.from({ length: draws }, (_, step) => batchDraw(1, step, n).places[item]);
      const gap = places
        .toSorted()
        .reduce((most, place, i) => Math.max(most, Math.abs(place - (i + 0.5) / draws)), 0);
      expect(gap * Math.sqrt(draws)).toBeLessThan(1.63); // Kolmogorov and Smirnov's statistic: above it once in a hundred
    }
  });

  it('and the noise are the same at the same step, and others at another, for another seed, and for validation', () => {
    fc.assert(
      fc.property(anySeed, anyStep, anyCount, (seed, step, n) => {
        const of = (...parts: Parameters<typeof batchDraw>) => {
          const { places, normals } = batchDraw(...parts);
          return [...places, ...normals(1, 3)];
        };
        const here = of(seed, step, n);
        expect(of(seed, step, n)).toEqual(here);
        for (const other of [
          of(seed + 1, step, n),
          of(seed, step + 1, n),
          of(seed, step, n, { apart: true }),
        ]) {
          other.forEach((value, i) => expect(value).not.toBe(here[i]));
        }
        expect(new Set([...here, ...batchDraw(seed, step, n).normals(2, 3)]).size).toBe(7 * n);
      }),
    );
  });
});

describe('a network that gives 0', async () => {
  const tfjs = await loadTfjs('cpu');
  const n = 12;
  /** The mean over batches of n items with two variables each. */
  const lossOf = async (
    objective: Objective,
    data: (i: number) => number,
    outputs: number,
    batches: number,
  ) => {
    let sum = 0;
    for (let step = 0; step < batches; step++) {
      const batch = { shape: [n, 2], data: Float32Array.from({ length: 2 * n }, (_, i) => data(i)) };
      const raw = new Float32Array(n * 2 * outputs);
      sum += (await answerOf(tfjs, objective, batch, batchDraw(1, step, n), raw)).loss / batches;
    }
    return sum;
  };
  const schedule = continuousAccuracy({ sigma1: 0.2 });
  const all = schedule.beta(1);

  it('of the data costs beta(1)/2 ||x||² in n steps, exactly where there are as many items, and in continuous time', async () => {
    const flow = continuousFlow(schedule);
    const half = (all / 2) * 2 * 0.25;
    const discrete = flowRegression(flow, { predicts: 'data', steps: n });
    expect(await lossOf(discrete, () => 0.5, 1, 1)).toBeCloseTo(half, 4);
    const continuous = flowRegression(flow, { predicts: 'data' });
    expect((await lossOf(continuous, () => 0.5, 1, 200)) / half).toBeCloseTo(1, 1.5);
  });

  it('as logits costs (K - 1)/2 beta(1) a variable in continuous time', async () => {
    const flow = discreteFlow(discreteAccuracy({ beta1: 1.5 }), 5);
    const objective = flowClassification(flow, { predicts: 'logits' });
    expect((await lossOf(objective, (i) => i % 5, 5, 100)) / (2 * 2 * 1.5)).toBeCloseTo(1, 2);
  });

  it('as a law of the data, of deviation 1 around 0, costs what the squares of its bins cost', async () => {
    const objective = flowDiscretised(discretisedFlow(schedule, 4), { predicts: 'data' });
    const found = await lossOf(objective, () => 0.75, 2, 200);
    expect(found / ((all / 2) * 2 * 0.75 ** 2)).toBeCloseTo(1, 1.5);
  });
});
