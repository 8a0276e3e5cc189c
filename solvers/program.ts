import { UsageError } from '../src/errors.js';
import type { Moment } from '../src/plan/denoiser.js';
import { type Plan, type Register, type Terms, withoutDeadCode } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { timeGrid } from './grid.js';
import { momentOf, recorder } from './recorder.js';
import { type LastStep, type Settings, type Solver, lastSteps } from './solver.js';

/** A point of the grid with all that a solver's formulas need. */
export interface Node extends Moment {
  /** Half log-SNR. */
  readonly lambda: number;
  /** `sigma²/alpha`; the reverse SDE carries the state over by the ratio of two of these. */
  readonly varianceOverSignal: number;
}

/** What a step rule is given: the step from s to t < s, the state x there and the prediction D of it. */
export interface Step {
  readonly process: Process;
  readonly s: Node;
  readonly t: Node;
  readonly x: Register;
  readonly D: Register;
  /** The first prediction of the step before; absent in the first step. */
  readonly previous?: { readonly node: Node; readonly D: Register };
  /** Calls that this step may make, that for D included: `evaluationsPerStep`, or fewer in a cheaper step. */
  readonly calls: number;
  /** A standard normal, new with every call. */
  noise(): Register;
  /** The prediction at another state and time. */
  evaluate(x: Terms, at: Node): Register;
  node(t: number): Node;
}

/** From a step to the next state. */
export type StepRule = (step: Step) => Terms;

export const nodeAt = (process: Process, t: number): Node => ({
  t,
  alpha: process.alpha(t),
  sigma: process.sigma(t),
  time: process.networkTime(t),
  lambda: process.lambda(t),
  varianceOverSignal: process.varianceOverSignal(t),
});

const maxNfe = 100_000;

/** Refuses what is no budget; shared by all who take one. */
export const checkNfe = (nfe: number): number => {
  if (Number.isInteger(nfe) && nfe >= 1 && nfe <= maxNfe) return nfe;
  throw new UsageError(`NFE is ${nfe}; it must be a whole number from 1 to ${maxNfe}`);
};

/**
 * How a budget of calls is spent on steps of up to `perStep` calls: full steps, then one cheaper step with what is left.
 * Where the grid ends in sigma = 0 there is no second slope to be had there, so the last step takes one call.
 */
export const callsOfSteps = (budget: number, perStep: number, endsInData: boolean): number[] => {
  const last = endsInData && perStep > 1 && budget > 0 ? [1] : [];
  const rest = budget - last.length;
  const full = Array.from({ length: Math.floor(rest / perStep) }, () => perStep);
  return [...full, ...(rest % perStep > 0 ? [rest % perStep] : []), ...last];
};

/** Makes a solver of its facts and its step rule: the grid, the budget, the draws and the last step are spent here, for all alike. */
export const defineSolver = (facts: Omit<Solver, 'plan'>, rule: StepRule): Solver => ({
  ...facts,
  plan: (process, settings) => makePlan(facts, rule, process, settings),
});

const makePlan = (
  facts: Omit<Solver, 'plan'>,
  rule: StepRule,
  process: Process,
  settings: Settings,
): Plan => {
  const nfe = checkNfe(settings.nfe);
  const grid = settings.grid ?? facts.defaults?.grid ?? timeGrid.uniform();
  const lastStep = checkLastStep(settings.lastStep ?? facts.defaults?.lastStep ?? 'predict');
  const draw = settings.draw ?? (facts.defaults?.draw === true && process.classes !== undefined);

  const budget = lastStep === 'predict-at-end' ? nfe - 1 : nfe;
  const calls = callsOfSteps(budget, facts.evaluationsPerStep ?? 1, process.sigma(grid.end(process)) === 0);
  const nodes = grid.times(process, calls.length).map((t) => nodeAt(process, t));

  const { instructions, ...write } = recorder();
  const start = write.fresh('x');
  let x = start;
  let previous: Step['previous'];
  calls.forEach((count, i) => {
    const [s, t] = [nodes[i], nodes[i + 1]];
    const D = write.evaluate(x, s, draw);
    const terms = rule({
      process,
      s,
      t,
      x,
      D,
      ...(previous ? { previous } : {}),
      calls: count,
      noise: write.noise,
      evaluate: (state, at) => write.evaluate(write.combine(state, 'u'), at, draw),
      node: (time) => nodeAt(process, time),
    });
    x = write.combine(terms, 'x');
    previous = { node: s, D };
  });
  const [first, end] = [nodes[0], nodes[nodes.length - 1]];
  if (lastStep === 'stop') write.end(x, end);
  else if (lastStep === 'predict') write.end(write.lastPrediction());
  else write.end(write.evaluate(x, end, false));

  const plan = withoutDeadCode({
    solver: facts.id,
    process: { id: process.id, parameters: process.parameters },
    settings: { grid: { id: grid.id, ...grid.parameters }, lastStep, draw },
    nfe,
    start: { register: start, ...momentOf(first), atNoiseEnd: first.t === process.noiseEnd },
    instructions,
  });
  checkPlan(plan, nfe, process);
  return plan;
};

const checkLastStep = (lastStep: LastStep): LastStep => {
  if (lastSteps.includes(lastStep)) return lastStep;
  throw new UsageError(`the last step is "${String(lastStep)}"; it must be ${lastSteps.join(', ')}`);
};

/** What only the whole plan shows: calls without effect, steps from where a formula diverges, times that the network cannot tell apart. */
const checkPlan = (plan: Plan, nfe: number, process: Process): void => {
  if (plan.nfe !== nfe) {
    throw new UsageError(`${plan.solver} leaves ${nfe - plan.nfe} of its ${nfe} evaluations without effect`);
  }
  const shown = new Map<number, number>();
  let now = plan.start.t;
  for (const entry of plan.instructions) {
    if (entry.op === 'combine' && !entry.terms.every(([coefficient]) => Number.isFinite(coefficient))) {
      throw new UsageError(
        `${plan.solver} cannot step from t = ${now} on ${plan.process.id}: a coefficient is infinite there; ` +
          `a grid with eta > 0 starts short of the noise end`,
      );
    }
    if (entry.op === 'evaluate') {
      const other = shown.get(entry.time);
      if (process.roundsNetworkTime && other !== undefined && other !== entry.t) {
        throw new UsageError(
          `the times ${other} and ${entry.t} are both shown to the network as ${entry.time}: use fewer or other times, or real network times`,
        );
      }
      shown.set(entry.time, entry.t);
      now = entry.t;
    }
  }
};
