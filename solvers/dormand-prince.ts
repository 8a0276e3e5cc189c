import type { LaneInstruction } from '../src/plan/lanes.js';
import { combined } from './adaptive.js';
import { type EmbeddedPair, defineAdaptive, scaleOf } from './embedded-pair.js';
import { scaled } from './exponential.js';
import { ode } from './facts.js';
import { type Node, nodeAt } from './step.js';
import { momentOf } from './recorder.js';
import { proportionalIntegralControl } from './step-control.js';

// In the scale of a variance preserving process, y = x/c with c = sqrt(alpha² + sigma²), and in half log-SNR, the probability-flow ODE
// is y' = a (D - a y) with a = alpha/c: its slope goes to 0 at both ends, and it is as stiff as the data, on any process.

const nodes = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];

/** Row by row; the last is that of the result, so that its slope is the first of the next step. */
const matrix: readonly (readonly number[])[] = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];

/** Weights of order 5 less those of order 4. */
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** `a (D - a y)` of a state of the process. */
const slope = (stage: number, at: Node, state: string, D: string): LaneInstruction => {
  const a = at.alpha / scaleOf(at);
  return combined(`k${stage}`, [
    [a, D],
    [-(a * a) / scaleOf(at), state],
  ]);
};

const step: EmbeddedPair['step'] = (process, s, t) => {
  const h = t.lambda - s.lambda;
  const weighed = (weights: readonly number[], at: Node) =>
    scaled(
      h * scaleOf(at),
      weights.flatMap((weight, j) => (weight === 0 ? [] : [[weight, `k${j}`] as const])),
    );
  const stages = matrix.flatMap((row, i): LaneInstruction[] => {
    const at = nodes[i] === 1 ? t : nodeAt(process, process.timeAtLambda(s.lambda + nodes[i] * h));
    const state = i === matrix.length - 1 ? 'next' : 'u';
    return [
      combined(state, [[scaleOf(at) / scaleOf(s), 'x'], ...weighed(row, at)]),
      { op: 'evaluate', into: 'ahead', from: state, ...momentOf(at) },
      slope(i + 1, at, state, 'ahead'),
    ];
  });
  return [slope(0, s, 'x', 'D'), ...stages, combined('gap', weighed(errorWeights, t))];
};

export const dormandPrince = defineAdaptive(
  {
    ...ode,
    id: 'dormand-prince',
    description:
      'Dormand and Prince of orders 5 and 4 on the probability-flow ODE, step by step for each sample',
    order: 5,
    evaluationsPerStep: 6,
    reference:
      'Dormand & Prince 1980, J. Comput. Appl. Math. 6, 19-26; Song et al. 2021, arXiv:2011.13456, section 4.3',
    defaults: { tolerance: { absolute: 1e-5, relative: 1e-5 } },
  },
  {
    calls: 6,
    step,
    sizes: ['next', 'x'],
    keep: [
      ['x', 'next'],
      ['D', 'ahead'],
    ],
    // its error is of order 5, and the ODE varies on a scale of 1
    firstStep: ({ absolute, relative }) => (absolute + relative) ** (1 / 5),
    control: proportionalIntegralControl(5),
  },
);
