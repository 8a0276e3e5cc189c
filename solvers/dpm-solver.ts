import type { Terms } from '../src/plan/plan.js';
import { clocks, noiseOf } from './exponential-multistep.js';
import { midpoint, odeStep, scaled, sdeStep } from './exponential.js';
import { multistep, ode, sdeWithEta } from './facts.js';
import type { Step, StepRule } from './step.js';
import { defineSolver } from './program.js';
import { phi } from './quadrature.js';

// The multistep solvers of Lu et al. 2022. With q_i the steps before in units of the step h, H = (1 + etaSde) h,
// psi2(H) = 1 - (1 - e^-H)/H and psi3(H) = psi2(H)/H - 1/2.

const reference = 'Lu et al. 2022, DPM-Solver++, arXiv:2211.01095';

const psi2 = (H: number): number => H * phi(2, -H);
const psi3 = (H: number): number => -H * phi(3, -H);

/** What `derivatives`, in units of the step and weighed by functions of H, add to the step of order 1. */
const slopes = ({ s, t, etaSde }: Step, derivatives: (H: number) => Terms): Terms => {
  const H = (1 + etaSde) * (t.lambda - s.lambda);
  return H === Infinity ? [] : scaled(t.alpha, derivatives(H));
};

/** `h D'` and `h² D''/2` of the quadratic through three predictions, or of the line through two. */
const taylor = ({ s, t, D, history }: Step): readonly [Terms, Terms] => {
  const h = t.lambda - s.lambda;
  if (history.length === 0) return [[], []];
  const [first, second] = history;
  const q0 = (s.lambda - first.node.lambda) / h;
  const d0: Terms = [
    [1 / q0, D],
    [-1 / q0, first.D],
  ];
  if (history.length === 1) return [d0, []];
  const q1 = (first.node.lambda - second.node.lambda) / h;
  const d1: Terms = [
    [1 / q1, first.D],
    [-1 / q1, second.D],
  ];
  const change = [...d0, ...scaled(-1, d1)];
  return [[...d0, ...scaled(q0 / (q0 + q1), change)], scaled(1 / (q0 + q1), change)];
};

/** `+ alpha_t psi2(H) (D - D_r)/q`: the line through two predictions, integrated exactly. */
const heun: StepRule = (step) => {
  const { D, history } = step;
  const [slope] = taylor({ ...step, history: history.slice(0, 1) });
  return [...sdeStep(step, [[1, D]]), ...slopes(step, (H) => scaled(psi2(H), slope))];
};

/** `+ alpha_t (psi2(H) h D' - factor psi3(H) h² D''/2)`: exact for factor 2, published with 1. From two predictions, the Taylor form of order 2. */
const third =
  (factor: 1 | 2): StepRule =>
  (step) => {
    const [slope, curvature] = taylor(step);
    const added = (H: number): Terms => [...scaled(psi2(H), slope), ...scaled(-factor * psi3(H), curvature)];
    return [...sdeStep(step, [[1, step.D]]), ...slopes(step, added)];
  };

/** The same on the ODE, where the public code takes the midpoint form from two predictions. */
const odeThird =
  (factor: 1 | 2): StepRule =>
  (step) =>
    step.history.length === 1 ? odeStep(step, midpoint(step)) : third(factor)(step);

export const dpmSolverPlusPlus1 = defineSolver(
  {
    ...ode,
    id: 'dpm-solver++1',
    description: 'DPM-Solver++ of order 1, data prediction',
    order: 1,
    reference: `${reference}, section 4`,
  },
  (step) => odeStep(step, [[1, step.D]]),
);

export const dpmSolverPlusPlus2M = defineSolver(
  {
    ...ode,
    ...multistep(2),
    id: 'dpm-solver++2m',
    description: 'DPM-Solver++ multistep of order 2, midpoint form',
    reference: `${reference}, algorithm 2`,
  },
  (step) => odeStep(step, midpoint(step)),
);

export const dpmSolverPlusPlus2MHeun = defineSolver(
  {
    ...ode,
    ...multistep(2),
    id: 'dpm-solver++2m-heun',
    description: 'DPM-Solver++ multistep of order 2, Taylor form',
    reference: `${reference}, appendix B.4`,
  },
  heun,
);

export const dpmSolverPlusPlus3MPublished = defineSolver(
  {
    ...ode,
    ...multistep(2),
    id: 'dpm-solver++3m-published',
    description: 'DPM-Solver++ multistep called of order 3, with half of the curvature: of order 2',
    reference: 'Lu et al., public code of DPM-Solver, multistep of order 3',
  },
  odeThird(1),
);

export const dpmSolverPlusPlus3M = defineSolver(
  {
    ...ode,
    ...multistep(3),
    id: 'dpm-solver++3m',
    description: 'DPM-Solver++ multistep of order 3, with the whole curvature',
    reference: 'the published form, corrected: docs/theory.md, section 4',
  },
  odeThird(2),
);

export const sdeDpmSolverPlusPlus1 = defineSolver(
  {
    ...sdeWithEta,
    id: 'sde-dpm-solver++1',
    description: 'SDE-DPM-Solver++ of order 1',
    order: 1,
    weakOrder: 1,
    reference: `${reference}, section 5`,
  },
  (step) => sdeStep(step, [[1, step.D]]),
);

export const sdeDpmSolverPlusPlus2M = defineSolver(
  {
    ...sdeWithEta,
    ...multistep(2),
    id: 'sde-dpm-solver++2m',
    description: 'SDE-DPM-Solver++ multistep of order 2, midpoint form',
    weakOrder: 2,
    reference: `${reference}, section 5`,
  },
  (step) => sdeStep(step, midpoint(step)),
);

export const sdeDpmSolverPlusPlus2MHeun = defineSolver(
  {
    ...sdeWithEta,
    ...multistep(2),
    id: 'sde-dpm-solver++2m-heun',
    description: 'SDE-DPM-Solver++ multistep of order 2, Taylor form',
    weakOrder: 2,
    reference: 'k-diffusion, sample_dpmpp_2m_sde, heun',
  },
  heun,
);

export const sdeDpmSolverPlusPlus3MPublished = defineSolver(
  {
    ...sdeWithEta,
    ...multistep(2),
    id: 'sde-dpm-solver++3m-published',
    description: 'SDE-DPM-Solver++ multistep called of order 3, with half of the curvature',
    weakOrder: 2,
    reference: 'k-diffusion, sample_dpmpp_3m_sde',
  },
  third(1),
);

export const sdeDpmSolverPlusPlus3M = defineSolver(
  {
    ...sdeWithEta,
    ...multistep(3),
    id: 'sde-dpm-solver++3m',
    description:
      'SDE-DPM-Solver++ multistep with the whole curvature: of order 3 at etaSde 0, of weak order 2',
    weakOrder: 2,
    reference: 'the published form, corrected: docs/theory.md, section 4',
  },
  third(2),
);

/** `x_t = (alpha_t/alpha_s) x_s - sigma_t (e^h - 1) [eps + (eps - eps_r)/(2q)]`. */
export const dpmSolver2M = defineSolver(
  {
    ...ode,
    ...multistep(2, { prediction: 'noise', clock: clocks.lambda }),
    id: 'dpm-solver-2m',
    description: 'DPM-Solver multistep of order 2 on noise predictions, midpoint form',
    reference: 'Lu et al., public code of DPM-Solver, multistep of order 2',
  },
  (step) => {
    const { s, t, D, current, previous } = step;
    const constant = odeStep(step, [[1, D]]);
    const h = t.lambda - s.lambda;
    if (!previous || h === Infinity) return constant;
    const weight = h / (2 * (s.lambda - previous.node.lambda));
    const difference = [...noiseOf(current), ...scaled(-1, noiseOf(previous))];
    return [...constant, ...scaled(-weight * t.sigma * Math.expm1(h), difference)];
  },
);
