import type { Register, Terms } from '../src/plan/plan.js';
import { drift } from './euler.js';
import { odeStep, scaled } from './exponential.js';
import { clocks } from './exponential-multistep.js';
import { ode } from './facts.js';
import type { Node, Step, StepRule } from './step.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

// Runge-Kutta methods on the probability-flow ODE, as it stands in t, or in rho = sigma/alpha, where it is d(x/alpha)/d rho = eps.

/** Butcher's tableau of an explicit method: nodes, rows of the matrix below the diagonal, weights. */
export interface Tableau {
  readonly c: readonly number[];
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
}

const euler: Tableau = { c: [0], a: [[]], b: [1] };
export const heun: Tableau = { c: [0, 1], a: [[], [1]], b: [1 / 2, 1 / 2] };
export const kutta3: Tableau = { c: [0, 1 / 2, 1], a: [[], [1 / 2], [-1, 2]], b: [1 / 6, 2 / 3, 1 / 6] };
export const classic4: Tableau = {
  c: [0, 1 / 2, 1 / 2, 1],
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
};

/** What a step of so many calls uses when it is not a full one. */
const cheaper: readonly Tableau[] = [euler, heun, kutta3];

/**
 * `y' = f(y)` from stage to stage. `carry` brings x_s over the part c of the step, with its first slope and the
 * weighted differences of the later slopes from it: that way nothing large cancels.
 */
const stages = (
  { calls }: Step,
  full: Tableau,
  first: Terms,
  carry: (c: number, differences: Terms) => { readonly node: Node; readonly state: Terms },
  slopeAt: (state: Terms, node: Node) => Terms,
): Terms => {
  const { c, a, b } = calls === full.c.length ? full : cheaper[calls - 1];
  const differences: Terms[] = [[]];
  const weighed = (weights: readonly number[]): Terms =>
    weights.flatMap((weight, j) => (weight === 0 ? [] : scaled(weight, differences[j])));
  for (let stage = 1; stage < c.length; stage++) {
    const { node, state } = carry(c[stage], weighed(a[stage]));
    differences.push([...slopeAt(state, node), ...scaled(-1, first)]);
  }
  return carry(1, weighed(b)).state;
};

const rho = ({ alpha, sigma }: Node): number => sigma / alpha;

/** In `rho = sigma/alpha`: `x_t/alpha_t = x_s/alpha_s + ∫ eps d rho`, which DDIM solves for constant eps. */
const inRho =
  (tableau: Tableau, nodeIn: (step: Step, part: number) => Node = linearInRho): StepRule =>
  (step) => {
    const { s, t, x, D, evaluate } = step;
    return stages(
      step,
      tableau,
      noise([[1, x]], D, s),
      (c, differences) => {
        const node = c === 1 ? t : nodeIn(step, c);
        const width = node.alpha * (rho(node) - rho(s));
        return {
          node,
          state: [...odeStep({ s, t: node, x }, [[1, D]]), ...scaled(width / c, differences)],
        };
      },
      (state, node) => noise(state, evaluate(state, node), node),
    );
  };

const noise = (state: Terms, D: Register, { alpha, sigma }: Node): Terms =>
  scaled(1 / sigma, [...state, [-alpha, D]]);

const linearInRho = ({ process, s, t, node }: Step, part: number): Node => {
  const rho = (1 - part) * (s.sigma / s.alpha) + part * (t.sigma / t.alpha);
  return node(process.timeAtLambda(-Math.log(rho)));
};

/** In t, with the drift of the ODE. */
const inTime =
  (tableau: Tableau): StepRule =>
  (step) => {
    const { process, s, t, x, D, evaluate, node } = step;
    const first = drift(process, s, [[1, x]], D, 0);
    return stages(
      step,
      tableau,
      first,
      (c, differences) => ({
        node: c === 1 ? t : node((1 - c) * s.t + c * t.t),
        state: [[1, x], ...scaled(t.t - s.t, [...scaled(c, first), ...differences])],
      }),
      (state, at) => drift(process, at, state, evaluate(state, at), 0),
    );
  };

const deis = 'Zhang & Chen 2023, DEIS, arXiv:2204.13902, rhoRK';

export const edmHeun = defineSolver(
  {
    ...ode,
    clock: clocks.noiseToSignal,
    id: 'edm-heun',
    description: 'Heun in sigma/alpha: EDM without churn, DEIS rhoRK of two stages',
    order: 2,
    evaluationsPerStep: 2,
    reference: `Karras et al. 2022, arXiv:2206.00364, algorithm 1; ${deis}`,
  },
  inRho(heun),
);

export const deisRhoKutta3 = defineSolver(
  {
    ...ode,
    clock: clocks.noiseToSignal,
    id: 'deis-rhork-3',
    description: "DEIS rhoRK: Kutta's method of order 3 in sigma/alpha",
    order: 3,
    evaluationsPerStep: 3,
    reference: deis,
  },
  inRho(kutta3),
);

export const deisRhoRungeKutta4 = defineSolver(
  {
    ...ode,
    clock: clocks.noiseToSignal,
    id: 'deis-rhork-4',
    description: 'DEIS rhoRK: the classical method of order 4 in sigma/alpha',
    order: 4,
    evaluationsPerStep: 4,
    reference: deis,
  },
  inRho(classic4),
);

export const odeRungeKutta4 = defineSolver(
  {
    ...ode,
    clock: clocks.time,
    id: 'ode-rk4',
    description: 'the classical Runge-Kutta method of order 4 on the probability-flow ODE, in t',
    order: 4,
    evaluationsPerStep: 4,
    scaleInvariant: false,
    reference: 'Kutta 1901; Song et al. 2021, arXiv:2011.13456, eq. 13',
  },
  inTime(classic4),
);

const midpointRule: Tableau = { c: [0, 1 / 2], a: [[], [1 / 2]], b: [0, 1] };

/** The midpoint of the step in lambda, so that its noise level is the geometric mean. */
const linearInLambda = ({ process, s, t, node }: Step, part: number): Node =>
  node(process.timeAtLambda(s.lambda + part * (t.lambda - s.lambda)));

/** It is DPM-Solver-2: docs/theory.md, section 5. */
export const dpm2 = defineSolver(
  {
    ...ode,
    id: 'dpm2',
    description: 'DPM2: the midpoint method in sigma/alpha, its midpoint that of the logarithms',
    order: 2,
    evaluationsPerStep: 2,
    reference: 'k-diffusion, sample_dpm_2; after Karras et al. 2022, arXiv:2206.00364, algorithm 2',
  },
  inRho(midpointRule, linearInLambda),
);

export const rungeKuttas: readonly Solver[] = [
  edmHeun,
  deisRhoKutta3,
  deisRhoRungeKutta4,
  odeRungeKutta4,
  dpm2,
];
