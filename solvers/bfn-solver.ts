import type { Register, Terms } from '../src/plan/plan.js';
import { midpoint, odeStep, sdeStep } from './exponential.js';
import { clocks } from './exponential-multistep.js';
import { multistep } from './facts.js';
import type { Node, Step } from './step.js';
import { defineSolver } from './program.js';

// The BFN-Solvers of Xue et al. 2024 (arXiv:2404.15766, algorithms 1 to 7), written for any linear process. For continuous data they
// work in half log-SNR lambda, for discrete data in w = e^lambda, which on discrete BFN is proportional to 1 - t.

const paper = 'Xue et al. 2024, arXiv:2404.15766';
const ode = {
  kind: 'ode',
  weakOrder: null,
  evaluationsPerStep: 1,
  consistent: true,
  scaleInvariant: true,
} as const;
const sde = { ...ode, kind: 'sde' } as const;

// Continuous data ------------------------------------------------------------------------------------------------

/** `mu_t = (sigma_t/sigma_s) mu_s + gamma_t (1 - e^-h) x_hat`. */
export const bfnSolverPlusPlus1 = defineSolver(
  {
    ...ode,
    id: 'bfn-solver++1',
    description: 'BFN-Solver++ of order 1, for continuous data',
    order: 1,
    reference: `${paper}, algorithm 1`,
  },
  (step) => odeStep(step, [[1, step.D]]),
);

export const bfnSolverPlusPlus2 = defineSolver(
  {
    ...ode,
    ...multistep(2),
    id: 'bfn-solver++2',
    description: 'BFN-Solver++ of order 2, for continuous data',
    reference: `${paper}, algorithm 2`,
  },
  (step) => odeStep(step, midpoint(step)),
);

export const sdeBfnSolverPlusPlus2 = defineSolver(
  {
    ...sde,
    ...multistep(2),
    id: 'sde-bfn-solver++2',
    description: 'SDE-BFN-Solver++ of order 2, for continuous data',
    weakOrder: 2,
    reference: `${paper}, algorithm 3`,
  },
  (step) => sdeStep(step, midpoint(step)),
);

// Discrete data --------------------------------------------------------------------------------------------------

const dataInW = { prediction: 'data', clock: clocks.snr } as const;
const w = ({ lambda }: Node): number => Math.exp(lambda);

/** `coefficient dD/dw`, the slope taken between D at w and another prediction. */
const slope = (coefficient: number, D: Register, at: Node, other: Register, there: Node): Terms => {
  const weight = coefficient / (w(at) - w(there));
  return [
    [weight, D],
    [-weight, other],
  ];
};

/** `sigma_t ∫ (w - w_s) dw`: what the slope of D adds to an ODE step. */
const odeSlopeWeight = ({ s, t }: Step): number => (t.sigma * (w(t) - w(s)) ** 2) / 2;

/** `(sigma_t²/alpha_t) ∫ (w - w_s) d(w²)`: what the slope of D adds to an SDE step. */
const sdeSlopeWeight = ({ s, t }: Step): number =>
  (t.varianceOverSignal * (w(t) - w(s)) ** 2 * (2 * w(t) + w(s))) / 3;

export const sdeBfnSolver1 = defineSolver(
  {
    ...sde,
    id: 'sde-bfn-solver1',
    description: 'SDE-BFN-Solver of order 1, for discrete data: the original sampler without its draw',
    order: 1,
    weakOrder: 1,
    reference: `${paper}, algorithm 4`,
  },
  (step) => sdeStep(step, [[1, step.D]]),
);

export const sdeBfnSolver2 = defineSolver(
  {
    ...sde,
    ...multistep(2, dataInW),
    id: 'sde-bfn-solver2',
    description: 'SDE-BFN-Solver of order 2, for discrete data',
    weakOrder: 2,
    reference: `${paper}, algorithm 5`,
  },
  (step) => {
    const { s, t, D, previous } = step;
    const constant = sdeStep(step, [[1, D]]);
    if (!previous || t.sigma === 0) return constant;
    return [...constant, ...slope(sdeSlopeWeight(step), D, s, previous.D, previous.node)];
  },
);

export const bfnSolver1 = defineSolver(
  {
    ...ode,
    id: 'bfn-solver1',
    description: 'BFN-Solver of order 1, for discrete data',
    order: 1,
    reference: `${paper}, algorithm 6`,
  },
  (step) => odeStep(step, [[1, step.D]]),
);

export const bfnSolver2 = defineSolver(
  {
    ...ode,
    ...multistep(2, dataInW),
    id: 'bfn-solver2',
    description: 'BFN-Solver of order 2, for discrete data: Adams-Bashforth in e^lambda',
    reference: `${paper}, algorithm 7`,
  },
  (step) => {
    const { s, t, D, previous } = step;
    const constant = odeStep(step, [[1, D]]);
    if (!previous || t.sigma === 0) return constant;
    return [...constant, ...slope(odeSlopeWeight(step), D, s, previous.D, previous.node)];
  },
);

export const bfnSolver2Singlestep = defineSolver(
  {
    ...ode,
    clock: clocks.snr,
    id: 'bfn-solver2-singlestep',
    description: 'BFN-Solver of order 2, for discrete data, with a call in the middle of each step',
    order: 2,
    evaluationsPerStep: 2,
    reference: `${paper}, algorithm 7, single-step form of the authors' code`,
  },
  (step) => {
    const { process, s, t, D, calls, evaluate, node } = step;
    const constant = odeStep(step, [[1, D]]);
    if (calls === 1) return constant;
    const middle = node(process.timeAtLambda(Math.log((w(s) + w(t)) / 2)));
    const there = evaluate(odeStep({ ...step, t: middle }, [[1, D]]), middle);
    return [...constant, ...slope(odeSlopeWeight(step), there, middle, D, s)];
  },
);
