import type { Register, Terms } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { scaled } from './exponential.js';
import { clocks } from './exponential-multistep.js';
import type { Node } from './step.js';
import { defineSolver } from './program.js';

const reference = 'Song et al. 2021, arXiv:2011.13456, eqs. 6 and 13, discretised in t';

/** `f x - (g²/2)(1 + stochasticity) score` with `score = (alpha D - x)/sigma²`: the drift of the reverse ODE (0) or SDE (1). */
export const drift = (process: Process, at: Node, x: Terms, D: Register, stochasticity: 0 | 1): Terms => {
  const weight = ((1 + stochasticity) / 2) * (process.squaredDiffusion(at.t) / at.sigma ** 2);
  return [...scaled(process.drift(at.t) + weight, x), [-weight * at.alpha, D]];
};

export const eulerMaruyama = defineSolver(
  {
    id: 'euler-maruyama',
    description: 'Euler-Maruyama on the reverse SDE, in t',
    kind: 'sde',
    order: 1,
    weakOrder: 1,
    clock: clocks.time,
    evaluationsPerStep: 1,
    consistent: true,
    scaleInvariant: false,
    reference,
  },
  ({ process, s, t, x, D, noise }) => [
    [1, x],
    ...scaled(t.t - s.t, drift(process, s, [[1, x]], D, 1)),
    [Math.sqrt(process.squaredDiffusion(s.t) * (s.t - t.t)), noise()],
  ],
);

export const odeEuler = defineSolver(
  {
    id: 'ode-euler',
    description: 'Euler on the probability-flow ODE, in t',
    kind: 'ode',
    order: 1,
    weakOrder: null,
    clock: clocks.time,
    evaluationsPerStep: 1,
    consistent: true,
    scaleInvariant: false,
    reference,
  },
  ({ process, s, t, x, D }) => [[1, x], ...scaled(t.t - s.t, drift(process, s, [[1, x]], D, 0))],
);

export const odeHeun = defineSolver(
  {
    id: 'ode-heun',
    description: 'Heun on the probability-flow ODE, in t',
    kind: 'ode',
    order: 2,
    weakOrder: null,
    clock: clocks.time,
    evaluationsPerStep: 2,
    consistent: true,
    scaleInvariant: false,
    reference: `${reference}; Heun as in Karras et al. 2022, arXiv:2206.00364, algorithm 1`,
  },
  ({ process, s, t, x, D, calls, evaluate }) => {
    const slope = drift(process, s, [[1, x]], D, 0);
    const predicted: Terms = [[1, x], ...scaled(t.t - s.t, slope)];
    if (calls === 1) return predicted;
    const slopeThere = drift(process, t, predicted, evaluate(predicted, t), 0);
    return [[1, x], ...scaled((t.t - s.t) / 2, [...slope, ...slopeThere])];
  },
);
