import {
  type Instruction,
  type Plan,
  type Register,
  type WideTerms,
  withoutDeadCode,
} from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { meanEta, pathInterval } from './eta.js';
import { timeGrid } from './grid.js';
import { checkPlan, infiniteStep } from './check-plan.js';
import { symbolFlow } from './departure.js';
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
import { type CorrectorRule, type Evaluation, type Step, type StepRule, nodeAt } from './step.js';

export interface Extras {
  /** Corrects the result of each step but the last, at no further call. */
  readonly corrector?: CorrectorRule;
  /** Another way than `callsOfSteps` to spend a budget of calls on the steps of a grid that does not end in sigma = 0. */
  readonly spend?: (budget: number) => readonly number[];
}

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
