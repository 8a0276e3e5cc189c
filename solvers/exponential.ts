import type { Terms } from '../src/plan/plan.js';
import type { Step } from './program.js';

// The two steps that every exponential integrator is built of, in half log-SNR lambda, with h = lambda_t - lambda_s.
// D is the prediction over the step: a register, or an extrapolation of several. docs/theory.md, section 4.

export const scaled = (factor: number, terms: Terms): Terms =>
  terms.map(([coefficient, register]) => [factor * coefficient, register]);

/** The probability-flow ODE, exact for constant D: `x_t = (sigma_t/sigma_s) x_s + alpha_t (1 - e^-h) D`. */
export const odeStep = ({ s, t, x }: Pick<Step, 's' | 't' | 'x'>, D: Terms): Terms => [
  [t.sigma / s.sigma, x],
  ...scaled(t.alpha * -Math.expm1(s.lambda - t.lambda), D),
];

/**
 * The reverse SDE, exact in law for constant D:
 * `x_t = (sigma_t/sigma_s) e^-h x_s + alpha_t (1 - e^-2h) D + sigma_t sqrt(1 - e^-2h) noise`.
 * The first coefficient is the ratio of two sigma²/alpha, which has a limit where BFN starts.
 */
export const sdeStep = ({ s, t, x, noise }: Step, D: Terms): Terms => {
  const informed = -Math.expm1(2 * (s.lambda - t.lambda));
  return [
    [t.varianceOverSignal / s.varianceOverSignal, x],
    ...scaled(t.alpha * informed, D),
    [t.sigma * Math.sqrt(informed), noise()],
  ];
};

/** `D + (D - D_r)/(2q)` with `q = (lambda_s - lambda_r)/h`: D extrapolated in lambda to the middle of the step. First order without history or where the step ends in sigma = 0. */
export const midpoint = ({ s, t, D, previous }: Step): Terms => {
  const h = t.lambda - s.lambda;
  if (!previous || h === Infinity) return [[1, D]];
  const weight = h / (2 * (s.lambda - previous.node.lambda));
  return [
    [1 + weight, D],
    [-weight, previous.D],
  ];
};
