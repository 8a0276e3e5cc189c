import { type EtaSde, meanEta } from '../../../solvers/eta.js';
import type { Solver } from '../../../solvers/solver.js';
import { withIndependentNoises } from '../../plan/independent-noises.js';
import type { Moment } from '../../plan/denoiser.js';
import type { Plan } from '../../plan/plan.js';
import { type Gaussian, gaussianGain } from '../gaussian.js';
import { from, to } from './problem.js';
import { type Slopes, planIn, slopesOf } from './slopes.js';
import { scalarOf } from '../../plan/components.js';

// Weak orders without sampling. On Gaussian data a plan is an affine map of its normals, so its law is known. That problem is linear and
// cannot see second derivatives of the prediction. So the exact network is also bent a little, to `D + epsilon q(y)` with q a
// sine: then the derivative of E[y_end] and E[y_end²] by epsilon, at 0, is a sum of Gaussian expectations of q, for any plan,
// multistep or not. All second (and higher) derivatives that weak order conditions hold enter it.

export const data: Gaussian = { mean: 0.3, variance: 0.16 };
const frequency = 1.7;
const phase = 0.6;

/** `[E q, E q']` under `N(mean, variance)`. */
const expected = (mean: number, variance: number): [number, number] => {
  const size = Math.exp((-(frequency ** 2) * variance) / 2);
  const angle = frequency * mean + phase;
  return [size * Math.sin(angle), size * frequency * Math.cos(angle)];
};

/** Moments of what a plan returns, divided by alpha, on Gaussian data, and their derivatives by the bend. */
export interface Variation {
  readonly mean: number;
  readonly deviation: number;
  readonly slopeOfMean: number;
  readonly slopeOfSquare: number;
}

/** What a run did and what its exact counterpart does, of a plan started from the exact law. */
export const variationOf = (given: Plan): Variation => {
  const plan = withIndependentNoises(given);
  const columns = new Map<number, number>();
  for (const entry of plan.instructions) {
    if (entry.op === 'noise' && 'draw' in entry && !columns.has(entry.draw)) {
      columns.set(entry.draw, 2 + columns.size);
    }
  }
  const calls: { weights: Float64Array; at: Moment }[] = [];
  // an affine function [1, start, noises...], and what it gains a call by the bend
  const width = 2 + columns.size;
  const empty = (): { affine: Float64Array; bent: Float64Array } => ({
    affine: new Float64Array(width),
    bent: new Float64Array(plan.nfe),
  });
  type Value = ReturnType<typeof empty>;
  const registers = new Map<string, Value>();
  const read = (name: string): Value => registers.get(name) ?? empty();
  const add = (out: Float64Array, factor: number, values: Float64Array): void => {
    for (let i = 0; i < out.length; i++) out[i] += factor * values[i];
  };
  const { start } = plan;
  const initial = empty();
  initial.affine[0] = start.alpha * data.mean;
  initial.affine[1] = Math.sqrt(start.alpha ** 2 * data.variance + start.sigma ** 2);
  registers.set(start.register, initial);
  for (const entry of plan.instructions) {
    if (entry.op === 'return') return momentsOf(read(entry.from), entry.alpha, calls);
    const out = empty();
    if (entry.op === 'noise') {
      if ('draw' in entry) out.affine[columns.get(entry.draw) ?? 0] = 1;
    } else if (entry.op === 'combine') {
      for (const [coefficient, name] of entry.terms) {
        const value = read(name);
        add(out.affine, scalarOf(coefficient), value.affine);
        add(out.bent, scalarOf(coefficient), value.bent);
      }
    } else {
      const gain = gaussianGain(data, entry);
      const state = read(entry.from);
      add(out.affine, gain, state.affine);
      out.affine[0] += data.mean * (1 - gain * entry.alpha);
      add(out.bent, gain, state.bent);
      out.bent[calls.length] += 1;
      calls.push({ weights: state.affine.map((value) => value / entry.alpha), at: entry });
    }
    registers.set(entry.into, out);
  }
  throw new Error('a plan ends with a return');
};

const covariance = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 1; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

const momentsOf = (
  end: { affine: Float64Array; bent: Float64Array },
  alpha: number,
  calls: readonly { weights: Float64Array }[],
): Variation => {
  const affine = end.affine.map((value) => value / alpha);
  let [slopeOfMean, slopeOfSquare] = [0, 0];
  calls.forEach(({ weights }, j) => {
    const [value, derivative] = expected(weights[0], covariance(weights, weights));
    const weight = end.bent[j] / alpha;
    slopeOfMean += weight * value;
    // Stein: Cov(y_end, q(y_j)) = Cov(y_end, y_j) E q'(y_j)
    slopeOfSquare += 2 * weight * (affine[0] * value + covariance(affine, weights) * derivative);
  });
  return { mean: affine[0], deviation: Math.sqrt(covariance(affine, affine)), slopeOfMean, slopeOfSquare };
};

/**
 * The exact counterpart, with stochasticity `etaSde`: with `u(lambda) = variance + e^(-2 lambda)` a departure of y decays from a to b by
 * `(u_b/u_a)^((1 + eta)/2)` where eta is constant, and the bend adds `(1 + eta) q` to it. Simpson's rule on 4,000 intervals of each piece.
 */
export const exactVariation = (etaSde: EtaSde): Variation => {
  const u = (lambda: number): number => data.variance + Math.exp(-2 * lambda);
  const noisy = typeof etaSde === 'number' ? { value: etaSde, from, to } : etaSde;
  const inside = (lambda: number): number => Math.min(noisy.to, Math.max(noisy.from, lambda));
  const ends = [from, ...[noisy.from, noisy.to].filter((end) => end > from && end < to), to];
  const intervals = 4000;
  let [slopeOfMean, slopeOfSquare] = [0, 0];
  for (let piece = 1; piece < ends.length; piece++) {
    const [left, width] = [ends[piece - 1], ends[piece] - ends[piece - 1]];
    const eta = meanEta(etaSde, left, ends[piece]);
    for (let i = 0; i <= intervals; i++) {
      const lambda = left + (width * i) / intervals;
      const simpson = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
      const ofNoise = (u(inside(to)) / u(inside(lambda))) ** (noisy.value / 2);
      const kept = Math.sqrt(u(to) / u(lambda)) * ofNoise;
      const weight = ((simpson * width) / (3 * intervals)) * (1 + eta) * kept;
      const [value, derivative] = expected(data.mean, u(lambda));
      slopeOfMean += weight * value;
      slopeOfSquare += 2 * weight * (data.mean * value + kept * u(lambda) * derivative);
    }
  }
  return { mean: data.mean, deviation: Math.sqrt(u(to)), slopeOfMean, slopeOfSquare };
};

export interface WeakSlopes {
  /** Of the law on Gaussian data. */
  readonly gaussian: Slopes;
  /** Of its first variation where the network is bent. */
  readonly bent: Slopes;
}

/** Both, of a solver that discretises the reverse SDE with that etaSde in the limit; if not given, with its default, 1. */
export const weakSlopes = (solver: Solver, etaSde?: EtaSde): WeakSlopes => {
  const exact = exactVariation(etaSde ?? 1);
  const settings = etaSde === undefined ? {} : { etaSde };
  const known = new Map<number, Variation & { nfe: number }>();
  const at = (steps: number): Variation & { nfe: number } => {
    const plan = known.has(steps) ? undefined : planIn(solver, steps, { settings });
    if (plan) known.set(steps, { ...variationOf(plan), nfe: plan.nfe });
    return known.get(steps) as Variation & { nfe: number };
  };
  const range = { first: 16, last: 1024, floor: 1e-11 };
  const gaussian = slopesOf((steps) => {
    const { mean, deviation, nfe } = at(steps);
    return { nfe, error: Math.hypot(mean - exact.mean, deviation - exact.deviation) };
  }, range);
  const bent = slopesOf((steps) => {
    const { slopeOfMean, slopeOfSquare, nfe } = at(steps);
    return {
      nfe,
      error: Math.hypot(slopeOfMean - exact.slopeOfMean, slopeOfSquare - exact.slopeOfSquare),
    };
  }, range);
  return { gaussian, bent };
};
