import { expect, it } from 'vitest';
import { checkExperiment } from '../../experiments/compare.js';
import { sampleCalls } from '../../experiments/estimate.js';
import type { Experiment } from '../../experiments/experiment.js';
import { prepare } from '../../experiments/study.js';

const experiment: Experiment = {
  problems: ['mixture-1d'],
  solvers: ['bfn', 'bfn-solver++1', 'bfn-solver++2'], // bfn draws new noise at each step: it has no reference solution
  nfe: [5, 20],
  samples: 100,
  repeats: 2,
  metrics: ['frechet-distance'],
};

const callsOf = async (changes: Partial<Experiment>, threads: number): Promise<number> => {
  const { problems, jobs } = await prepare(checkExperiment({ ...experiment, ...changes }));
  return sampleCalls(problems[0].problem, jobs, threads);
};

const cells = 2 * 3 * (5 + 20) * 100;

it('counts the calls of all cells, and none for true samples', async () => {
  expect(await callsOf({}, 2)).toBe(cells);
});

it('counts the reference solutions, one a seed and thread, and the runs held against them', async () => {
  const again = 2 * 2 * (5 + 20) * 64;
  const solution = (256 + 128) * 64;
  const asked = { distanceToReference: true };
  expect(await callsOf(asked, 1)).toBe(cells + again + 2 * solution);
  expect(await callsOf(asked, 2)).toBe(cells + again + 2 * 2 * solution);
  expect(await callsOf(asked, 99)).toBe(cells + again + 2 * 4 * solution); // no thread has more than its cells
  expect(await callsOf({ ...asked, solvers: ['bfn'] }, 2)).toBe(cells / 3);
  expect(await callsOf({ ...asked, samples: 20 }, 1)).toBe(cells / 5 + (again + 2 * solution) * (20 / 64));
});
