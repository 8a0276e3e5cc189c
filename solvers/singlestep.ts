import type { Register, Terms } from '../src/plan/plan.js';
import { odeStep, scaled } from './exponential.js';
import { noiseOf } from './exponential-multistep.js';
import { ode } from './facts.js';
import type { Node, Step, StepRule } from './step.js';
import { callsOfSteps, defineSolver } from './program.js';
import { phi } from './quadrature.js';

// Singlestep solvers of Lu et al. 2022 in half log-SNR: calls in the middle of the step in place of history. DPM-Solver extrapolates the
// noise, DPM-Solver++ the data. A step of fewer calls is one of lower order.

const dpm = 'Lu et al. 2022, DPM-Solver, arXiv:2206.00927';
const plusPlus = 'Lu et al. 2022, DPM-Solver++, arXiv:2211.01095';

/** The node that lies `part` of the step in. */
const inner = ({ process, s, t, node }: Step, part: number): Node =>
  node(process.timeAtLambda(s.lambda + part * (t.lambda - s.lambda)));

const difference = (later: Terms, earlier: Terms): Terms => [...later, ...scaled(-1, earlier)];

// Data prediction ----------------------------------------------------------------------------------------------

/** `D'` at `s + r h`, where the state comes of D alone. */
const dataAt = (step: Step, r: number): Register => {
  const middle = inner(step, r);
  return step.evaluate(odeStep({ ...step, t: middle }, [[1, step.D]]), middle);
};

/** `D + (D' - D)/(2r)` as the constant of the step. */
export const dataSecond =
  (r: number): StepRule =>
  (step) => {
    const weight = 1 / (2 * r);
    if (step.calls === 1) return odeStep(step, [[1, step.D]]);
    return odeStep(step, [
      [1 - weight, step.D],
      [weight, dataAt(step, r)],
    ]);
  };
const data2 = dataSecond(1 / 2);

/** `+ alpha_t (r2/r1) psi(r2 h) (D1 - D)` at r2 = 2/3, then `+ alpha_t psi(h) (D2 - D)/r2`, with `psi(H) = 1 - (1 - e^-H)/H`. */
export const data3: StepRule = (step) => {
  if (step.calls < 3) return data2(step);
  const [r1, r2] = [1 / 3, 2 / 3];
  const { s, t, D, evaluate } = step;
  const h = t.lambda - s.lambda;
  const psi = (H: number): number => H * phi(2, -H);
  const constant: Terms = [[1, D]];
  const D1: Terms = [[1, dataAt(step, r1)]];
  const second = inner(step, r2);
  const slope = scaled((second.alpha * psi(r2 * h) * r2) / r1, difference(D1, constant));
  const D2: Terms = [[1, evaluate([...odeStep({ ...step, t: second }, constant), ...slope], second)]];
  return [...odeStep(step, constant), ...scaled((t.alpha * psi(h)) / r2, difference(D2, constant))];
};

export const dpmSolverPlusPlus2S = defineSolver(
  {
    ...ode,
    id: 'dpm-solver++2s',
    description: 'DPM-Solver++ singlestep of order 2, r = 1/2',
    order: 2,
    evaluationsPerStep: 2,
    reference: `${plusPlus}, algorithm 1`,
  },
  data2,
);

export const dpmSolverPlusPlus3S = defineSolver(
  {
    ...ode,
    id: 'dpm-solver++3s',
    description: 'DPM-Solver++ singlestep of order 3, r = 1/3 and 2/3',
    order: 3,
    evaluationsPerStep: 3,
    reference: 'Lu et al., public code of DPM-Solver, singlestep of order 3',
  },
  data3,
);

// Noise prediction ---------------------------------------------------------------------------------------------

/** The noise at a state within the step. */
const noiseAt = (step: Step, state: Terms, node: Node): Terms => {
  const D = step.evaluate(state, node);
  return scaled(1 / node.sigma, [...state, [-node.alpha, D]]);
};

// `(alpha_t/alpha_s) x_s - sigma_t (e^h - 1) eps` is DDIM, written as `odeStep`: it keeps its digits where alpha_s is small.

/** The noise at `r h` less that at s, where the state comes of the latter alone. */
const noiseChange = (step: Step, r: number): Terms => {
  const middle = inner(step, r);
  const there = noiseAt(step, odeStep({ ...step, t: middle }, [[1, step.D]]), middle);
  return difference(there, noiseOf(step.current));
};

/** `- sigma_t (e^h - 1) (eps' - eps)/(2r)`. */
export const noiseSecond =
  (r: number): StepRule =>
  (step) => {
    const constant = odeStep(step, [[1, step.D]]);
    if (step.calls === 1) return constant;
    const { s, t } = step;
    const weight = (-t.sigma * Math.expm1(t.lambda - s.lambda)) / (2 * r);
    return [...constant, ...scaled(weight, noiseChange(step, r))];
  };
const noise2 = noiseSecond(1 / 2);

/** `- sigma_t (r2/r1) psi(r2 h) (eps1 - eps)` at r2 = 2/3, then `- sigma_t psi(h) (eps2 - eps)/r2`, with `psi(H) = (e^H - 1)/H - 1`. */
export const noise3: StepRule = (step) => {
  if (step.calls < 3) return noise2(step);
  const [r1, r2] = [1 / 3, 2 / 3];
  const { s, t, D, current } = step;
  const h = t.lambda - s.lambda;
  const psi = (H: number): number => H * phi(2, H);
  const change = scaled(r2 / r1, noiseChange(step, r1));
  const second = inner(step, r2);
  const state = [
    ...odeStep({ ...step, t: second }, [[1, D]]),
    ...scaled(-second.sigma * psi(r2 * h), change),
  ];
  const change2 = difference(noiseAt(step, state, second), noiseOf(current));
  return [...odeStep(step, [[1, D]]), ...scaled((-t.sigma * psi(h)) / r2, change2)];
};

export const dpmSolver1 = defineSolver(
  {
    ...ode,
    id: 'dpm-solver-1',
    description: 'DPM-Solver of order 1: DDIM',
    order: 1,
    reference: `${dpm}, eq. 3.7`,
  },
  (step) => odeStep(step, [[1, step.D]]),
);

export const dpmSolver2 = defineSolver(
  {
    ...ode,
    id: 'dpm-solver-2',
    description: 'DPM-Solver singlestep of order 2, r = 1/2',
    order: 2,
    evaluationsPerStep: 2,
    reference: `${dpm}, algorithm 1`,
  },
  noise2,
);

export const dpmSolver3 = defineSolver(
  {
    ...ode,
    id: 'dpm-solver-3',
    description: 'DPM-Solver singlestep of order 3, r = 1/3 and 2/3',
    order: 3,
    evaluationsPerStep: 3,
    reference: `${dpm}, algorithm 2`,
  },
  noise3,
);

/** Orders 3, ..., 3, 2, 1 where N is a multiple of 3; else 3, ..., 3 and one step of what is left. */
const fastCalls = (budget: number): readonly number[] => {
  if (budget === 0 || budget % 3 > 0) return callsOfSteps(budget, 3, false);
  return [...callsOfSteps(budget - 3, 3, false), 2, 1];
};

export const dpmSolverFast = defineSolver(
  {
    ...ode,
    id: 'dpm-solver-fast',
    description: 'DPM-Solver singlestep, closing with lower orders: "fast"',
    order: 2,
    evaluationsPerStep: 3,
    reference: `${dpm}, section 3.4`,
  },
  noise3,
  { spend: fastCalls },
);
