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

/** Multistep methods start with order 1, which adds an error of order 2. */
export const rampedOrder = (order: number): Pick<Solver, 'order' | 'orderAsStarted'> => ({
  order,
  ...(order > 2 ? { orderAsStarted: 2 } : {}),
});
