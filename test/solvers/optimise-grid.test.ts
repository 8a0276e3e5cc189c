import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import { distanceFrom } from '../../solvers/grid-measure.js';
import { optimiseGrid } from '../../solvers/optimise-grid.js';
import { type Batch, zeros } from '../../src/array/batch.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { sample } from '../../src/plan/sample.js';
import {
  continuousBfn,
  discreteBetas,
  discreteBfn,
  karras,
  variancePreserving,
} from '../../src/process/index.js';
import { anyClosedFormProcess } from '../../src/testing/index.js';

const mixture = gaussianMixture({
  weights: [0.3, 0.5, 0.2],
  means: [[-0.7], [0.2], [0.75]],
  covariances: [[[0.01]], [[0.02]], [[0.004]]],
});
const classes = independentCategorical({ probabilities: [0.5, 0.3, 0.2] });
const continuous = continuousBfn({ sigma1: 0.001 });
const text = discreteBfn({ classes: 3, beta1: 3 });
const base = { process: continuous, solver: solver('dpm-solver++2m'), nfe: 5, denoiser: mixture };

describe('on trajectories that the search never saw, the grid beats the best of the named ones', () => {
  // measured over five seeds: .15 to .18, .14 to .27, .22 to .32, .20 to .35; ddim .51 to .73
  const cases = [
    ['bfn-solver++2', 5, continuous, mixture, 0.3],
    ['dpm-solver++2m', 5, continuous, mixture, 0.3],
    ['bfn-solver++2', 8, continuous, mixture, 0.5],
    ['dpm-solver++2m', 8, continuous, mixture, 0.5],
    ['bfn-solver2', 5, text, classes, 0.5],
    ['bfn-solver2', 8, text, classes, 0.5],
    ['dpm-solver++2s', 5, karras(), mixture, 0.6],
    ['ddim', 5, variancePreserving({}), mixture, 0.9],
  ] as const;
  it.each(cases)('%s at %i calls', async (id, nfe, process, denoiser, most) => {
    const found = await optimiseGrid({ process, solver: solver(id), nfe, denoiser, samples: 256 });
    expect(found.seeds).toEqual({ search: 0, heldOut: 1 });
    expect(found.heldOut.objective / found.heldOut.baseline.objective).toBeLessThan(most);
    expect(found.heldOut.objective).toBeGreaterThan(0);
  });
});

describe('as a law, too, where the measure is the energy distance', () => {
  // measured over three seeds: .07 to .11, .22 to .31 and .20 to .30
  const cases = [
    ['bfn-solver++2', 5, continuous, mixture, 0.3],
    ['bfn-solver++2', 8, continuous, mixture, 0.6],
    ['bfn-solver2', 5, text, classes, 0.6],
  ] as const;
  it.each(cases)('%s at %i calls', async (id, nfe, process, denoiser, most) => {
    const options = { process, solver: solver(id), nfe, denoiser, samples: 256, evaluations: 200 };
    const found = await optimiseGrid({ ...options, measure: 'energy-distance' });
    expect(found.measure).toBe('energy-distance');
    expect(found.heldOut.objective / found.heldOut.baseline.objective).toBeLessThan(most);
    expect(found.heldOut.objective).toBeGreaterThan(0);
  });
});

describe('the measures', () => {
  const batch = (...data: number[]): Batch => ({ shape: [2, 2], data: Float64Array.from(data) });
  const [x, swapped, moved] = [batch(0, 0, 3, 4), batch(3, 4, 0, 0), batch(0, 1, 3, 5)];

  it('squared error is that of each coordinate of each sample', () => {
    const error = distanceFrom(x, 'squared-error');
    expect([error(x), error(swapped), error(moved)]).toEqual([0, 12.5, 0.5]);
  });

  it('energy distance is that of the laws', () => {
    const distance = distanceFrom(x, 'energy-distance');
    expect(distance(x)).toBe(0);
    expect(distance(swapped)).toBe(0);
    // 2 E|x - y| - E|x - x'| - E|y - y'|, by hand
    expect(distance(moved)).toBeCloseTo((2 * (1 + Math.sqrt(34) + Math.sqrt(18) + 1)) / 4 - 2.5 - 2.5, 12);
  });
});

it('is never worse than a named grid, and keeps the ends, whatever the process and the budget', async () => {
  const solvers = fc.constantFrom('ddim', 'dpm-solver++2m', 'dpm-solver++2s', 'bfn-solver2');
  await fc.assert(
    fc.asyncProperty(
      anyClosedFormProcess().filter((process) => process.classes === undefined),
      solvers,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 30 }),
      fc.constantFrom('predict' as const, 'predict-at-end' as const),
      async (process, id, nfe, evaluations, lastStep) => {
        const ends = { eta: 0.02 };
        const options = { process, solver: solver(id), nfe, evaluations, lastStep, ends };
        const found = await optimiseGrid({ ...options, denoiser: mixture, samples: 8, referenceNfe: 64 });
        expect(found.objective).toBeLessThanOrEqual(found.baseline.objective);
        expect(found.evaluations).toBeLessThanOrEqual(evaluations);
        const times = found.grid.parameters.times as readonly number[];
        expect(times[0]).toBe(timeGrid.uniform(ends).times(process, 1)[0]);
        const plan = solver(id).plan(process, { nfe, grid: found.grid, lastStep });
        expect(plan.nfe).toBe(nfe);
      },
    ),
    { numRuns: 40 },
  );
});

it('its objective is the mean squared error against the ODE, measured again from outside', async () => {
  const options = { samples: 64, seed: 5, evaluations: 60 };
  const found = await optimiseGrid({ ...base, ...options });
  const shared = { denoiser: mixture, start: 'zero-mean', samples: 64, precision: 'float64' } as const;
  const error = async (grid: typeof found.grid, seed: number): Promise<number> => {
    const plan = base.solver.plan(continuous, { nfe: 5, grid });
    // another solver and more steps than the optimiser's own reference
    const exact = solver('bfn-solver2').plan(continuous, {
      nfe: 2000,
      grid: timeGrid.halfLogSnr({ eta: 0.01 }),
    });
    const [a, b] = [await sample({ ...shared, plan, seed }), await sample({ ...shared, plan: exact, seed })];
    return Array.from(a.data).reduce((sum, value, i) => sum + (value - b.data[i]) ** 2, 0) / 64;
  };
  expect((await error(found.grid, 5)) / found.objective).toBeCloseTo(1, 1);
  expect((await error(found.grid, 6)) / found.heldOut.objective).toBeCloseTo(1, 1);
});

it('is found again from what is recorded', async () => {
  const options = { ...base, samples: 32, seed: 3, evaluations: 80 };
  const [first, second] = [await optimiseGrid(options), await optimiseGrid(options)];
  expect(JSON.stringify(second)).toBe(JSON.stringify(first));
  expect(first.reference).toEqual({ solver: 'dpm-solver++2m', nfe: 256, grid: 'half-log-snr' });
  expect([first.samples, first.evaluations]).toEqual([32, 80]);
});

it('returns the named grid itself where there is nothing to choose', async () => {
  const found = await optimiseGrid({ ...base, nfe: 1, samples: 8 });
  expect(found.objective).toBe(found.baseline.objective);
  expect(found.grid.parameters.times).toHaveLength(2);
});

describe('what is wrong is said in one line:', () => {
  const diverges: Denoiser = {
    sampleShape: [1],
    predict: (x) => {
      const out = zeros(x.shape, 'float64');
      out.data.fill(NaN);
      return out;
    },
  };
  const cases: [string, Partial<Parameters<typeof optimiseGrid>[0]>, RegExp][] = [
    [
      'an SDE solver',
      { solver: solver('sde-dpm-solver++2m') },
      /^grids are optimised for ODE solvers, and sde-dpm-solver\+\+2m is an SDE solver: its noise can't be shared/,
    ],
    [
      'an unknown measure',
      { measure: 'likelihood' as 'squared-error' },
      /^the measure is "likelihood"; it must be squared-error or energy-distance$/,
    ],
    [
      'a state in the place of a prediction',
      { lastStep: 'stop' as 'predict' },
      /^the last step is "stop"; for an optimised grid it must be predict or predict-at-end: the answer is a prediction$/,
    ],
    ['no samples', { samples: 0 }, /^samples/],
    ['no evaluations', { evaluations: 0 }, /^evaluations/],
    ['NFE 0', { nfe: 0 }, /^NFE is 0/],
    ['the noise end of BFN', { ends: { eta: 0 } }, /cannot step from t = 1|needs eta > 0/],
    ['no named grid', { named: [] }, /^there is no named grid to start from; give one at least$/],
    [
      'named grids from two starts',
      { named: [timeGrid.uniform({ eta: 0.1 }), timeGrid.power({ eta: 0.2 })] },
      /^the named grids must start at one time; uniform starts at 0.9, power at 0.8$/,
    ],
    [
      'a process of 3 integer times',
      { process: discreteBetas({ betas: [0.1, 0.2, 0.3] }), nfe: 2 },
      /are both shown to the network as/,
    ],
  ];
  it.each(cases)('%s', async (_, change, message) => {
    const act = optimiseGrid({ ...base, samples: 8, ...change });
    await expect(act).rejects.toThrow(UsageError);
    await expect(act).rejects.toThrow(message);
  });

  it('a denoiser that gives NaN is located', async () => {
    await expect(optimiseGrid({ ...base, denoiser: diverges, samples: 8 })).rejects.toThrow(
      /NaN or infinite/,
    );
  });
});

describe('where the start is free', () => {
  const options = { ...base, samples: 128, evaluations: 200, freeStart: true } as const;

  it('its time is chosen as well, from eta on, and what is found beats the named grids from every later start', async () => {
    const found = await optimiseGrid({
      ...options,
      start: 'moment-matched',
      moments: { mean: mixture.mean, variance: 0.3 },
    });
    const times = found.grid.parameters.times as readonly number[];
    expect(found.freeStart).toBe(true);
    expect(times).toHaveLength(6);
    expect(times[0]).toBeLessThan(0.99);
    expect(found.heldOut.objective / found.heldOut.baseline.objective).toBeLessThan(0.9);
  });

  it('works with one call, whose time is all that there is to choose', async () => {
    const found = await optimiseGrid({ ...options, nfe: 1, evaluations: 40 });
    expect(found.grid.parameters.times).toHaveLength(2);
    expect(found.objective).toBeLessThanOrEqual(found.baseline.objective);
  });
});

it('minimises a measure of the user, from states of the user, without a reference', async () => {
  const seen: number[] = [];
  const progress: number[] = [];
  const found = await optimiseGrid({
    ...base,
    samples: 8,
    evaluations: 30,
    start: (at, samples, seed) => ({
      shape: [samples, 1],
      data: new Float64Array(samples).fill(at.sigma * (seed + 1)),
    }),
    measure: {
      id: 'mean',
      of: ({ data }) => {
        seen.push(data.length);
        return Math.abs(data[0] - 0.1);
      },
    },
    onProgress: (done) => progress.push(done),
  });
  expect([found.measure, found.reference]).toEqual(['mean', null]);
  expect(found.objective).toBeLessThan(found.baseline.objective);
  expect(new Set(seen)).toEqual(new Set([8]));
  expect(progress).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});
