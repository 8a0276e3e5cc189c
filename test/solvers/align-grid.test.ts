import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Alignment, alignGrid, timeGrid } from '../../solvers/index.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import { continuousBfn } from '../../src/process/index.js';

const process = continuousBfn({ sigma1: 0.05 });
const variance = 0.3;
const denoiser = gaussianMixture({
  weights: [1],
  means: [[0.2, -0.4]],
  covariances: [
    [
      [variance, 0],
      [0, variance],
    ],
  ],
});
const moments = { mean: denoiser.mean, variance };
const options = { process, denoiser, start: 'moment-matched', moments, samples: 4000 } as const;

let alignment: Alignment;
beforeAll(async () => {
  alignment = await alignGrid({ ...options, referenceNfe: 512 });
});

/** Of Gaussian data: `mmse(gamma) = 2 e/(1 + e gamma)`, so that a step costs `e (gamma_t - gamma_s)/(1 + e gamma_s) - ln ((1 + e gamma_t)/(1 + e gamma_s))`. */
const exactBound = (times: readonly number[]): number => {
  const gamma = times.map((t) => Math.exp(2 * process.lambda(t)));
  return gamma.slice(1).reduce((sum, to, i) => {
    const before = 1 + variance * gamma[i];
    return sum + (variance * (to - gamma[i])) / before - Math.log((1 + variance * to) / before);
  }, 0);
};

it('the bound is that of Gaussian data, in closed form', () => {
  // 1.4% short of it with steps so small, and 5% with 128: squared changes have an error of the first order in them
  for (const steps of [1, 3, 10]) {
    for (const grid of [timeGrid.uniform(), timeGrid.halfLogSnr(), timeGrid.power()]) {
      const times = grid.times(process, steps);
      expect(Math.abs(alignment.bound(times) / exactBound(times) - 1)).toBeLessThan(0.03);
    }
  }
});

it('no grid of as many steps among the times has a smaller bound', () => {
  const all = timeGrid.halfLogSnr().times(process, 512);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: 1, max: 511 }), { minLength: 1, maxLength: 20 }),
      (inner) => {
        const places = [0, ...inner.sort((a, b) => a - b), 512];
        const steps = places.length - 1;
        const best = alignment.grid(steps).times(process, steps);
        expect(best[0]).toBe(all[0]);
        expect(best[steps]).toBe(all[512]);
        expect(alignment.bound(best)).toBeLessThanOrEqual(
          alignment.bound(places.map((i) => all[i])) * (1 + 1e-9),
        );
      },
    ),
  );
});

it('beats the named grids by the exact bound as well', () => {
  for (const steps of [4, 8]) {
    const best = exactBound(alignment.grid(steps).times(process, steps));
    for (const grid of [timeGrid.uniform(), timeGrid.halfLogSnr(), timeGrid.cosine(), timeGrid.beta()])
      expect(best).toBeLessThan(exactBound(grid.times(process, steps)));
  }
});

it('falls with every step more', () => {
  const bounds = [1, 2, 3, 5, 8, 13, 100].map((steps) =>
    alignment.bound(alignment.grid(steps).times(process, steps)),
  );
  bounds.slice(1).forEach((bound, i) => expect(bound).toBeLessThan(bounds[i]));
});

it('is found again from what is recorded', async () => {
  const found = async (): Promise<unknown> =>
    (await alignGrid({ ...options, samples: 16, referenceNfe: 32, seed: 3 })).grid(4).parameters;
  expect(await found()).toEqual(await found());
  expect(alignment.reference).toEqual({ solver: 'sde-dpm-solver++2m', nfe: 513, grid: 'half-log-snr' });
});

describe('what is wrong is said in one line:', () => {
  it('more steps than times', () => {
    expect(() => alignment.grid(513)).toThrow(UsageError);
    expect(() => alignment.grid(513)).toThrow(
      /^513 steps cannot be aligned on 512: give a larger referenceNfe$/,
    );
  });

  it.each([
    [{ samples: 0 }, /^samples is 0/],
    [{ referenceNfe: 1 }, /^referenceNfe is 1/],
    [{ ends: { eta: 0 } }, /needs eta > 0/],
  ])('%j', async (change, message) => {
    await expect(alignGrid({ ...options, samples: 8, ...change })).rejects.toThrow(message);
  });
});
