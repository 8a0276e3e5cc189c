import { beforeAll, describe, expect, it } from 'vitest';
import { odeStep } from '../../solvers/exponential.js';
import { type Measured, measuredOrders } from '../../solvers/measured.js';
import { defineSolver } from '../../solvers/program.js';
import { adaptiveSolverList, solver, solverList } from '../../solvers/registry.js';
import type { Solver } from '../../solvers/solver.js';
import { sdeDpmSolverPlusPlus2SIndependent } from '../../solvers/stochastic-singlestep.js';
import { errorAtTolerance, measureAdaptiveOrder } from '../../src/testing/measure/adaptive.js';
import { measureOrder } from '../../src/testing/measure/measure.js';

// Declared orders are measured: on nonlinear problems, without sampling. Where this fails after a change of a solver, look at the
// numbers of `npm run measure`, which writes the file that `bfn solvers` shows.

const tolerance = 0.15;

describe.each(solverList().map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
  let measured: Measured;
  beforeAll(() => {
    measured = measureOrder(entry);
  }, 60_000);
  type Field = 'order' | 'orderAsStarted' | 'orderFromFullStart' | 'weakOrder';
  const near = (field: Field, declared: number | null): void => {
    const value = measured[field];
    if (declared === null) expect(value).toBeNull();
    else expect(Math.abs((value ?? NaN) - declared), `${field} ${value}`).toBeLessThanOrEqual(tolerance);
  };

  it('has its declared orders', () => {
    near('order', entry.order);
    near('orderAsStarted', entry.orderAsStarted ?? entry.order);
    near('orderFromFullStart', entry.multistep ? entry.order : null);
    near('weakOrder', entry.weakOrder ?? null);
    expect(measured.settled).toBe(true);
  });

  it('has the orders that are on record', () => {
    const recorded = measuredOrders[id];
    expect(recorded, 'run `npm run measure`').toBeDefined();
    for (const field of Object.keys(measured).filter((name) => name !== 'settled') as (keyof Measured &
      Field)[]) {
      if (measured[field] === null) expect(recorded[field]).toBeNull();
      else expect(Math.abs((recorded[field] ?? NaN) - measured[field])).toBeLessThan(0.03);
    }
  });
});

describe.each(adaptiveSolverList().map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
  it('takes steps of its declared order, as is on record', () => {
    const measured = measureAdaptiveOrder(entry);
    const recorded = measuredOrders[id];
    expect(recorded, 'run `npm run measure`').toBeDefined();
    expect(measured.settled).toBe(true);
    if (entry.order === null) {
      expect(recorded).toEqual(measured);
      return;
    }
    expect(Math.abs((measured.order ?? NaN) - entry.order)).toBeLessThanOrEqual(tolerance);
    expect(Math.abs((recorded.order ?? NaN) - (measured.order ?? NaN))).toBeLessThan(0.03);
  });

  it.skipIf(entry.order === null)('has errors that fall as its tolerance does, and are near it', () => {
    const decades = entry.order === 2 ? [-3, -4, -5, -6] : [-3, -4, -5, -6, -7, -8, -9];
    const errors = decades.map((decade) => errorAtTolerance(entry, 10 ** decade).error);
    errors.forEach((error, i) => {
      expect(error / 10 ** decades[i]).toBeLessThan(5);
      if (i > 0) expect(error).toBeLessThan(errors[i - 1]);
    });
    const slope = Math.log10(errors[0] / errors[errors.length - 1]) / (decades.length - 1);
    expect(Math.abs(slope - 1), `as tolerance^${slope}`).toBeLessThan(0.15);
  });
});

it('there is no record of what is gone', () => {
  const ids = [...solverList(), ...adaptiveSolverList()].map(({ id }) => id);
  expect(Object.keys(measuredOrders).filter((id) => !ids.includes(id))).toEqual([]);
});

describe('a wrong solver measures lower:', () => {
  it('an extrapolation twice too far', () => {
    const facts: Omit<Solver, 'plan'> = {
      id: 'planted',
      kind: 'ode',
      order: 2,
      consistent: true,
      reference: 'none',
    };
    const planted = defineSolver(facts, (step) => {
      const { s, t, D, previous } = step;
      if (!previous) return odeStep(step, [[1, D]]);
      const weight = (t.lambda - s.lambda) / (s.lambda - previous.node.lambda);
      return odeStep(step, [
        [1 + weight, D],
        [-weight, previous.D],
      ]);
    });
    expect(measureOrder(planted).order).toBeCloseTo(1, 1);
  });

  it('independent noises where one path is needed, which no linear problem need show', () => {
    const { weakOrder, weakOrderOfSde } = measureOrder(sdeDpmSolverPlusPlus2SIndependent);
    expect(Math.max(weakOrder ?? NaN, weakOrderOfSde ?? NaN)).toBeLessThan(1.1);
  });

  it('ancestral steps, of weak order 2 with exact networks, are of weak order 1 with any other', () => {
    for (const id of ['dpm2-ancestral', 'dpm-solver++2s-ancestral']) {
      expect(measuredOrders[id].weakOrder).toBeCloseTo(2, 1);
      expect(measureOrder(solver(id)).weakOrderOfSde).toBeCloseTo(1, 1);
    }
  });
});
