import { runCell } from './cell.js';
import type { Problem } from './problem.js';
import { type SolverRun, readyRun } from './ready-run.js';
import { referenceCalls, referenceKey } from './reference-solution.js';
import type { Job, Study, StudyProblem } from './study.js';

const probeSamples = 256;

/** Seconds that a network call of one sample takes on a problem, and its share of the metrics: of a small cell, run twice, since the first one pays for what is made once. */
const costOf = async ({ problem, runs }: StudyProblem, { metrics }: Study['experiment']) => {
  const { run } = runs.reduce((a, b) => (b.run.nfe < a.run.nfe ? b : a));
  const specification = { id: problem.id, parameters: problem.parameters };
  const task = {
    problem: specification,
    run,
    samples: probeSamples,
    seed: 0,
    ...(metrics ? { metrics } : {}),
  };
  await runCell(problem, task);
  const { seconds, calls } = await runCell(problem, task);
  return {
    call: seconds.sampling / ((calls?.mean ?? run.nfe) * probeSamples),
    sample: seconds.metrics / probeSamples,
  };
};

/**
 * Network calls of single samples that jobs of a problem take: those of their cells and, where distances to reference solutions
 * are asked for, those of the solutions, once on each thread that has a cell of it, and of the runs held against them.
 */
export const sampleCalls = (problem: Problem, jobs: readonly Job[], threads: number): number => {
  let calls = 0;
  const keys = new Map<SolverRun, string | undefined>();
  const keyOf = (run: SolverRun): string | undefined => {
    if (!keys.has(run)) keys.set(run, referenceKey(problem, readyRun(problem, run))); // the same for all repeats
    return keys.get(run);
  };
  const cellsOf = new Map<string, number>();
  for (const { task } of jobs) {
    const { run, samples, seed, referenceSamples } = task;
    if (!run) continue;
    calls += run.nfe * samples;
    if (referenceSamples === undefined) continue;
    const key = keyOf(run);
    if (key === undefined) continue;
    const held = Math.min(samples, referenceSamples);
    const cells = (cellsOf.get(`${seed} ${key}`) ?? 0) + 1;
    cellsOf.set(`${seed} ${key}`, cells);
    calls += (run.nfe + (cells <= threads ? referenceCalls : 0)) * held;
  }
  return calls;
};

/** About how many seconds jobs of a study take on so many threads, by a small cell of each problem. */
export const estimateSeconds = async (
  study: Study,
  jobs: readonly Job[],
  threads: number,
): Promise<number> => {
  let seconds = 0;
  for (const of of study.problems) {
    const mine = jobs.filter(({ problem }) => problem === of.problem);
    if (mine.length === 0) continue;
    const cost = await costOf(of, study.experiment);
    seconds += cost.call * sampleCalls(of.problem, mine, threads);
    for (const { task } of mine) seconds += cost.sample * task.samples;
  }
  return seconds / Math.min(threads, Math.max(1, jobs.length));
};
