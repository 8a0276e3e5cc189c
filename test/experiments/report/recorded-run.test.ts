import { beforeAll, describe, expect, it } from 'vitest';
import { readyRun } from '../../../experiments/ready-run.js';
import type { CellSettings } from '../../../experiments/ready-run.js';
import type { Problem } from '../../../experiments/problem.js';
import { makeProblem } from '../../../experiments/problems/index.js';
import { recordedRun } from '../../../experiments/report/recorded-run.js';
import { solverList } from '../../../solvers/registry.js';

const problems = ['mixture-1d', 'simplex-3'];
const all = problems.flatMap((problem) => solverList().map(({ id }) => [id, problem] as const));

describe('the run of a cell, from the settings that it records', () => {
  const made = new Map<string, Problem>();
  beforeAll(async () => {
    for (const id of problems) made.set(id, await makeProblem(id));
  });

  const again = (solver: string, problem: string, settings: CellSettings): void => {
    const first = readyRun(made.get(problem) as Problem, { solver, nfe: 5, settings });
    const cell = {
      ...{
        problem,
        solver,
        label: solver,
        nfe: 5,
        status: 'ok' as const,
        metrics: {},
        settings: first.settings,
      },
      seconds: { sampling: 1, metrics: 1 },
    };
    const second = readyRun(made.get(problem) as Problem, recordedRun(cell));
    expect(second.plan).toEqual(first.plan);
    expect([second.start, second.settings]).toEqual([first.start, first.settings]);
  };

  it.each(all)('%s on %s: its own settings give the same plan and start', (solver, problem) =>
    again(solver, problem, {}),
  );

  it('grids with parameters, last steps, clips and noise as well', () => {
    again('sde-dpm-solver++2m', 'mixture-1d', {
      grid: { id: 'karras', parameters: { rho: 5, eta: 0.01 } },
      ...{ lastStep: 'stop', etaSde: 0.4, noise: 'path', clip: [-1, 1], start: 'moment-matched' },
    });
    again('bfn', 'simplex-3', { draw: false });
  });
});
