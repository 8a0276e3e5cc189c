import { describe, expect, it } from 'vitest';
import { metricsFor, symbolEntropy } from '../../../experiments/metrics/index.js';
import type { TextModel } from '../../../experiments/metric.js';
import { encode } from '../../../src/data/text.js';
import { fitMarkov } from '../../../src/denoiser/markov/model.js';

const model = (text: string, alphabet: string): TextModel =>
  fitMarkov(encode(text, alphabet), { order: 2, alphabet });

const valueOf = async (metric: ReturnType<typeof symbolEntropy>, rows: readonly (readonly number[])[]) => {
  const statistic = await metric.over({
    shape: [rows.length, rows[0].length],
    data: Float32Array.from(rows.flat()),
  });
  return statistic([...rows.keys()]);
};

describe('symbol-entropy', () => {
  const banana = model('bananas and bandanas', ' abdns');

  it('of the truth is that of what the states of the chain end with', () => {
    const chain = fitMarkov(encode('bananas and bandanas', ' abdns'), { order: 2, alphabet: ' abdns' });
    const law = new Float64Array(6);
    chain.stationary.forEach((p, state) => (law[chain.last[state]] += p));
    const expected = -law.reduce((sum, p) => sum + p * Math.log2(p), 0);
    expect(symbolEntropy(chain, 4).truth).toBeCloseTo(expected, 10);
  });

  it('is log2 K where all symbols are as frequent, 0 where there is one, and pools the samples', async () => {
    const metric = symbolEntropy(banana, 3);
    expect(
      await valueOf(metric, [
        [0, 1, 2],
        [3, 4, 5],
      ]),
    ).toBeCloseTo(Math.log2(6), 12);
    expect(
      await valueOf(metric, [
        [1, 1, 1],
        [1, 1, 1],
      ]),
    ).toBe(0);
    expect(
      await valueOf(metric, [
        [1, 1, 1],
        [2, 2, 2],
      ]),
    ).toBeCloseTo(1, 12);
    const statistic = await metric.over({ shape: [2, 3], data: Float32Array.of(1, 1, 1, 2, 2, 2) });
    expect([statistic([0]), statistic([0, 0, 1]), statistic([])]).toEqual([
      0,
      expect.closeTo(0.9183, 4),
      NaN,
    ]);
  });

  it('of long true texts is near its truth', async () => {
    const samples = fitMarkov(encode('bananas and bandanas', ' abdns'), { order: 2, alphabet: ' abdns' });
    const rows = Array.from({ length: 50 }, (_, i) => [...samples.sample(1, 400, i)]);
    const metric = symbolEntropy(banana, 400);
    expect(Math.abs((await valueOf(metric, rows)) - (metric.truth ?? NaN))).toBeLessThan(0.02);
  });

  it('is a metric of every text, spelling one of letters and spaces only', () => {
    const ids = (of: TextModel) => metricsFor({ kind: 'text', model: of, length: 8 }).map(({ id }) => id);
    expect(ids(banana)).toContain('symbol-entropy');
    expect(ids(banana)).toContain('spelling-accuracy');
    expect(ids(model('so. so, no', ' ,.nos'))).not.toContain('spelling-accuracy');
  });
});
