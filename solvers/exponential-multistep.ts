import type { Terms } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { departureStep } from './departure.js';
import { addedNoise, keptState, odeStep, scaled } from './exponential.js';
import type { Evaluation, Node, Step, StepRule, CorrectorRule } from './step.js';
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

/**
 * `e^(rate lambda)`, and half log-SNR itself at rate 0: between the clocks above, and beyond them. On discrete BFN it is `(1 - t)^rate`
 * up to its scale, which no Lagrange basis sees.
 */
export const powerClock = (rate: number): Clock => {
  if (rate === 0) return clocks.lambda;
  // near rate 0 the differences of e^(rate lambda) would lose their digits
  const of = (lambda: number): number =>
    Math.abs(rate) < 0.1 ? Math.expm1(rate * lambda) / rate : Math.exp(rate * lambda);
  return { id: `e^(${rate} lambda)`, of, rate: Math.abs(rate) };
};

export interface Adams {
  /** What is extrapolated: D, or the noise `(x - alpha D)/sigma`. */
  readonly prediction: 'data' | 'noise';
  /** That of the process itself where a reference preconditions the step, for the data prediction: one for all components. */
  readonly clock: Clock;
}

/** The step through predictions at these points, the first of which stands in for all where the order falls to 1. */
export const adamsStep = (step: Step, points: readonly Evaluation[], { prediction, clock }: Adams): Terms => {
  const { s, t, etaSde, process } = step;
  if (t.sigma === 0 && (prediction === 'data' || etaSde > 0)) return [[t.alpha, step.D]];
  if (prediction === 'data' && step.variance > 0) {
    const usable = finitePart(points, ({ t: time }) => clock.of(process.lambda(time), process));
    return predicted(step, usable, preconditionedWeights(step, usable, clock));
  }
  const shownAt = (node: Node): number => clockAt(node, clock, process);
  const usable = Number.isFinite(shownAt(t)) ? finitePart(points, shownAt) : points.slice(0, 1);
  const nodes = usable.map(({ node }) => node);
  if (step.symbols) {
    const weights = (from: Node, to: Node): number[] =>
      adamsWeights({ s: from, t: to, process }, nodes, clock, 1);
    return departureStep(step, step.symbols, usable, weights);
  }
  if (prediction === 'data') return predicted(step, usable, adamsWeights(step, nodes, clock, 1 + etaSde));
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

/** The step of the data prediction with these weights. */
const predicted = (step: Step, points: readonly Evaluation[], weights: readonly number[]): Terms => [
  ...keptState(step),
  ...points.map(({ D }, j) => [step.t.alpha * weights[j], D] as const),
  ...addedNoise(step),
];

/**
 * With `eps` constant, `x_t/alpha_t = x_s/alpha_s + (1 + eta) (sigma_t/alpha_t - sigma_s/alpha_s) eps + sqrt(eta (sigma_s²/alpha_s² -
 * sigma_t²/alpha_t²)) z`. On the ODE that is DDIM, and written so it keeps its digits where alpha_s is small.
 */
export const constantNoise = (step: Step, now: Evaluation): Terms => {
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

const shown = new WeakMap<Clock, WeakMap<Node, number>>();

/** What a clock shows at a node: kept, since each is asked for in several steps and a process may have to search for its time. */
const clockAt = (node: Node, clock: Clock, process: Process): number => {
  const values = shown.get(clock) ?? new WeakMap<Node, number>();
  shown.set(clock, values);
  const value = values.get(node) ?? clock.of(node.lambda, process);
  values.set(node, value);
  return value;
};

/** The points up to the first at which the clock is infinite; one at least. */
const finitePart = (
  points: readonly Evaluation[],
  shownAt: (node: Node) => number,
): readonly Evaluation[] => {
  const end = points.findIndex(({ node }) => !Number.isFinite(shownAt(node)));
  return end < 0 ? points : points.slice(0, Math.max(1, end));
};

const rules = new Map<number, QuadratureRule>();

const legendre = (points: number): QuadratureRule => {
  const rule = rules.get(points) ?? gaussLegendre(points);
  rules.set(points, rule);
  return rule;
};

/**
 * `∫ l_j dv` over the step for the Lagrange basis l_j of the nodes in the clock, with `v = e^(k (lambda - lambda_t))` for k > 0
 * (data: `k = 1 + etaSde`) and `v = e^(k (lambda - lambda_s))` for k < 0 (noise: `k = -1`). What v leaves below e^-40 is left out.
 */
const adamsWeights = (
  { s, t, process }: Pick<Step, 's' | 't' | 'process'>,
  nodes: readonly Node[],
  clock: Clock,
  k: number,
): number[] => {
  const h = t.lambda - s.lambda;
  // towards the noise (h < 0) v grows along the step, and nothing of it can be left out
  const length = Math.min(h, 40 / Math.abs(k));
  const from = k > 0 ? t.lambda - length : s.lambda;
  const origin = k > 0 ? t.lambda : s.lambda;
  return lagrangeIntegrals(nodes, {
    total: k > 0 ? -Math.expm1(-k * h) : Math.expm1(k * h),
    from,
    to: from + length,
    rate: Math.abs(k) + clock.rate * (nodes.length - 1),
    density: (lambda) => k * Math.exp(k * (lambda - origin)),
    clockOf: (lambda) => clock.of(lambda, process),
    shownAt: (node) => clockAt(node, clock, process),
  });
};

/**
 * The same for the data prediction where a reference preconditions the step. The nodes have the component's half log-SNR L, and the
 * clock is the process's own, of lambda: `v = e^(k (L - L_t))`, `dL/dlambda = s²/(e + s²)`, s² = e^(-2 lambda), e the variance.
 */
const preconditionedWeights = (
  { s, t, process, etaSde, variance }: Step,
  points: readonly Evaluation[],
  clock: Clock,
): number[] => {
  const k = 1 + etaSde;
  // where noise and data are of one size, and L stops to grow with lambda
  const bend = -Math.log(variance) / 2;
  const end = process.lambda(t.t);
  const noise = (lambda: number): number => Math.exp(-2 * lambda) / variance;
  const nodes = points.map(({ node }) => node);
  return lagrangeIntegrals(nodes, {
    total: -Math.expm1(k * (s.lambda - t.lambda)),
    from: Math.max(process.lambda(s.t), Math.min(end, bend) - 40 / k),
    to: Math.min(end, Math.max(process.lambda(s.t), bend) + 20),
    rate: 2 * k + clock.rate * (nodes.length - 1),
    density: (lambda) => {
      const ratio = noise(lambda);
      return k * (ratio / (1 + ratio)) * Math.exp(k * (-Math.log1p(ratio) / 2 - t.lambda));
    },
    clockOf: (lambda) => clock.of(lambda, process),
    shownAt: (node) => clock.of(process.lambda(node.t), process),
  });
};

/** `∫ l_j(clock(lambda)) density(lambda) dlambda`, whose sum over j is `total`. */
interface Integrals {
  readonly total: number;
  readonly from: number;
  readonly to: number;
  /** How fast the integrand may vary: `e^(rate lambda)`. */
  readonly rate: number;
  density(lambda: number): number;
  clockOf(lambda: number): number;
  /** What the clock shows at a node. */
  shownAt(node: Node): number;
}

/** Gauss-Legendre in lambda, on panels so short that 16 points, or 6 in short steps, are exact to rounding wherever the clock is analytic. */
const lagrangeIntegrals = (
  nodes: readonly Node[],
  { total, from, to, rate, density, clockOf, shownAt }: Integrals,
): number[] => {
  if (nodes.length === 1) return [total];
  const length = to - from;
  const growth = rate * Math.abs(length);
  const panels = Math.ceil(growth / 8);
  const rule = legendre(growth < 1 / 4 ? 6 : 16);
  const values = nodes.map(shownAt);
  const weights = nodes.map(() => 0);
  for (let panel = 0; panel < panels; panel++) {
    for (const { node, weight } of rule) {
      const lambda = from + (length * (panel + (1 + node) / 2)) / panels;
      const measure = ((weight * length) / (2 * panels)) * density(lambda);
      const value = clockOf(lambda);
      for (let j = 1; j < values.length; j++) weights[j] += measure * lagrange(values, j, value);
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
