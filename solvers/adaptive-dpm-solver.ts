import type { LaneInstruction } from '../src/plan/lanes.js';
import type { Register } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { type AdaptiveSolver, combined } from './adaptive.js';
import { type EmbeddedPair, defineAdaptive } from './embedded-pair.js';
import { odeStep, scaled } from './exponential.js';
import { ode } from './facts.js';
import { type Node, type Step, type StepRule, nodeAt } from './step.js';
import { recorder } from './recorder.js';
import { data3, dataSecond, noise3, noiseSecond } from './singlestep.js';
import { integralControl } from './step-control.js';

// Adaptive DPM-Solver, Lu et al. 2022, appendix C: the singlestep solvers of two orders share their calls, and the higher one goes on.
// Public code takes the largest error of the batch; here each sample has its own steps.

/** The instructions of two step rules on one step: a call that both make is made once. */
const together =
  (calls: number, lower: StepRule, higher: StepRule): EmbeddedPair['step'] =>
  (process: Process, s: Node, t: Node): LaneInstruction[] => {
    const { instructions, ...write } = recorder();
    const made = new Map<string, Register>();
    const step: Step = {
      ...{ process, s, t, x: 'x', D: 'D', current: { node: s, state: 'x', D: 'D' } },
      ...{ history: [], index: 0, steps: 1, etaSde: 0, etaDdim: 0, variance: 0, calls: calls + 1 },
      noise: () => write.noise(),
      evaluate: (state, at) => {
        const key = JSON.stringify([at.t, state]);
        const D = made.get(key) ?? write.evaluate(write.combine(state, 'u'), at, false);
        made.set(key, D);
        return D;
      },
      node: (time) => nodeAt(process, time),
    };
    const [low, high] = [lower(step), higher(step)];
    return [
      ...instructions.flatMap((entry) => (entry.op === 'return' ? [] : [entry])),
      combined('low', low),
      combined('next', high),
      combined('gap', [...high, ...scaled(-1, low)]),
    ];
  };

const pair = (order: 2 | 3, lower: StepRule, higher: StepRule): EmbeddedPair => ({
  calls: order - 1,
  step: together(order - 1, lower, higher),
  sizes: ['low', 'before'],
  keep: [
    ['x', 'next'],
    ['before', 'low'],
  ],
  firstStep: () => 0.05,
  control: integralControl(order),
});

const first: StepRule = (step) => odeStep(step, [[1, step.D]]);

const facts = (order: number) => ({
  ...ode,
  order,
  evaluationsPerStep: order,
  defaults: { tolerance: { absolute: 0.0078, relative: 0.05 } },
});
const dpm = 'Lu et al. 2022, DPM-Solver, arXiv:2206.00927, appendix C';
const plusPlus = `Lu et al., public code of DPM-Solver, adaptive on data predictions; ${dpm}`;

export const adaptiveDpmSolvers: readonly AdaptiveSolver[] = [
  defineAdaptive(
    {
      ...facts(2),
      id: 'dpm-solver-adaptive-12',
      description: 'DPM-Solver-12: order 2, its error that of order 1, step by step for each sample',
      reference: dpm,
    },
    pair(2, first, noiseSecond(1 / 2)),
  ),
  defineAdaptive(
    {
      ...facts(3),
      id: 'dpm-solver-adaptive-23',
      description: 'DPM-Solver-23: order 3, its error that of order 2, step by step for each sample',
      reference: dpm,
    },
    pair(3, noiseSecond(1 / 3), noise3),
  ),
  defineAdaptive(
    {
      ...facts(2),
      id: 'dpm-solver++adaptive-12',
      description: 'the adaptive solver of orders 1 and 2 on data predictions',
      reference: plusPlus,
    },
    pair(2, first, dataSecond(1 / 2)),
  ),
  defineAdaptive(
    {
      ...facts(3),
      id: 'dpm-solver++adaptive-23',
      description: 'the adaptive solver of orders 2 and 3 on data predictions',
      reference: plusPlus,
    },
    pair(3, dataSecond(1 / 3), data3),
  ),
];
