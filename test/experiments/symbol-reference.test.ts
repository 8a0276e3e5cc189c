import { describe, expect, it } from 'vitest';
import { drawSamples } from '../../experiments/cell.js';
import { type SolverRun, readyRun } from '../../experiments/ready-run.js';
import { makeProblem } from '../../experiments/index.js';
import { registerSolver, solver } from '../../solvers/index.js';
import { UsageError } from '../../src/errors.js';

const run = (id: string, nfe: number): SolverRun => ({
  solver: id,
  nfe,
  settings: {
    start: 'symbol-frequencies',
    grid: { id: 'uniform', parameters: { eta: 0.05 } },
    lastStep: 'stop',
    reference: { id: 'symbols', parameters: { substeps: 32 } },
  },
});

describe('the reference of the symbol frequencies of a problem', () => {
  it('is made of its own frequencies, and recorded by name', async () => {
    const problem = await makeProblem('simplex-3');
    const { plan, settings } = readyRun(problem, run('unipc-2-vary', 3));
    expect(plan).toMatchObject({
      reference: { probabilities: Array.from(problem.moments.probabilities ?? []) },
    });
    expect(settings.reference).toEqual({ id: 'symbols', substeps: 32 });
  });

  it('leaves of independent symbols nothing to the network: one call gives the samples of many', async () => {
    const problem = await makeProblem('simplex-3');
    const drawn = async (nfe: number): Promise<number[]> => {
      const task = { problem: { id: problem.id, parameters: problem.parameters }, samples: 500, seed: 3 };
      const { samples, calls } = await drawSamples(problem, {
        ...task,
        run: run('exponential-adams-t-p2c3', nfe),
      });
      expect(calls).toEqual({ mean: nfe, max: nfe });
      return [...samples.data];
    };
    expect(await drawn(1)).toEqual(await drawn(9));
  });

  it('is refused for a solver from outside that would ignore it', async () => {
    const { plan, ...facts } = solver('exponential-adams-t-p2');
    const ignores = ({ nfe }: { readonly nfe: number }): { nfe: number } => ({ nfe });
    registerSolver({ ...facts, id: 'ignores-its-reference', plan: (on, given) => plan(on, ignores(given)) });
    const problem = await makeProblem('simplex-3');
    const ready = (): unknown => readyRun(problem, run('ignores-its-reference', 3));
    expect(ready).toThrow(UsageError);
    expect(ready).toThrow('ignores-its-reference takes no reference');
  });
});
