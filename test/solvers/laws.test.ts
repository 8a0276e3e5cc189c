import { describe, expect, it } from 'vitest';
import { solverList } from '../../solvers/registry.js';
import type { Solver } from '../../solvers/solver.js';
import { odeStep } from '../../solvers/exponential.js';
import { defineSolver } from '../../solvers/program.js';
import { checkSolver } from '../../src/testing/check-solver.js';

describe.each(solverList().map((solver) => [solver.id, solver] as const))('%s', (_, solver) => {
  it('keeps the laws of checkSolver', async () => {
    const reports = await checkSolver(solver);
    expect(reports.filter(({ holds }) => !holds)).toEqual([]);
    expect(reports.length).toBeGreaterThanOrEqual(3);
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
