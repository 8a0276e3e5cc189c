import fc from 'fast-check';
import { type TimeGrid, timeGrid } from '../../solvers/grid.js';
import { type LastStep, type Settings, lastSteps } from '../../solvers/solver.js';

/** A seed that the random streams accept. */
export const anySeed = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

export const anyLastStep = (): fc.Arbitrary<LastStep> => fc.constantFrom(...lastSteps);

/** Grids that start short of the noise end, so that every solver can use them on every process. */
export const anyGrid = (): fc.Arbitrary<TimeGrid> => {
  const eta = fc.double({ min: 1e-5, max: 0.2, noNaN: true });
  const rho = fc.double({ min: 0.5, max: 9, noNaN: true });
  return fc.oneof(
    eta.map((value) => timeGrid.uniform({ eta: value })),
    eta.map((value) => timeGrid.halfLogSnr({ eta: value })),
    fc.tuple(eta, rho).map(([value, root]) => timeGrid.power({ eta: value, rho: root })),
    fc.tuple(eta, rho).map(([value, root]) => timeGrid.karras({ eta: value, rho: root })),
  );
};

/** Settings for `plan`, NFE 1 to 30, without the categorical draw. */
export const anySettings = (): fc.Arbitrary<Settings> =>
  fc.record({
    nfe: fc.integer({ min: 1, max: 30 }),
    grid: anyGrid(),
    lastStep: anyLastStep(),
    draw: fc.constant(false),
  });
