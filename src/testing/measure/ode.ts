import { edmStochastic } from '../../../solvers/edm.js';
import { restartSampler } from '../../../solvers/restart.js';
import type { Clock } from '../../../solvers/exponential-multistep.js';
import type { Solver, StartUp } from '../../../solvers/solver.js';
import type { Plan } from '../../plan/plan.js';
import { type Prediction, fadedIn, fadedOut, from, process, called, to } from './problem.js';
import { type Slopes, planIn, slopesOf } from './slopes.js';
import { scalarOf } from '../../plan/components.js';

/** Starts, in units of the noise there. */
export const starts = [-1.7, -0.6, 0.4, 1.3];

/** Runs a plan in float64 for many scalar starts at once, its noises zero. */
const runScalar = (plan: Plan, x: readonly number[], prediction: Prediction): Float64Array => {
  const registers = new Map([[plan.start.register, Float64Array.from(x)]]);
  const read = (name: string): Float64Array => registers.get(name) ?? new Float64Array(x.length);
  const predict = called(prediction);
  for (const entry of plan.instructions) {
    if (entry.op === 'return') return read(entry.from);
    if (entry.op === 'evaluate') {
      registers.set(
        entry.into,
        read(entry.from).map((value) => predict(value, entry)),
      );
    }
    if (entry.op === 'combine') {
      const out = new Float64Array(x.length);
      for (const [coefficient, name] of entry.terms) {
        const values = registers.get(name);
        if (values) for (let i = 0; i < out.length; i++) out[i] += scalarOf(coefficient) * values[i];
      }
      registers.set(entry.into, out);
    }
  }
  return new Float64Array();
};

/** `dy/dlambda = pull (D - y)` from `from` to `to` by classical Runge-Kutta of order 4 in 16,384 steps: to rounding here. */
const flow = (y: number, pull: number, prediction: Prediction): number => {
  const steps = 16_384;
  const h = (to - from) / steps;
  const slope = (at: number, lambda: number): number => pull * (prediction(at, lambda) - at);
  let end = y;
  for (let i = 0; i < steps; i++) {
    const lambda = from + i * h;
    const k1 = slope(end, lambda);
    const k2 = slope(end + (h / 2) * k1, lambda + h / 2);
    const k3 = slope(end + (h / 2) * k2, lambda + h / 2);
    const k4 = slope(end + h * k3, lambda + h);
    end += (h / 6) * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return end;
};

/** Ends of the flow, computed once a prediction and a pull. */
const cache = new Map<Prediction, Map<number, readonly number[]>>();
export const reference = (prediction: Prediction, pull: number): readonly number[] => {
  const ofPrediction = cache.get(prediction) ?? new Map<number, readonly number[]>();
  cache.set(prediction, ofPrediction);
  const known = ofPrediction.get(pull) ?? starts.map((u) => flow(u * Math.exp(-from), pull, prediction));
  ofPrediction.set(pull, known);
  return known;
};

/** Solvers without noise, of those whose noise is set neither by `etaSde` nor by `etaDdim`. */
const odeParts: Readonly<Record<string, Solver>> = {
  'edm-churn': edmStochastic({ churn: 0 }),
  restart: restartSampler({ share: 0 }),
};

/** Slopes of a solver's ODE part, on problems that hide all but one of its errors. */
export interface OdeSlopes {
  /** Constant where the run starts: given exact history. */
  readonly exact: Slopes;
  /** Liveliest where the run starts, with its default start-up. */
  readonly start: Slopes;
  /** The same with a start-up of full order, for multistep solvers. */
  readonly fullStart: Slopes | undefined;
}

/**
 * The orders of a solver's ODE part. A solver with a stochasticity is measured at 0, on the probability-flow ODE; one that is
 * always the reverse SDE without its noises, on `dy/dlambda = 2 (D - y)`, which they then discretise. In the solver's own clock, if
 * no other is given.
 */
export const odeSlopes = (given: Solver, clock?: Clock): OdeSlopes => {
  const solver = odeParts[given.id] ?? given;
  const { etaSde, etaDdim } = solver.defaults ?? {};
  const settable = solver !== given || etaSde !== undefined || etaDdim !== undefined;
  const pull = solver.kind === 'sde' && !settable ? 2 : 1;
  const plans = new Map<string, Plan>();
  const planOf = (steps: number, startUp: StartUp): Plan => {
    const settings = startUp === 'ramp' ? {} : { startUp };
    const key = `${startUp} ${steps}`;
    const plan =
      plans.get(key) ?? planIn(solver, steps, { deterministic: true, settings, ...(clock ? { clock } : {}) });
    plans.set(key, plan);
    return plan;
  };
  const slopesOn = (prediction: Prediction, startUp: StartUp = 'ramp'): Slopes => {
    const exact = reference(prediction, pull);
    return slopesOf((steps) => {
      const plan = planOf(steps, startUp);
      const scale = Math.exp(-from) * process.alpha(plan.start.t);
      const end = runScalar(
        plan,
        starts.map((u) => u * scale),
        prediction,
      );
      const alpha = process.alpha(process.timeAtLambda(to));
      return { nfe: plan.nfe, error: Math.hypot(...exact.map((value, i) => end[i] / alpha - value)) };
    });
  };
  return {
    exact: slopesOn(fadedIn),
    start: slopesOn(fadedOut),
    fullStart: solver.multistep && slopesOn(fadedOut, 'full-order'),
  };
};
