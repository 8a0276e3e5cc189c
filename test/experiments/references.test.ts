import { describe, expect, it } from 'vitest';
import { compare } from '../../experiments/compare.js';
import { makeProblem } from '../../experiments/problems/index.js';
import { comparisonTable } from '../../experiments/table.js';

const comparison = compare({
  problems: ['mixture-2d', 'simplex-3'].map((id) => ({ id, parameters: {} })),
  solvers: ['sde-dpm-solver++1'],
  nfe: [3, 4],
  samples: 400,
  repeats: 2,
  seed: 1,
});

describe('the Gaussian of the true moments', () => {
  it('is drawn with them', async () => {
    const { references = [], truth } = await makeProblem('mixture-2d');
    if (truth.kind !== 'vectors') throw new Error('not vectors');
    const { data } = references[0].samples(20_000, 1);
    const { mean, covariance } = truth.mixture;
    for (const j of [0, 1]) {
      const column = Array.from(data).filter((_, at) => at % 2 === j);
      const average = column.reduce((a, b) => a + b) / column.length;
      const variance = column.reduce((sum, x) => sum + (x - average) ** 2, 0) / column.length;
      expect(Math.abs(average - mean[j])).toBeLessThan(5 * Math.sqrt(covariance[j][j] / column.length));
      expect(variance / covariance[j][j]).toBeCloseTo(1, 1);
    }
  });

  it('cannot be told from the truth by two moments, and is by the others, with intervals and without a call', async () => {
    const { problems } = await comparison;
    const [{ references = [], metrics }] = problems;
    expect(references.map(({ id, nfe }) => [id, nfe])).toEqual([['gaussian', 0]]);
    const [{ metrics: scored }] = references;
    expect(Object.keys(scored)).toEqual(Object.keys(metrics));
    for (const { value, low, high, floor } of Object.values(scored)) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThan(low);
      expect(Number.isFinite(floor)).toBe(true);
    }
    expect(scored['frechet-distance'].low).toBeLessThan(metrics['frechet-distance'].floor.high);
    for (const id of ['sliced-wasserstein', 'energy-distance', 'log-density-ks']) {
      expect(scored[id].low).toBeGreaterThan(metrics[id].floor.high);
    }
  });

  it('is a row above the floor in each table of such a problem, and of no other', async () => {
    const table = comparisonTable(await comparison);
    const rows = table.split('\n').map((line) => line.split('|')[1]?.trim());
    const label = '*Gaussian of the true mean and covariance (no call)*';
    const at = [...rows.keys()].filter((i) => rows[i] === label);
    expect(at).toHaveLength(4);
    for (const i of at) expect(rows[i + 1]).toBe('*floor: true samples*');
    expect((await comparison).problems[1].references).toBeUndefined();
  });
});
