import { type Clock, clocks } from '../../../solvers/exponential-multistep.js';
import type { Settings, Solver } from '../../../solvers/solver.js';
import type { Plan } from '../../plan/plan.js';
import { gridIn, process } from './problem.js';

/** Errors at doubled numbers of steps, and the slope between the last two that stand clear of rounding. */
export interface Slopes {
  readonly order: number;
  /** Whether the last two slopes differ by at most .15, or the errors neared rounding. */
  readonly settled: boolean;
  readonly errors: readonly { readonly nfe: number; readonly error: number }[];
}

export interface Doubling {
  readonly first: number;
  readonly last: number;
  /** Errors below it are rounding. */
  readonly floor: number;
  /** Stop before `last` once two slopes agree so well. */
  readonly agreement: number;
}

const usual: Doubling = { first: 16, last: 8192, floor: 1e-13, agreement: 0.05 };

/** Doubles the steps until the slopes agree, the errors near rounding, or `last` is reached. */
export const slopesOf = (
  errorAt: (steps: number) => { nfe: number; error: number },
  options: Partial<Doubling> = {},
): Slopes => {
  const { first, last, floor, agreement } = { ...usual, ...options };
  const errors: { nfe: number; error: number }[] = [];
  const slopes: number[] = [];
  for (let steps = first; steps <= last; steps *= 2) {
    const entry = errorAt(steps);
    const before = errors[errors.length - 1];
    if (entry.error < floor) break;
    errors.push(entry);
    if (!before) continue;
    slopes.push(Math.log(before.error / entry.error) / Math.log(entry.nfe / before.nfe));
    const recent = slopes.slice(-3);
    if (recent.length === 3 && Math.max(...recent) - Math.min(...recent) < agreement) break;
  }
  const [earlier, latest] = [slopes[slopes.length - 2], slopes[slopes.length - 1]];
  return { order: latest ?? NaN, settled: Math.abs(latest - earlier) <= 0.15, errors };
};

export interface PlanOptions {
  /** Of etaSde or etaDdim 0, where the solver takes them. */
  readonly deterministic?: boolean;
  /** If not given, that of the solver. */
  readonly clock?: Clock;
  readonly settings?: Omit<Settings, 'nfe' | 'grid'>;
}

/** The plan of so many calls, for as many steps but those of a start-up, on the problem's process and returning the state at its end. */
export const planIn = (
  solver: Solver,
  steps: number,
  { deterministic = false, clock, settings = {} }: PlanOptions = {},
): Plan => {
  const { etaSde, etaDdim } = solver.defaults ?? {};
  return solver.plan(process, {
    nfe: steps * (solver.evaluationsPerStep ?? 1),
    grid: gridIn(clock ?? solver.clock ?? solver.multistep?.clock ?? clocks.lambda),
    lastStep: 'stop',
    draw: false,
    ...(deterministic && etaSde !== undefined ? { etaSde: 0 } : {}),
    ...(deterministic && etaDdim !== undefined ? { etaDdim: 0 } : {}),
    ...settings,
  });
};
