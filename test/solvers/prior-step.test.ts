import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeGrid } from '../../solvers/grid.js';
import { planFromPrior } from '../../solvers/prior-step.js';
import { solver } from '../../solvers/registry.js';
import { lastSteps } from '../../solvers/solver.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { planFromJson } from '../../src/plan/check.js';
import { equivalent } from '../../src/plan/equivalence.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn } from '../../src/process/continuous-bfn.js';
import { discreteBfn } from '../../src/process/discrete-bfn.js';
import { rectifiedFlow } from '../../src/process/rectified-flow.js';

const mixture = gaussianMixture({
  weights: [0.25, 0.75],
  means: [
    [-0.5, 0.2],
    [0.5, 0.1],
  ],
  covariances: [
    [0.02, 0.01],
    [0.05, 0.03],
  ],
});
const classes = independentCategorical({ probabilities: [0.6, 0.3, 0.1], length: 2 });
const cases = [
  ['continuous BFN', continuousBfn({ sigma1: 0.01 }), mixture, [...mixture.mean]],
  ['rectified flow', rectifiedFlow(), mixture, [...mixture.mean]],
  ['discrete BFN', discreteBfn({ classes: 3, beta1: 3 }), classes, [0.8, -0.1, -0.7, 0.8, -0.1, -0.7]],
] as const;
const solvers = ['dpm-solver++2m', 'sde-dpm-solver++2m', 'bfn-solver2-singlestep', 'bfn'];

describe.each(cases)('the step from the exact prior, on %s,', (_, process, denoiser, mean) => {
  it('is the start at alpha mean with noise sigma, for one call', async () => {
    for (const id of solvers.slice(0, 3)) {
      const grid = timeGrid.uniform({ eta: 0.1 });
      const plan = planFromPrior(solver(id), process, { nfe: 6, grid });
      const rest = solver(id).plan(process, { nfe: 5, grid });
      const { alpha, sigma } = rest.start;
      const law = { mean: mean.map((value) => alpha * value), standardDeviation: sigma };
      const options = { denoiser, samples: 20, seed: 3, precision: 'float64' } as const;
      const stepped = await sample({ ...options, plan, start: 'prior' });
      const started = await sample({ ...options, plan: rest, start: law });
      expect([plan.nfe, stepped.nfe, started.nfe]).toEqual([6, 6, 5]);
      stepped.data.forEach((value, i) => expect(value).toBeCloseTo(started.data[i], 9));
    }
  });

  it('keeps every budget with every last step, and survives JSON', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(...lastSteps),
        fc.constantFrom(...solvers),
        (nfe, lastStep, id) => {
          const plan = planFromPrior(solver(id), process, { nfe, lastStep });
          expect(plan.nfe).toBe(nfe);
          expect(plan.start.atNoiseEnd).toBe(true);
          expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
          const usual = solver(id).plan(process, { nfe, lastStep });
          expect(plan.instructions.at(-1)).toMatchObject({
            ...usual.instructions.at(-1),
            from: expect.any(String),
          });
        },
      ),
    );
  });

  it('with one call answers with the mean, or with the state at the end of the grid', async () => {
    const ask = (lastStep: 'predict' | 'stop') =>
      sample({
        plan: planFromPrior(solver('ddim'), process, {
          nfe: 1,
          lastStep,
          grid: timeGrid.uniform({ eta: 0.1, tMin: 0.2 }),
        }),
        denoiser,
        start: 'prior',
        samples: 4000,
        precision: 'float64',
      });
    const answer = await ask('predict');
    answer.data.forEach((value, i) => expect(value).toBeCloseTo(mean[i % mean.length], 9));
    const state = await ask('stop');
    const first = [...state.data].filter((value, i) => i % mean.length === 0);
    const average = first.reduce((a, b) => a + b) / first.length;
    const spread = Math.sqrt(first.reduce((sum, x) => sum + (x - average) ** 2, 0) / first.length);
    const [alpha, sigma] = [process.alpha(0.2), process.sigma(0.2)];
    expect(Math.abs(average - alpha * mean[0])).toBeLessThan((5 * sigma) / Math.sqrt(4000));
    expect(spread / sigma).toBeCloseTo(1, 1);
  });
});

it('is not taken where the grid starts at the noise end: the plan is the solver’s own', () => {
  const process = continuousBfn({ sigma1: 0.01 });
  const plans = [planFromPrior(solver('bfn'), process, { nfe: 4 }), solver('bfn').plan(process, { nfe: 4 })];
  expect(plans[0]).toEqual(plans[1]);
  expect(equivalent(plans[0], plans[1]).holds).toBe(true);
});
