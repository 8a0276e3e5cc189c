import { type Settings, type Solver, equivalent, solver, timeGrid } from '../../solvers/index.js';
import type { Plan } from '../../src/plan/plan.js';
import type { Process } from '../../src/process/index.js';
import { scalarOf } from '../../src/plan/components.js';

/** What two samplers may differ by in any coefficient of their normal forms, relative to its row. */
export const tolerance = 1e-10;

/** How far the plans of some solvers are from being one; Infinity where they differ in more than numbers. */
export const apart = (solvers: readonly Solver[], process: Process, settings: Settings): number => {
  const [first, ...others] = solvers.map((one) => one.plan(process, settings));
  return Math.max(...others.map((other) => distance(first, other)));
};

export const distance = (left: Plan, right: Plan, upToScale = false): number => {
  const { holds, residual } = equivalent(left, right, { tolerance, upToScale });
  return holds || residual > tolerance ? residual : Infinity;
};

export const solvers = (...ids: readonly string[]): readonly Solver[] => ids.map(solver);

/** The solver with the coefficients of its predictions off by a millionth: what a check must see. */
export const off = (one: Solver): Solver => ({
  ...one,
  plan(process, settings) {
    const plan = one.plan(process, settings);
    const instructions = plan.instructions.map((entry) =>
      entry.op === 'combine'
        ? {
            ...entry,
            terms: entry.terms.map(
              ([coefficient, name]) =>
                [scalarOf(coefficient) * (name.startsWith('D') ? 1 + 1e-6 : 1), name] as const,
            ),
          }
        : entry,
    );
    return { ...plan, instructions };
  },
});

/** The coefficients of one step: of the state, of the prediction at it and of the one before, and of a new standard normal. */
export interface StepCoefficients {
  readonly x: number;
  readonly D: number;
  readonly previous?: number;
  readonly noise?: number;
}

/** A paper's step from s to t < s, after one from r to s, as such coefficients. */
export type Written = (at: {
  readonly r: number;
  readonly s: number;
  readonly t: number;
  readonly process: Process;
}) => StepCoefficients;

/** K and beta1 of discrete BFN. */
export const constantsOf = ({ parameters }: Process): { K: number; b1: number } => ({
  K: Number(parameters['classes']),
  b1: Number(parameters['beta1']),
});

/** The step from s to t, after one from r to s, r > s > t. */
export const stepOf = (
  one: Solver,
  process: Process,
  [r, s, t]: readonly number[],
): Required<StepCoefficients> => {
  const grid = timeGrid.explicit([r, s, t]);
  const { instructions } = one.plan(process, { nfe: 2, grid, lastStep: 'stop', draw: false });
  const [before, step] = instructions.filter((entry) => entry.op === 'combine');
  const [previous, D] = instructions.filter((entry) => entry.op === 'evaluate');
  const noise = instructions.filter((entry) => entry.op === 'noise').at(-1);
  const of = (register: string | undefined): number =>
    scalarOf(step.terms.find(([, name]) => name === register)?.[0] ?? 0);
  return { x: of(before.into), D: of(D.into), previous: of(previous.into), noise: of(noise?.into) };
};

/** The largest difference of two steps, each coefficient in units of what it contributes to a state of scale sigma at s. */
export const stepDifference = (
  a: StepCoefficients,
  b: StepCoefficients,
  { sigma }: { readonly sigma: number },
): number => {
  const row = ({ x, D, previous = 0, noise = 0 }: StepCoefficients): number[] => [
    x * sigma,
    D,
    previous,
    noise,
  ];
  const [left, right] = [row(a), row(b)];
  const size = Math.max(...left.map(Math.abs), ...right.map(Math.abs));
  return Math.max(...left.map((value, i) => Math.abs(value - right[i]))) / size;
};
