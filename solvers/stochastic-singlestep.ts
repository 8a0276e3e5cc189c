import type { Register, Terms } from '../src/plan/plan.js';
import { scaled } from './exponential.js';
import type { Node, Step } from './step.js';
import { defineSolver } from './program.js';

// The singlestep form of SDE-DPM-Solver++ ("dpmpp_sde"): an SDE step to the middle m in half log-SNR, then one over the whole way
// with the prediction found there. The noises of s to m and of s to t overlap: weak order 2 needs them to be increments of
// one Brownian path, on the clock e^(2 lambda); with independent ones the step is of weak order 1.

const sde = {
  kind: 'sde',
  order: 2,
  evaluationsPerStep: 2,
  consistent: true,
  scaleInvariant: true,
  reference:
    'Lu et al. 2022, arXiv:2211.01095, section 5, with the singlestep form of k-diffusion (dpmpp_sde)',
} as const;

/** The exact step for a constant prediction, with its standard normal given as a sum. */
const sdeStepTo = ({ s, x }: Pick<Step, 's' | 'x'>, t: Node, D: Register, normal: Terms): Terms => {
  const informed = -Math.expm1(2 * (s.lambda - t.lambda));
  return [
    [t.varianceOverSignal / s.varianceOverSignal, x],
    [t.alpha * informed, D],
    ...scaled(t.sigma * Math.sqrt(informed), normal),
  ];
};

const rule =
  (whole: (step: Step, middle: Node, first: Register) => Terms) =>
  (step: Step): Terms => {
    const { process, s, t, D, calls, node, noise, evaluate } = step;
    if (calls === 1 || t.sigma === 0) return sdeStepTo(step, t, D, [[1, noise()]]);
    const middle = node(process.timeAtLambda((s.lambda + t.lambda) / 2));
    const first = noise(s, middle);
    const there = evaluate(sdeStepTo(step, middle, D, [[1, first]]), middle);
    return sdeStepTo(step, t, there, whole(step, middle, first));
  };

export const sdeDpmSolverPlusPlus2S = defineSolver(
  {
    ...sde,
    id: 'sde-dpm-solver++2s',
    description: 'SDE-DPM-Solver++ singlestep of order 2, both noises of one Brownian path',
    weakOrder: 2,
  },
  rule(({ s, t, noise }, middle, first) => {
    // on the clock e^(2 lambda), the share of [s, t] that lies before the middle
    const share = Math.expm1(2 * (middle.lambda - s.lambda)) / Math.expm1(2 * (t.lambda - s.lambda));
    return [
      [Math.sqrt(share), first],
      [Math.sqrt(1 - share), noise(middle, t)],
    ];
  }),
);

export const sdeDpmSolverPlusPlus2SIndependent = defineSolver(
  {
    ...sde,
    id: 'sde-dpm-solver++2s-independent',
    description: 'SDE-DPM-Solver++ singlestep with two independent noises a step, which cost it an order',
    weakOrder: 1,
  },
  // with the setting `noise: 'path'` this is the solver above
  rule(({ noise }) => [[1, noise()]]),
);
