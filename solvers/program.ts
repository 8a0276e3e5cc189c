import { UsageError } from '../src/errors.js';
import type { Moment } from '../src/plan/denoiser.js';
import { type Instruction, type Plan, type Register, type Terms, withoutDeadCode } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { timeGrid } from './grid.js';
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
export const solver = (facts: Omit<Solver, 'plan'>, rule: StepRule): Solver => ({
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
  const draw = drawOf(
    process,
    settings.draw ?? (facts.defaults?.draw === true && process.classes !== undefined),
  );

  const budget = lastStep === 'predict-at-end' ? nfe - 1 : nfe;
  const calls = callsOfSteps(budget, facts.evaluationsPerStep ?? 1, process.sigma(grid.end(process)) === 0);
  const nodes = grid.times(process, calls.length).map((t) => nodeAt(process, t));

  const instructions: Instruction[] = [];
  const counts = new Map<string, number>();
  const fresh = (letter: string): Register => {
    const count = counts.get(letter) ?? 0;
    counts.set(letter, count + 1);
    return `${letter}${count}`;
  };
  const evaluate = (from: Register, at: Node, drawn = draw): Register => {
    const into = fresh('D');
    const number = counts.get('D') ?? 1;
    instructions.push({ op: 'evaluate', into, from, ...momentOf(at), ...(drawn ? { draw: number } : {}) });
    return into;
  };
  const combine = (terms: Terms, letter: string): Register => {
    const into = fresh(letter);
    instructions.push({ op: 'combine', into, terms: collected(terms) });
    return into;
  };
  const noise = (): Register => {
    const into = fresh('z');
    instructions.push({ op: 'noise', into, draw: counts.get('z') ?? 1 });
    return into;
  };

  const start = fresh('x');
  let x = start;
  let previous: { node: Node; D: Register } | undefined;
  for (let i = 0; i < calls.length; i++) {
    const [s, t] = [nodes[i], nodes[i + 1]];
    const D = evaluate(x, s);
    const terms = rule({
      process,
      s,
      t,
      x,
      D,
      ...(previous ? { previous } : {}),
      calls: calls[i],
      noise,
      evaluate: (state, at) => evaluate(combine(state, 'u'), at),
      node: (time) => nodeAt(process, time),
    });
    x = combine(terms, 'x');
    previous = { node: s, D };
  }
  const end = nodes[nodes.length - 1];
  const last = lastStep === 'predict-at-end' ? evaluate(x, end, false) : lastPrediction(instructions);
  const { alpha, sigma } = lastStep === 'stop' ? end : { alpha: 1, sigma: 0 };
  instructions.push({ op: 'return', from: lastStep === 'stop' ? x : last, alpha, sigma });

  const first = nodes[0];
  return checked(
    withoutDeadCode({
      solver: facts.id,
      process: { id: process.id, parameters: process.parameters },
      settings: { grid: { id: grid.id, ...grid.parameters }, lastStep, draw },
      nfe,
      start: { register: start, ...momentOf(first), atNoiseEnd: first.t === process.noiseEnd },
      instructions,
    }),
    nfe,
    process,
  );
};

const momentOf = ({ t, alpha, sigma, time }: Node): Moment => ({ t, alpha, sigma, time });

const lastPrediction = (instructions: readonly Instruction[]): Register => {
  const last = instructions.findLast((entry) => entry.op === 'evaluate');
  return last?.into ?? '';
};

/** One term a register, in order of first mention; what cancels to rounding is 0 and goes, so that no call or noise is made for it. */
const collected = (terms: Terms): Terms => {
  const sums = new Map<Register, { sum: number; size: number }>();
  for (const [coefficient, register] of terms) {
    const { sum, size } = sums.get(register) ?? { sum: 0, size: 0 };
    sums.set(register, { sum: sum + coefficient, size: size + Math.abs(coefficient) });
  }
  const kept = [...sums].filter(([, { sum, size }]) => !(Math.abs(sum) <= 4 * Number.EPSILON * size));
  if (kept.length === 0) return [[0, terms[0][1]]];
  return kept.map(([register, { sum }]) => [sum, register]);
};

const checkLastStep = (lastStep: LastStep): LastStep => {
  if (lastSteps.includes(lastStep)) return lastStep;
  throw new UsageError(`the last step is "${String(lastStep)}"; it must be ${lastSteps.join(', ')}`);
};

const drawOf = (process: Process, draw: boolean): boolean => {
  if (!draw || process.classes !== undefined) return draw;
  throw new UsageError(`draw asks for a sample of the predicted classes, and ${process.id} has none`);
};

const checked = (plan: Plan, nfe: number, process: Process): Plan => {
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
  return plan;
};
