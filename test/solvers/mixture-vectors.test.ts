import { describe, expect, it } from 'vitest';
import { type Settings, solver, timeGrid } from '../../solvers/index.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { sample } from '../../src/plan/sample.js';
import { karras, variancePreserving } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';

// Vectors that the public code of DPM-Solver, UniPC, SA-Solver and k-diffusion gives, in float64, on a mixture on a line with its
// exact network: the first of eight start states, to the digits that were kept.

const denoiser = gaussianMixture({
  weights: [0.3, 0.5, 0.2],
  means: [[-1], [0.4], [1.2]],
  covariances: [[[0.25 ** 2]], [[0.3 ** 2]], [[0.2 ** 2]]],
});
const starts = [-2, -1, -0.3];

const run = async (id: string, process: Process, settings: Settings, scale: number): Promise<number[]> => {
  const { data } = await sample({
    plan: solver(id).plan(process, { lastStep: 'stop', ...settings }),
    denoiser,
    start: { shape: [3, 1], data: Float64Array.from(starts, (x) => x * scale) },
    samples: 3,
  });
  return Array.from(data);
};

const near = (seen: readonly number[], expected: readonly number[], tolerance = 1e-9): void => {
  expected.forEach((value, i) => expect(Math.abs(seen[i] - value)).toBeLessThan(tolerance));
};

describe('variance preserving, t from 1 to .001, uniform in half log-SNR, ten calls', () => {
  const process = variancePreserving({ betaMin: 0.1, betaMax: 20 });
  const grid = timeGrid.halfLogSnr({ tMin: 1e-3 });
  const rows: [string, boolean, number[], Partial<Settings>?][] = [
    ['dpm-solver++2m', false, [-1.436559023831, -1.036960930916, 0.09657978886]],
    ['dpm-solver++3m-published', false, [-1.374607358228, -1.010577095132, 0.099288627002]],
    ['dpm-solver-3', false, [-1.239183269042, -0.874062226438, 0.209542294112]],
    ['sa-solver-p3c4-published', true, [-1.348388946879, -1.031293983502, 0.12928314577], { etaSde: 0 }],
    ['unipc-3', true, [-1.347122597385, -1.03829112012, 0.127043123197]],
  ];
  it.each(rows)('%s, lower orders at the end: %s', async (id, lowerOrderFinal, expected, etas = {}) => {
    near(await run(id, process, { nfe: 10, grid, lowerOrderFinal, ...etas }, 1), expected);
  });

  it.each(['ode-rk4', 'deis-rhork-4', 'unipc-4', 'dpm-solver++3s', 'dpm-solver++3m'])(
    'with many calls %s comes to the reference solution',
    async (id) => {
      const exact = [-1.358950987919, -0.982306337676, 0.105734356376];
      near(await run(id, process, { nfe: 2400, grid }, 1), exact, 1e-5);
    },
  );
});

describe('EDM, the grid of Karras et al. from 80 to .002 and then 0, ten steps', () => {
  const process = karras({ sigmaMax: 80 });
  const grid = timeGrid.karras({ tMin: 0.002 });
  const rows: [string, number, Partial<Settings>, number[]][] = [
    ['edm-heun', 19, {}, [-1.576212074834, -1.153790785608, 0.09561246114]],
    ['dpm-solver++2m', 10, {}, [-1.61827567157]],
    ['sde-dpm-solver++3m-published', 10, { etaSde: 0 }, [-1.320475798178]],
    ['lms-4', 10, {}, [-1.258043877074]],
  ];
  it.each(rows)('%s, %i calls', async (id, nfe, settings, expected) => {
    near(await run(id, process, { nfe, grid, ...settings }, 80), expected);
  });
});
