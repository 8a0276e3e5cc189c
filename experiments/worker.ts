import { workerData } from 'piscina';
import { type CellOutcome, type CellTask, runCell } from './cell.js';
import { loadModules } from './modules.js';
import type { Problem } from './problem.js';
import { makeProblem } from './problems/index.js';

let modules: Promise<unknown> | undefined;

// A worker makes each problem once, from the same specification: problems are deterministic.
const problems = new Map<string, Promise<Problem>>();

const problemOf = async ({ id, parameters }: CellTask['problem']): Promise<Problem> => {
  modules ??= loadModules((workerData as { modules: readonly string[] }).modules);
  await modules;
  const key = JSON.stringify([id, parameters]);
  const problem = problems.get(key) ?? makeProblem(id, parameters);
  problems.set(key, problem);
  return problem;
};

/** What the pool of `workers.ts` calls. */
export default async (task: CellTask): Promise<CellOutcome> => runCell(await problemOf(task.problem), task);
