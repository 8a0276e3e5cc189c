import { edmStochastic } from '../../../solvers/edm.js';
import type { Solver } from '../../../solvers/solver.js';
import { mixtureSlopes } from './mixture.js';
import { odeSlopes } from './ode.js';
import type { Slopes } from './slopes.js';
import { weakSlopes } from './weak.js';

/** Measured orders, to two decimals; null where one does not apply. */
export interface Measured {
  /** Of the ODE part, given exact history: on a problem whose prediction is constant, to sixth order, where the run starts. */
  readonly order: number | null;
  /** Of the ODE part on a problem that is as lively at its start as anywhere: of whole runs, started as the solver starts. */
  readonly orderAsStarted: number | null;
  /**
   * Of the law of the result with the exact network: the lower of those on Gaussian data and on the mixture; for a solver of
   * several steps, which is not measured on the mixture, `weakOrderOfSde` stands in for that.
   */
  readonly weakOrder: number | null;
  /**
   * As a discretisation of the reverse SDE with a network that is no one's exact one (a Gaussian's, bent a little), as learned
   * and guided ones are. Null where the limit is another SDE.
   */
  readonly weakOrderOfSde: number | null;
  /** Whether all slopes had settled, to .15 between the last two. */
  readonly settled: boolean;
}

/** Solvers without noise, of those whose noise is set neither by `etaSde` nor by `etaDdim`. */
const odeParts: Readonly<Record<string, Solver>> = { 'edm-churn': edmStochastic({ churn: 0 }) };

/** Measures the orders of a solver at its defaults, without sampling; those of its ODE part at `etaSde` and `etaDdim` 0. */
export const measureOrder = (solver: Solver): Measured => {
  const odePart = odeParts[solver.id] ?? solver;
  const ode = solver.order !== null;
  const exact = ode ? odeSlopes(odePart, 'exact') : undefined;
  const started = ode ? odeSlopes(odePart, 'as started') : undefined;
  const weak = solver.kind === 'sde' && solver.consistent ? weakSlopes(solver) : undefined;
  // where the errors do not fall, the limit is another SDE
  const bent = weak && weak.bent.order > 0.5 ? weak.bent : undefined;
  const onMixture = weak ? mixtureSlopes(solver) : undefined;
  const laws = weak ? [weak.gaussian, onMixture ?? bent].filter((slopes) => slopes !== undefined) : [];
  const used = [exact, started, bent, ...laws].filter((slopes): slopes is Slopes => slopes !== undefined);
  const rounded = (order: number | undefined): number | null =>
    order === undefined ? null : Math.round(order * 100) / 100;
  return {
    order: rounded(exact?.order),
    orderAsStarted: rounded(started?.order),
    weakOrder: laws.length > 0 ? rounded(Math.min(...laws.map(({ order }) => order))) : null,
    weakOrderOfSde: rounded(bent?.order),
    settled: used.every(({ settled }) => settled),
  };
};
