import { UsageError } from '../src/errors.js';
import type { Register, Terms } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { type SymbolModel, areProbabilities } from '../src/plan/symbols.js';
import { odeStep } from './exponential.js';
import type { Evaluation, Node, Step } from './step.js';
import type { Recorder } from './recorder.js';

// Preconditioning by independent symbols: of `d(x/sigma) = D dw`, w = alpha/sigma, only the departure `R = D - D_ref` is replaced by a
// polynomial, and the reference's own part is solved by substeps, whose predictions cost no network call. docs/theory.md, section 4.

/** Independent symbols as a setting: their frequencies, and the substeps of a step in which their flow is solved. */
export interface SymbolReference extends SymbolModel {
  /** Whole, from 1; default 1. Each asks the reference four times. */
  readonly substeps?: number;
}

const maxSubsteps = 1000;

/** The setting with its default filled in. Throws a `UsageError` where it does not fit the process. */
export const checkedSymbols = (
  { probabilities, substeps = 1 }: SymbolReference,
  { id, classes }: Process,
): Required<SymbolReference> => {
  if (!areProbabilities(probabilities))
    throw new UsageError('the symbol frequencies of a reference must be numbers from 0 whose sum is 1');
  if (classes !== probabilities.length) {
    const has = classes === undefined ? 'none' : String(classes);
    throw new UsageError(
      `a reference of ${probabilities.length} symbols needs a process of as many classes, and ${id} has ${has}`,
    );
  }
  if (!(Number.isInteger(substeps) && substeps >= 1 && substeps <= maxSubsteps)) {
    throw new UsageError(
      `substeps of the reference is ${substeps}; it must be a whole number from 1 to ${maxSubsteps}`,
    );
  }
  return { probabilities, substeps };
};

/** What a step is given of the reference. */
export interface SymbolFlow {
  readonly substeps: number;
  /** The reference's prediction of a state: at no call. */
  predict(x: Register, at: Node): Register;
  combine(terms: Terms): Register;
  /** `R = D - D_ref` of an evaluation. */
  departure(evaluation: Evaluation): Register;
}

/** Writes what is asked of the reference; what is asked twice, once. */
export const symbolFlow = (substeps: number, write: Pick<Recorder, 'refer' | 'combine'>): SymbolFlow => {
  const written = new Map<string, Register>();
  const once = (make: () => Register, key: string): Register => {
    const known = written.get(key) ?? make();
    written.set(key, known);
    return known;
  };
  const predict = (x: Register, at: Node): Register => once(() => write.refer(x, at), `${x} at ${at.t}`);
  return {
    substeps,
    predict,
    combine: (terms) => write.combine(terms, 'u'),
    departure: ({ state, node, D }) => {
      const terms = (): Terms => [
        [1, D],
        [-1, predict(state, node)],
      ];
      return once(() => write.combine(terms(), 'R'), D);
    },
  };
};

/** Before this much of half log-SNR there is nearly nothing of w: what a step is longer goes into its first substep. */
const longest = 16;

/** The ends of the substeps: uniform in half log-SNR. */
const substepEnds = ({ s, t, node, process }: Step, substeps: number): readonly Node[] => {
  const length = Math.min(t.lambda - s.lambda, longest) / substeps;
  const inside = Array.from({ length: substeps - 1 }, (_, j) =>
    node(process.timeAtLambda(t.lambda - (substeps - 1 - j) * length)),
  );
  return [s, ...inside, t];
};

/**
 * The step of the ODE whose departure is the polynomial through these evaluations: `weights` are the integrals of its Lagrange basis from one
 * node to another, over `dw/w` at the latter. Substeps by the classical Runge-Kutta method in w, of order 4.
 */
export const departureStep = (
  step: Step,
  { substeps, predict, combine, departure }: SymbolFlow,
  points: readonly Evaluation[],
  weights: (from: Node, to: Node) => readonly number[],
): Terms => {
  const departures = points.map(departure);
  const substep = (x: Register, s: Node, t: Node): Terms => {
    /** To a node, by these predictions of the reference and the departure. */
    const going = (to: Node): ((predictions: Terms) => Terms) => {
      const fromDeparture = weights(s, to).map((weight, j) => [to.alpha * weight, departures[j]] as const);
      return (predictions) => [...odeStep({ s, t: to, x }, predictions), ...fromDeparture];
    };
    const halfway = t.lambda + Math.log1p(Math.expm1(s.lambda - t.lambda) / 2);
    const middle = step.node(step.process.timeAtLambda(halfway));
    const [toMiddle, toEnd] = [going(middle), going(t)];
    const first = predict(x, s);
    const second = predict(combine(toMiddle([[1, first]])), middle);
    const third = predict(combine(toMiddle([[1, second]])), middle);
    const fourth = predict(combine(toEnd([[1, third]])), t);
    return toEnd([
      [1 / 6, first],
      [1 / 3, second],
      [1 / 3, third],
      [1 / 6, fourth],
    ]);
  };
  const [first, ...ends] = substepEnds(step, substeps);
  let [s, terms] = [first, [[1, step.x]] as Terms];
  for (const t of ends) {
    terms = substep(s === first ? step.x : combine(terms), s, t);
    s = t;
  }
  return terms;
};
