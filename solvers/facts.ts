import { type Adams, clocks } from './exponential-multistep.js';
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

/** The data as a polynomial in half log-SNR: DPM-Solver++, UniPC, SA-Solver. */
export const dataInLambda: Adams = { prediction: 'data', clock: clocks.lambda };

/**
 * The orders of a multistep method: at its default start, of order 1, its errors are of order 2 in the end, or 3 where a
 * corrector has mended the first step.
 */
export const multistep = (
  order: number,
  adams: Adams = dataInLambda,
  { corrected = false } = {},
): Pick<Solver, 'order' | 'orderAsStarted' | 'multistep'> => {
  const limit = corrected ? 3 : 2;
  return { order, ...(order > limit ? { orderAsStarted: limit } : {}), multistep: adams };
};
