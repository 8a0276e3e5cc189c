import { UsageError } from '../src/errors.js';
import type { Terms } from '../src/plan/plan.js';
import { dpmSolverPlusPlus2M } from './dpm-solver.js';
import { odeStep, scaled } from './exponential.js';
import { type Adams, clocks, constantNoise, noiseOf } from './exponential-multistep.js';
import { dataInLambda, multistep, ode } from './facts.js';
import type { CorrectorRule, Evaluation, Step, StepRule } from './step.js';
import { type StepSolver, defineSolver } from './program.js';
import { factorial, phi } from './quadrature.js';
import type { Solver } from './solver.js';

// Zhao et al. 2023, UniPC, arXiv:2302.04867. With z = -h for the data prediction F = D, scale A = alpha_t, and z = h for the noise
// prediction F = eps, A = sigma_t:
// x_t = (order 1) - A B(z) sum_k rho_k (F_k - F_s)/r_k, where sum_k rho_k r_k^(j-1) = b_j = j! z phi_(j+1)(z)/B(z).

export type Scaling = 'bh1' | 'bh2';

const scalings: Readonly<Record<Scaling, (z: number) => number>> = { bh1: (z) => z, bh2: Math.expm1 };

/** The sum over the given points; a single unknown is 1/2, as the authors set it. */
const unified = (
  step: Step,
  points: readonly Evaluation[],
  scaling: Scaling,
  prediction: Adams['prediction'],
): Terms => {
  const { s, t, D, current } = step;
  const ofData = prediction === 'data';
  const constant = ofData || t.sigma === 0 ? odeStep(step, [[1, D]]) : constantNoise(step, current);
  if (t.sigma === 0 || points.length === 0) return constant;
  const h = t.lambda - s.lambda;
  const z = ofData ? -h : h;
  const B = scalings[scaling](z);
  const r = points.map(({ node }) => (node.lambda - s.lambda) / h);
  const b = r.map((_, i) => (factorial(i + 1) * z * phi(i + 2, z)) / B);
  const rho = r.length === 1 ? [1 / 2] : vandermondeSolution(r, b);
  const predicted = (point: Evaluation): Terms => (ofData ? [[1, point.D]] : noiseOf(point));
  const slopes = points.flatMap((point, k) =>
    scaled(rho[k] / r[k], [...predicted(point), ...scaled(-1, predicted(current))]),
  );
  return [...constant, ...scaled(-(ofData ? t.alpha : t.sigma) * B, slopes)];
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
  (order: number, scaling: Scaling, prediction: Adams['prediction'] = 'data'): StepRule =>
  (step) =>
    unified(step, step.history.slice(0, order - 1), scaling, prediction);

/** UniC: those and the point at the end of the step. Raises the order of any multistep solver of order p to p + 1, at no further call. */
export const uniC =
  (order: number, scaling: Scaling, prediction: Adams['prediction'] = 'data'): CorrectorRule =>
  (step, there) =>
    unified(step, [...step.history.slice(0, order - 1), there], scaling, prediction);

const reference = 'Zhao et al. 2023, UniPC, arXiv:2302.04867';
const noiseInLambda: Adams = { prediction: 'noise', clock: clocks.lambda };

const uniPC = (order: number, scaling: Scaling, adams: Adams): Solver => {
  const { prediction } = adams;
  const variant = [...(scaling === 'bh2' ? [] : [scaling]), ...(prediction === 'data' ? [] : [prediction])];
  return defineSolver(
    {
      ...ode,
      ...multistep(order + 1, adams, { corrected: true }),
      id: ['unipc', order, ...variant].join('-'),
      description: `UniPC-${order} on the ${prediction}, ${scaling}: a predictor of order ${order}, corrected to order ${order + 1}`,
      reference: `${reference}, algorithms 1 and 2`,
    },
    uniP(order, scaling, prediction),
    { corrector: uniC(order, scaling, prediction) },
  );
};

const uniPOnly = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...multistep(order),
      id: `unip-${order}`,
      description: `UniP: the predictor of UniPC of order ${order} alone, bh2`,
      reference: `${reference}, algorithm 2`,
    },
    uniP(order, 'bh2'),
  );

/** Which of its two scalings UniC has; bh2 if not given. */
export interface UniCOptions {
  readonly scaling?: Scaling;
  /** Registry id; the solver's own with `-unic` if not given. */
  readonly id?: string;
}

const isStepSolver = (solver: Solver): solver is StepSolver => 'rule' in solver;

/**
 * A multistep solver of the ODE, of `defineSolver`, with each of its steps but the last corrected by UniC of its own order and prediction:
 * one order more, at no further call (Zhao et al., section 3.3). Throws a `UsageError` for any other solver.
 */
export const withUniC = (solver: Solver, { scaling = 'bh2', id }: UniCOptions = {}): Solver => {
  const { order, kind, multistep: adams } = solver;
  if (!isStepSolver(solver) || !adams || order === null || kind === 'sde' || solver.corrector) {
    throw new UsageError(
      `UniC is for multistep solvers of the ODE without a corrector; ${solver.id} is none`,
    );
  }
  const facts: Omit<Solver, 'plan'> = {
    ...ode,
    scaleInvariant: solver.scaleInvariant ?? false,
    ...(solver.defaults ? { defaults: solver.defaults } : {}),
    ...multistep(order + 1, adams, { corrected: true }),
    id: id ?? `${solver.id}-unic`,
    description: `${solver.description ?? solver.id}, corrected by UniC of order ${order}`,
    reference: `${solver.reference}; ${reference}, section 3.3`,
  };
  return defineSolver(facts, solver.rule, { corrector: uniC(order, scaling, adams.prediction) });
};

const orders = [1, 2, 3, 4];

export const uniPcSolvers: readonly Solver[] = [
  ...orders.map((order) => uniPC(order, 'bh2', dataInLambda)),
  ...orders.map((order) => uniPC(order, 'bh1', dataInLambda)),
  ...orders.slice(0, 3).map((order) => uniPC(order, 'bh2', noiseInLambda)),
  ...orders.slice(0, 3).map((order) => uniPC(order, 'bh1', noiseInLambda)),
  ...orders.slice(1).map(uniPOnly),
  withUniC(dpmSolverPlusPlus2M),
];
