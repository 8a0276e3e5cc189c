import type { Terms } from '../src/plan/plan.js';
import { adamsCorrector, adamsPredictor } from './exponential-multistep.js';
import { odeStep, scaled } from './exponential.js';
import { dataInLambda, multistep, ode } from './facts.js';
import type { CorrectorRule } from './step.js';
import { defineSolver } from './program.js';
import { factorial, phi } from './quadrature.js';
import type { Solver } from './solver.js';
import { lagrangeCoefficients } from './unipc.js';

// Zhao et al. 2023, UniPC, arXiv:2302.04867, appendix C: varying coefficients, which make predictor and corrector the polynomials through
// their points. The public code's corrector is another: its sum over derivatives takes all old points but the new one only once, with the
// index that the loop left behind.

const reference = 'Zhao et al. 2023, UniPC, arXiv:2302.04867, appendix C';

/** `x_t = (order 1) - alpha_t sum_k z phi_(k+1)(z) h^k D^(k)`, z = -h, with the derivatives that the public code makes. */
const publishedCorrector =
  (order: number): CorrectorRule =>
  (step, there) => {
    const { s, t, D, history } = step;
    const old = history.slice(0, order - 1);
    const z = s.lambda - t.lambda;
    const r = [...old.map(({ node }) => (s.lambda - node.lambda) / z), 1];
    const polynomials = lagrangeCoefficients(r);
    const change = (register: string, at: number): Terms => [
      [1 / r[at], register],
      [-1 / r[at], D],
    ];
    const weight = (k: number): number => -t.alpha * z * phi(k + 1, z);
    const ofOld = old.flatMap((point, i) =>
      old.flatMap((_, k) => scaled(weight(k + 1) * factorial(k + 1) * polynomials[i][k], change(point.D, i))),
    );
    const leaked = Math.max(0, old.length - 1);
    const ofNew = weight(r.length) * factorial(leaked + 1) * polynomials[r.length - 1][leaked];
    return [...odeStep(step, [[1, D]]), ...ofOld, ...scaled(ofNew, change(there.D, r.length - 1))];
  };

const published = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      id: `unipc-${order}-vary-published`,
      description: `UniPC-${order} with varying coefficients, as its code corrects: of order 1`,
      order: 1,
      reference: `${reference}, public code`,
    },
    adamsPredictor(order, dataInLambda),
    { corrector: publishedCorrector(order) },
  );

const corrected = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...multistep(order + 1, dataInLambda, { corrected: true }),
      takesSymbols: true,
      id: `unipc-${order}-vary`,
      description: `UniPC-${order} with varying coefficients: a predictor of order ${order}, corrected to order ${order + 1}`,
      reference,
    },
    adamsPredictor(order, dataInLambda),
    { corrector: adamsCorrector(order + 1, dataInLambda) },
  );

export const uniPcVarySolvers: readonly Solver[] = [2, 3].flatMap((order) => [
  corrected(order),
  published(order),
]);
