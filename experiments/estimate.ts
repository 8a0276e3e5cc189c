import { runCell } from './cell.js';
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
    for (const { task } of mine) seconds += task.samples * ((task.run?.nfe ?? 0) * cost.call + cost.sample);
  }
  return seconds / Math.min(threads, Math.max(1, jobs.length));
};
