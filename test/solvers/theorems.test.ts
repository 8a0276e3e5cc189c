import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equivalent, solver, timeGrid } from '../../solvers/index.js';
import type { Settings } from '../../solvers/index.js';
import {
  continuousBfn,
  discreteBfn,
  karras,
  rectifiedFlow,
  variancePreserving,
} from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';
import { anyContinuousBfn, anyDiscreteBfn, anyProcess, anySettings } from '../../src/testing/index.js';
import { scalarOf } from '../../src/plan/components.js';

const tolerance = 1e-10;

/** For every process, grid and budget, the two solvers are one: coefficient by coefficient, without a network. */
const same = (left: string, right: string, processes: fc.Arbitrary<Process>): void => {
  fc.assert(
    fc.property(processes, anySettings(), (process, settings) => {
      fc.pre(!process.roundsNetworkTime); // refused where two times are shown as one
      const answer = equivalent(solver(left).plan(process, settings), solver(right).plan(process, settings), {
        tolerance,
      });
      expect(answer.difference).toBeUndefined();
      expect(answer.holds).toBe(true);
    }),
    { numRuns: 150 },
  );
};

describe('the original BFN sampler', () => {
  it('is SDE-DPM-Solver++1 on continuous data (Proposition 4.2, exactly)', () => {
    same('bfn', 'sde-dpm-solver++1', anyContinuousBfn());
  });
  it('is, without its draw, SDE-BFN-Solver1 and SDE-DPM-Solver++1 on discrete data (Proposition 5.3, exactly)', () => {
    same('bfn', 'sde-bfn-solver1', anyDiscreteBfn());
    same('sde-bfn-solver1', 'sde-dpm-solver++1', anyDiscreteBfn());
  });
  it('is SDE-DPM-Solver++1 on every process', () => {
    same('bfn', 'sde-dpm-solver++1', anyProcess());
  });
  it('is it from the noise end too, where lambda is -infinity', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyContinuousBfn(), anyDiscreteBfn()),
        fc.integer({ min: 2, max: 30 }),
        (process, nfe) => {
          const settings = {
            nfe,
            grid: timeGrid.uniform({ eta: 0 }),
            lastStep: 'predict',
            draw: false,
          } as const;
          const plans = ['bfn', 'sde-dpm-solver++1'].map((id) => solver(id).plan(process, settings));
          expect(equivalent(plans[0], plans[1], { tolerance }).difference).toBeUndefined();
        },
      ),
    );
  });
  it('is not SDE-BFN-Solver1 with its draw', () => {
    const process = discreteBfn({ classes: 3, beta1: 1 });
    const settings = { nfe: 5, grid: timeGrid.uniform({ eta: 0.01 }) };
    const drawn = solver('bfn').plan(process, { ...settings, draw: true });
    const { holds, difference } = equivalent(drawn, solver('sde-bfn-solver1').plan(process, settings));
    expect(holds).toBe(false);
    expect(difference).toContain('draw');
  });
});

describe('the BFN-Solvers', () => {
  it('++1 is DDIM is DPM-Solver++1', () => {
    same('bfn-solver++1', 'ddim', anyProcess());
    same('ddim', 'dpm-solver++1', anyProcess());
  });
  it('++2 is DPM-Solver++2M, SDE-++2 is SDE-DPM-Solver++2M', () => {
    same('bfn-solver++2', 'dpm-solver++2m', anyProcess());
    same('sde-bfn-solver++2', 'sde-dpm-solver++2m', anyProcess());
  });
  it('1 is DDIM on z', () => {
    same('bfn-solver1', 'ddim', anyDiscreteBfn());
  });
  it('2 is Adams-Bashforth 2 on x/sigma in e^lambda', () => {
    fc.assert(
      fc.property(anyProcess(), anySettings(), (process, settings) => {
        fc.pre(!process.roundsNetworkTime);
        const plan = solver('bfn-solver2').plan(process, { ...settings, lastStep: 'stop' });
        const moments = plan.instructions.filter((entry) => entry.op === 'evaluate');
        const w = ({ t }: { t: number }): number => Math.exp(process.lambda(t));
        const combines = plan.instructions.filter((entry) => entry.op === 'combine');
        for (let i = 1; i < moments.length - 1; i++) {
          const [before, now, next] = [moments[i - 1], moments[i], moments[i + 1]];
          const ratio = (w(next) - w(now)) / (w(now) - w(before)) / 2;
          const step = next.sigma * (w(next) - w(now));
          const terms = new Map(
            combines[i].terms.map(([coefficient, register]) => [register, scalarOf(coefficient)]),
          );
          const size = Math.max(...combines[i].terms.map(([coefficient]) => Math.abs(scalarOf(coefficient))));
          expect(Math.abs((terms.get(now.into) ?? 0) - step * (1 + ratio)) / size).toBeLessThan(tolerance);
          expect(Math.abs((terms.get(before.into) ?? 0) + step * ratio) / size).toBeLessThan(tolerance);
        }
      }),
      { numRuns: 100 },
    );
  });
  it('2 is not DPM-Solver++2M, and the checker says where', () => {
    const process = discreteBfn({ classes: 27, beta1: 0.5625 });
    const settings = { nfe: 10, grid: timeGrid.uniform({ eta: 0.001 }) };
    const plans = ['bfn-solver2', 'dpm-solver++2m'].map((id) => solver(id).plan(process, settings));
    const { holds, difference } = equivalent(plans[0], plans[1]);
    expect(holds).toBe(false);
    expect(difference).toMatch(
      /^the state of evaluation 3 has \S+ of prediction 1 in one and \S+ in the other$/,
    );
  });
});

describe('rescaling', () => {
  const lambdas = fc
    .uniqueArray(fc.integer({ min: -300, max: 350 }), { minLength: 3, maxLength: 12 })
    .map((values) => values.toSorted((a, b) => a - b).map((value) => value / 100));
  const processes: Process[] = [
    continuousBfn({ sigma1: 0.02 }),
    variancePreserving({}),
    karras({}),
    rectifiedFlow(),
    discreteBfn({ classes: 2, beta1: 3000 }),
  ];
  const plansOn = (id: string, lambda: readonly number[], settings: Partial<Settings> = {}) =>
    processes.map((process) =>
      solver(id).plan(process, {
        nfe: (lambda.length - 1) * (solver(id).evaluationsPerStep ?? 1),
        grid: timeGrid.explicit(lambda.map(process.timeAtLambda)),
        lastStep: 'stop',
        draw: false,
        ...settings,
      }),
    );

  it.each([
    'dpm-solver++2m',
    'bfn-solver2',
    'sde-bfn-solver2',
    'bfn',
    'dpm-solver++2s',
    'bfn-solver2-singlestep',
  ])('leaves the predictions of %s as they are', (id) => {
    fc.assert(
      fc.property(lambdas, (lambda) => {
        const [first, ...others] = plansOn(id, lambda);
        for (const other of others) {
          const { difference } = equivalent(first, other, { upToScale: true, tolerance: 1e-9 });
          expect(difference).toBeUndefined();
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each(['ode-euler', 'euler-maruyama', 'ode-heun'])(
    'changes those of %s, and the checker says so',
    (id) => {
      const [bfn, vp] = plansOn(id, [-2, -1, 0, 1, 2]);
      const { holds, difference } = equivalent(bfn, vp, { upToScale: true });
      expect(holds).toBe(false);
      expect(difference).toContain('evaluation 2');
    },
  );
});
