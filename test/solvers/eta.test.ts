import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { meanEta, pathInterval } from '../../solvers/eta.js';
import { type EtaSde, equivalent, solver, timeGrid } from '../../solvers/index.js';
import type { Batch } from '../../src/array/batch.js';
import { planFromJson } from '../../src/plan/check.js';
import { sample } from '../../src/plan/sample.js';
import { karras } from '../../src/process/index.js';
import { anyProcess, lawOnGaussian } from '../../src/testing/index.js';
import { from as first, to as last } from '../../src/testing/measure/problem.js';
import { exactVariation, weakSlopes } from '../../src/testing/measure/weak.js';

// SA-Solver's tau(t): a stochasticity on an interval of half log-SNRs.

const anyInterval = (): fc.Arbitrary<Exclude<EtaSde, number>> =>
  fc
    .record({
      value: fc.double({ min: 0.05, max: 1, noNaN: true }),
      from: fc.double({ min: -3, max: 1, noNaN: true }),
      width: fc.double({ min: 0.1, max: 3, noNaN: true }),
    })
    .map(({ value, from, width }) => ({ value, from, to: from + width }));

const takers = ['sa-solver-p1', 'sa-solver-p2', 'sa-solver-p3c4', 'sde-dpm-solver++2m', 'sde-dpm-solver++3m'];

describe('etaSde on an interval', () => {
  it('is a number where the interval holds the whole way, and the ODE where it holds nothing of it', () => {
    const grid = timeGrid.halfLogSnr({ eta: 0.05, tMin: 0.02 });
    fc.assert(
      fc.property(
        fc.constantFrom(...takers),
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        (id, nfe, value) => {
          const plan = (etaSde: EtaSde) =>
            solver(id).plan(karras({}), { nfe, grid, lastStep: 'stop', etaSde });
          const options = { tolerance: 1e-9 };
          const everywhere = plan({ value, from: -50, to: 50 });
          expect(equivalent(everywhere, plan(value), options).difference).toBeUndefined();
          const nowhere = plan({ value, from: 40, to: 50 });
          expect(equivalent(nowhere, plan(0), options).difference).toBeUndefined();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the law of a constant prediction, on every process and grid of steps', () => {
    fc.assert(
      fc.property(
        anyProcess(),
        fc.constantFrom(...takers),
        fc.integer({ min: 1, max: 12 }),
        anyInterval(),
        (process, id, nfe, etaSde) => {
          fc.pre(!process.roundsNetworkTime);
          const span = process.noiseEnd - process.dataEnd;
          const tMin = process.dataEnd + 0.03 * span;
          const grid = timeGrid.uniform({ eta: 0.04, tMin });
          const plan = solver(id).plan(process, { nfe, grid, lastStep: 'stop', etaSde });
          const { mean, variance } = lawOnGaussian(plan, { mean: 0.4, variance: 0 });
          expect(Math.abs(mean / (process.alpha(tMin) * 0.4) - 1)).toBeLessThan(1e-8);
          expect(Math.abs(variance / process.sigma(tMin) ** 2 - 1)).toBeLessThan(1e-8);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is additive: the integral over a way is that over its parts', () => {
    fc.assert(
      fc.property(
        anyInterval(),
        fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (eta, ends) => {
          const [a, b, c] = ends.toSorted((x, y) => x - y);
          fc.pre(a < b && b < c);
          const integral = (from: number, to: number): number => meanEta(eta, from, to) * (to - from);
          expect(Math.abs(integral(a, b) + integral(b, c) - integral(a, c))).toBeLessThan(1e-12);
          const [whole, left, right] = [
            pathInterval(a, c, eta),
            pathInterval(a, b, eta),
            pathInterval(b, c, eta),
          ];
          expect([left.from, left.to, right.to]).toEqual([whole.from, right.from, whole.to]);
        },
      ),
    );
  });

  it('is of the weak orders of the solver', () => {
    // the ends of the interval fall between the nodes, elsewhere for every number of steps
    const eta = { value: 0.9, from: -0.83, to: 1.17 };
    for (const [id, order] of [
      ['sa-solver-p1', 1],
      ['sde-dpm-solver++1', 1],
    ] as const) {
      expect(weakSlopes(solver(id), eta).bent.order, id).toBeCloseTo(order, 0);
    }
    for (const id of ['sa-solver-p2', 'sa-solver-p3', 'sde-dpm-solver++2m']) {
      const { errors } = weakSlopes(solver(id), eta).bent;
      const [start, end] = [errors[0], errors[errors.length - 1]];
      const mean = Math.log(start.error / end.error) / Math.log(end.nfe / start.nfe);
      expect(Math.abs(mean - 2), `${id} ${mean}`).toBeLessThan(0.25);
    }
  });

  it('the exact variation is that of a number on the whole way', () => {
    const [a, b] = [exactVariation(0.7), exactVariation({ value: 0.7, from: first, to: last })];
    const halves = exactVariation({ value: 0.7, from: first - 1, to: last + 1 });
    for (const key of ['deviation', 'slopeOfMean', 'slopeOfSquare'] as const) {
      expect(Math.abs(a[key] - b[key])).toBeLessThan(1e-12);
      expect(Math.abs(a[key] - halves[key])).toBeLessThan(1e-12);
    }
  });

  it('on one path, refining the grid leaves the end as it is for a constant prediction', async () => {
    const denoiser = {
      sampleShape: [3],
      predict: (x: Batch) => ({ ...x, data: x.data.map((_, i) => [0.3, -1, 0.7][i % 3]) }),
    };
    const run = async (nfe: number) => {
      const { data } = await sample({
        plan: solver('sa-solver-p2').plan(karras({}), {
          nfe,
          noise: 'path',
          grid: timeGrid.halfLogSnr({ tMin: 0.01 }),
          lastStep: 'stop',
          etaSde: { value: 0.8, from: -1.1, to: 1.3 },
        }),
        denoiser,
        start: 'zero-mean',
        samples: 4,
        seed: 11,
        precision: 'float64',
      });
      return data;
    };
    const [coarse, fine] = [await run(7), await run(61)];
    fine.forEach((value, i) => expect(Math.abs(value - coarse[i])).toBeLessThan(1e-9));
  });

  it('is on record and survives JSON', () => {
    const etaSde = { value: 0.5, from: -1, to: 2 };
    const plan = solver('sa-solver-p3').plan(karras({}), { nfe: 4, etaSde });
    expect(plan.settings.etaSde).toEqual(etaSde);
    expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
  });

  it.each([
    [{ value: 2, from: 0, to: 1 }, /^etaSde is 2; it must be in \[0, 1\]$/],
    [{ value: 1, from: 1, to: 0 }, /^etaSde is on 1 to 0; these must be two half log-SNRs, the lower first$/],
    [{ value: 1, from: -Infinity, to: 0 }, /^etaSde is on -Infinity to 0/],
    [{}, /^etaSde is \{\}; it must be in \[0, 1\]$/],
  ])('of %o is refused', (etaSde, message) => {
    expect(() => solver('sa-solver-p3').plan(karras({}), { nfe: 4, etaSde: etaSde as EtaSde })).toThrow(
      message,
    );
  });
});
