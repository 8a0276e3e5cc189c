import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import { gaussLegendre } from '../../solvers/quadrature.js';
import { karras, type Process } from '../../src/process/index.js';
import { scalarOf } from '../../src/plan/components.js';

// A method that integrates a polynomial through its history exactly is exact, to rounding, on a prediction that is one, whatever the state.
// One step with full history shows it, or shows by how much it is not so.

const process = karras({ sigmaMax: 80 });
const rule = gaussLegendre(40);

/** `∫ e^(k (lambda - lambda_t)) k lambda^power` over the step: what the prediction adds to x_t/alpha_t, exactly. */
const integral = (from: number, to: number, k: number, power: number): number =>
  rule.reduce((sum, { node, weight }) => {
    const lambda = from + ((to - from) * (1 + node)) / 2;
    return sum + ((to - from) / 2) * weight * k * Math.exp(k * (lambda - to)) * lambda ** power;
  }, 0);

/** What the last step of a plan over these half log-SNRs adds for the prediction (or noise) `lambda^power`, x_s being 0. */
const lastStep = (
  id: string,
  lambdas: readonly number[],
  power: number,
  of: 'data' | 'noise',
  on: Process = process,
  etaSde?: number,
): number => {
  const plan = solver(id).plan(on, {
    nfe: lambdas.length - 1,
    grid: timeGrid.explicit(lambdas.map(on.timeAtLambda)),
    lastStep: 'stop',
    ...(etaSde === undefined ? {} : { etaSde }),
  });
  const evaluations = plan.instructions.filter((entry) => entry.op === 'evaluate');
  const values = new Map<string, number>();
  evaluations.forEach(({ into, from, alpha, sigma }, i) => {
    const value = lambdas[i] ** power;
    // a noise is what x and D make of it: with D = 0, x = sigma noise
    values.set(into, of === 'data' ? value : 0);
    values.set(from, of === 'data' ? 0 : sigma * value);
    expect(Math.log(alpha / sigma)).toBeCloseTo(lambdas[i], 10);
  });
  const steps = plan.instructions.filter((entry) => entry.op === 'combine');
  return steps[steps.length - 1].terms.reduce(
    (sum, [coefficient, register]) => sum + scalarOf(coefficient) * (values.get(register) ?? 0),
    0,
  );
};

const anyLambdas = (points: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(
      fc.double({ min: -3, max: 1, noNaN: true }),
      fc.array(fc.double({ min: 0.05, max: 0.6, noNaN: true }), { minLength: points, maxLength: points }),
    )
    .map(([first, steps]) => steps.reduce((all, step) => [...all, all[all.length - 1] + step], [first]));

describe('exact on polynomials in half log-SNR:', () => {
  const members: [string, number, number?][] = [
    ['ddim', 1],
    ['dpm-solver++2m-heun', 2],
    ['dpm-solver++3m', 3],
    ['unip-3', 3],
    ['unip-4', 4],
    ['exponential-adams-4', 4],
    ['exponential-adams-5', 5],
    ['sde-dpm-solver++2m-heun', 2, 0.4],
    ['sde-dpm-solver++3m', 3, 0.7],
    ['sa-solver-p4', 4, 0.3],
    ['sa-solver-p3', 3, 1],
  ];
  it.each(members)('%s, of %i terms', (id, order, etaSde = 0) => {
    fc.assert(
      fc.property(anyLambdas(order), fc.integer({ min: 0, max: order - 1 }), (lambdas, power) => {
        const [from, to] = lambdas.slice(-2);
        const exact = integral(from, to, 1 + etaSde, power);
        const takesEta = solver(id).defaults?.etaSde !== undefined;
        const seen = lastStep(id, lambdas, power, 'data', process, takesEta ? etaSde : undefined);
        expect(Math.abs(seen - exact)).toBeLessThan(
          1e-9 * Math.max(1, ...lambdas.map((l) => Math.abs(l ** power))),
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['deis-logrho-2', 2],
    ['deis-logrho-3', 3],
    ['deis-logrho-4', 4],
  ])('%s for the noise, of %i terms', (id, order) => {
    fc.assert(
      fc.property(anyLambdas(order), fc.integer({ min: 0, max: order - 1 }), (lambdas, power) => {
        const [from, to] = lambdas.slice(-2);
        // on alpha = 1: x_t = x_s + ∫ noise d sigma, and here x_s = sigma_s noise(s)
        const exact = Math.exp(-from) * from ** power + Math.exp(-to) * integral(from, to, -1, power);
        const seen = lastStep(id, lambdas, power, 'noise');
        const size = Math.max(1, Math.exp(-from)) * Math.max(1, ...lambdas.map((l) => Math.abs(l ** power)));
        expect(Math.abs(seen - exact)).toBeLessThan(1e-9 * size);
      }),
      { numRuns: 50 },
    );
  });
});

describe('the factor of the curvature in 3M', () => {
  const lambdas = [-0.75, -0.45, -0.2, 0.15];
  const error = (id: string): number => lastStep(id, lambdas, 2, 'data') - integral(-0.2, 0.15, 1, 2);
  it('is half of what it should be as published', () => {
    expect(error('dpm-solver++3m-published')).toBeCloseTo(-6.56e-3, 5);
    expect(Math.abs(error('dpm-solver++3m'))).toBeLessThan(1e-15);
  });
  it('the midpoint form of 2M is not exact on a line', () => {
    const line = lastStep('dpm-solver++2m', lambdas.slice(1), 1, 'data') - integral(-0.2, 0.15, 1, 1);
    expect(Math.abs(line)).toBeGreaterThan(1e-3);
  });
});
