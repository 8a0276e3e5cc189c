import type { Solver } from './solver.js';

type Facts = Pick<
  Solver,
  'kind' | 'weakOrder' | 'evaluationsPerStep' | 'consistent' | 'scaleInvariant' | 'defaults'
>;

/** What most ODE solvers declare. */
export const ode = {
  kind: 'ode',
  weakOrder: null,
  evaluationsPerStep: 1,
  consistent: true,
  scaleInvariant: true,
} as const satisfies Facts;

/** What most SDE solvers declare; with `etaSde`, they also run between the SDE and the ODE. */
export const sde = { ...ode, kind: 'sde' } as const satisfies Facts;
export const sdeWithEta = { ...sde, defaults: { etaSde: 1 } } as const satisfies Facts;

/** Multistep methods start with order 1, which adds an error of order 2, or of order 3 where a corrector has mended the first step. */
export const rampedOrder = (order: number, corrected = false): Pick<Solver, 'order' | 'orderAsStarted'> => {
  const limit = corrected ? 3 : 2;
  return { order, ...(order > limit ? { orderAsStarted: limit } : {}) };
};
