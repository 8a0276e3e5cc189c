import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AdaptiveSettings,
  type AdaptiveSolver,
  adaptiveSolver,
  adaptiveSolverList,
  anySolver,
  predictorCorrectorLangevin,
  registerSolver,
  solver,
  solverList,
  timeGrid,
} from '../../solvers/index.js';
import { proportionalIntegralControl, integralControl } from '../../solvers/step-control.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { type SampleOptions, sample } from '../../src/plan/sample.js';
import { discreteBetas, karras, variancePreserving } from '../../src/process/index.js';
import { anyClosedFormProcess, logUniform } from '../../src/testing/index.js';

const controlled = adaptiveSolverList().filter(({ defaults }) => defaults?.tolerance);
const vp = variancePreserving({});
const mixture = gaussianMixture({
  weights: [0.4, 0.6],
  means: [
    [-0.6, 0.1],
    [0.7, -0.3],
  ],
  covariances: [
    [0.09, 0.02],
    [0.16, 0.01],
  ],
});

describe('solvers that control their error', () => {
  it('are within some tolerances of the exact flow of Gaussian data, on every process', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...controlled),
        anyClosedFormProcess(),
        logUniform(1e-7, 1e-3),
        fc.double({ min: -1, max: 1, noNaN: true }),
        logUniform(1e-3, 2),
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 2, maxLength: 2 }),
        async (entry, process, wanted, mean, variance, units) => {
          const tolerance = entry.order === 2 ? Math.max(wanted, 1e-5) : wanted;
          const grid = timeGrid.halfLogSnr({ eta: 0.02 });
          const plan = entry.lanes(process, {
            nfe: 100_000,
            grid,
            lastStep: 'stop',
            tolerance: { absolute: tolerance, relative: tolerance },
          });
          const [from, to] = [plan.start.t, grid.end(process)].map((t) => {
            const [alpha, sigma] = [process.alpha(t), process.sigma(t)];
            return {
              alpha,
              scale: Math.hypot(alpha, sigma),
              spread: Math.hypot(alpha * Math.sqrt(variance), sigma),
            };
          });
          const start = units.map((u) => from.alpha * mean + from.spread * u);
          const { data, incomplete } = await sample({
            plan,
            denoiser: gaussianMixture({ weights: [1], means: [[mean]], covariances: [[variance]] }),
            start: { shape: [2, 1], data: Float64Array.from(start) },
            samples: 2,
          });
          expect(incomplete).toEqual([]);
          units.forEach((u, i) => {
            const exact = to.alpha * mean + to.spread * u;
            const error = Math.abs(data[i] - exact) / (to.scale + Math.abs(exact));
            expect(error / tolerance).toBeLessThan(30);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('Dormand-Prince at 1e-10 is the reference: a fine fixed solver of order 4 comes to the same', async () => {
    const grid = timeGrid.halfLogSnr();
    const run = { denoiser: mixture, start: 'zero-mean', samples: 4, seed: 2, precision: 'float64' } as const;
    const tolerance = { absolute: 1e-10, relative: 1e-10 };
    const lanes = adaptiveSolver('dormand-prince').lanes(vp, {
      nfe: 5000,
      grid,
      lastStep: 'stop',
      tolerance,
    });
    const plan = solver('deis-rhork-4').plan(vp, { nfe: 4000, grid, lastStep: 'stop' });
    const [adaptive, fixed] = [await sample({ ...run, plan: lanes }), await sample({ ...run, plan })];
    adaptive.data.forEach((x, i) => expect(Math.abs(x - fixed.data[i])).toBeLessThan(2e-9));
    expect(adaptive.nfe).toBeLessThan(1000);
  });

  it.each([
    ['dpm-solver-adaptive-12', 'dpm-solver-2'],
    ['dpm-solver-adaptive-23', 'dpm-solver-3'],
    ['dpm-solver++adaptive-12', 'dpm-solver++2s'],
    ['dpm-solver++adaptive-23', 'dpm-solver++3s'],
  ])('%s takes the step of %s, of length .05 at first', async (id, fixed) => {
    const times = [1, 1.05].map(vp.timeAtLambda);
    const settings = { grid: timeGrid.explicit(times), lastStep: 'stop' } as const;
    const run = { denoiser: mixture, start: 'zero-mean', samples: 4, seed: 2, precision: 'float64' } as const;
    const lanes = adaptiveSolver(id).lanes(vp, { nfe: 9, ...settings });
    const plan = solver(fixed).plan(vp, { nfe: solver(fixed).evaluationsPerStep ?? 1, ...settings });
    const [one, other] = [await sample({ ...run, plan: lanes }), await sample({ ...run, plan })];
    expect(one.nfe).toBe(other.nfe);
    one.data.forEach((x, i) => expect(x).toBeCloseTo(other.data[i], 13));
  });

  it.each(controlled.map((entry) => [entry.id, entry] as const))(
    '%s gives what it has where its budget is spent, and more of it where that is larger',
    async (_, entry) => {
      const reached = async (nfe: number, lastStep: 'stop' | 'predict') => {
        const plan = entry.lanes(vp, { nfe, lastStep, tolerance: { absolute: 1e-4, relative: 1e-4 } });
        return sample({ plan, denoiser: mixture, start: 'zero-mean', samples: 1 });
      };
      const whole = await reached(2000, 'predict');
      let before = 2;
      for (const nfe of [1, 5, 10, 20, whole.nfe - 1]) {
        const { incomplete, calls } = await reached(nfe, 'predict');
        const [{ t, error }] = incomplete;
        expect(t).toBeLessThanOrEqual(before);
        expect(calls.max).toBeLessThanOrEqual(nfe);
        expect(error === null).toBe(nfe < (entry.evaluationsPerStep ?? 1));
        before = t;
      }
      expect((await reached(whole.nfe, 'predict')).data).toEqual(whole.data);
      expect((await reached(whole.nfe, 'stop')).incomplete).toEqual([]);
    },
  );

  it('predict and predict-at-end are one', async () => {
    for (const entry of controlled) {
      const results = await Promise.all(
        (['predict', 'predict-at-end'] as const).map((lastStep) =>
          sample({
            plan: entry.lanes(vp, { nfe: 500, lastStep }),
            denoiser: mixture,
            start: 'zero-mean',
            samples: 2,
          }),
        ),
      );
      expect(results[0]).toEqual(results[1]);
    }
  });
});

describe('step control', () => {
  it('aims at .9 of the tolerance, and stays at a length whose error does not change', () => {
    for (const order of [2, 3, 5]) {
      const next = integralControl(order)();
      expect(next(0.9 ** order, 0.3)).toBeCloseTo(0.3, 12);
      expect(next(1, 0.3)).toBeCloseTo(0.27, 12);
      expect(next(0, 0.3)).toBe(Infinity);
    }
    const next = proportionalIntegralControl(5)();
    let length = 1;
    for (let i = 0; i < 50; i++) length = next((length / 0.2) ** 5, length);
    expect(length).toBeGreaterThan(0.15);
    expect(length).toBeLessThan(0.2);
  });

  it('of Dormand-Prince at most doubles a step, and grows none after one that was refused', () => {
    const next = proportionalIntegralControl(5)();
    expect(next(0, 1)).toBe(2);
    expect(next(1e9, 1)).toBeCloseTo(0.2, 12);
    expect(next(1e-9, 1)).toBe(1);
    expect(next(1e-9, 1)).toBe(2);
  });
});

describe('predictor-corrector Langevin', () => {
  const settings: AdaptiveSettings = { nfe: 160, grid: timeGrid.halfLogSnr(), lastStep: 'stop' };
  const meanSquare = async (entry: AdaptiveSolver, d: number): Promise<number> => {
    const plan = entry.lanes(vp, settings);
    // of standard normal data
    const denoiser: Denoiser = {
      sampleShape: [d],
      predict: ({ shape, data }, moments) => ({
        shape,
        data: data.map((x, i) => moments[Math.floor(i / d)].alpha * x),
      }),
    };
    const { data } = await sample({ plan, denoiser, start: 'zero-mean', samples: 100, seed: 1 });
    return Array.from(data, (x) => x * x).reduce((sum, x) => sum + x, 0) / data.length;
  };

  it('holds the variance of Gaussian data at 1 + r² of its own, so that it is not consistent', async () => {
    for (const r of [0.2, 0.4]) {
      const entry = predictorCorrectorLangevin({ signalToNoise: r });
      expect(Math.abs((await meanSquare(entry, 1024)) / (1 + r * r) - 1)).toBeLessThan(0.015);
      expect(entry.consistent).toBe(false);
    }
  });

  it('without corrections of any length is its predictor', async () => {
    const run: Pick<SampleOptions, 'denoiser' | 'start' | 'samples' | 'precision' | 'noise'> = {
      denoiser: mixture,
      start: 'zero-mean',
      samples: 3,
      precision: 'float64',
      noise: (out, index) => out.set([Math.sin(index), Math.cos(index)]),
    };
    const entry = predictorCorrectorLangevin({ signalToNoise: 0, corrections: 2 });
    const plan = solver('sde-dpm-solver++1').plan(vp, { ...settings, nfe: 7 });
    const corrected = await sample({ ...run, plan: entry.lanes(vp, { ...settings, nfe: 21 }) });
    expect(corrected.nfe).toBe(21);
    expect(corrected.data).toEqual((await sample({ ...run, plan })).data);
  });

  it.each([1, 2, 3, 7, 8])('makes %i calls of so many, with every last step', async (nfe) => {
    for (const lastStep of ['stop', 'predict', 'predict-at-end'] as const) {
      for (const process of [vp, karras({})]) {
        const plan = adaptiveSolver('predictor-corrector-langevin').lanes(process, { nfe, lastStep });
        const { calls } = await sample({ plan, denoiser: mixture, start: 'zero-mean', samples: 2 });
        expect(calls).toEqual({ mean: nfe, max: nfe });
      }
    }
  });
});

describe('the registry', () => {
  it('has solvers of both kinds, each by its own door and by one for both', () => {
    for (const { id } of solverList()) {
      expect(anySolver(id)).toBe(solver(id));
      expect(() => adaptiveSolver(id)).toThrow(
        /do not depend on the sample; of those whose do there are: dpm-solver-adaptive-12/,
      );
    }
    for (const { id } of adaptiveSolverList()) {
      expect(anySolver(id)).toBe(adaptiveSolver(id));
      expect(() => solver(id)).toThrow(/has no plan: its steps depend on the sample/);
    }
    expect(() => adaptiveSolver('dormand')).toThrow(/unknown solver "dormand"/);
  });

  it('takes them from outside', () => {
    registerSolver({ ...adaptiveSolver('dormand-prince'), id: 'my-dormand-prince' });
    expect(adaptiveSolverList().map(({ id }) => id)).toContain('my-dormand-prince');
    expect(solverList().map(({ id }) => id)).not.toContain('my-dormand-prince');
  });
});

describe('a setting that does not fit is refused:', () => {
  it.each<[string, string, Partial<AdaptiveSettings>, RegExp]>([
    ['no budget', 'dormand-prince', { nfe: 0 }, /^NFE is 0/],
    [
      'an absolute tolerance of 0',
      'dormand-prince',
      { tolerance: { absolute: 0 } },
      /absolute tolerance is 0; it must be positive/,
    ],
    [
      'a negative relative one',
      'dormand-prince',
      { tolerance: { relative: -1 } },
      /relative tolerance is -1/,
    ],
    [
      'one that is no number',
      'dpm-solver-adaptive-12',
      { tolerance: { relative: NaN } },
      /relative tolerance is NaN/,
    ],
    [
      'one where none is taken',
      'predictor-corrector-langevin',
      { tolerance: {} },
      /does not take a tolerance/,
    ],
    ['a draw', 'dormand-prince', { draw: true }, /not a draw/],
    ['an eta', 'dormand-prince', { etaSde: 1 }, /does not take etaSde/],
    ['noise of an ODE', 'dormand-prince', { noise: 'path' }, /adds no noise/],
    ['noise on a path', 'predictor-corrector-langevin', { noise: 'path' }, /on no path/],
    ['an unknown last step', 'dormand-prince', { lastStep: 'jump' as 'stop' }, /last step is "jump"/],
    [
      'an end without noise',
      'dormand-prince',
      { grid: timeGrid.uniform() },
      /infinite at t = 0; the grid half-log-snr ends short/,
    ],
    [
      'a grid of more times',
      'dormand-prince',
      { grid: timeGrid.explicit([0.9, 0.5, 0.1]) },
      /has 3 times; 1 steps need 2/,
    ],
  ])('%s', (_, id, settings, says) => {
    const refused = (): unknown => adaptiveSolver(id).lanes(vp, { nfe: 10, ...settings });
    expect(refused).toThrow(says);
    expect(refused).toThrow(UsageError);
  });

  it('a process that rounds its times', () => {
    const process = discreteBetas({ betas: [0.1, 0.2, 0.3] });
    const lanes = (): unknown => adaptiveSolver('dormand-prince').lanes(process, { nfe: 10 });
    expect(lanes).toThrow(/rounds those that it shows to the network/);
  });

  it('parameters of Langevin dynamics', () => {
    expect(() => predictorCorrectorLangevin({ signalToNoise: 1 })).toThrow(
      /signalToNoise is 1; it must be in/,
    );
    expect(() => predictorCorrectorLangevin({ corrections: 0 })).toThrow(/corrections is 0/);
  });
});
