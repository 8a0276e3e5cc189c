import { UsageError } from '../src/errors.js';
import { type Plan, type Register, type Terms, withoutDeadCode } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { scaled } from './exponential.js';
import { clocks } from './exponential-multistep.js';
import { timeGrid } from './grid.js';
import { type Node, nodeAt } from './step.js';
import { checkPlan } from './check-plan.js';
import { callsOfSteps } from './program.js';
import { momentOf, recorder } from './recorder.js';
import { type Settings, type Solver, checkNfe, lastStepOf, referenceOf, startUpOf } from './solver.js';

export interface RestartOptions {
  /** Registry id. Default `restart`. */
  readonly id?: string;
  /** The share of all steps that is taken a second time, in [0, .5]: those in the middle of the grid. Default .25. */
  readonly share?: number;
}

const facts = {
  kind: 'sde',
  order: 2,
  weakOrder: 2,
  clock: clocks.noiseToSignal,
  evaluationsPerStep: 2,
  consistent: true,
  reference: 'Xu et al. 2023, arXiv:2306.14878, algorithm 1, with one interval and K = 1',
} as const;

/**
 * Restart: Heun in `sigma/alpha` down the grid; in the middle, noise back to an earlier level of the grid and down once more. The
 * number of steps counts those that are taken twice, so that the budget is met exactly.
 */
export const restartSampler = ({ id = 'restart', share = 0.25 }: RestartOptions = {}): Solver => {
  if (!(share >= 0 && share <= 0.5)) throw new UsageError(`share is ${share}; it must be in [0, 0.5]`);
  const description = `Heun, with the middle ${100 * share}% of its steps taken again from new noise`;
  return { ...facts, id, description, plan: (process, settings) => planOf(id, share, process, settings) };
};

const planOf = (id: string, share: number, process: Process, settings: Settings): Plan => {
  const nfe = checkNfe(settings.nfe);
  const grid = settings.grid ?? timeGrid.uniform();
  const lastStep = lastStepOf({ id }, settings);
  const draw = settings.draw ?? false;
  referenceOf({ id }, process, settings);
  startUpOf({ id }, settings);
  if (settings.noise === 'path') {
    throw new UsageError(`${id} adds noise on the way back only, which is on no path: use independent noise`);
  }
  const calls = callsOfSteps(
    lastStep === 'predict-at-end' ? nfe - 1 : nfe,
    facts.evaluationsPerStep,
    process.sigma(grid.end(process)) === 0,
  );
  const again = Math.floor(share * calls.length);
  const nodes = grid.times(process, calls.length - again).map((t) => nodeAt(process, t));
  const high = Math.floor((nodes.length - 1 - again) / 2);
  const low = high + again;

  const { instructions, ...write } = recorder();
  const start = write.fresh('x');
  let x = start;
  const step = (s: Node, t: Node, count: number): void => {
    const D = write.evaluate(x, s, draw);
    const euler = eulerStep(x, D, s, t);
    if (count === 1 || t.sigma === 0) {
      x = write.combine(scaled(t.alpha, euler), 'x');
      return;
    }
    const there = write.evaluate(write.combine(scaled(t.alpha, euler), 'u'), t, draw);
    const [from, to] = [s.sigma / s.alpha, t.sigma / t.alpha];
    const slopes: Terms = [
      [1 / (from * s.alpha), x],
      [-1 / from, D],
      ...scaled(1 / to, [...euler, [-1, there]]),
    ];
    x = write.combine(scaled(t.alpha, [[1 / s.alpha, x], ...scaled((to - from) / 2, slopes)]), 'x');
  };
  // the walk over the grid: down to `low`, once more from `high`, down to the end
  const walk = nodes.slice(1).map((_, i) => i);
  if (again > 0) walk.splice(low, 0, ...walk.slice(high, low));
  walk.forEach((from, i) => {
    if (again > 0 && i === low) {
      const [up, at] = [nodes[high], nodes[low]];
      const added = up.sigma * Math.sqrt(-Math.expm1(2 * (up.lambda - at.lambda)));
      const noise = write.noise();
      x = write.combine(
        [
          [up.alpha / at.alpha, x],
          [added, noise],
        ],
        'x',
      );
    }
    step(nodes[from], nodes[from + 1], calls[i]);
  });
  const [first, end] = [nodes[0], nodes[nodes.length - 1]];
  if (lastStep === 'stop') write.end(x, end);
  else if (lastStep === 'predict') write.end(write.lastPrediction());
  else write.end(write.evaluate(x, end, false));

  const plan = withoutDeadCode({
    solver: id,
    process: { id: process.id, parameters: process.parameters },
    settings: { grid: { id: grid.id, ...grid.parameters }, lastStep, draw },
    nfe,
    start: { register: start, ...momentOf(first), atNoiseEnd: first.t === process.noiseEnd },
    instructions,
  });
  checkPlan(plan, nfe, process);
  return plan;
};

/** `x/alpha` at the level of t, for a constant prediction. */
const eulerStep = (x: Register, D: Register, s: Node, t: Node): Terms => {
  const ratio = t.sigma / t.alpha / (s.sigma / s.alpha);
  return [
    [ratio / s.alpha, x],
    [1 - ratio, D],
  ];
};

export const restart = restartSampler();
