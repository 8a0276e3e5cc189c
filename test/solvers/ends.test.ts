import { describe, expect, it } from 'vitest';
import { type Solver, solver, solverList, timeGrid } from '../../solvers/index.js';
import { UsageError } from '../../src/errors.js';
import type { Plan } from '../../src/plan/plan.js';
import { continuousBfn, discreteBfn, karras, rectifiedFlow } from '../../src/process/index.js';
import { scalarOf } from '../../src/plan/components.js';

// Where formulas divide by nothing: the noise end of BFN, the data end of diffusion, steps of any length.

const bothBfn = [continuousBfn({ sigma1: 0.02 }), discreteBfn({ classes: 5, beta1: 1.5 })];

const coefficients = (plan: Plan): number[] =>
  plan.instructions.flatMap((entry) =>
    entry.op === 'combine' ? entry.terms.map(([value]) => scalarOf(value)) : [],
  );

/** Solvers whose step needs no half log-SNR at its start. */
const fromTheNoiseEnd = solverList().filter(
  ({ id }) =>
    /^(sde-dpm-solver\+\+\dm|sde-dpm-solver\+\+1|sa-solver|sde-bfn-solver)/.test(id) || id === 'bfn',
);

describe('from the noise end of BFN, where half log-SNR is -infinity,', () => {
  it('there are solvers that can start', () => {
    expect(fromTheNoiseEnd.length).toBeGreaterThan(15);
  });

  it.each(fromTheNoiseEnd.map((entry) => [entry.id, entry] as const))('%s starts', (_, entry) => {
    for (const process of bothBfn) {
      for (const nfe of [1, 2, 3, 4, 5, 9]) {
        const plan = entry.plan(process, {
          nfe,
          grid: timeGrid.uniform({ eta: 0 }),
          lastStep: 'stop',
          draw: false,
        });
        expect(plan.start.atNoiseEnd).toBe(true);
        expect(coefficients(plan).every(Number.isFinite)).toBe(true);
      }
    }
  });

  it.each(['ddim', 'dpm-solver++2m', 'unipc-3', 'deis-rhoab-3', 'edm-heun', 'ipndm-4', 'lms-4'])(
    '%s says that it cannot',
    (id) => {
      const settings = { nfe: 4, grid: timeGrid.uniform({ eta: 0 }), lastStep: 'stop' } as const;
      expect(() => solver(id).plan(bothBfn[0], settings)).toThrow(
        /cannot step from t = 1 on bfn-continuous: a coefficient is infinite there/,
      );
    },
  );

  it('between ODE and SDE, too, no step is to be had', () => {
    const settings = { nfe: 4, grid: timeGrid.uniform({ eta: 0 }), etaSde: 0.5, lastStep: 'stop' } as const;
    expect(() => solver('sde-dpm-solver++2m').plan(bothBfn[0], settings)).toThrow(UsageError);
  });
});

/** The network's prediction is the answer where no noise is left: but for noises extrapolated to there, and Euler in t. */
const endsInPrediction = (entry: Solver): boolean =>
  entry.scaleInvariant === true && entry.consistent && !/^(deis|lms|ipndm)/.test(entry.id);

describe('a step to sigma = 0', () => {
  const ending = solverList().filter(endsInPrediction);
  it.each(ending.map((entry) => [entry.id, entry] as const))('of %s is the last prediction', (_, entry) => {
    const plan = entry.plan(rectifiedFlow(), {
      nfe: 13,
      grid: timeGrid.uniform({ eta: 0.1 }),
      lastStep: 'stop',
    });
    const predictions = plan.instructions.filter(({ op }) => op === 'evaluate');
    const last = predictions[predictions.length - 1];
    const combines = plan.instructions.filter((instruction) => instruction.op === 'combine');
    const { terms } = combines[combines.length - 1];
    for (const [value, register] of terms) {
      expect(value).toBeCloseTo(last.op === 'evaluate' && register === last.into ? 1 : 0, 12);
    }
  });

  it.each(['deis-rhoab-3', 'deis-tab-3', 'lms-4', 'ipndm-3'])('of %s is finite', (id) => {
    const grid = timeGrid.explicit([0.9, 0.6, 0.4, 0.2, 0]);
    const plan = solver(id).plan(rectifiedFlow(), { nfe: 4, grid, lastStep: 'stop' });
    expect(coefficients(plan).every(Number.isFinite)).toBe(true);
  });
});

it('steps of any length have finite coefficients', () => {
  const process = karras({ sigmaMax: 1e12 });
  for (const entry of solverList()) {
    for (const grid of [timeGrid.karras({ tMin: 1e-14 }), timeGrid.halfLogSnr({ tMin: 1e-14 })]) {
      const plan = entry.plan(process, { nfe: 13, grid, lastStep: 'stop' });
      expect(coefficients(plan).every(Number.isFinite)).toBe(true);
    }
  }
});
