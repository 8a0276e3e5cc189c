import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defineSolver,
  adamsPredictor,
  equivalent,
  exponentialAdams,
  powerClock,
  solver,
  solverFamilies,
  timeGrid,
} from '../../solvers/index.js';
import { ode } from '../../solvers/facts.js';
import { gaussLegendre } from '../../solvers/quadrature.js';
import { UsageError } from '../../src/errors.js';
import { scalarOf } from '../../src/plan/components.js';
import { karras } from '../../src/process/index.js';
import { anyProcess, anySettings, checkSolver } from '../../src/testing/index.js';

const same = (line: string, id: string): void =>
  fc.assert(
    fc.property(anyProcess(), anySettings(), (process, { etaSde, ...settings }) => {
      fc.pre(!process.roundsNetworkTime);
      const plans = [solver(line), solver(id)].map((entry) =>
        entry.plan(process, {
          ...settings,
          ...(entry.kind === 'sde' && etaSde !== undefined ? { etaSde } : {}),
        }),
      );
      expect(equivalent(plans[0], plans[1], { tolerance: 1e-9 }).difference).toBeUndefined();
    }),
    { numRuns: 50 },
  );

describe('a line names a member that has an older name, too:', () => {
  it.each([
    ['exponential-adams:order=1', 'ddim'],
    ['exponential-adams:order=4', 'exponential-adams-4'],
    ['exponential-adams:order=2,prediction=noise,rate=-1', 'deis-rhoab-2'],
    ['exponential-adams:order=3,prediction=noise', 'deis-logrho-3'],
    ['exponential-adams:order=3,corrector=3,kind=sde', 'sa-solver-p3c3'],
    ['exponential-adams:order=3,corrector=4,kind=sde', 'sa-solver-p3c4'],
    ['exponential-adams:order=2,kind=sde', 'sa-solver-p2'],
  ])('%s is %s', same);
});

const process = karras({ sigmaMax: 80 });
const rule = gaussLegendre(40);

it('is exact on predictions that are polynomials in its clock, the corrector as well', () => {
  const lambdas = fc
    .array(fc.double({ min: 0.05, max: 0.6, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map((steps) => steps.reduce((all, step) => [...all, all[all.length - 1] + step], [-1]));
  const member = fc.record({
    order: fc.integer({ min: 1, max: 3 }),
    rate: fc.double({ min: -3, max: 3, noNaN: true }).filter((rate) => Math.abs(rate) > 0.2),
    corrector: fc.constantFrom(0, 2, 3),
  });
  fc.assert(
    fc.property(member, lambdas, fc.nat({ max: 2 }), ({ order, rate, corrector }, points, degree) => {
      fc.pre(degree < order && (corrector === 0 || degree < corrector));
      const line = `exponential-adams:order=${order},corrector=${corrector},rate=${rate}`;
      const grid = timeGrid.explicit(points.map(process.timeAtLambda));
      const plan = solver(line).plan(process, { nfe: 4, grid, lastStep: 'stop' });
      const D = (lambda: number): number => Math.exp(rate * degree * (lambda - points[0]));
      // every step but the first ones has all its points; the last step from s to t, with the state at s set to 0
      const values = new Map<string, number>();
      const evaluations = plan.instructions.filter((entry) => entry.op === 'evaluate');
      evaluations.forEach(({ into }, i) => values.set(into, D(points[i])));
      const steps = plan.instructions.filter((entry) => entry.op === 'combine');
      const last = steps[steps.length - 1];
      const seen = last.terms.reduce(
        (sum, [weight, register]) => sum + scalarOf(weight) * (values.get(register) ?? 0),
        0,
      );
      const [from, to] = points.slice(-2);
      const exact = rule.reduce((sum, { node, weight }) => {
        const lambda = from + ((to - from) * (1 + node)) / 2;
        return sum + ((to - from) / 2) * weight * Math.exp(lambda - to) * D(lambda);
      }, 0);
      expect(Math.abs(seen - exact)).toBeLessThan(1e-9 * Math.max(1, Math.abs(exact)));
    }),
  );
});

it('goes over into half log-SNR as its rate goes to 0, without a jump on the way', () => {
  const at = (rate: number): readonly number[] => {
    const adams = { prediction: 'data', clock: powerClock(rate) } as const;
    const member = defineSolver({ ...ode, id: 'member', order: 3, reference: '-' }, adamsPredictor(3, adams));
    return member
      .plan(process, { nfe: 6, grid: timeGrid.halfLogSnr(), lastStep: 'stop' })
      .instructions.flatMap((entry) =>
        entry.op === 'combine' ? entry.terms.map(([weight]) => scalarOf(weight)) : [],
      );
  };
  const apart = (a: number, b: number): number =>
    Math.max(...at(a).map((weight, i) => Math.abs(weight - at(b)[i]) / Math.max(1, Math.abs(weight))));
  expect(apart(0, 1e-9)).toBeLessThan(1e-6);
  expect(apart(0.1 - 1e-12, 0.1 + 1e-12)).toBeLessThan(1e-9);
  expect(apart(0, 0.5)).toBeGreaterThan(1e-2);
});

describe('a member', () => {
  it.each(['order=2,corrector=2,rate=1.4', 'order=2,rate=-0.5,kind=sde'])(
    'with %s keeps the laws of every solver',
    async (parameters) => {
      const reports = await checkSolver(solver(`exponential-adams:${parameters}`));
      expect(reports.filter(({ holds }) => !holds)).toEqual([]);
    },
  );

  it('is made again by its id, and its plan says so', () => {
    const member = solver('exponential-adams: corrector=2, rate=1.5');
    expect(member.id).toBe('exponential-adams:order=3,corrector=2,rate=1.5,prediction=data,kind=ode');
    expect(solver(member.id).id).toBe(member.id);
    expect(member.plan(process, { nfe: 3 }).solver).toBe(member.id);
    expect(solver('exponential-adams').order).toBe(3);
    expect(solverFamilies().map(({ id }) => id)).toEqual(['exponential-adams']);
  });

  it.each([
    ['order=0', /^order of exponential-adams is 0; it must be a whole number from 1 to 5$/],
    ['order=6', /^order of exponential-adams is 6/],
    ['corrector=-1', /^corrector of exponential-adams is -1; it must be a whole number from 0 to 5$/],
    ['rate=11', /^rate of exponential-adams is 11; it must be from -10 to 10$/],
    ['kind=pde', /^kind of exponential-adams is "pde"; it must be ode or sde$/],
    ['prediction=score', /^prediction of exponential-adams is "score"; it must be data or noise$/],
    [
      'rates=1',
      /^solver "exponential-adams" has no parameter "rates"; it takes order, corrector, rate, prediction, kind$/,
    ],
    ['rate=fast', /^solver "exponential-adams": rate = "fast" is not a number/],
  ])('with %s is refused in one line', (parameters, message) => {
    const act = (): unknown => solver(`exponential-adams:${parameters}`);
    expect(act).toThrow(UsageError);
    expect(act).toThrow(message);
  });

  it('can be had without a line', () => {
    const options = { order: 2, corrector: 0, rate: 1, prediction: 'data', kind: 'ode' };
    expect(exponentialAdams(options).order).toBe(2);
  });
});
