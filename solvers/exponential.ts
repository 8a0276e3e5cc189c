import type { Terms } from '../src/plan/plan.js';
import type { Step } from './step.js';

// The two steps that every exponential integrator is built of, in half log-SNR lambda, with h = lambda_t - lambda_s.
// D is the prediction over the step: a register, or an extrapolation of several. docs/theory.md, section 4.

export const scaled = (factor: number, terms: Terms): Terms =>
  terms.map(([coefficient, register]) => [factor * coefficient, register]);

/** The probability-flow ODE, exact for constant D: `x_t = (sigma_t/sigma_s) x_s + alpha_t (1 - e^-h) D`. */
export const odeStep = ({ s, t, x }: Pick<Step, 's' | 't' | 'x'>, D: Terms): Terms => [
  [t.sigma / s.sigma, x],
  ...scaled(t.alpha * -Math.expm1(s.lambda - t.lambda), D),
];

/** What these formulas take of a step. */
type SdeStep = Pick<Step, 's' | 't' | 'x' | 'etaSde' | 'noise'>;

/** What a step of the SDE keeps of the state: `(sigma_t/sigma_s) e^(-eta h)`, with `eta = etaSde`. */
export const keptState = ({ s, t, x, etaSde }: SdeStep): Terms => {
  const ratio = t.sigma / s.sigma;
  if (etaSde === 0) return [[ratio, x]];
  // (sigma_t/sigma_s) e^-h is the ratio of two sigma²/alpha, which has a limit where BFN starts
  const kept = t.varianceOverSignal / s.varianceOverSignal;
  return [[etaSde === 1 ? kept : ratio ** (1 - etaSde) * kept ** etaSde, x]];
};

/** The noise that a step of the SDE adds: `sigma_t sqrt(1 - e^(-2 eta h))`; none on the ODE. */
export const addedNoise = ({ s, t, etaSde, noise }: SdeStep): Terms => {
  if (etaSde === 0) return [];
  return [[t.sigma * Math.sqrt(-Math.expm1(2 * etaSde * (s.lambda - t.lambda))), noise()]];
};

/**
 * The reverse SDE, exact in law for constant D, with `eta = etaSde` (0 is the ODE, 1 the SDE of Song et al. 2021):
 * `x_t = (sigma_t/sigma_s) e^(-eta h) x_s + alpha_t (1 - e^(-(1+eta)h)) D + sigma_t sqrt(1 - e^(-2 eta h)) noise`.
 */
export const sdeStep = (step: SdeStep, D: Terms): Terms => {
  const { s, t, etaSde } = step;
  const informed = -Math.expm1((1 + etaSde) * (s.lambda - t.lambda));
  return [...keptState(step), ...scaled(t.alpha * informed, D), ...addedNoise(step)];
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
