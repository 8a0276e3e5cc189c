import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grids } from '../../solvers/grid.js';
import { callsOfSteps } from '../../solvers/program.js';
import { solver, solverList, timeGrid } from '../../solvers/index.js';
import { UsageError } from '../../src/errors.js';
import {
  continuousBfn,
  discreteBetas,
  discreteBfn,
  karras,
  rectifiedFlow,
  variancePreserving,
} from '../../src/process/index.js';
import { anyGrid, anyProcess } from '../../src/testing/index.js';

describe('every grid', () => {
  it('has one more time than steps, strictly decreasing, from eta to its end', () => {
    fc.assert(
      fc.property(anyGrid(), anyProcess(), fc.integer({ min: 0, max: 200 }), (grid, process, steps) => {
        const times = grid.times(process, steps);
        expect(times).toHaveLength(steps + 1);
        times.forEach((t, i) => expect(i === 0 || t < times[i - 1]).toBe(true));
        const eta = grid.parameters.eta as number;
        expect(times[0]).toBe(process.noiseEnd - eta * (process.noiseEnd - process.dataEnd));
        if (steps > 0) expect(times[steps]).toBe(grid.end(process));
      }),
    );
  });

  it('can be made again from its record', () => {
    fc.assert(
      fc.property(anyGrid(), anyProcess(), fc.integer({ min: 1, max: 20 }), (grid, process, steps) => {
        const again = grids.make(grid.id, grid.parameters);
        expect(again.times(process, steps)).toEqual(grid.times(process, steps));
      }),
    );
  });

  it('is uniform in what it says', () => {
    fc.assert(
      fc.property(anyGrid(), anyProcess(), fc.integer({ min: 3, max: 50 }), (grid, process, steps) => {
        const rho = (grid.parameters.rho as number | undefined) ?? 1;
        const value: Record<string, (t: number) => number> = {
          uniform: (t) => t,
          'half-log-snr': process.lambda,
          power: (t) => (t - process.dataEnd) ** (1 / rho),
          karras: (t) => Math.exp(-process.lambda(t) / rho),
        };
        // karras goes on from its last level to a data end without noise in one step of its own
        const own = grid.id === 'karras' && process.sigma(process.dataEnd) === 0 ? steps - 1 : steps;
        const values = grid
          .times(process, steps)
          .slice(0, own + 1)
          .map(value[grid.id]);
        const step = (values[own] - values[0]) / own;
        for (let i = 1; i <= own; i++) expect((values[i] - values[i - 1]) / step).toBeCloseTo(1, 5);
      }),
    );
  });
});

it('Karras et al. with 18 steps ends at sigma .002 and then 0 on their process', () => {
  const times = timeGrid.karras().times(karras(), 18);
  const expected = (i: number): number =>
    (80 ** (1 / 7) + (i / 17) * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7;
  times.slice(0, 18).forEach((t, i) => expect(t / expected(i)).toBeCloseTo(1, 12));
  expect(times[18]).toBe(0);
});

describe('a budget', () => {
  it('is spent to the call, in full steps, a cheaper one, and one call for a step that ends in the data', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (budget, perStep, endsInData) => {
          const calls = callsOfSteps(budget, perStep, endsInData);
          expect(calls.reduce((a, b) => a + b, 0)).toBe(budget);
          expect(calls.every((count) => count >= 1 && count <= perStep)).toBe(true);
          expect(calls.filter((count) => count < perStep).length).toBeLessThanOrEqual(endsInData ? 2 : 1);
          if (endsInData && budget > 0) expect(calls.at(-1)).toBe(1);
          if (!endsInData) expect(calls.length).toBe(Math.ceil(budget / perStep));
        },
      ),
    );
  });

  it('of one call works for every solver on every process', () => {
    fc.assert(
      fc.property(fc.constantFrom(...solverList()), anyProcess(), (entry, process) => {
        expect(entry.plan(process, { nfe: 1 }).nfe).toBe(1);
      }),
    );
  });

  it('goes into 1000 steps of every solver', () => {
    for (const entry of solverList()) {
      expect(entry.plan(continuousBfn({ sigma1: 0.01 }), { nfe: 1000 }).nfe).toBe(1000);
    }
  });
});

describe('what is wrong is said in one line:', () => {
  const process = continuousBfn({ sigma1: 0.1 });
  const text = discreteBfn({ classes: 3, beta1: 1 });
  const cases: [string, () => unknown, RegExp][] = [
    [
      'NFE 0',
      () => solver('ddim').plan(process, { nfe: 0 }),
      /^NFE is 0; it must be a whole number from 1 to 100000$/,
    ],
    ['NFE -3', () => solver('ddim').plan(process, { nfe: -3 }), /^NFE is -3/],
    ['NFE 2.5', () => solver('ddim').plan(process, { nfe: 2.5 }), /^NFE is 2.5/],
    ['NFE 1e9', () => solver('ddim').plan(process, { nfe: 1e9 }), /^NFE is 1000000000/],
    ['an unknown solver', () => solver('dpm'), /^unknown solver "dpm"; there are: bfn, euler-maruyama/],
    [
      'an unknown last step',
      () => solver('ddim').plan(process, { nfe: 2, lastStep: 'jump' as 'stop' }),
      /^the last step is "jump"; it must be stop, predict, predict-at-end$/,
    ],
    ['eta 1', () => timeGrid.uniform({ eta: 1 }).times(process, 2), /^eta is 1; it must be in \[0, 1\)$/],
    [
      'tMin beyond the interval',
      () => timeGrid.uniform({ tMin: 2 }).times(process, 2),
      /^tMin is 2; on bfn-continuous it must be in \[0, 1\)$/,
    ],
    ['rho 0', () => timeGrid.power({ rho: 0 }), /^rho of the power grid is 0; it must be positive$/],
    [
      'a grid that goes up',
      () => solver('ddim').plan(process, { nfe: 2, grid: timeGrid.explicit([0.5, 0.7, 0]) }),
      /^the explicit grid is not strictly decreasing: 0.7 comes after 0.5$/,
    ],
    [
      'a grid that stands still',
      () => solver('ddim').plan(process, { nfe: 2, grid: timeGrid.explicit([0.5, 0.5, 0]) }),
      /not strictly decreasing/,
    ],
    [
      'a grid with NaN',
      () => solver('ddim').plan(process, { nfe: 2, grid: timeGrid.explicit([0.5, NaN, 0]) }),
      /^the explicit grid has the time NaN; bfn-continuous runs from 0 to 1$/,
    ],
    [
      'a grid outside',
      () => solver('ddim').plan(process, { nfe: 2, grid: timeGrid.explicit([1.5, 0.5, 0]) }),
      /has the time 1.5/,
    ],
    [
      'a grid of another length',
      () => solver('ddim').plan(process, { nfe: 3, grid: timeGrid.explicit([0.5, 0.2, 0]) }),
      /^the explicit grid has 3 times; 3 steps need 4$/,
    ],
    [
      'an ODE from where BFN begins',
      () => solver('ddim').plan(text, { nfe: 3, grid: timeGrid.uniform({ eta: 0 }) }),
      /^ddim cannot step from t = 1 on bfn-discrete: a coefficient is infinite there; use eta > 0: such a grid starts short of the noise end$/,
    ],
    [
      'half log-SNR from where it is -infinity',
      () => timeGrid.halfLogSnr({ eta: 0 }).times(rectifiedFlow(), 3),
      /^the half-log-snr grid needs eta > 0 on rectified-flow/,
    ],
    [
      "two times that a network can't tell apart",
      () => solver('ddim').plan(discreteBetas({ betas: [0.1, 0.2, 0.3] }), { nfe: 9 }),
      /are both shown to the network as \d+: use fewer or other times, or real network times$/,
    ],
    [
      'an unknown grid',
      () => grids.parse('linear'),
      /^unknown grid "linear"; there are: uniform, half-log-snr, power, karras, explicit, cosine, beta, table$/,
    ],
    [
      'an unknown parameter of a grid',
      () => grids.make('karras', { sigma: 1 }),
      /^grid "karras" has no parameter "sigma"; it takes rho, eta, tMin$/,
    ],
  ];
  it.each(cases)('%s', (_, act, message) => {
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });
  it('an ODE solver cannot start where BFN begins, whichever it is', () => {
    const ode = solverList().filter(({ kind }) => kind === 'ode');
    expect(ode.length).toBeGreaterThan(5);
    for (const entry of ode) {
      for (const bfn of [process, text]) {
        const plan = (): unknown => entry.plan(bfn, { nfe: 4, grid: timeGrid.uniform({ eta: 0 }) });
        expect(plan).toThrow(/cannot step from t = 1 on bfn-/);
      }
    }
  });
  it('on VP, whose signal is not lost at the noise end, ODE solvers start there', () => {
    expect(solver('ddim').plan(variancePreserving({}), { nfe: 3 }).start.t).toBe(1);
  });
});

describe('the grids in parts of the interval', () => {
  const eta = fc.double({ min: 1e-5, max: 0.2, noNaN: true });
  const shape = fc.double({ min: 0.3, max: 4, noNaN: true });
  const steps = fc.integer({ min: 1, max: 40 });

  it('have one more time than steps, strictly decreasing, the ends exactly, and are made again from their record', () => {
    fc.assert(
      fc.property(anyProcess(), eta, shape, shape, steps, (process, value, a, b, count) => {
        for (const grid of [timeGrid.cosine({ eta: value }), timeGrid.beta({ a, b, eta: value })]) {
          const times = grid.times(process, count);
          expect(times).toHaveLength(count + 1);
          times.forEach((t, i) => expect(i === 0 || t < times[i - 1]).toBe(true));
          expect(times[0]).toBe(process.noiseEnd - value * (process.noiseEnd - process.dataEnd));
          expect(times[count]).toBe(process.dataEnd);
          expect(grids.make(grid.id, grid.parameters).times(process, count)).toEqual(times);
        }
      }),
    );
  });

  it('beta is uniform at a = b = 1, a power at b = 1, and the half of a cosine at a = b = 1/2', () => {
    const process = rectifiedFlow();
    fc.assert(
      fc.property(steps, shape, (count, rho) => {
        const close = (one: readonly number[], other: readonly number[]): void =>
          one.forEach((t, i) => expect(t).toBeCloseTo(other[i], 12));
        const times = (a: number, b: number) => timeGrid.beta({ a, b, eta: 0 }).times(process, count);
        close(times(1, 1), timeGrid.uniform({ eta: 0 }).times(process, count));
        close(times(1 / rho, 1), timeGrid.power({ rho, eta: 0 }).times(process, count));
        close(
          times(0.5, 0.5),
          Array.from({ length: count + 1 }, (_, i) => (1 + Math.cos((Math.PI * i) / count)) / 2),
        );
      }),
    );
  });

  it('cosine is uniform in the angle arccos(1 - t)', () => {
    const times = timeGrid.cosine({ eta: 0 }).times(rectifiedFlow(), 7);
    times.forEach((t, i) => expect(Math.acos(1 - t)).toBeCloseTo((Math.PI / 2) * (1 - i / 7), 12));
  });

  it('beta says what it can not take, and is read from a line of text', () => {
    expect(() => timeGrid.beta({ a: 0 })).toThrow(/^a of the beta grid is 0; it must be positive$/);
    expect(() => timeGrid.beta({ b: -1 })).toThrow(/^b of the beta grid is -1; it must be positive$/);
    expect(() => timeGrid.cosine({ eta: 1 }).times(rectifiedFlow(), 2)).toThrow(/^eta is 1; it must be in/);
    const { id, parameters } = grids.parse('beta:a=0.6,b=0.6');
    expect(grids.make(id, parameters).parameters).toEqual({ a: 0.6, b: 0.6 });
    expect(grids.make('beta').parameters).toEqual({ a: 0.6, b: 0.6 });
  });
});
