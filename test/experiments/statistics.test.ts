import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';
import { groupOf, jackknife, pooled, studentQuantile, type Indices } from '../../experiments/statistics.js';

const meanOf = (values: ArrayLike<number>) => (indices: Indices) => {
  let sum = 0;
  for (const i of indices) sum += values[i];
  return sum / indices.length;
};

const varianceOf = (values: ArrayLike<number>) => (indices: Indices) => {
  const mean = meanOf(values)(indices);
  let sum = 0;
  for (const i of indices) sum += (values[i] - mean) ** 2;
  return sum / (indices.length - 1);
};

const samples = (minLength: number, maxLength: number) =>
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength, maxLength });

describe('Student quantiles', () => {
  it.each([
    [0.95, 1, 12.7062047362],
    [0.95, 2, 4.3026527297],
    [0.95, 5, 2.5705818356],
    [0.95, 10, 2.228138852],
    [0.95, 19, 2.0930240544],
    [0.95, 100, 1.9839715185],
    [0.99, 7, 3.4994832974],
    [0.9, 24, 1.7108820799],
    [0.95, 100001, 1.9599877077], // normal quantile plus (z³ + z) / (4 degrees)
  ])('agree with tables: level %f, %i degrees', (level, degrees, expected) => {
    expect(studentQuantile(level, degrees)).toBeCloseTo(expected, 8);
  });

  it('agree with the closed forms for 1 and 2 degrees', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.999, noNaN: true }), (level) => {
        expect(studentQuantile(level, 1) / Math.tan((Math.PI * level) / 2)).toBeCloseTo(1, 10);
        expect(studentQuantile(level, 2) / (level * Math.sqrt(2 / (1 - level * level)))).toBeCloseTo(1, 10);
      }),
    );
  });
});

describe('jackknife', () => {
  it('of a mean, one sample a group, is the classical standard error', () => {
    fc.assert(
      fc.property(samples(2, 40), (values) => {
        const n = values.length;
        const estimate = jackknife(meanOf(values), n, { groups: 40 });
        const indices = values.map((_, i) => i);
        expect(estimate.value).toBe(meanOf(values)(indices));
        expect(estimate.standardError).toBeCloseTo(Math.sqrt(varianceOf(values)(indices) / n), 8);
        const reach = studentQuantile(0.95, n - 1) * estimate.standardError;
        expect(estimate.low).toBeCloseTo(estimate.value - reach, 8);
        expect(estimate.high).toBeCloseTo(estimate.value + reach, 8);
      }),
    );
  });

  it('of a mean has the group means as pseudo-values, whatever the sizes of the groups', () => {
    fc.assert(
      fc.property(samples(2, 50), fc.integer({ min: 2, max: 12 }), (values, asked) => {
        const n = values.length;
        const groups = Math.min(asked, n);
        const mean = values.reduce((a, b) => a + b, 0) / n;
        let variance = 0;
        for (let g = 0; g < groups; g++) {
          const group = values.filter((_, i) => groupOf(i, groups) === g);
          const groupMean = group.reduce((a, b) => a + b, 0) / group.length;
          variance += (groupMean - mean) ** 2 / (n / group.length - 1) / groups;
        }
        expect(jackknife(meanOf(values), n, { groups: asked }).standardError).toBeCloseTo(
          Math.sqrt(variance),
          7,
        );
      }),
    );
  });

  it('with equal groups is the textbook formula, for any statistic', () => {
    fc.assert(
      fc.property(samples(30, 30), (values) => {
        const statistic = varianceOf(values);
        const left = Array.from({ length: 10 }, (_, g) =>
          statistic(values.map((_, i) => i).filter((i) => groupOf(i, 10) !== g)),
        );
        const centre = left.reduce((a, b) => a + b, 0) / 10;
        const expected = Math.sqrt((9 / 10) * left.reduce((sum, x) => sum + (x - centre) ** 2, 0));
        const { standardError } = jackknife(statistic, 30, { groups: 10 });
        expect(Math.abs(standardError - expected)).toBeLessThan(1e-9 * (1 + expected));
      }),
    );
  });

  it('cuts the interval at the bounds, not the value', () => {
    const values = Float64Array.from({ length: 40 }, (_, i) => i % 3);
    const bounds = { low: 0.99, high: 1.01 };
    const free = jackknife(meanOf(values), 40);
    expect(free.low).toBeLessThan(0.9);
    expect(jackknife(meanOf(values), 40, { bounds })).toEqual({ ...free, ...bounds });
  });

  it('throws on a statistic that is not finite, and says where', () => {
    const values = new Float64Array(60);
    values[23] = NaN; // group 3
    expect(() => jackknife(meanOf(values), 60)).toThrow(RangeError);
    const unless3 = (indices: Indices): number => (Array.from(indices).includes(3) ? 1 : Infinity);
    expect(() => jackknife(unless3, 60)).toThrow('Infinity without group 3 of 20');
  });

  it.each([
    [1, {}],
    [2.5, {}],
    [10, { groups: 1 }],
    [10, { groups: 2.5 }],
    [10, { level: 1 }],
    [10, { level: 0 }],
  ])('rejects %d samples with %o', (n, settings) => {
    expect(() => jackknife(() => 1, n, settings)).toThrow(UsageError);
  });
});

describe('pooled', () => {
  const estimate = (value: number, standardError: number) => ({ value, low: 0, high: 0, standardError });

  it('has the standard error of a mean of independent values', () => {
    const { value, low, high, standardError } = pooled([estimate(1, 3), estimate(5, 4)]);
    expect([value, standardError]).toEqual([3, 2.5]);
    expect(high - 3).toBeCloseTo(2.5 * studentQuantile(0.95, 38), 12);
    expect(3 - low).toBeCloseTo(high - 3, 12);
  });

  it('of one estimate is that estimate', () => {
    fc.assert(
      fc.property(samples(20, 60), (values) => {
        const one = jackknife(meanOf(values), values.length);
        expect(one).toEqual({ ...pooled([one]), left: one.left });
      }),
    );
  });

  it('keeps to the bounds, and needs an estimate', () => {
    expect(pooled([estimate(1, 3)], { bounds: { low: 0, high: 2 } })).toMatchObject({ low: 0, high: 2 });
    expect(() => pooled([])).toThrow(UsageError);
  });
});

describe('coverage of the 95% interval, 1000 runs of 200 samples', () => {
  const coverage = (law: 'exponential' | 'normal', statistic: typeof meanOf): number => {
    const random = randomStream(7, `coverage of ${law}`);
    const draw = law === 'normal' ? () => random.normal() : () => -Math.log(random.uniform());
    let covered = 0;
    for (let run = 0; run < 1000; run++) {
      const { low, high } = jackknife(statistic(Float64Array.from({ length: 200 }, draw)), 200);
      if (low <= 1 && 1 <= high) covered++;
    }
    return covered / 1000;
  };
  const near95 = (share: number): void => {
    // binomial deviation 0.007
    expect(share).toBeGreaterThan(0.925);
    expect(share).toBeLessThan(0.97);
  };
  it('mean of a skewed law', () => near95(coverage('exponential', meanOf)));
  it('variance of a normal law', () => near95(coverage('normal', varianceOf)));
});
