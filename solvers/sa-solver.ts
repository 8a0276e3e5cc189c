import type { Terms } from '../src/plan/plan.js';
import { adamsCorrector, adamsPredictor, adamsStep, clocks } from './exponential-multistep.js';
import { dataInLambda, multistep, ode, sdeWithEta } from './facts.js';
import type { Evaluation, Step } from './step.js';
import { defineSolver } from './program.js';
import { phi } from './quadrature.js';
import type { Solver } from './solver.js';

// Xue et al. 2023, SA-Solver, arXiv:2309.05019: Adams methods in half log-SNR for the data prediction, with tau² = etaSde. A predictor
// of p points, then, at no further call and with the same noise, a corrector of c points, that at the end of the step among them.

const saSolver = (predictor: number, corrector: number): Solver =>
  defineSolver(
    {
      ...sdeWithEta,
      ...multistep(Math.max(predictor, corrector), dataInLambda, { corrected: corrector > 1 }),
      id: `sa-solver-p${predictor}${corrector > 0 ? `c${corrector}` : ''}`,
      description: `SA-Solver: predictor of ${predictor} points${corrector > 0 ? `, corrector of ${corrector}` : ''}`,
      weakOrder: Math.min(2, Math.max(predictor, corrector)),
      reference: 'Xue et al. 2023, SA-Solver, arXiv:2309.05019, algorithm 1',
    },
    adamsPredictor(predictor, dataInLambda),
    corrector > 0 ? { corrector: adamsCorrector(corrector, dataInLambda) } : {},
  );

/**
 * What the authors' code for few steps adds where two points are used: the slope weighs `k h²/2` in place of its integral
 * `h - (1 - e^-kh)/k`, with `k = 1 + etaSde`, as in UniP. A change of the third order in h.
 */
const fewStepsTerm = ({ s, t, etaSde }: Step, points: readonly Evaluation[]): Terms => {
  const h = t.lambda - s.lambda;
  if (points.length !== 2 || h === Infinity) return [];
  const [first, second] = points;
  const k = 1 + etaSde;
  const weight = (k * h ** 2) / 2 - k * h ** 2 * phi(2, -k * h);
  const change = (t.alpha * weight) / (first.node.lambda - second.node.lambda);
  return [
    [change, first.D],
    [-change, second.D],
  ];
};

const fewSteps = (step: Step, points: readonly Evaluation[]): Terms => [
  ...adamsStep(step, points, dataInLambda),
  ...fewStepsTerm(step, points),
];

const saSolverFewSteps = defineSolver(
  {
    ...sdeWithEta,
    ...multistep(2), // its last step has one point
    id: 'sa-solver-p3c4-published',
    description: "SA-Solver's code for few steps: other weights of two points, lower orders at the end",
    weakOrder: 2,
    defaults: { etaSde: 1, lowerOrderFinal: true },
    reference: 'Xue et al. 2023, SA-Solver, arXiv:2309.05019, public code, few_steps',
  },
  (step) => fewSteps(step, [step.current, ...step.history].slice(0, 3)),
  { corrector: (step, there) => fewSteps(step, [there, step.current, ...step.history].slice(0, 4)) },
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
  saSolverFewSteps,
];

/** The family itself where it has no older name: the ODE, in half log-SNR. */
const exponentialAdams = (order: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...multistep(order),
      takesSymbols: true,
      id: `exponential-adams-${order}`,
      description: `the data prediction as a polynomial of degree ${order - 1} in half log-SNR`,
      reference:
        'Hochbruck & Ostermann 2010, Exponential integrators, section 2.5; docs/theory.md, section 4',
    },
    adamsPredictor(order, dataInLambda),
  );

const inTime = { prediction: 'data', clock: clocks.time } as const;

/** The same in the process's own time: the member that a reference serves best (docs/preconditioning.md). */
const exponentialAdamsInTime = (predictor: number, corrector: number): Solver =>
  defineSolver(
    {
      ...ode,
      ...multistep(Math.max(predictor, corrector), inTime, { corrected: corrector > 1 }),
      // the clock is the same for all components of a reference
      takesReference: true,
      takesSymbols: true,
      scaleInvariant: false,
      id: `exponential-adams-t-p${predictor}${corrector > 0 ? `c${corrector}` : ''}`,
      description: `the data prediction as a polynomial in t: predictor of ${predictor} points${corrector > 0 ? `, corrector of ${corrector}` : ''}`,
      reference:
        'Hochbruck & Ostermann 2010, Exponential integrators, section 2.5; docs/theory.md, section 4',
    },
    adamsPredictor(predictor, inTime),
    corrector > 0 ? { corrector: adamsCorrector(corrector, inTime) } : {},
  );

export const exponentialAdamsSolvers: readonly Solver[] = [
  ...[4, 5].map(exponentialAdams),
  exponentialAdamsInTime(1, 2),
  exponentialAdamsInTime(2, 0),
  exponentialAdamsInTime(2, 3),
  exponentialAdamsInTime(3, 0),
  exponentialAdamsInTime(3, 4),
];
