import type { Terms } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { addedNoise, keptState, odeStep, scaled } from './exponential.js';
import { type Evaluation, type Node, type Step, type StepRule, type CorrectorRule } from './program.js';
import { type QuadratureRule, gaussLegendre } from './quadrature.js';

// Exponential Adams methods: the linear part of ODE or SDE is solved exactly, and the prediction is replaced by the polynomial in some
// clock that meets it at several points. Most multistep samplers are members: docs/theory.md, section 4.

/** What the polynomial is a polynomial of. */
export interface Clock {
  readonly id: string;
  of(lambda: number, process: Process): number;
  /** How fast it may vary in lambda: `e^(rate lambda)`. Sets the number of panels of the quadrature. */
  readonly rate: number;
}

export const clocks = {
  /** Half log-SNR: DPM-Solver++, UniPC, SA-Solver. */
  lambda: { id: 'lambda', of: (lambda) => lambda, rate: 0 },
  /** `alpha/sigma`: BFN-Solver2; on discrete BFN a line in it is a line in t. */
  snr: { id: 'e^lambda', of: (lambda) => Math.exp(lambda), rate: 1 },
  /** `sigma/alpha`: DEIS rhoAB, LMS. */
  noiseToSignal: { id: 'e^-lambda', of: (lambda) => Math.exp(-lambda), rate: 1 },
  /** `(alpha/sigma)²`, the time of the Gaussian channel: docs/theory.md, section 2. */
  information: { id: 'information', of: (lambda) => Math.exp(2 * lambda), rate: 2 },
  /** The process's own time: DEIS tAB. */
  time: { id: 't', of: (lambda, process) => process.timeAtLambda(lambda), rate: 4 },
} as const satisfies Record<string, Clock>;

export interface Adams {
  /** What is extrapolated: D, or the noise `(x - alpha D)/sigma`. */
  readonly prediction: 'data' | 'noise';
  readonly clock: Clock;
}

/** The step through predictions at these points, the first of which stands in for all where the order falls to 1. */
export const adamsStep = (step: Step, points: readonly Evaluation[], { prediction, clock }: Adams): Terms => {
  const { s, t, etaSde, process } = step;
  if (t.sigma === 0 && (prediction === 'data' || etaSde > 0)) return [[t.alpha, step.D]];
  const usable = clockIsFinite(t, clock, process) ? finitePart(points, clock, process) : points.slice(0, 1);
  const nodes = usable.map(({ node }) => node);
  if (prediction === 'data') {
    const weights = adamsWeights(step, nodes, clock, 1 + etaSde);
    const D: Terms = usable.map((point, j) => [t.alpha * weights[j], point.D]);
    return [...keptState(step), ...D, ...addedNoise(step)];
  }
  const weights = adamsWeights(step, nodes, clock, -1);
  const [now, ...others] = usable;
  const width = (1 + etaSde) * t.alpha * (s.sigma / s.alpha);
  return [
    ...constantNoise(step, now),
    ...others.flatMap((point, j) =>
      scaled(width * weights[j + 1], [...noiseOf(point), ...scaled(-1, noiseOf(now))]),
    ),
  ];
};

/**
 * With `eps` constant, `x_t/alpha_t = x_s/alpha_s + (1 + eta) (sigma_t/alpha_t - sigma_s/alpha_s) eps + sqrt(eta (sigma_s²/alpha_s² -
 * sigma_t²/alpha_t²)) z`. On the ODE that is DDIM, and written so it keeps its digits where alpha_s is small.
 */
const constantNoise = (step: Step, now: Evaluation): Terms => {
  const { s, t, x, etaSde } = step;
  if (etaSde === 0 && now.state === x) return odeStep(step, [[1, now.D]]);
  const ratio = t.alpha / s.alpha;
  const spread = ratio * s.sigma * Math.sqrt(-etaSde * Math.expm1(2 * (s.lambda - t.lambda)));
  return [
    [ratio, x],
    ...scaled((1 + etaSde) * (t.sigma - ratio * s.sigma), noiseOf(now)),
    ...(etaSde > 0 ? ([[spread, step.noise()]] as const) : []),
  ];
};

/** `eps = (x - alpha D)/sigma` at an evaluation. */
export const noiseOf = ({ node, state, D }: Evaluation): Terms => [
  [1 / node.sigma, state],
  [-node.alpha / node.sigma, D],
];

/** Extrapolates the last `order` predictions. */
export const adamsPredictor =
  (order: number, adams: Adams): StepRule =>
  (step) =>
    adamsStep(step, [step.current, ...step.history].slice(0, order), adams);

/** Interpolates `points` predictions, that at the end of the step included. */
export const adamsCorrector =
  (points: number, adams: Adams): CorrectorRule =>
  (step, there) =>
    adamsStep(step, [there, step.current, ...step.history].slice(0, points), adams);

const clockIsFinite = ({ lambda }: Node, { of }: Clock, process: Process): boolean =>
  Number.isFinite(of(lambda, process));

/** The points up to the first at which the clock is infinite; one at least. */
const finitePart = (points: readonly Evaluation[], clock: Clock, process: Process): readonly Evaluation[] => {
  const end = points.findIndex(({ node }) => !clockIsFinite(node, clock, process));
  return end < 0 ? points : points.slice(0, Math.max(1, end));
};

let rule: QuadratureRule | undefined;

/**
 * `∫ l_j dv` over the step for the Lagrange basis l_j of the nodes in the clock, with `v = e^(k (lambda - lambda_t))` for k > 0
 * (data: `k = 1 + etaSde`) and `v = e^(k (lambda - lambda_s))` for k < 0 (noise: `k = -1`). Gauss-Legendre in lambda, on panels so
 * short that 16 points are exact to rounding wherever the clock is analytic; what v leaves below e^-40 is left out.
 */
const adamsWeights = (
  { s, t, process }: Pick<Step, 's' | 't' | 'process'>,
  nodes: readonly Node[],
  { of, rate }: Clock,
  k: number,
): number[] => {
  const h = t.lambda - s.lambda;
  const total = k > 0 ? -Math.expm1(-k * h) : Math.expm1(k * h);
  if (nodes.length === 1) return [total];
  rule ??= gaussLegendre(16);
  // towards the noise (h < 0) v grows along the step, and nothing of it can be left out
  const length = Math.min(h, 40 / Math.abs(k));
  const from = k > 0 ? t.lambda - length : s.lambda;
  const origin = k > 0 ? t.lambda : s.lambda;
  const panels = Math.ceil(((Math.abs(k) + rate * (nodes.length - 1)) * Math.abs(length)) / 8);
  const values = nodes.map(({ lambda }) => of(lambda, process));
  const weights = nodes.map(() => 0);
  for (let panel = 0; panel < panels; panel++) {
    for (const { node, weight } of rule) {
      const lambda = from + (length * (panel + (1 + node) / 2)) / panels;
      const measure = ((weight * length) / (2 * panels)) * k * Math.exp(k * (lambda - origin));
      const at = of(lambda, process);
      for (let j = 1; j < values.length; j++) weights[j] += measure * lagrange(values, j, at);
    }
  }
  weights[0] = total - weights.reduce((sum, value) => sum + value, 0);
  return weights;
};

/** The polynomial that is 1 at the j-th value and 0 at the others. */
const lagrange = (values: readonly number[], j: number, at: number): number => {
  let product = 1;
  for (let i = 0; i < values.length; i++) {
    if (i !== j) product *= (at - values[i]) / (values[j] - values[i]);
  }
  return product;
};
