import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Adams, adamsCorrector, adamsPredictor, clocks } from '../../solvers/exponential-multistep.js';
import { ode, sdeWithEta } from '../../solvers/facts.js';
import {
  type Settings,
  type Solver,
  defineSolver,
  equivalent,
  solver,
  timeGrid,
} from '../../solvers/index.js';
import type { CorrectorRule, StepRule } from '../../solvers/step.js';
import { gaussLegendre } from '../../solvers/quadrature.js';
import { uniC, uniP } from '../../solvers/unipc.js';
import { rectifiedFlow, variancePreserving } from '../../src/process/index.js';
import { anyProcess, anySettings, checkSolver } from '../../src/testing/index.js';
import { scalarOf } from '../../src/plan/components.js';

// Which named solvers are members of the one family, coefficient by coefficient, on every process, grid and budget.

const facts = { order: null, reference: 'docs/theory.md' };

/** The member of the family of that order. */
const family = (kind: 'ode' | 'sde', order: number, adams: Adams): Solver =>
  defineSolver(
    { ...(kind === 'ode' ? ode : sdeWithEta), ...facts, id: 'member' },
    adamsPredictor(order, adams),
  );

const same = (
  left: Solver,
  right: Solver,
  extra: fc.Arbitrary<Partial<Settings>> = fc.constant({}),
): void => {
  const withoutEta = (entry: Solver, { etaSde, ...rest }: Settings): Settings =>
    entry.defaults?.etaSde === undefined ? rest : { ...rest, ...(etaSde === undefined ? {} : { etaSde }) };
  fc.assert(
    fc.property(anyProcess(), anySettings(), extra, (process, settings, more) => {
      fc.pre(!process.roundsNetworkTime); // refused where two times are shown as one
      const [a, b] = [left, right].map((entry) =>
        entry.plan(process, withoutEta(entry, { ...settings, ...more })),
      );
      expect(equivalent(a, b, { tolerance: 1e-9 }).difference).toBeUndefined();
    }),
    { numRuns: 80 },
  );
};

const anyEta = fc.double({ min: 0, max: 1, noNaN: true }).map((etaSde) => ({ etaSde }));
const eta = (etaSde: number): fc.Arbitrary<Partial<Settings>> => fc.constant({ etaSde });
const data = (clock: Adams['clock']): Adams => ({ prediction: 'data', clock });
const noise = (clock: Adams['clock']): Adams => ({ prediction: 'noise', clock });

describe('the exponential Adams family holds', () => {
  it.each(Object.values(clocks).map((clock) => [clock.id, clock] as const))(
    'DDIM at order 1, for data and noise, in %s',
    (_, clock) => {
      same(family('ode', 1, data(clock)), solver('ddim'));
      same(family('ode', 1, noise(clock)), solver('ddim'));
    },
  );

  const named: [string, 'ode' | 'sde', number, Adams, fc.Arbitrary<Partial<Settings>>?][] = [
    ['dpm-solver++2m-heun', 'ode', 2, data(clocks.lambda)],
    ['exponential-adams-5', 'ode', 5, data(clocks.lambda)],
    ['bfn-solver1', 'ode', 1, data(clocks.snr)],
    ['bfn-solver2', 'ode', 2, data(clocks.snr)],
    ['sde-bfn-solver1', 'sde', 1, data(clocks.snr)],
    ['sde-bfn-solver2', 'sde', 2, data(clocks.snr)],
    ['sde-dpm-solver++1', 'sde', 1, data(clocks.lambda), anyEta],
    ['sde-dpm-solver++2m-heun', 'sde', 2, data(clocks.lambda), anyEta],
    ['sde-dpm-solver++3m', 'sde', 3, data(clocks.lambda), anyEta],
    ['sa-solver-p3', 'sde', 3, data(clocks.lambda), anyEta],
    ['deis-tab-3', 'ode', 3, noise(clocks.time)],
    ['deis-rhoab-3', 'ode', 3, noise(clocks.noiseToSignal)],
    ['deis-logrho-3', 'ode', 3, noise(clocks.lambda)],
    ['lms-4', 'ode', 4, noise(clocks.noiseToSignal)],
  ];
  it.each(named)('%s (%s, %i)', (id, kind, order, adams, extra) => {
    same(solver(id), family(kind, order, adams), extra);
  });

  it('SA-Solver at tau = 1: SDE-DPM-Solver++', () => {
    same(solver('sa-solver-p1'), solver('sde-dpm-solver++1'));
    same(solver('sa-solver-p2'), solver('sde-dpm-solver++2m-heun'));
  });

  // UniPC sets its single unknown to 1/2, which is the midpoint form: it is a member from order 3 on, when it has its history. So
  // is DPM-Solver++3M, which is UniP-3.
  const started = (order: number): StepRule => {
    const [unified, adams] = [uniP(order, 'bh2'), adamsPredictor(order, data(clocks.lambda))];
    return (step) => (step.history.length < order - 1 ? unified(step) : adams(step));
  };
  it.each([3, 4])('UniP-%i after its start', (order) => {
    const id = `unip-${order}`;
    same(solver(id), defineSolver({ ...ode, ...facts, id }, started(order)));
  });
  it.each(['bh1', 'bh2'] as const)(
    'UniP-3 on the noise, %s, after its start: DEIS in half log-SNR',
    (scaling) => {
      const [unified, adams] = [uniP(3, scaling, 'noise'), adamsPredictor(3, noise(clocks.lambda))];
      const member: StepRule = (step) => (step.history.length < 2 ? unified(step) : adams(step));
      // near the noise end, where all noises are nearly x/sigma, the coefficients of their differences lose digits
      for (const grid of [timeGrid.halfLogSnr({ tMin: 0.01 }), timeGrid.uniform({ tMin: 0.05 })]) {
        const [a, b] = [unified, member].map((rule) =>
          defineSolver({ ...ode, ...facts, id: 'unip' }, rule).plan(variancePreserving(), { nfe: 12, grid }),
        );
        expect(equivalent(a, b, { tolerance: 1e-9 }).difference).toBeUndefined();
      }
    },
  );
  it.each(['bh1', 'bh2'] as const)('UniC with %s: the polynomial through one point more', (scaling) => {
    const unified = uniC(3, scaling);
    const adams = adamsCorrector(4, data(clocks.lambda));
    const corrected = (id: string, corrector: CorrectorRule): Solver =>
      defineSolver({ ...ode, ...facts, id }, uniP(3, scaling), { corrector });
    same(
      corrected('unic', unified),
      corrected('adams', (step, there) =>
        step.history.length < 1 ? unified(step, there) : adams(step, there),
      ),
    );
  });

  it('not the midpoint form of 2M, and the checker says so', () => {
    const settings = { nfe: 10, grid: timeGrid.uniform({ eta: 0.01 }) };
    const [midpoint, taylor] = ['dpm-solver++2m', 'dpm-solver++2m-heun'].map((id) =>
      solver(id).plan(variancePreserving(), settings),
    );
    expect(equivalent(midpoint, taylor).difference).toContain('evaluation 3');
  });
});

describe('the noise extrapolated on the SDE', () => {
  it.each([
    [1, 1],
    [2, 2],
  ])(
    'of order %i is of weak order %i, though no longer exact for a constant prediction',
    async (order, weak) => {
      const member = family('sde', order, noise(clocks.lambda));
      const reports = await checkSolver({ ...member, order, weakOrder: weak });
      const broken = reports.filter(({ holds }) => !holds).map(({ law }) => law);
      expect(broken).toEqual(['integrates a constant prediction exactly']);
    },
  );
});

describe('among each other', () => {
  const pairs: [string, string][] = [
    ['unip-2', 'dpm-solver++2m'],
    ['unip-3', 'dpm-solver++3m'],
    ['dpm2', 'dpm-solver-2'],
    ['lms-4', 'deis-rhoab-4'],
  ];
  it.each(pairs)('%s is %s', (left, right) => {
    same(solver(left), solver(right));
  });

  const onTheOde: [string, string][] = [
    ['sde-dpm-solver++1', 'ddim'],
    ['sde-dpm-solver++2m', 'dpm-solver++2m'],
    ['sde-dpm-solver++2m-heun', 'dpm-solver++2m-heun'],
    ['sa-solver-p2', 'dpm-solver++2m-heun'],
    ['sa-solver-p4', 'exponential-adams-4'],
    ['sa-solver-p3c4', 'unipc-3-vary'],
  ];
  it.each(onTheOde)('%s at etaSde 0 is %s', (left, right) => {
    same(solver(left), solver(right), eta(0));
  });

  it('the published third order is not the corrected one', () => {
    const settings = { nfe: 6, grid: timeGrid.halfLogSnr({ eta: 0.01 }) };
    const [a, b] = ['dpm-solver++3m', 'dpm-solver++3m-published'].map((id) =>
      solver(id).plan(variancePreserving(), settings),
    );
    expect(equivalent(a, b).difference).toContain('evaluation 4');
  });
});

describe('the quadrature', () => {
  it('integrates a line in information time as the channel does: (a_t - a_s)²/2', () => {
    const process = variancePreserving();
    const plan = family('sde', 2, data(clocks.information)).plan(process, {
      nfe: 2,
      grid: timeGrid.explicit([0.8, 0.6, 0.3]),
      lastStep: 'stop',
    });
    const a = [0.8, 0.6, 0.3].map((t) => Math.exp(2 * process.lambda(t)));
    const step = plan.instructions.filter((entry) => entry.op === 'combine')[1];
    const weight = scalarOf(step.terms.find(([, register]) => register === 'D0')?.[0] ?? NaN);
    const expected = (-process.varianceOverSignal(0.3) * (a[2] - a[1]) ** 2) / (2 * (a[1] - a[0]));
    expect(weight / expected).toBeCloseTo(1, 13);
  });

  it('integrates polynomials in t as a fine rule in t does', () => {
    const fine = gaussLegendre(5);
    const panels = 400;
    for (const process of [rectifiedFlow(), variancePreserving()]) {
      const times = [0.9, 0.7, 0.6, 0.35];
      const plan = solver('deis-tab-3').plan(process, {
        nfe: 3,
        grid: timeGrid.explicit(times),
        lastStep: 'stop',
      });
      const [oldest, older, s, t] = times;
      const rho = (at: number): number => Math.exp(-process.lambda(at));
      // ∫ l(t) d rho = [l rho] - ∫ l' rho dt for the basis polynomial of the oldest node
      const scale = (oldest - older) * (oldest - s);
      const basis = (at: number): number => ((at - older) * (at - s)) / scale;
      let integral = basis(t) * rho(t) - basis(s) * rho(s);
      for (let panel = 0; panel < panels; panel++) {
        for (const { node, weight } of fine) {
          const at = s + ((t - s) * (panel + (1 + node) / 2)) / panels;
          integral -= (((t - s) * weight) / (2 * panels)) * ((2 * at - older - s) / scale) * rho(at);
        }
      }
      const expected = (-process.alpha(t) * integral * process.alpha(oldest)) / process.sigma(oldest);
      const step = plan.instructions.filter((entry) => entry.op === 'combine')[2];
      const weight = scalarOf(step.terms.find(([, register]) => register === 'D0')?.[0] ?? NaN);
      expect(weight / expected).toBeCloseTo(1, 10);
    }
  });
});

describe('what cannot be is said in one line:', () => {
  const process = variancePreserving();
  it.each([
    [
      'an eta beyond the SDE',
      'sde-dpm-solver++2m',
      { etaSde: 1.5 },
      /^etaSde is 1.5; it must be in \[0, 1\]$/,
    ],
    ['an eta of no number', 'sa-solver-p3', { etaSde: NaN }, /^etaSde is NaN/],
    ['an eta on an ODE', 'dpm-solver++2m', { etaSde: 0.5 }, /^dpm-solver\+\+2m does not take etaSde$/],
    ['an order it lacks', 'unipc-7', {}, /^unknown solver "unipc-7"; there are: .*unipc-4/],
  ] as const)('%s', (_, id, settings, message) => {
    expect(() => solver(id).plan(process, { nfe: 3, ...settings })).toThrow(message);
  });
});
