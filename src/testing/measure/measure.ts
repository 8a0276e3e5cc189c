import type { Measured } from '../../../solvers/measured.js';
import type { Solver } from '../../../solvers/solver.js';
import { mixtureSlopes } from './mixture.js';
import { odeSlopes } from './ode.js';
import type { Slopes } from './slopes.js';
import { weakSlopes } from './weak.js';

/** Measures the orders of a solver at its defaults, without sampling; those of its ODE part at `etaSde` and `etaDdim` 0. */
export const measureOrder = (solver: Solver): Measured => {
  const ode = solver.order === null ? undefined : odeSlopes(solver);
  const weak = solver.kind === 'sde' && solver.consistent ? weakSlopes(solver) : undefined;
  // where the errors do not fall, the limit is another SDE
  const bent = weak && weak.bent.order > 0.5 ? weak.bent : undefined;
  const onMixture = weak ? mixtureSlopes(solver) : undefined;
  const laws = weak ? [weak.gaussian, onMixture ?? bent].filter((slopes) => slopes !== undefined) : [];
  const used = [ode?.exact, ode?.start, ode?.fullStart, bent, ...laws].filter(
    (slopes): slopes is Slopes => slopes !== undefined,
  );
  // a whole run is of no higher order than its start, nor than what follows
  const whole = (start: Slopes | undefined): number | undefined =>
    ode && start && Math.min(ode.exact.order, start.order);
  const rounded = (order: number | undefined): number | null =>
    order === undefined ? null : Math.round(order * 100) / 100;
  return {
    order: rounded(ode?.exact.order),
    orderAsStarted: rounded(whole(ode?.start)),
    orderFromFullStart: rounded(whole(ode?.fullStart)),
    weakOrder: laws.length > 0 ? rounded(Math.min(...laws.map(({ order }) => order))) : null,
    weakOrderOfSde: rounded(bent?.order),
    settled: used.every(({ settled }) => settled),
  };
};
