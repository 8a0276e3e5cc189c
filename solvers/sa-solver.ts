import { adamsCorrector, adamsPredictor, clocks } from './exponential-multistep.js';
import { ode, rampedOrder, sdeWithEta } from './facts.js';
import { defineSolver } from './program.js';
import type { Solver } from './solver.js';

// Xue et al. 2023, SA-Solver, arXiv:2309.05019: Adams methods in half log-SNR for the data prediction, with tau² = etaSde. A predictor
// of p points, then, at no further call and with the same noise, a corrector of c points, that at the end of the step among them.

const adams = { prediction: 'data', clock: clocks.lambda } as const;

const saSolver = (predictor: number, corrector: number): Solver =>
  defineSolver(
    {
      ...sdeWithEta,
      ...rampedOrder(Math.max(predictor, corrector)),
      id: `sa-solver-p${predictor}${corrector > 0 ? `c${corrector}` : ''}`,
      description: `SA-Solver: predictor of ${predictor} points${corrector > 0 ? `, corrector of ${corrector}` : ''}`,
      weakOrder: Math.min(2, Math.max(predictor, corrector)),
      reference: 'Xue et al. 2023, SA-Solver, arXiv:2309.05019, algorithm 1',
    },
    adamsPredictor(predictor, adams),
    corrector > 0 ? { corrector: adamsCorrector(corrector, adams) } : {},
  );

export const saSolvers: readonly Solver[] = [
  saSolver(1, 0),
  saSolver(1, 1),
  saSolver(2, 0),
  saSolver(2, 2),
  saSolver(3, 0),
  saSolver(3, 3),
  saSolver(3, 4),
  saSolver(4, 0),
  saSolver(4, 4),
];

/** The family itself where it has no older name: the ODE, in half log-SNR. */
const exponentialAdams = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...rampedOrder(order),
      id: `exponential-adams-${order}`,
      description: `the data prediction as a polynomial of degree ${order - 1} in half log-SNR`,
      reference:
        'Hochbruck & Ostermann 2010, Exponential integrators, section 2.5; docs/theory.md, section 4',
    },
    adamsPredictor(order, adams),
  );

export const exponentialAdamsSolvers: readonly Solver[] = [4, 5].map(exponentialAdams);
