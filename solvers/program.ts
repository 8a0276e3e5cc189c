import { UsageError } from '../src/errors.js';
import { entriesOf } from '../src/plan/components.js';
import type { Moment } from '../src/plan/denoiser.js';
import {
  type Instruction,
  type Plan,
  type Register,
  type Terms,
  type WideTerms,
  isCall,
  withoutDeadCode,
} from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { isInterval } from '../src/random/index.js';
import { meanEta, pathInterval } from './eta.js';
import { timeGrid } from './grid.js';
import { type SymbolFlow, symbolFlow } from './departure.js';
import { preconditioned } from './preconditioning.js';
import { momentOf, recorder } from './recorder.js';
import {
  type Settings,
  type Solver,
  checkNfe,
  etasOf,
  lastStepOf,
  noiseOf,
  referenceOf,
  startUpOf,
} from './solver.js';
import { startUp, startUpWithin } from './start-up.js';

/** A point of the grid with all that a solver's formulas need. */
export interface Node extends Moment {
  /** Half log-SNR. */
  readonly lambda: number;
  /** `sigma²/alpha`; the reverse SDE carries the state over by the ratio of two of these. */
  readonly varianceOverSignal: number;
}

/** A state that the network was called on, and its prediction. */
export interface Evaluation {
  readonly node: Node;
  readonly state: Register;
  readonly D: Register;
}

/** What a step rule is given: the step from s to t < s, the state x there and the prediction D of it. */
export interface Step {
  readonly process: Process;
  readonly s: Node;
  readonly t: Node;
  readonly x: Register;
  readonly D: Register;
  /** Where D comes from: its `state` is x, but after a corrector, where it is the state that x was corrected from. */
  readonly current: Evaluation;
  /** The first evaluations of earlier steps, newest first; fewer towards the end with `lowerOrderFinal`. */
  readonly history: readonly Evaluation[];
  /** `history[0]`; absent in the first step. */
  readonly previous?: Evaluation;
  /** Number of this step, from 0. */
  readonly index: number;
  /** Of how many. */
  readonly steps: number;
  /** 0 on the ODE, 1 on the reverse SDE, for a solver that takes it in between; its mean over the step where it varies. */
  readonly etaSde: number;
  readonly etaDdim: number;
  /** The data variance that the nodes count as noise, in a step that a reference preconditions; else 0. */
  readonly variance: number;
  /** The reference of symbol frequencies, in a step from whose prediction it is subtracted. */
  readonly symbols?: SymbolFlow;
  /** Calls that this step may make, that for D included: `evaluationsPerStep`, or fewer in a cheaper step. */
  readonly calls: number;
  /**
   * A standard normal for the way between two moments, by default from s to t; in a corrector the normals of its step again, in
   * order. With `noise: 'path'` the increment of the sample's Brownian path; else, and for a way back to the noise, a new draw.
   */
  noise(from?: Node, to?: Node): Register;
  /** The prediction at another state and time. */
  evaluate(x: Terms, at: Node): Register;
  node(t: number): Node;
}

/** From a step to the next state. */
export type StepRule = (step: Step) => Terms;

/** The state at t once more, when the network has been called on the state that the step rule gave. */
export type CorrectorRule = (step: Step, there: Evaluation) => Terms;

export interface Extras {
  /** Corrects the result of each step but the last, at no further call. */
  readonly corrector?: CorrectorRule;
  /** Another way than `callsOfSteps` to spend a budget of calls on the steps of a grid that does not end in sigma = 0. */
  readonly spend?: (budget: number) => readonly number[];
}

export const nodeAt = (process: Process, t: number): Node => ({
  t,
  alpha: process.alpha(t),
  sigma: process.sigma(t),
  time: process.networkTime(t),
  lambda: process.lambda(t),
  varianceOverSignal: process.varianceOverSignal(t),
});

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

/** A solver that is a step rule, which others can be made of. */
export interface StepSolver extends Solver, Extras {
  readonly rule: StepRule;
}

/** Makes a solver of its facts and its step rule: the grid, the budget, the draws and the last step are spent here, for all alike. */
export const defineSolver = (
  given: Omit<Solver, 'plan'>,
  rule: StepRule,
  extras: Extras = {},
): StepSolver => {
  const { consistent, scaleInvariant, evaluationsPerStep = 1 } = given;
  // on nodes of its own for each component, a rule may see nothing else of the process
  const takesReference = consistent && scaleInvariant === true && evaluationsPerStep === 1;
  const facts = { takesReference, ...given };
  return {
    ...facts,
    ...extras,
    rule,
    plan: (process, settings) => makePlan(facts, rule, extras, process, settings),
  };
};

const makePlan = (
  facts: Omit<Solver, 'plan'>,
  rule: StepRule,
  { corrector, spend }: Extras,
  process: Process,
  settings: Settings,
): Plan => {
  const nfe = checkNfe(settings.nfe);
  const grid = settings.grid ?? facts.defaults?.grid ?? timeGrid.uniform();
  const lastStep = lastStepOf(facts, settings);
  const draw = settings.draw ?? (facts.defaults?.draw === true && process.classes !== undefined);
  const etas = etasOf(facts, settings);
  const noise = noiseOf(facts, settings);
  const asked = startUpOf(facts, settings);
  const { spectrum, symbols } = referenceOf(facts, process, { ...settings, noise, draw, startUp: asked });
  const lowerOrderFinal = settings.lowerOrderFinal ?? facts.defaults?.lowerOrderFinal;

  const budget = lastStep === 'predict-at-end' ? nfe - 1 : nfe;
  const endsInData = process.sigma(grid.end(process)) === 0;
  const { multistep } = facts;
  const first =
    multistep && asked === 'full-order'
      ? startUpWithin(budget, facts.order ?? 1)
      : { steps: 0, extraCalls: 0 };
  const calls =
    spend && !endsInData
      ? spend(budget)
      : callsOfSteps(budget - first.extraCalls, facts.evaluationsPerStep ?? 1, endsInData);
  const nodes = grid.times(process, calls.length).map((t) => nodeAt(process, t));
  const steps = calls.length;
  // an ODE multiplies the state by sigma_t/sigma_s
  if (facts.kind === 'ode' && nodes[0].sigma === 0 && nfe > 1)
    throw infiniteStep(facts.id, nodes[0].t, process.id);

  const { instructions, ...write } = recorder();
  const start = write.fresh('x');
  const flow = symbols && symbolFlow(symbols.substeps, write);
  const evaluated = (state: Register, index: number): Evaluation => {
    const node = nodes[index];
    return { node, state, D: write.evaluate(state, node, draw) };
  };
  const drawn = calls.map((): Register[] => []);
  /** What the step of that number is given; made a second time, it has the noises of the first. */
  const stepAt = (index: number, x: Register, current: Evaluation, history: readonly Evaluation[]): Step => {
    const [s, t] = [nodes[index], nodes[index + 1]];
    let used = 0;
    return {
      process,
      s,
      t,
      x,
      D: current.D,
      current,
      history,
      ...(history.length > 0 ? { previous: history[0] } : {}),
      index,
      steps,
      etaSde: meanEta(etas.etaSde ?? (facts.kind === 'sde' ? 1 : 0), s.lambda, t.lambda),
      etaDdim: etas.etaDdim ?? 0,
      variance: 0,
      ...(flow ? { symbols: flow } : {}),
      calls: calls[index],
      noise: (from = s, to = t) => {
        const noises = drawn[index];
        if (used === noises.length) {
          const onPath = noise === 'path' && from.lambda < to.lambda;
          noises.push(write.noise(onPath ? pathInterval(from.lambda, to.lambda, etas.etaSde) : undefined));
        }
        return noises[used++];
      },
      evaluate: (state, at) => write.evaluate(write.combine(state, 'u'), at, draw),
      node: (time) => nodeAt(process, time),
    };
  };

  let x = start;
  let history: readonly Evaluation[] = [];
  let correct: ((there: Evaluation) => WideTerms) | undefined;
  if (multistep && first.steps > 0) {
    ({ x, history, correct } = startUp(start, first.steps, multistep, {
      evaluate: evaluated,
      step: (index, from, current) => stepAt(index, from, current, []),
      combine: (terms) => write.combine(terms, 'x'),
    }));
  }
  for (let index = first.steps; index < steps; index++) {
    const current = evaluated(x, index);
    if (correct) x = write.combine(correct(current), 'x');
    const usable = lowerOrderFinal === true ? history.slice(0, steps - index - 1) : history;
    const from = x;
    const step = (): Step => stepAt(index, from, current, usable);
    x = write.combine(spectrum ? preconditioned(spectrum, rule, step()) : rule(step()), 'x');
    correct =
      corrector &&
      ((there) =>
        spectrum
          ? preconditioned(spectrum, (seen, end = there) => corrector(seen, end), step(), there)
          : corrector(step(), there));
    history = [current, ...history].slice(0, maxHistory);
  }
  const [begin, end] = [nodes[0], nodes[nodes.length - 1]];
  if (lastStep === 'stop') write.end(x, end);
  else if (lastStep === 'predict') write.end(write.lastPrediction());
  else write.end(write.evaluate(x, end, false));

  const plan = withoutDeadCode({
    solver: facts.id,
    process: { id: process.id, parameters: process.parameters },
    settings: {
      grid: { id: grid.id, ...grid.parameters },
      lastStep,
      draw,
      ...etas,
      ...(noise === 'independent' ? {} : { noise }),
      ...(settings.startUp === undefined ? {} : { startUp: asked }),
      ...(lowerOrderFinal === undefined ? {} : { lowerOrderFinal }),
      ...(spectrum ? { reference: { basis: spectrum.basis.id, variances: spectrum.variances } } : {}),
      ...(symbols ? { reference: { ...symbols } } : {}),
    },
    nfe,
    start: { register: start, ...momentOf(begin), atNoiseEnd: begin.t === process.noiseEnd },
    ...(spectrum && instructions.some(hasComponents) ? { basis: spectrum.basis } : {}),
    ...(symbols ? { reference: { probabilities: symbols.probabilities } } : {}),
    instructions,
  });
  checkPlan(plan, nfe, process);
  return plan;
};

const hasComponents = (entry: Instruction): boolean =>
  entry.op === 'combine' && entry.terms.some(([coefficient]) => typeof coefficient !== 'number');

/** No multistep method uses more: longer ones are unstable on the ODEs at hand. */
const maxHistory = 8;

const infiniteStep = (solver: string, t: number, process: string): UsageError =>
  new UsageError(
    `${solver} cannot step from t = ${t} on ${process}: a coefficient is infinite there; ` +
      `use eta > 0: such a grid starts short of the noise end`,
  );

/** What only the whole plan shows: calls without effect, steps from where a formula diverges, times that the network cannot tell apart. */
export const checkPlan = (plan: Plan, nfe: number, process: Process): void => {
  if (plan.nfe !== nfe) {
    throw new UsageError(`${plan.solver} leaves ${nfe - plan.nfe} of its ${nfe} evaluations without effect`);
  }
  const shown = new Map<number, number>();
  let now = plan.start.t;
  for (const entry of plan.instructions) {
    if (entry.op === 'combine' && !entry.terms.every(([c]) => entriesOf(c).every(Number.isFinite))) {
      throw infiniteStep(plan.solver, now, plan.process.id);
    }
    if (entry.op === 'noise' && 'clock' in entry && !isInterval(entry)) {
      throw new UsageError(
        `${plan.solver} cannot step from t = ${now} on a Brownian path: half log-SNR is infinite where the step ends`,
      );
    }
    if (isCall(entry)) {
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
