import fc from 'fast-check';
import { expect, it } from 'vitest';
import { equivalent, registerSolver, solver, timeGrid } from '../../solvers/index.js';
import { continuousBfn, gaussianMixture, sample } from '../../src/index.js';
import { anyBfnProcess, anySettings } from '../../src/testing/index.js';

// How the package is to feel: these few lines are its promise, and change only with a major version.

const weights = [0.25, 0.75];
const means = [
  [-0.5, 0.1, 0],
  [0.4, -0.2, 0.3],
];
const covariances = [
  [0.01, 0.02, 0.03],
  [0.02, 0.01, 0.02],
];

it('a thousand samples by a solver, a process and a denoiser', async () => {
  const process = continuousBfn({ sigma1: 1e-3 });
  const plan = solver('bfn-solver++2').plan(process, {
    nfe: 10,
    grid: timeGrid.uniform({ eta: 0.01 }),
    lastStep: 'predict',
  });
  const denoiser = gaussianMixture({ weights, means, covariances });
  const batch = await sample({ plan, denoiser, start: 'zero-mean', samples: 1000, seed: 1 });
  expect(batch.shape).toEqual([1000, 3]);
  expect(batch.nfe).toBe(10);
  const onTheRight = batch.data.filter((_, i) => i % 3 === 0).filter((x) => x > 0).length;
  expect(Math.abs(onTheRight / 1000 - 0.75)).toBeLessThan(0.1);
});

it('a theorem of the paper, as a property', () => {
  fc.assert(
    fc.property(
      anyBfnProcess(),
      anySettings(),
      (process, settings) =>
        equivalent(
          solver('bfn').plan(process, { ...settings, draw: false }),
          solver('sde-dpm-solver++1').plan(process, settings),
        ).holds,
    ),
  );
});

it('a new solver, from outside the package', async () => {
  registerSolver({
    id: 'mine',
    kind: 'ode',
    order: 1,
    consistent: true,
    reference: 'this test',
    plan: (process, settings) => ({ ...solver('ddim').plan(process, settings), solver: 'mine' }),
  });
  const process = continuousBfn({ sigma1: 0.02 });
  const plan = solver('mine').plan(process, { nfe: 4 });
  expect(equivalent(plan, solver('bfn-solver++1').plan(process, { nfe: 4 })).holds).toBe(true);
  const denoiser = gaussianMixture({ weights, means, covariances });
  const batch = await sample({ plan, denoiser, start: 'zero-mean', samples: 10 });
  expect(batch.shape).toEqual([10, 3]);
});
