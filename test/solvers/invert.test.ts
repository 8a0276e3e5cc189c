import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeGrid } from '../../solvers/grid.js';
import { type InversionSettings, inversionPlan } from '../../solvers/invert.js';
import { solver, solverList } from '../../solvers/registry.js';
import { UsageError } from '../../src/errors.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { equivalent } from '../../src/plan/equivalence.js';
import type { Plan } from '../../src/plan/plan.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn } from '../../src/process/continuous-bfn.js';
import { rectifiedFlow } from '../../src/process/rectified-flow.js';
import { variancePreserving } from '../../src/process/variance-preserving.js';

const [mean, variance] = [0.3, 0.04];
const gaussian = gaussianMixture({ weights: [1], means: [[mean]], covariances: [[variance]] });
const two = gaussianMixture({ weights: [0.4, 0.6], means: [[-0.5], [0.5]], covariances: [[0.02], [0.05]] });

const process = continuousBfn({ sigma1: 0.05 });
const grid = timeGrid.halfLogSnr({ eta: 0.05, tMin: 0.01 });
const data = [-1, -0.2, 0.1, 0.3, 0.7, 1.5];

const run = async (plan: Plan, denoiser: typeof two, states: Float64Array): Promise<Float64Array> => {
  const start = { shape: [states.length, 1], data: states };
  const { data: end } = await sample({ plan, denoiser, start, samples: states.length });
  return Float64Array.from(end);
};

const largest = (a: Float64Array, b: Float64Array): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** The exact flow of Gaussian data: `(x - alpha mean)/S` stays, with `S² = alpha² variance + sigma²`. */
const flowed = (plan: Plan, states: Float64Array): Float64Array => {
  const end = plan.instructions[plan.instructions.length - 1];
  if (end.op !== 'return') throw new Error('no return');
  const spread = ({ alpha, sigma }: { alpha: number; sigma: number }): number =>
    Math.hypot(alpha * Math.sqrt(variance), sigma);
  const ratio = spread(end) / spread(plan.start);
  return states.map((x) => end.alpha * mean + ratio * (x - plan.start.alpha * mean));
};

const odes = solverList().filter(({ kind, consistent }) => kind === 'ode' && consistent);

describe('an inversion', () => {
  it.each(odes.map((entry) => [entry.id, entry] as const))(
    'by %s follows the flow at its order, and comes back at its order',
    async (_, entry) => {
      const errors = await Promise.all(
        [60, 120].map(async (nfe) => {
          const plan = inversionPlan(entry, process, { nfe, grid });
          const states = Float64Array.from(data, (x) => plan.start.alpha * x);
          const back = entry.plan(process, { nfe, grid, lastStep: 'stop' });
          const noise = await run(plan, two, states);
          return {
            flow: largest(await run(plan, gaussian, states), flowed(plan, states)),
            roundTrip: largest(await run(back, two, noise), states),
          };
        }),
      );
      const slope = (of: 'flow' | 'roundTrip'): number => Math.log2(errors[0][of] / errors[1][of]);
      const order = entry.orderAsStarted ?? entry.order ?? NaN;
      expect(slope('flow')).toBeGreaterThan(order - 0.35);
      expect(slope('roundTrip')).toBeGreaterThan(order - 0.35);
      expect(errors[1].flow).toBeLessThan(0.05);
    },
  );

  it('keeps its budget, and the times of its grid, in the other direction', () => {
    const arbitrary = fc.record({ nfe: fc.integer({ min: 1, max: 40 }), entry: fc.constantFrom(...odes) });
    fc.assert(
      fc.property(arbitrary, ({ nfe, entry }) => {
        const plan = inversionPlan(entry, process, { nfe, grid });
        const times = plan.instructions.flatMap((one) => (one.op === 'evaluate' ? [one.t] : []));
        expect(plan.nfe).toBe(nfe);
        expect(times).toHaveLength(nfe);
        expect(times[0]).toBe(grid.end(process));
        expect(plan.start).toMatchObject({ t: times[0], alpha: process.alpha(times[0]), atNoiseEnd: false });
        const last = plan.instructions[plan.instructions.length - 1];
        const start = grid.times(process, 1)[0];
        expect(last).toMatchObject({
          op: 'return',
          alpha: process.alpha(start),
          sigma: process.sigma(start),
        });
        for (const one of plan.instructions) {
          if (one.op !== 'evaluate') continue;
          expect(one).toMatchObject({ alpha: process.alpha(one.t), sigma: process.sigma(one.t) });
          expect(one.time).toBe(process.networkTime(one.t));
        }
      }),
    );
  });

  it('by an SDE solver without its noise is that of the ODE solver', () => {
    const settings = { nfe: 7, grid };
    const still = inversionPlan(solver('sde-dpm-solver++2m'), process, { ...settings, etaSde: 0 });
    expect(equivalent(still, inversionPlan(solver('dpm-solver++2m'), process, settings)).holds).toBe(true);
  });

  it('has a grid where none is given: from the data end, or short of it where there is no noise', () => {
    const ends = [process, rectifiedFlow(), variancePreserving()].map(
      (one) => inversionPlan(solver('ddim'), one, { nfe: 4 }).start.sigma,
    );
    expect(ends.every((sigma) => sigma > 0)).toBe(true);
    expect(inversionPlan(solver('ddim'), process, { nfe: 4 }).start.t).toBe(0);
  });

  const mistakes: readonly (readonly [string, string, InversionSettings, RegExp])[] = [
    ['noise', 'bfn', { nfe: 5 }, /bfn adds noise, and only an ODE can be inverted/],
    [
      'no noise to start from',
      'ddim',
      { nfe: 5, grid: timeGrid.karras() },
      /cannot start at t = 0 .*tMin > 0/,
    ],
    [
      'no signal to end with',
      'ddim',
      { nfe: 5, grid: timeGrid.uniform({ eta: 0, tMin: 0.1 }) },
      /use eta > 0/,
    ],
    ['no calls', 'ddim', { nfe: 0 }, /NFE is 0/],
  ];
  it.each(mistakes)('with %s is refused', (_, id, settings, says) => {
    const invert = () => inversionPlan(solver(id), rectifiedFlow(), settings);
    expect(invert).toThrow(UsageError);
    expect(invert).toThrow(says);
  });
});
