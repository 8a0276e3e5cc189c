import type { Solver } from '../../../solvers/solver.js';
import { withIndependentNoises } from '../../plan/independent-noises.js';
import type { Moment } from '../../plan/denoiser.js';
import { type Instruction, type Plan, reads } from '../../plan/plan.js';
import { gaussHermite, interpolant } from './numeric.js';
import { called, mixture, ofMixture } from './problem.js';
import { type Slopes, planIn, slopesOf } from './slopes.js';
import { scalarOf } from '../../plan/components.js';

// The weak error of a one-step sampler on the mixture, by backward recursion: `u(x) = E[f(end) | state x]` is carried from the end of
// the plan to its start on a grid of states, step by step, the noises of a step by Gauss-Hermite quadrature. A multistep sampler
// would need its earlier predictions as further coordinates; those are measured by the variation of weak.ts only.

/** The instructions from one state, the only register alive there, to the next. */
interface Segment {
  readonly register: string;
  readonly at: Pick<Moment, 'alpha' | 'sigma'>;
  readonly instructions: readonly Instruction[];
  /** Whether it leads back to a higher level, by noise as large as the level. */
  readonly back: boolean;
}

/** Cuts a plan before each evaluation of the only register that is alive; undefined where a step needs more than two noises at once. */
const segmentsOf = (plan: Plan): Segment[] | undefined => {
  const { instructions } = withIndependentNoises(plan);
  const cuts: number[] = [];
  const alive = new Set<string>();
  for (let i = instructions.length - 1; i >= 0; i--) {
    const entry = instructions[i];
    if (entry.op !== 'return') alive.delete(entry.into);
    reads(entry).forEach((register) => alive.add(register));
    if (entry.op === 'evaluate' && alive.size === 1 && alive.has(entry.from)) cuts.unshift(i);
  }
  if (cuts[0] !== 0) return undefined;
  const firstOf = (k: number): Extract<Instruction, { op: 'evaluate' }> =>
    instructions[cuts[Math.min(k, cuts.length - 1)]] as Extract<Instruction, { op: 'evaluate' }>;
  const level = (k: number): number => firstOf(k).sigma / firstOf(k).alpha;
  const segments = cuts.map((start, k): Segment => {
    const { from: register, alpha, sigma } = firstOf(k);
    return {
      register,
      at: { alpha, sigma },
      instructions: instructions.slice(start, cuts[k + 1]),
      back: level(k + 1) > level(k),
    };
  });
  const noises = segments.map((segment) => segment.instructions.filter(({ op }) => op === 'noise').length);
  return Math.max(...noises) <= 2 ? segments : undefined;
};

const points = 256;
const width = 7; // standard deviations to either side that the grid of states covers
const middle = 0.1;
const spread = 0.8;

const statesOf = ({ alpha, sigma }: Segment['at']): Float64Array => {
  const half = width * Math.hypot(alpha * spread, sigma);
  return Float64Array.from(
    { length: points },
    (_, i) => alpha * middle - half + (2 * half * i) / (points - 1),
  );
};

/** Runs a segment for all states and all pairs of quadrature nodes at once. */
const run = (
  segment: Segment,
  states: Float64Array,
): { end: Float64Array; weights: Float64Array; per: number } => {
  const drawn = segment.instructions.filter(({ op }) => op === 'noise').length;
  const rule = gaussHermite(segment.back ? 60 : drawn === 2 ? 6 : 10);
  const count = rule.nodes.length;
  const per = count ** drawn;
  const spreadOut = (value: (state: number, node: number) => number): Float64Array =>
    Float64Array.from({ length: states.length * per }, (_, i) => value(Math.floor(i / per), i % per));
  const registers = new Map([[segment.register, spreadOut((state) => states[state])]]);
  const read = (name: string): Float64Array => registers.get(name) ?? new Float64Array(states.length * per);
  const predict = called(ofMixture);
  let noises = 0;
  let last = segment.register;
  for (const entry of segment.instructions) {
    if (entry.op === 'return') {
      last = entry.from;
      continue;
    }
    if (entry.op === 'noise') {
      const stride = count ** noises++;
      registers.set(
        entry.into,
        spreadOut((_, node) => rule.nodes[Math.floor(node / stride) % count]),
      );
    } else if (entry.op === 'evaluate') {
      registers.set(
        entry.into,
        read(entry.from).map((x) => predict(x, entry)),
      );
    } else {
      const out = new Float64Array(states.length * per);
      for (const [coefficient, name] of entry.terms) {
        const values = read(name);
        for (let i = 0; i < out.length; i++) out[i] += scalarOf(coefficient) * values[i];
      }
      registers.set(entry.into, out);
    }
    last = entry.into;
  }
  const weights = Float64Array.from({ length: per }, (_, node) => {
    let weight = 1;
    for (let k = 0; k < drawn; k++) weight *= rule.weights[Math.floor(node / count ** k) % count];
    return weight;
  });
  return { end: read(last), weights, per };
};

/** Functions of y at the end whose expectations are compared. */
const tests: readonly ((y: number) => number)[] = [
  (y) => Math.sin(1.7 * y + 0.6),
  (y) => Math.cos(2.3 * y),
  (y) => y * y,
];

/** Under the exact law at a moment, by the trapezoidal rule, which for a Gaussian is exact to rounding. */
const expectation = (at: Segment['at'], states: Float64Array, values: ArrayLike<number>): number => {
  const step = states[1] - states[0];
  let sum = 0;
  for (let i = 0; i < states.length; i++) {
    for (let c = 0; c < 2; c++) {
      const variance = at.alpha ** 2 * mixture.variances[c] + at.sigma ** 2;
      const gap = states[i] - at.alpha * mixture.means[c];
      const density = Math.exp((-gap * gap) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
      sum += mixture.weights[c] * density * values[i] * step;
    }
  }
  return sum;
};

/** `E f` of what the plan returns, f of `x/alpha`, minus its exact value; undefined for a plan that is not one-step. */
export const weakErrorsOnMixture = (plan: Plan): number[] | undefined => {
  const segments = segmentsOf(plan);
  const end = plan.instructions[plan.instructions.length - 1];
  if (!segments || end.op !== 'return') return undefined;
  const endStates = statesOf(end);
  let values = tests.map((f) => endStates.map((x) => f(x / end.alpha)));
  const exact = values.map((value) => expectation(end, endStates, value));
  let states = endStates;
  for (const segment of segments.toReversed()) {
    const from = statesOf(segment.at);
    const { end: ends, weights, per } = run(segment, from);
    const look = interpolant(states, ends);
    values = values.map((value) => {
      const out = new Float64Array(points);
      const found = look(value);
      for (let i = 0; i < found.length; i++) out[Math.floor(i / per)] += weights[i % per] * found[i];
      return out;
    });
    states = from;
  }
  return values.map((value, k) => expectation(segments[0].at, states, value) - exact[k]);
};

/** Of a one-step solver; undefined for others. */
export const mixtureSlopes = (solver: Solver): Slopes | undefined => {
  if (!segmentsOf(planIn(solver, 8))) return undefined;
  return slopesOf(
    (steps) => {
      const plan = planIn(solver, steps);
      return { nfe: plan.nfe, error: Math.hypot(...(weakErrorsOnMixture(plan) ?? [NaN])) };
    },
    { first: 8, last: 128, floor: 1e-9, agreement: 0.15 },
  );
};
