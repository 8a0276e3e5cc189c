import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jackknife, pooled, studentQuantile } from '../../../experiments/statistics.js';
import { bootstrap } from '../../../experiments/statistics/bootstrap.js';
import { holm } from '../../../experiments/statistics/holm.js';
import { pairedDifference } from '../../../experiments/statistics/paired.js';
import {
  type Replicates,
  degreesOf,
  estimateOf,
  extrapolated,
  jointly,
  meanOfRepeats,
} from '../../../experiments/statistics/replicates.js';
import { convergenceSlope, leastSquaresSlope } from '../../../experiments/statistics/slope.js';
import { studentPValue } from '../../../experiments/statistics/student.js';
import type { Indices } from '../../../experiments/statistics.js';
import { randomStream } from '../../../src/random/index.js';

const meanOf = (values: ArrayLike<number>) => (indices: Indices) => {
  let sum = 0;
  for (const i of indices) sum += values[i];
  return sum / indices.length;
};

const replicatesOf = (statistic: (indices: Indices) => number, n: number): Replicates => {
  const { value, left } = jackknife(statistic, n);
  return { value, left: [left], samples: n };
};

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 60 });
const close = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(1e-8 * (1 + Math.abs(b)));

describe('replicates', () => {
  it('of a mean of repeats have the pooled estimate', () => {
    fc.assert(
      fc.property(fc.array(fc.constant(0), { minLength: 1, maxLength: 4 }), fc.nat(), (repeats, seed) => {
        const { normal } = randomStream(seed, 'repeats');
        const each = repeats.map(() => Float64Array.from({ length: 37 }, normal));
        const mean = estimateOf(meanOfRepeats(each.map((one) => replicatesOf(meanOf(one), 37))));
        const expected = pooled(each.map((one) => jackknife(meanOf(one), 37)));
        close(mean.value, expected.value);
        close(mean.low, expected.low);
        close(mean.high, expected.high);
      }),
      { numRuns: 20 },
    );
  });

  it('of a difference of means are those of the mean of the differences: what is paired cancels', () => {
    fc.assert(
      fc.property(values, (x) => {
        const y = x.map((one, i) => one + Math.sin(i));
        const both = [x, y].map((one) => replicatesOf(meanOf(one), x.length));
        const joint = estimateOf(jointly(([a, b]) => a - b, both));
        const direct = jackknife(meanOf(x.map((one, i) => one - y[i])), x.length);
        close(joint.value, direct.value);
        close(joint.standardError, direct.standardError);
      }),
    );
  });

  it('extrapolate a bias of 1/n away: the variance with divisor n becomes that with n - 1, one sample a group', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 2, maxLength: 20 }),
        (x) => {
          const squares = meanOf(x.map((one) => one * one));
          const variance = (indices: Indices): number => squares(indices) - meanOf(x)(indices) ** 2;
          const unbiased = (variance(x.map((_, i) => i)) * x.length) / (x.length - 1);
          close(extrapolated(replicatesOf(variance, x.length)), unbiased);
        },
      ),
    );
  });

  it('refuse statistics of other repeats or groups, and no repeats', () => {
    const one = { value: 1, left: [[1, 1]], samples: 2 };
    expect(() =>
      jointly(
        () => 0,
        [
          one,
          {
            ...one,
            left: [
              [1, 1],
              [1, 1],
            ],
          },
        ],
      ),
    ).toThrow('different repeats');
    expect(() => jointly(() => 0, [one, { ...one, samples: 3 }])).toThrow('different repeats');
    expect(() => meanOfRepeats([])).toThrow('0 repeats');
  });
});

describe('studentPValue', () => {
  it('inverts the quantile, and is symmetric', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 200 }),
        (level, degrees) => {
          const t = studentQuantile(level, degrees);
          expect(studentPValue(t, degrees)).toBeCloseTo(1 - level, 9);
          expect(studentPValue(-t, degrees)).toBe(studentPValue(t, degrees));
        },
      ),
    );
    expect(studentPValue(Infinity, 5)).toBe(0);
    expect(studentPValue(0, 5)).toBe(1);
    expect(() => studentPValue(1, 0)).toThrow('degrees of freedom');
  });
});

describe('holm', () => {
  const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

  it('rejects what the sequential procedure rejects', () => {
    fc.assert(
      fc.property(pValues, fc.double({ min: 0.001, max: 0.5, noNaN: true }), (p, level) => {
        const order = p.map((_, i) => i).sort((a, b) => p[a] - p[b]);
        const rejected = new Set<number>();
        for (const [place, i] of order.entries()) {
          if (!((p.length - place) * p[i] < level)) break;
          rejected.add(i);
        }
        holm(p).forEach((corrected, i) => expect(corrected < level).toBe(rejected.has(i)));
      }),
    );
  });

  it('keeps the order, never makes a p-value smaller or larger than 1, and does not depend on how they are listed', () => {
    fc.assert(
      fc.property(pValues, (p) => {
        const corrected = holm(p);
        corrected.forEach((one, i) => {
          expect(one).toBeGreaterThanOrEqual(p[i]);
          expect(one).toBeLessThanOrEqual(1);
          p.forEach((other, j) => expect(other <= p[i] ? corrected[j] <= one : true).toBe(true));
        });
        expect(holm([...p].reverse())).toEqual([...corrected].reverse());
      }),
    );
  });

  it('agrees with a case by hand', () => {
    expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  });
});

describe('pairedDifference', () => {
  it('changes sign with the order, has an interval without 0 exactly where p < 0.05, and none to itself', () => {
    fc.assert(
      fc.property(values, fc.double({ min: -3, max: 3, noNaN: true }), (x, shift) => {
        const a = replicatesOf(meanOf(x), x.length);
        const b = replicatesOf(meanOf(x.map((one, i) => one + shift + Math.cos(i))), x.length);
        const difference = pairedDifference(a, b);
        const back = pairedDifference(b, a);
        close(back.value, -difference.value);
        expect(back.p).toBeCloseTo(difference.p, 9);
        expect(pairedDifference(a, a).p).toBe(1);
        if (difference.p < 1 && Math.abs(difference.p - 0.05) > 1e-6) {
          expect(difference.p < 0.05).toBe(difference.low > 0 || difference.high < 0);
        }
      }),
    );
  });

  it('covers in 95% of runs, and under the null a family of corrected claims errs in at most 5%', () => {
    const { normal } = randomStream(11, 'null');
    const [runs, n, count] = [300, 100, 5];
    let covered = 0;
    let families = 0;
    for (let run = 0; run < runs; run++) {
      const common = Float64Array.from({ length: n }, normal);
      const solvers = Array.from({ length: count }, () => common.map((x) => (x + 0.3 * normal()) ** 2));
      const all = solvers.map((one) => replicatesOf((list) => Math.sqrt(meanOf(one)(list)), n));
      const pairs = all.flatMap((a, i) => all.slice(i + 1).map((b) => pairedDifference(a, b)));
      covered += pairs.filter(({ low, high }) => low <= 0 && 0 <= high).length / pairs.length / runs;
      families += holm(pairs.map(({ p }) => p)).some((p) => p < 0.05) ? 1 : 0;
    }
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.97);
    expect(families / runs).toBeLessThan(0.08); // binomial deviation 0.013
  });
});

describe('convergenceSlope', () => {
  it('is the exponent of a power law, whatever its scale', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -4, max: 4, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (power, scale) => {
          const nfe = [5, 10, 20, 50];
          const gaps = nfe.map((calls) => {
            const value = scale * calls ** power;
            return { value, left: [[value, value, value]], samples: 9 };
          });
          const slope = convergenceSlope(nfe, gaps);
          expect(slope?.value).toBeCloseTo(power, 9);
          expect(slope?.standardError).toBeLessThan(1e-9);
        },
      ),
    );
  });

  it('is null for one point, or a gap that is not positive without one of the groups', () => {
    const gap = { value: 1, left: [[1, 2]], samples: 4 };
    expect(convergenceSlope([5], [gap])).toBeNull();
    expect(convergenceSlope([5, 10], [gap, { ...gap, left: [[1, 0]] }])).toBeNull();
    expect(leastSquaresSlope([1, 1], [1, 2])).toBeNaN();
  });
});

describe('bootstrap', () => {
  it('shifts and scales with the samples', () => {
    const { normal } = randomStream(3, 'bootstrap');
    const x = Float64Array.from({ length: 60 }, normal);
    const of = (v: Float64Array) => bootstrap(meanOf(v), 60, { resamples: 200 });
    const moved = of(x.map((one) => 3 * one + 1));
    for (const side of ['value', 'low', 'high'] as const) close(moved[side], 3 * of(x)[side] + 1);
    expect(() => bootstrap(meanOf(x), 1)).toThrow('takes 2 or more');
  });

  // the reasons for which the jackknife is the way: docs/statistics.md
  it('of 20 groups covers less often than the jackknife', () => {
    const { uniform } = randomStream(5, 'coverage');
    let [byBootstrap, byJackknife] = [0, 0];
    const covers = ({ low, high }: { low: number; high: number }): number => (low <= 1 && 1 <= high ? 1 : 0);
    for (let run = 0; run < 200; run++) {
      const mean = meanOf(Float64Array.from({ length: 100 }, () => -Math.log(uniform())));
      byBootstrap += covers(bootstrap(mean, 100, { resamples: 99, seed: run })) / 200;
      byJackknife += covers(jackknife(mean, 100)) / 200;
    }
    expect(byJackknife).toBeGreaterThan(byBootstrap);
    expect(byJackknife).toBeGreaterThan(0.92);
    expect(byBootstrap).toBeGreaterThan(0.85);
  });

  it('takes a sample that is drawn twice for a pair at distance 0: a mean over pairs comes out low', () => {
    const { normal } = randomStream(6, 'pairs');
    const x = Float64Array.from({ length: 40 }, normal);
    const pairs = (indices: Indices): number => {
      const list = Array.from(indices);
      let sum = 0;
      list.forEach((a, i) => list.slice(i + 1).forEach((b) => (sum += Math.abs(x[a] - x[b]))));
      return sum / ((list.length * (list.length - 1)) / 2);
    };
    const draws = Array.from({ length: 200 }, (_, seed) => {
      const { integer } = randomStream(seed, 'one draw');
      return pairs(Array.from({ length: 40 }, () => integer(40)));
    });
    const mean = draws.reduce((a, b) => a + b, 0) / 200;
    expect(mean / pairs(x.map((_, i) => i))).toBeCloseTo(1 - 1 / 40, 2);
  });
});

it('degrees are groups less one of each repeat', () => {
  expect(
    degreesOf({
      value: 0,
      left: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      samples: 3,
    }),
  ).toBe(4);
});
