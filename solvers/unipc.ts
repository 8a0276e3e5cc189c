import type { Terms } from '../src/plan/plan.js';
import { midpoint, odeStep, scaled } from './exponential.js';
import { ode, rampedOrder } from './facts.js';
import { type CorrectorRule, type Evaluation, type Step, type StepRule, defineSolver } from './program.js';
import { factorial, phi } from './quadrature.js';
import type { Solver } from './solver.js';

// Zhao et al. 2023, UniPC, arXiv:2302.04867, for the data prediction, z = -h:
// x_t = (order 1) - alpha_t B(h) sum_k rho_k (D_k - D_s)/r_k, where sum_k rho_k r_k^(j-1) = b_j = j! z phi_(j+1)(z)/B(h).

export type Scaling = 'bh1' | 'bh2';

const scalings: Readonly<Record<Scaling, (z: number) => number>> = { bh1: (z) => z, bh2: Math.expm1 };

/** The sum over the given points; a single unknown is 1/2, as the authors set it. */
const unified = (step: Step, points: readonly Evaluation[], scaling: Scaling): Terms => {
  const { s, t, D } = step;
  const constant = odeStep(step, [[1, D]]);
  if (t.sigma === 0 || points.length === 0) return constant;
  const h = t.lambda - s.lambda;
  const z = -h;
  const B = scalings[scaling](z);
  const r = points.map(({ node }) => (node.lambda - s.lambda) / h);
  const b = r.map((_, i) => (factorial(i + 1) * z * phi(i + 2, z)) / B);
  const rho = r.length === 1 ? [1 / 2] : vandermondeSolution(r, b);
  const slopes = points.flatMap((point, k) =>
    scaled(rho[k] / r[k], [
      [1, point.D],
      [-1, D],
    ]),
  );
  return [...constant, ...scaled(-t.alpha * B, slopes)];
};

/** `sum_k rho_k r_k^j = b_j` for j from 0: the functional b on the Lagrange polynomials of the r_k. */
const vandermondeSolution = (r: readonly number[], b: readonly number[]): number[] =>
  lagrangeCoefficients(r).map((polynomial) => polynomial.reduce((sum, value, j) => sum + value * b[j], 0));

/** For each node the polynomial that is 1 there and 0 at the others, constant term first. */
export const lagrangeCoefficients = (nodes: readonly number[]): readonly (readonly number[])[] =>
  nodes.map((node) =>
    nodes
      .filter((other) => other !== node)
      .reduce<readonly number[]>(
        (product, other) =>
          [...product, 0].map((value, j) => ((product[j - 1] ?? 0) - other * value) / (node - other)),
        [1],
      ),
  );

/** UniP: the points of earlier steps. */
export const uniP =
  (order: number, scaling: Scaling): StepRule =>
  (step) =>
    unified(step, step.history.slice(0, order - 1), scaling);

/** UniC: those and the point at the end of the step. Raises the order of any multistep solver of order p to p + 1, at no further call. */
export const uniC =
  (order: number, scaling: Scaling): CorrectorRule =>
  (step, there) =>
    unified(step, [...step.history.slice(0, order - 1), there], scaling);

const reference = 'Zhao et al. 2023, UniPC, arXiv:2302.04867';

const uniPC = (order: number, scaling: Scaling): Solver =>
  defineSolver(
    {
      ...ode,
      ...rampedOrder(order + 1, true),
      id: scaling === 'bh2' ? `unipc-${order}` : `unipc-${order}-${scaling}`,
      description: `UniPC-${order}, ${scaling}: a predictor of order ${order}, corrected to order ${order + 1}`,
      reference: `${reference}, algorithms 1 and 2`,
    },
    uniP(order, scaling),
    { corrector: uniC(order, scaling) },
  );

const uniPOnly = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...rampedOrder(order),
      id: `unip-${order}`,
      description: `UniP: the predictor of UniPC of order ${order} alone, bh2`,
      reference: `${reference}, algorithm 2`,
    },
    uniP(order, 'bh2'),
  );

/** UniC on a predictor of another family. */
const corrected2M = defineSolver(
  {
    ...ode,
    ...rampedOrder(3, true),
    id: 'dpm-solver++2m-unic',
    description: 'DPM-Solver++2M, midpoint form, corrected by UniC of order 2',
    reference: `${reference}, section 3.3`,
  },
  (step) => odeStep(step, midpoint(step)),
  { corrector: uniC(2, 'bh2') },
);

const orders = [1, 2, 3, 4];

export const uniPcSolvers: readonly Solver[] = [
  ...orders.map((order) => uniPC(order, 'bh2')),
  ...orders.map((order) => uniPC(order, 'bh1')),
  ...orders.slice(1).map(uniPOnly),
  corrected2M,
];
