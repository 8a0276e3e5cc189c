import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atoms } from '../../src/denoiser/atoms.js';
import { UsageError } from '../../src/errors.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';
import { batchOf, largestDifference, momentAt, normalMatrix, rowsOf } from './laws.js';

const seeds = fc.nat(1e6);
const alphas = fc.double({ min: 0.05, max: 1.5, noNaN: true });
const sigmas = fc.double({ min: 0.05, max: 2, noNaN: true });

describe('the posterior mean of points', () => {
  it('is the mean of the points by their posterior probabilities, summed as written', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 4 }), alphas, sigmas, (seed, d, alpha, sigma) => {
        const stream = randomStream(seed, 'points');
        const points = normalMatrix(5, d, stream);
        const weights = [0.1, 0.2, 0.3, 0.15, 0.25];
        const x = points[2].map((value) => alpha * value + sigma * stream.normal());
        const joint = points.map(
          (point, k) =>
            weights[k] *
            point.reduce((p, a, j) => p * Math.exp(-((x[j] - alpha * a) ** 2) / (2 * sigma ** 2)), 1),
        );
        const total = joint.reduce((a, b) => a + b, 0);
        const mean = x.map((_, j) =>
          points.reduce((sum, point, k) => sum + (joint[k] / total) * point[j], 0),
        );
        const law = atoms({ points, weights });
        const moment = momentAt(alpha, sigma);
        expect(largestDifference(law.predict(batchOf([x]), [moment]).data, mean)).toBeLessThan(1e-10);
        const logDensity = Math.log(total) - d * Math.log(Math.sqrt(2 * Math.PI) * sigma);
        expect(law.logDensity(batchOf([x]), moment)[0]).toBeCloseTo(logDensity, 8);
      }),
    );
  });

  it('of -a and a is a hyperbolic tangent', () => {
    fc.assert(
      fc.property(alphas, sigmas, fc.double({ min: -3, max: 3, noNaN: true }), (alpha, sigma, x) => {
        const law = atoms({ points: [[-0.5], [0.5]], weights: [0.3, 0.7] });
        const odds = (alpha * 0.5 * x) / sigma ** 2 + Math.log(0.7 / 0.3) / 2;
        const [mean] = law.predict(batchOf([[x]]), [momentAt(alpha, sigma)]).data;
        expect(mean).toBeCloseTo(0.5 * Math.tanh(odds), 12);
      }),
    );
  });

  it('stays exact where every density underflows: the nearest point wins', () => {
    const law = atoms({ points: [[0], [1], [3]] });
    const moments = new Array<Moment>(3).fill(momentAt(1, 1e-6));
    expect([...law.predict(batchOf([[0.4], [0.6], [-50]]), moments).data]).toEqual([0, 1, 0]);
  });

  it('does not depend on the batch, and float32 batches are float64 ones rounded', () => {
    const { normal } = randomStream(1, 'rows');
    const law = atoms({ points: normalMatrix(20, 3, { normal }) });
    const rows = normalMatrix(7, 3, { normal }).map((row) => row.map(Math.fround));
    const moments = rows.map((_, i) => momentAt(0.5, 0.2 + (i % 3)));
    const together = rowsOf(law.predict(batchOf(rows), moments));
    const rounded = rowsOf(law.predict(batchOf(rows, 'float32'), moments));
    rows.forEach((row, i) => {
      expect(rowsOf(law.predict(batchOf([row]), [moments[i]]))[0]).toEqual(together[i]);
      expect(rounded[i]).toEqual(together[i].map(Math.fround));
    });
  });

  it('at the ends of the channel: the mean of the law, and x / alpha', () => {
    const law = atoms({ points: [[0, 4], [2, 0]], weights: [0.25, 0.75] }); // prettier-ignore
    expect(law.mean).toEqual([1.5, 1]);
    expect(law.covariance).toEqual([[0.75, -1.5], [-1.5, 3]]); // prettier-ignore
    const x = batchOf([[9, 9], [1, 2]]); // prettier-ignore
    expect([...law.predict(x, [momentAt(0, 1), momentAt(0.5, 0)]).data]).toEqual([1.5, 1, 2, 4]);
  });
});

describe('points as a law', () => {
  it('are drawn in proportion to their weights (5 standard errors, fixed seed)', () => {
    const law = atoms({ points: [[-1], [1], [5]], weights: [0.2, 0.3, 0.5] });
    const draws = [...law.sample(20000, 4).data];
    [-1, 1, 5].forEach((point, k) => {
      const share = draws.filter((value) => value === point).length / draws.length;
      const p = law.weights[k];
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws.length));
    });
  });

  it('have no density without noise', () => {
    const law = atoms({ points: [[0], [1]] });
    expect(() => law.logDensity(batchOf([[0]]))).toThrow(UsageError);
    expect(() => law.score(batchOf([[0]]), [momentAt(1, 0)])).toThrow(/points have no density/);
  });

  it.each([
    [{ points: [] }, /points is empty/],
    [{ points: [[]] }, /points is empty/],
    [{ points: [[1], [1, 2]] }, /points\[1\] has 2 numbers; accepted are 1/],
    [{ points: [[1], [Infinity]] }, /points\[1\]\[0\] is Infinity/],
    [{ points: [[1], [2]], weights: [0.5] }, /weights has 1 numbers/],
    [{ points: [[1], [2]], weights: [0.5, 0.4] }, /weights sum to 0\.9/],
  ])('%j is refused', (wrong, message) => {
    expect(() => atoms(wrong)).toThrow(UsageError);
    expect(() => atoms(wrong)).toThrow(message);
  });
});
