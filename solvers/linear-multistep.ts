import { scaled } from './exponential.js';
import { type Adams, adamsPredictor, clocks, noiseOf } from './exponential-multistep.js';
import { multistep, ode } from './facts.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

const inRho: Adams = { prediction: 'noise', clock: clocks.noiseToSignal };

/** Adams-Bashforth on `d(x/alpha)/d(sigma/alpha) = eps`: DEIS rhoAB of the same order under its older name. */
export const lms4 = defineSolver(
  {
    ...ode,
    ...multistep(4, inRho),
    id: 'lms-4',
    description: 'LMS: Adams-Bashforth of order 4 in sigma/alpha',
    reference: 'k-diffusion, sample_lms',
  },
  adamsPredictor(4, inRho),
);

/** Adams-Bashforth weights for equal steps, newest first. */
const equalSteps: readonly (readonly number[])[] = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];

const ipndm = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...multistep(order, inRho),
      id: `ipndm-${order}`,
      description: `iPNDM with ${order} noises, weighed as for equal steps in sigma/alpha: of order ${order} on those, of order 2 on other grids`,
      reference: 'Liu et al. 2022, PNDM, arXiv:2202.09778; Zhang & Chen 2023, arXiv:2204.13902, eq. 18',
    },
    ({ s, t, x, current, history }) => {
      const points = [current, ...history].slice(0, order);
      const weights = equalSteps[points.length - 1];
      const noise = points.flatMap((point, j) => scaled(weights[j], noiseOf(point)));
      const ratio = t.alpha / s.alpha;
      return [[ratio, x], ...scaled(t.sigma - ratio * s.sigma, noise)];
    },
  );

export const ipndmSolvers: readonly Solver[] = [2, 3, 4].map(ipndm);
