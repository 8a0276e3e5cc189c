import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { edmStochastic } from '../../solvers/edm.js';
import { restartSampler } from '../../solvers/restart.js';
import { type Settings, equivalent, solver, timeGrid } from '../../solvers/index.js';
import { solverList } from '../../solvers/registry.js';
import type { Batch } from '../../src/array/batch.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn, karras, variancePreserving } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';
import { anyProcess, anySettings, lawOnGaussian } from '../../src/testing/index.js';

const same = (
  left: readonly [string, Partial<Settings>],
  right: readonly [string, Partial<Settings>],
  processes: fc.Arbitrary<Process> = anyProcess(),
): void => {
  fc.assert(
    fc.property(processes, anySettings(), (process, settings) => {
      fc.pre(!process.roundsNetworkTime);
      const [a, b] = [left, right].map(([id, more]) =>
        solver(id).plan(process, { ...settings, ...more, nfe: settings.nfe }),
      );
      expect(equivalent(a, b, { tolerance: 1e-9 }).difference).toBeUndefined();
    }),
    { numRuns: 60 },
  );
};
const eta = fc.double({ min: 0, max: 1, noNaN: true });

describe('one sampler under several names:', () => {
  it('DDPM ancestral is DDIM with etaDdim = 1, Euler ancestral and SDE-DPM-Solver++1', () => {
    same(['ddpm-ancestral', {}], ['ddim-stochastic', {}]);
    same(['ddpm-ancestral', {}], ['euler-ancestral', {}]);
    same(['ddpm-ancestral', {}], ['sde-dpm-solver++1', {}]);
  });
  it('DDIM with noise is Euler ancestral at every etaDdim, and DDIM at 0', () => {
    fc.assert(
      fc.property(eta, (etaDdim) => same(['ddim-stochastic', { etaDdim }], ['euler-ancestral', { etaDdim }])),
      { numRuns: 5 },
    );
    same(['ddim-stochastic', { etaDdim: 0 }], ['ddim', {}]);
  });
  it('the ancestral solvers of order 2 are DPM2 and DPM-Solver++2S at etaDdim = 0', () => {
    same(['dpm2-ancestral', { etaDdim: 0 }], ['dpm2', {}]);
    same(['dpm-solver++2s-ancestral', { etaDdim: 0 }], ['dpm-solver++2s', {}]);
  });
  it('EDM without churn is Heun in sigma/alpha', () => {
    fc.assert(
      fc.property(anyProcess(), anySettings(), (process, settings) => {
        fc.pre(!process.roundsNetworkTime);
        const [a, b] = [edmStochastic({ churn: 0 }), solver('edm-heun')].map((entry) =>
          entry.plan(process, settings),
        );
        expect(equivalent(a, b, { tolerance: 1e-9 }).difference).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });
});

describe('noise of one path', () => {
  const sdes = solverList().filter(({ kind }) => kind === 'sde');

  it('changes no law of a solver: the plans are equivalent, by the overlap of their intervals', () => {
    // one asks for overlapping intervals and wants them independent, one for none of the way down
    const others = ['sde-dpm-solver++2s-independent', 'restart'];
    for (const { id } of sdes.filter((entry) => !others.includes(entry.id))) {
      const process = variancePreserving({});
      const settings = { nfe: 9, grid: timeGrid.uniform({ eta: 0.02, tMin: 0.05 }) } as const;
      const plans = (['path', 'independent'] as const).map((noise) =>
        solver(id).plan(process, { ...settings, noise }),
      );
      expect(equivalent(plans[0], plans[1]).difference, id).toBeUndefined();
    }
  });

  it('of steps that are cut in two gives the same end for a constant prediction', async () => {
    const denoiser = {
      sampleShape: [3],
      predict: (x: Batch) => ({ ...x, data: x.data.map((_, i) => [0.3, -1, 0.7][i % 3]) }),
    };
    const process = karras({});
    const run = async (id: string, nfe: number, noise: 'path' | 'independent', etaSde?: number) =>
      sample({
        plan: solver(id).plan(process, {
          nfe: nfe * (solver(id).evaluationsPerStep ?? 1),
          noise,
          grid: timeGrid.halfLogSnr({ tMin: 0.01 }),
          lastStep: 'stop',
          ...(etaSde === undefined ? {} : { etaSde }),
        }),
        denoiser,
        start: 'zero-mean',
        samples: 4,
        seed: 11,
        precision: 'float64',
      });
    for (const [id, etaSde] of [
      ['sde-dpm-solver++1'],
      ['sde-dpm-solver++2m'],
      ['sde-dpm-solver++2m', 0.4],
      ['sde-dpm-solver++2s'],
      ['ddpm-ancestral'],
      ['bfn'],
    ] as const) {
      const [coarse, fine, finest] = [4, 8, 64].map((nfe) => run(id, nfe, 'path', etaSde));
      const { data } = await coarse;
      for (const other of [await fine, await finest]) {
        other.data.forEach((value, i) => expect(Math.abs(value - data[i])).toBeLessThan(1e-9));
      }
      const independent = await run(id, 8, 'independent', etaSde);
      expect(Math.max(...independent.data.map((value, i) => Math.abs(value - data[i])))).toBeGreaterThan(
        1e-4,
      );
    }
  });

  it('is refused on the ODE, where half log-SNR is infinite at the end, and under another name', () => {
    const plan = (id: string, settings: Partial<Settings>) => () =>
      solver(id).plan(karras({}), { nfe: 4, ...settings });
    expect(plan('ddim', { noise: 'path' })).toThrow(new UsageError('ddim adds no noise'));
    expect(plan('euler-maruyama', { noise: 'path', lastStep: 'stop' })).toThrow(/half log-SNR is infinite/);
    expect(plan('bfn', { noise: 'pink' as 'path' })).toThrow(
      'the noise is "pink"; it must be independent or path',
    );
  });
});

describe('the singlestep SDE solver', () => {
  const settings = { nfe: 8, grid: timeGrid.uniform({ eta: 0.02 }), lastStep: 'stop' } as const;
  it('is another with independent noises: the covariance of the middle with the end is lost', () => {
    const process = continuousBfn({ sigma1: 0.05 });
    const [path, independent] = ['sde-dpm-solver++2s', 'sde-dpm-solver++2s-independent'].map((id) =>
      solver(id).plan(process, settings),
    );
    expect(equivalent(path, independent).difference).toMatch(/^the noise covariance of /);
  });
  it('is the same once both of those come from one path', () => {
    const process = continuousBfn({ sigma1: 0.05 });
    const onPath = solver('sde-dpm-solver++2s-independent').plan(process, { ...settings, noise: 'path' });
    expect(
      equivalent(solver('sde-dpm-solver++2s').plan(process, settings), onPath).difference,
    ).toBeUndefined();
  });
});

describe('Restart', () => {
  const data = { mean: 0.3, variance: 0.04 };
  const grid = timeGrid.halfLogSnr({ tMin: 0.05 });
  const settings = { nfe: 40, grid, lastStep: 'stop' } as const;

  it('keeps the law of a constant prediction exactly', () => {
    const plan = solver('restart').plan(karras({}), settings);
    const { mean, variance } = lawOnGaussian(plan, { mean: 0.3, variance: 0 });
    expect(Math.abs(mean - 0.3)).toBeLessThan(1e-12);
    expect(Math.abs(variance / 0.05 ** 2 - 1)).toBeLessThan(1e-12);
  });
  it('is Heun where nothing is taken twice, and takes the asked share twice else', () => {
    const [none, heun] = [restartSampler({ share: 0 }), solver('edm-heun')].map((entry) =>
      entry.plan(variancePreserving({}), settings),
    );
    expect(equivalent(none, heun).difference).toBeUndefined();
    const levels = solver('restart')
      .plan(karras({}), settings)
      .instructions.flatMap((entry) => (entry.op === 'evaluate' ? [entry.sigma] : []));
    // 20 steps, 5 of them twice: 15 steps of the grid, whose 6th to 10th levels come back
    expect(new Set(levels.map((level) => level.toPrecision(9))).size).toBe(16);
    expect(levels.filter((level, i) => i > 0 && level > levels[i - 1] * 1.01)).toHaveLength(1);
  });
  it('forgets a wrong start by its new noise: less of it is left than by Heun', () => {
    const left = (id: string): number => lawOnGaussian(solver(id).plan(karras({}), settings), data).ofStart;
    expect(left('restart')).toBeLessThan(0.8 * left('edm-heun'));
  });
  it('refuses a share out of range and noise of a path', () => {
    expect(() => restartSampler({ share: 0.6 })).toThrow('share is 0.6; it must be in [0, 0.5]');
    expect(() => solver('restart').plan(karras({}), { nfe: 4, noise: 'path' })).toThrow(/is on no path/);
  });
});

describe('re-noise samplers do not converge:', () => {
  // variances of the state at the end of BFN time, over the true one, for Gaussian data; r is the noise-to-signal ratio there
  const data = { mean: 0.2, variance: 0.25 };
  const process = continuousBfn({ sigma1: 0.05 });
  const grid = timeGrid.uniform({ eta: 1e-3 });
  const [alpha, sigma] = [process.alpha(0), process.sigma(0)];
  const r = sigma ** 2 / (alpha ** 2 * data.variance);
  const ratios = (id: string, budgets: readonly number[]): number[] =>
    budgets.map((nfe) => {
      const { variance } = lawOnGaussian(solver(id).plan(process, { nfe, grid, lastStep: 'stop' }), data);
      return variance / (alpha ** 2 * data.variance + sigma ** 2);
    });
  const near = (seen: readonly number[], expected: readonly number[], tolerance: number): void =>
    seen.forEach((value, i) => expect(Math.abs(value / expected[i] - 1)).toBeLessThan(tolerance));

  it('with fresh noise to half the variance: 1/(2 + r) of that of the prediction', () => {
    const seen = ratios('renoise-fresh', [10, 100, 1000]);
    near(seen, [0.432, 0.495, 0.5017], 0.002);
    near(seen.slice(2), [(1 / (2 + r) + r) / (1 + r)], 0.003);
  });
  it('with frozen noise to the variance times the signal-to-noise ratio of the end: (1 + r)/r', () => {
    const seen = ratios('renoise-frozen', [10, 100, 1000, 10_000]);
    near(seen, [3.6, 23.3, 68.2, 95], 0.02);
    near(seen.slice(3), [(1 + r) / r], 0.1);
  });
  it('and a sampler of the same cost does', () => {
    near(ratios('ddpm-ancestral', [400]), [1], 0.03);
  });
});

it("Milstein's scheme is Euler-Maruyama: the diffusion does not depend on the state", async () => {
  const process = variancePreserving({});
  const grid = timeGrid.uniform({ tMin: 0.05 });
  const nfe = 12;
  const mixture = gaussianMixture({ weights: [0.4, 0.6], means: [[-1], [0.8]], covariances: [[0.1], [0.2]] });
  const normal = (draw: number): number => 1.5 * Math.sin(5 * draw);
  const { data } = await sample({
    plan: solver('euler-maruyama').plan(process, { nfe, grid, lastStep: 'stop' }),
    denoiser: mixture,
    start: { shape: [1, 1], data: Float64Array.of(0.4) },
    samples: 1,
    noise: (out, _, draw) => out.fill(normal(draw)),
  });
  const times = grid.times(process, nfe);
  const diffusion = (_x: number, t: number): number => Math.sqrt(process.squaredDiffusion(t));
  let x = 0.4;
  for (let i = 0; i < nfe; i++) {
    const t = times[i];
    const h = t - times[i + 1];
    const [alpha, sigma] = [process.alpha(t), process.sigma(t)];
    const state = { shape: [1, 1], data: Float64Array.of(x) };
    const D = (mixture.predict(state, [{ t, alpha, sigma, time: process.networkTime(t) }]) as Batch).data[0];
    const drift = process.drift(t) * x - process.squaredDiffusion(t) * ((alpha * D - x) / sigma ** 2);
    const dw = Math.sqrt(h) * normal(i + 1);
    const slope = (diffusion(x + 1e-3, t) - diffusion(x - 1e-3, t)) / 2e-3;
    x += -h * drift + diffusion(x, t) * dw + (diffusion(x, t) * slope * (dw * dw - h)) / 2;
  }
  expect(Math.abs(data[0] - x)).toBeLessThan(1e-12);
});
