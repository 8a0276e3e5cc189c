import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { classDivergence, jensenShannon } from '../../../experiments/metrics/index.js';
import { batchOf, expectChecks, expectSubsetsToAgree, range, valueOf } from './support.js';

const laws = fc
  .array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 12 })
  .filter((pairs) => pairs.some(([p]) => p > 0) && pairs.some(([, q]) => q > 0))
  .map((pairs) => {
    const normalise = (values: number[]): number[] => {
      const sum = values.reduce((a, b) => a + b, 0);
      return values.map((value) => value / sum);
    };
    return [normalise(pairs.map(([p]) => p)), normalise(pairs.map(([, q]) => q))] as const;
  });

const entropy = (p: readonly number[]): number =>
  p.reduce((sum, x) => (x > 0 ? sum - x * Math.log2(x) : sum), 0);

describe('Jensen-Shannon divergence', () => {
  it('is H((p+q)/2) - H(p)/2 - H(q)/2, symmetric, in [0, 1], and 0 for equal laws only', () => {
    fc.assert(
      fc.property(laws, ([p, q]) => {
        const value = jensenShannon(p, q);
        const middle = p.map((x, i) => (x + q[i]) / 2);
        expect(value).toBeCloseTo(entropy(middle) - entropy(p) / 2 - entropy(q) / 2, 12);
        expect(value).toBeCloseTo(jensenShannon(q, p), 12);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(jensenShannon(p, p)).toBe(0);
        if (p.some((x, i) => Math.abs(x - q[i]) > 1e-6)) expect(value).toBeGreaterThan(0);
      }),
    );
  });

  it('is 1 for laws without a point in common', () => {
    expect(jensenShannon([0.3, 0.7, 0, 0], [0, 0, 0.9, 0.1])).toBe(1);
  });

  it('sees points that one law never visits by their total', () => {
    const split = jensenShannon([0.5, 0.5, 0, 0], [0.25, 0.25, 0.1, 0.4]);
    expect(jensenShannon([0.5, 0.5, 0], [0.25, 0.25, 0.5])).toBeCloseTo(split, 14);
  });
});

describe('class-divergence', () => {
  const metric = classDivergence([0.5, 0.25, 0.25]);
  const samples = batchOf(range(40).map((i) => [[0, 1, 2, 0][i % 4]]));

  it('is 0 on the true frequencies and grows away from them', async () => {
    expect(await valueOf(metric, samples)).toBeCloseTo(0, 12);
    expect(await valueOf(metric, batchOf([[0], [1]]))).toBeCloseTo(
      jensenShannon([0.5, 0.5, 0], [0.5, 0.25, 0.25]),
      12,
    );
    expect(await valueOf(classDivergence([1, 0]), batchOf([[1]]))).toBe(1);
  });

  it('of a list of samples is that of these samples alone', () => expectSubsetsToAgree(metric, samples));

  it('rejects what is no class', async () => {
    await expectChecks(metric, samples);
    expect(() => metric.over(batchOf([[3]]))).toThrow(
      'sample 0 has an entry 3: accepted are whole numbers from 0 to 2',
    );
    expect(() => metric.over(batchOf([[0], [0.5]]))).toThrow(RangeError);
  });

  it.each([[[0.5, 0.4]], [[1.5, -0.5]], [[NaN, 1]]])('rejects probabilities %o', (probabilities) => {
    expect(() => classDivergence(probabilities)).toThrow(UsageError);
  });
});
