import { describe, expect, it } from 'vitest';
import { fitMarkov } from '../../../src/denoiser/markov/model.js';
import { encode } from '../../../src/data/text.js';
import type { Metric, Truth } from '../../../experiments/metric.js';
import {
  metricEntries,
  metricEntry,
  metricsFor,
  registerMetric,
} from '../../../experiments/metrics/index.js';
import { jackknife } from '../../../experiments/statistics.js';
import { plane, valueOf } from './support.js';

const text = (alphabet: string, length: number): Truth => ({
  kind: 'text',
  model: fitMarkov(encode(alphabet + alphabet, alphabet), { order: 1, alphabet }),
  length,
});
const vectors: Truth = { kind: 'vectors', mixture: plane };
const ids = (truth: Truth): string[] => metricsFor(truth).map(({ id }) => id);

describe('metrics', () => {
  it('are listed for the truth that they apply to, in order', () => {
    expect(ids(text('a b', 4))).toEqual([
      'bits-per-character',
      'bits-gap',
      'ngram-divergence',
      'symbol-entropy',
      'spelling-accuracy',
    ]);
    expect(ids(text('abc', 4))).toEqual([
      'bits-per-character',
      'bits-gap',
      'ngram-divergence',
      'symbol-entropy',
    ]);
    expect(ids(text('abc', 1))).toEqual(['bits-per-character', 'bits-gap', 'symbol-entropy']);
    expect(ids(vectors)).toEqual([
      'sliced-wasserstein',
      'energy-distance',
      'frechet-distance',
      'log-density-ks',
    ]);
    expect(ids({ kind: 'class', probabilities: [0.5, 0.5] })).toEqual(['class-divergence']);
  });

  it('are made once for each truth, so that what they prepare is prepared once', () => {
    metricsFor(vectors).forEach((metric, i) => expect(metricsFor(vectors)[i]).toBe(metric));
    expect(metricsFor({ ...vectors })[0]).not.toBe(metricsFor(vectors)[0]);
  });

  it('carry the id of their entry and are frozen', () => {
    for (const truth of [text('a b', 4), vectors]) {
      for (const entry of metricEntries()) {
        const metric = entry.make(truth);
        if (!metric) continue;
        expect(metric.id).toBe(entry.id);
        expect(Object.isFrozen(metric)).toBe(true);
        expect(metric.description).not.toBe('');
      }
    }
  });

  it("take a user's own by the same door", async () => {
    const meanOfFirst: Metric = {
      id: 'mean-of-first',
      unit: 'data',
      description: 'mean of the first variable',
      truth: plane.mean[0],
      over: (samples) => (indices) => {
        let sum = 0;
        for (const i of indices) sum += samples.data[i * samples.shape[1]];
        return sum / indices.length;
      },
    };
    const entry = {
      id: meanOfFirst.id,
      description: meanOfFirst.description,
      make: (truth: Truth) => (truth.kind === 'vectors' ? meanOfFirst : undefined),
    };
    registerMetric(entry);
    expect(metricEntry('mean-of-first')).toBe(entry);
    expect(ids(vectors)).toContain('mean-of-first');
    expect(ids({ kind: 'class', probabilities: [1] })).not.toContain('mean-of-first');
    const samples = plane.sample(400, 1);
    const { low, high } = jackknife(await meanOfFirst.over(samples), 400);
    expect(low).toBeLessThan(plane.mean[0]);
    expect(high).toBeGreaterThan(plane.mean[0]);
    expect(await valueOf(meanOfFirst, samples)).toBeCloseTo((low + high) / 2, 12);
    expect(() => registerMetric(entry)).toThrow('registered already');
    expect(() => metricEntry('no-such')).toThrow('there are: bits-per-character');
  });
});
