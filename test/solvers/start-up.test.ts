import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clocks } from '../../solvers/exponential-multistep.js';
import { type Settings, equivalent, lastSteps, solver, timeGrid } from '../../solvers/index.js';
import { solverList } from '../../solvers/registry.js';
import { startUpWithin } from '../../solvers/start-up.js';
import { continuousBfn, discreteBfn, karras, variancePreserving } from '../../src/process/index.js';
import { scalarOf } from '../../src/plan/components.js';
import { odeSlopes } from '../../src/testing/measure/ode.js';
import { anyProcess, lawOnGaussian } from '../../src/testing/index.js';

const multisteps = solverList().filter(({ multistep }) => multistep !== undefined);
const full = 'full-order' as const;

// That it gives the declared order is measured for every multistep solver in measured.test.ts.

describe('a start-up of full order', () => {
  it('meets every budget from 1 to 60, with every last step and grid end', () => {
    const processes = [continuousBfn({ sigma1: 0.02 }), discreteBfn({ classes: 5, beta1: 1.5 }), karras({})];
    for (const entry of multisteps) {
      for (const process of processes) {
        for (const lastStep of lastSteps) {
          for (let nfe = 1; nfe <= 60; nfe += nfe < 12 ? 1 : 8) {
            const plan = entry.plan(process, { nfe, lastStep, startUp: full });
            const calls = plan.instructions.filter(({ op }) => op === 'evaluate').length;
            expect([calls, plan.nfe], `${entry.id}, ${process.id}, ${nfe}, ${lastStep}`).toEqual([nfe, nfe]);
          }
        }
      }
    }
  });

  it('costs (p - 2)(p - 3)/2 calls, and is of the highest order that a small budget allows for', () => {
    const orders = (order: number): number[] =>
      [1, 2, 3, 4, 5, 6, 7, 8].map((budget) => startUpWithin(budget, order).order);
    expect(orders(3)).toEqual([2, 3, 3, 3, 3, 3, 3, 3]);
    expect(orders(4)).toEqual([2, 3, 3, 4, 4, 4, 4, 4]);
    expect(orders(5)).toEqual([2, 3, 3, 4, 4, 4, 5, 5]);
    for (const order of [3, 4, 5]) {
      const { extraCalls } = startUpWithin(60, order);
      expect(extraCalls).toBe(((order - 2) * (order - 3)) / 2);
      const id = { 3: 'unip-3', 4: 'unip-4', 5: 'exponential-adams-5' }[order] ?? '';
      const { instructions } = solver(id).plan(karras({}), { nfe: 20, startUp: full });
      const times = instructions.flatMap((entry) => (entry.op === 'evaluate' ? [entry.t] : []));
      expect(new Set(times).size).toBe(20 - extraCalls);
    }
  });

  it('leaves a method of order 2 as it is, and is on record', () => {
    fc.assert(
      fc.property(anyProcess(), fc.integer({ min: 1, max: 20 }), (process, nfe) => {
        fc.pre(!process.roundsNetworkTime);
        const settings: Settings = { nfe, grid: timeGrid.uniform({ eta: 0.02 }) };
        for (const id of ['dpm-solver++2m', 'bfn-solver2', 'deis-tab-2']) {
          const [ramp, started] = [{}, { startUp: full }].map((more) =>
            solver(id).plan(process, { ...settings, ...more }),
          );
          expect(started.instructions).toEqual(ramp.instructions);
          expect(started.settings.startUp).toBe(full);
          expect(ramp.settings).not.toHaveProperty('startUp');
        }
      }),
      { numRuns: 20 },
    );
  });

  it('is exact from the first step on where the prediction is a polynomial of its degree', () => {
    // the data as lambda^power whatever the state: after p - 1 calls a method of order p has the polynomial itself
    const process = karras({ sigmaMax: 80 });
    const lambdas = [-1, -0.7, -0.45, -0.1, 0.3, 0.5, 0.9, 1.2];
    const grid = timeGrid.explicit(lambdas.map(process.timeAtLambda));
    for (const [id, order] of [
      ['exponential-adams-4', 4],
      ['exponential-adams-5', 5],
    ] as const) {
      for (let power = 0; power < order - 1; power++) {
        const { extraCalls } = startUpWithin(60, order);
        const plan = solver(id).plan(process, { nfe: 7 + extraCalls, grid, startUp: full, lastStep: 'stop' });
        const values = new Map<string, number>([[plan.start.register, 0]]);
        let end = NaN;
        for (const entry of plan.instructions) {
          if (entry.op === 'evaluate') values.set(entry.into, Math.log(entry.alpha / entry.sigma) ** power);
          if (entry.op === 'return') end = values.get(entry.from) ?? NaN;
          if (entry.op !== 'combine') continue;
          values.set(
            entry.into,
            entry.terms.reduce(
              (sum, [weight, register]) => sum + scalarOf(weight) * (values.get(register) ?? NaN),
              0,
            ),
          );
        }
        // ∫ e^(lambda - lambda_t) lambda^power, by parts
        const primitive = (at: number, k: number): number =>
          k === 0 ? 1 : at ** k - k * primitive(at, k - 1);
        const [from, to] = [lambdas[0], lambdas[lambdas.length - 1]];
        const exact = primitive(to, power) - Math.exp(from - to) * primitive(from, power);
        expect(Math.abs(end - exact), `${id}, power ${power}`).toBeLessThan(1e-12);
      }
    }
  });

  it('keeps the law of the SDE for a constant prediction: each step has its noise once', () => {
    const data = { mean: 0.4, variance: 0 };
    const process = variancePreserving({});
    const settings: Settings = {
      nfe: 14,
      grid: timeGrid.halfLogSnr({ tMin: 0.05 }),
      lastStep: 'stop',
      startUp: full,
    };
    for (const etaSde of [0.3, 1, { value: 0.8, from: -2, to: 0.4 }]) {
      const plan = solver('sa-solver-p4').plan(process, { ...settings, etaSde });
      const { mean, variance } = lawOnGaussian(plan, data);
      const [alpha, sigma] = [process.alpha(0.05), process.sigma(0.05)];
      expect(Math.abs(mean / (alpha * data.mean) - 1)).toBeLessThan(1e-10);
      expect(Math.abs(variance / sigma ** 2 - 1)).toBeLessThan(1e-10);
      const onPath = solver('sa-solver-p4').plan(process, { ...settings, etaSde, noise: 'path' });
      expect(equivalent(plan, onPath).difference).toBeUndefined();
    }
  });

  it('is refused where there is no history to start, and under another name', () => {
    const plan = (id: string, startUp: 'full-order') => () =>
      solver(id).plan(karras({}), { nfe: 5, startUp });
    expect(plan('edm-heun', full)).toThrow(/^edm-heun has no full-order start-up: it is no multistep solver/);
    expect(plan('restart', full)).toThrow(/^restart has no full-order start-up/);
    expect(plan('unip-3', 'slow' as typeof full)).toThrow(
      'the start-up is "slow"; it must be ramp or full-order',
    );
  });
});

describe('orders depend on the grid:', () => {
  it('iPNDM is of its order on equal steps of sigma/alpha, and of order 2 in half log-SNR', () => {
    for (const id of ['ipndm-3', 'ipndm-4']) {
      expect(solver(id).multistep?.clock).toBe(clocks.noiseToSignal);
      expect(odeSlopes(solver(id), clocks.lambda).exact.order).toBeCloseTo(2, 1);
    }
  });
});
