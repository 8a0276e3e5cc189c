import { midpoint, odeStep, sdeStep } from './exponential.js';
import { defineSolver } from './program.js';

const reference = 'Lu et al. 2022, DPM-Solver++, arXiv:2211.01095';

const ode = {
  kind: 'ode',
  weakOrder: null,
  evaluationsPerStep: 1,
  consistent: true,
  scaleInvariant: true,
} as const;
const sde = { ...ode, kind: 'sde' } as const;

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
    id: 'dpm-solver++2m',
    description: 'DPM-Solver++ multistep of order 2, midpoint form',
    order: 2,
    reference: `${reference}, algorithm 2`,
  },
  (step) => odeStep(step, midpoint(step)),
);

export const dpmSolverPlusPlus2S = defineSolver(
  {
    ...ode,
    id: 'dpm-solver++2s',
    description: 'DPM-Solver++ singlestep of order 2, r = 1/2',
    order: 2,
    evaluationsPerStep: 2,
    reference: `${reference}, algorithm 1`,
  },
  (step) => {
    const { process, s, t, D, calls, evaluate, node } = step;
    if (calls === 1) return odeStep(step, [[1, D]]);
    const middle = node(process.timeAtLambda((s.lambda + t.lambda) / 2));
    const there = evaluate(odeStep({ ...step, t: middle }, [[1, D]]), middle);
    return odeStep(step, [[1, there]]); // D + (D' - D)/(2r)
  },
);

export const sdeDpmSolverPlusPlus1 = defineSolver(
  {
    ...sde,
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
    ...sde,
    id: 'sde-dpm-solver++2m',
    description: 'SDE-DPM-Solver++ multistep of order 2, midpoint form',
    order: 2,
    weakOrder: 2,
    reference: `${reference}, section 5`,
  },
  (step) => sdeStep(step, midpoint(step)),
);
