import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logNormalCdf, logNormalMass, normalCdf } from '../../src/bfn/index.js';
import { log1mExp, logSoftmax, logSumExp } from '../../src/bfn/numeric.js';
import { gaussLegendre, normalRule } from '../../src/bfn/rules.js';
import { Decimal } from 'decimal.js';

const D = Decimal.clone({ precision: 70 });
const pi = D.acos(-1);

/** 1/2 + phi(z) (z + z³/3 + z⁵/15 + ...) in 70 digits. */
const cdf = (z: number): Decimal => {
  const x = new D(z);
  let [term, sum] = [x, x];
  for (let k = 3; term.abs().gt(1e-68); k += 2) {
    term = term.times(x).times(x).div(k);
    sum = sum.plus(term);
  }
  return x.pow(2).div(-2).exp().div(pi.times(2).sqrt()).times(sum).plus(0.5);
};

const place = fc.double({ min: -9, max: 9, noNaN: true });

describe('the normal distribution function', () => {
  it('is that of 70 digits, in the lower tail in relative terms', () => {
    fc.assert(
      fc.property(place, (z) => {
        const exact = cdf(z);
        expect(new D(normalCdf(z)).div(exact).minus(1).abs().toNumber()).toBeLessThan(1e-13);
        const log = exact.ln();
        const error = new D(logNormalCdf(z)).minus(log).abs().div(D.max(log.abs(), 1));
        expect(error.toNumber()).toBeLessThan(1e-13);
      }),
    );
  });

  it('has masses that do not cancel in either tail', () => {
    fc.assert(
      fc.property(place, fc.double({ min: 1e-3, max: 4, noNaN: true }), (low, width) => {
        const exact = cdf(low + width)
          .minus(cdf(low))
          .ln();
        const error = new D(logNormalMass(low, low + width)).minus(exact).abs();
        expect(error.toNumber()).toBeLessThan(1e-11);
      }),
    );
  });

  it('has its limits', () => {
    expect([normalCdf(-Infinity), normalCdf(Infinity)]).toEqual([0, 1]);
    expect(logNormalCdf(-Infinity)).toBe(-Infinity);
    expect(logNormalCdf(Infinity)).toBeCloseTo(0, 15);
    expect(logNormalMass(-Infinity, Infinity)).toBeCloseTo(0, 14);
    // -z²/2 - ln(z sqrt(2 pi)) + ln(1 - 1/z² + 3/z⁴ ...), where linear space underflows
    const series = -800 - Math.log(40 * Math.sqrt(2 * Math.PI)) + Math.log(1 - 1 / 1600 + 3 / 1600 ** 2);
    expect(Math.abs(logNormalCdf(-40) - series)).toBeLessThan(1e-7);
    expect(normalCdf(NaN)).toBeNaN();
  });
});

describe('the log domain', () => {
  it('does not overflow', () => {
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 10);
    expect(logSumExp(Float64Array.of(-Infinity, -Infinity))).toBe(-Infinity);
    const logs = [-800, 0, -Math.LN2, -Math.LN2];
    logSoftmax([0, 800, 5, 5], 2).forEach((value, i) => expect(value).toBeCloseTo(logs[i], 14));
    expect(log1mExp(-1e-20)).toBeCloseTo(Math.log(1e-20), 12);
    expect(log1mExp(-50)).toBe(-Math.exp(-50));
  });
});

describe('quadrature rules', () => {
  it('Gauss-Legendre is exact for polynomials of degree 2n - 1', () => {
    for (const n of [1, 2, 5, 16, 32]) {
      const { nodes, weights } = gaussLegendre(n);
      for (let power = 0; power < 2 * n; power++) {
        const sum = nodes.reduce((total, x, i) => total + weights[i] * x ** power, 0);
        expect(Math.abs(sum - (power % 2 === 0 ? 2 / (power + 1) : 0))).toBeLessThan(1e-13);
      }
    }
  });

  it('the rule of the normal has its moments', () => {
    const { nodes, weights } = normalRule(40);
    const moments = [1, 0, 1, 0, 3, 0, 15];
    moments.forEach((moment, power) => {
      const sum = nodes.reduce((total, x, i) => total + weights[i] * x ** power, 0);
      expect(Math.abs(sum - moment)).toBeLessThan(1e-8);
    });
  });
});
