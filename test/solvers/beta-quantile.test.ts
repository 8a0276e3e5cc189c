import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { betaProbability, betaQuantile } from '../../solvers/beta-quantile.js';

const shape = (): fc.Arbitrary<number> =>
  fc.double({ min: Math.log(0.1), max: Math.log(50), noNaN: true }).map(Math.exp);
const part = (): fc.Arbitrary<number> => fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

describe('the law of a Beta variable', () => {
  it('has the closed forms of a = 1, b = 1 and a = b = 1/2', () => {
    fc.assert(
      fc.property(part(), shape(), (x, a) => {
        expect(betaProbability(x, a, 1)).toBeCloseTo(x ** a, 12);
        expect(betaProbability(x, 1, a)).toBeCloseTo(-Math.expm1(a * Math.log1p(-x)), 12);
        expect(betaProbability(x, 0.5, 0.5)).toBeCloseTo((2 / Math.PI) * Math.asin(Math.sqrt(x)), 12);
      }),
    );
  });

  it('is symmetric, and keeps the recurrence I_x(a, b) = x I_x(a - 1, b) + (1 - x) I_x(a, b - 1)', () => {
    fc.assert(
      fc.property(part(), shape(), shape(), (x, a, b) => {
        expect(betaProbability(x, a, b) + betaProbability(1 - x, b, a)).toBeCloseTo(1, 11);
        const other = x * betaProbability(x, a, b + 1) + (1 - x) * betaProbability(x, a + 1, b);
        // DLMF 8.17.12, with a and b one up
        expect(betaProbability(x, a + 1, b + 1)).toBeCloseTo(other, 11);
      }),
    );
  });

  it('is what SciPy 1 says', () => {
    expect(betaProbability(0.2, 0.6, 0.6)).toBeCloseTo(0.2713679328265825, 13);
    expect(betaQuantile(0.01, 0.6, 0.6) / 0.0008612388215429059).toBeCloseTo(1, 12);
  });
});

it('the quantile undoes the probability, and increases', () => {
  fc.assert(
    fc.property(part(), part(), shape(), shape(), (p, q, a, b) => {
      const [x, y] = [p, q].map((value) => betaQuantile(value, a, b));
      // where the law crowds at an end, neighbouring doubles are further apart in probability than rounding
      fc.pre(x > 1e-300 && x < 1 - 1e-9);
      expect(betaProbability(x, a, b)).toBeCloseTo(p, 6);
      if (p < q) expect(x).toBeLessThanOrEqual(y);
    }),
  );
  expect([betaQuantile(0, 2, 3), betaQuantile(1, 2, 3)]).toEqual([0, 1]);
});
