import { describe, expect, it } from 'vitest';
import type { AdaptiveSolver } from '../../solvers/adaptive.js';
import { dormandPrince } from '../../solvers/dormand-prince.js';
import { adaptiveSolverList, solverList } from '../../solvers/registry.js';
import type { Solver } from '../../solvers/solver.js';
import { odeStep } from '../../solvers/exponential.js';
import { defineSolver } from '../../solvers/program.js';
import type { Lane, LaneInstruction } from '../../src/plan/lanes.js';
import { checkAdaptiveSolver } from '../../src/testing/check-adaptive.js';
import { checkSolver } from '../../src/testing/check-solver.js';

describe.each(solverList().map((solver) => [solver.id, solver] as const))('%s', (_, solver) => {
  it('keeps the laws of checkSolver', async () => {
    const reports = await checkSolver(solver);
    expect(reports.filter(({ holds }) => !holds)).toEqual([]);
    expect(reports.length).toBeGreaterThanOrEqual(3);
  });
});

describe.each(adaptiveSolverList().map((solver) => [solver.id, solver] as const))('%s', (_, solver) => {
  it('keeps the laws of checkAdaptiveSolver', async () => {
    const reports = await checkAdaptiveSolver(solver);
    expect(reports.filter(({ holds }) => !holds)).toEqual([]);
    expect(reports).toHaveLength(solver.defaults?.tolerance ? 5 : 4);
  });
});

// A law that no wrong solver breaks is worth nothing: each is shown one that breaks it, and it alone is named.
describe('checkSolver finds', () => {
  const facts: Omit<Solver, 'plan'> = {
    id: 'planted',
    kind: 'ode',
    order: 1,
    consistent: true,
    scaleInvariant: true,
    reference: 'none',
  };
  const broken = async (solver: Solver): Promise<string[]> =>
    (await checkSolver(solver)).filter(({ holds }) => !holds).map(({ law }) => law);
  const right = defineSolver(facts, (step) => odeStep(step, [[1, step.D]]));

  it('nothing in a right one', async () => {
    expect(await broken(right)).toEqual([]);
  });

  it('a missed budget', async () => {
    const solver = {
      ...right,
      plan: (...[process, settings]: Parameters<Solver['plan']>) =>
        right.plan(process, { ...settings, nfe: settings.nfe + 1 }),
    };
    expect(await broken(solver)).toContain('meets every budget from 1 to 60, with every last step');
  });

  it('a wrong coefficient of the prediction', async () => {
    const solver = defineSolver(facts, (step) => odeStep(step, [[1.001, step.D]]));
    expect(await broken(solver)).toEqual(['integrates a constant prediction exactly']);
  });

  it('a step that sees t, declared to see half log-SNR only', async () => {
    const solver = defineSolver(facts, (step) => odeStep(step, [[1 + 1e-3 * (step.s.t - step.t.t), step.D]]));
    expect(await broken(solver)).toContain('sees half log-SNR only');
  });

  it('an order that is declared too high', async () => {
    expect(await broken({ ...right, order: 2 })).toEqual(['has its declared order on Gaussian data']);
  });
});

describe('checkAdaptiveSolver finds', () => {
  /** Dormand-Prince with a change to what its lanes ask for and are told. */
  const broken = async (
    ask: (instruction: LaneInstruction) => LaneInstruction,
    tell: (norm: number | undefined) => number | undefined = (norm) => norm,
  ): Promise<string[]> => {
    const solver: AdaptiveSolver = {
      ...dormandPrince,
      lanes: (process, settings) => {
        const lanes = dormandPrince.lanes(process, settings);
        function* lane(): Lane {
          const inner = lanes.lane();
          let next = inner.next();
          while (!next.done) next = inner.next(tell(yield ask(next.value)));
          return next.value;
        }
        return { ...lanes, lane };
      },
    };
    return (await checkAdaptiveSolver(solver)).filter(({ holds }) => !holds).map(({ law }) => law);
  };

  it('nothing in a right one', async () => {
    expect(await broken((instruction) => instruction)).toEqual([]);
  });

  it('lanes that share what they know', async () => {
    let before = 0;
    const remembered = (norm: number | undefined): number | undefined => {
      if (norm === undefined) return norm;
      [norm, before] = [Math.max(norm, before / 2), norm];
      return norm;
    };
    expect(await broken((instruction) => instruction, remembered)).toContain(
      'gives each sample the same bits in any batch',
    );
  });

  it('an absolute tolerance that counts in units of the process', async () => {
    const absolute = (instruction: LaneInstruction): LaneInstruction =>
      instruction.op === 'measure' ? { ...instruction, absolute: 1e-5 } : instruction;
    expect(await broken(absolute)).toContain('sees half log-SNR only');
  });

  it('an error that is made out a thousand times too small', async () => {
    const flattered = (norm: number | undefined): number | undefined => norm && norm / 1000;
    expect(await broken((instruction) => instruction, flattered)).toEqual([
      'has errors near its tolerance on Gaussian data',
    ]);
  });
});
