import fc from 'fast-check';
import { solverList } from '../../solvers/registry.js';
import type { Plan } from '../../src/plan/plan.js';
import { anyProcess, anySettings } from '../../src/testing/index.js';

/** Plans of all solvers on all processes. */
export const anyPlan = (): fc.Arbitrary<Plan> =>
  fc
    .tuple(fc.constantFrom(...solverList()), anyProcess(), anySettings())
    .filter(([, process]) => !process.roundsNetworkTime)
    .map(([solver, process, settings]) => solver.plan(process, settings));
