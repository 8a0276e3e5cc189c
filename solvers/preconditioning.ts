import type { Coefficient } from '../src/array/basis.js';
import type { Register, Terms, WideTerms } from '../src/plan/plan.js';
import type { Spectrum } from '../src/plan/spectrum.js';
import { UsageError } from '../src/errors.js';
import type { Evaluation, Node, Step } from './step.js';
import { collected } from './recorder.js';

// Preconditioning by a Gaussian reference: with S² = e + (sigma/alpha)² for a component of the data with variance e, the ODE and the
// SDE of x/alpha keep their form if D gives way to D_S = x/alpha + S² score and sigma/alpha to S. So a step rule is run once a
// component, on nodes that count the data's variance as noise. docs/theory.md, section 4.

/** One component, in units of its own standard deviation, so that differences of half log-SNR keep their digits near the data. */
interface Component {
  readonly unit: number;
  see(node: Node): Node;
  /** `D_S` of an evaluation. */
  departure(evaluation: Evaluation): Terms;
}

const componentOf = (variance: number): Component => {
  if (variance === 0) return { unit: 1, see: (node) => node, departure: ({ D }) => [[1, D]] };
  const unit = Math.sqrt(variance);
  return {
    unit,
    see: (node) => ({
      ...node,
      sigma: Math.hypot(node.alpha, node.sigma / unit),
      varianceOverSignal: node.alpha + node.varianceOverSignal / variance,
      lambda: -Math.log1p(node.varianceOverSignal / (node.alpha * variance)) / 2,
    }),
    departure: ({ node, state, D }) => {
      const weight = variance / node.varianceOverSignal;
      return [
        [1 + weight * node.alpha, D],
        [-weight, state],
      ];
    },
  };
};

/** A step or its correction: the latter is given the evaluation at the end of the step. */
type Rule = (step: Step, there?: Evaluation) => Terms;

/** The terms of a rule for every component of the reference, one coefficient a component where they differ. */
export const preconditioned = (
  { variances }: Spectrum,
  rule: Rule,
  step: Step,
  there?: Evaluation,
): WideTerms => {
  const noises: Register[] = [];
  const evaluations = [...(there ? [there] : []), step.current, ...step.history];
  const departureOf = new Map(evaluations.map((evaluation) => [evaluation.D, evaluation]));
  const refuse = (): never => {
    throw new UsageError('a solver that calls the network inside a step takes no reference');
  };
  const termsOf = (variance: number): Terms => {
    const { unit, see, departure } = componentOf(variance);
    const seen = (evaluation: Evaluation): Evaluation => ({ ...evaluation, node: see(evaluation.node) });
    const history = step.history.map(seen);
    let drawn = 0;
    const terms = rule(
      {
        ...step,
        variance,
        s: see(step.s),
        t: see(step.t),
        current: seen(step.current),
        history,
        ...(history.length > 0 ? { previous: history[0] } : {}),
        // the same noises for every component
        noise: () => (noises[drawn++] ??= step.noise()),
        evaluate: refuse,
        node: refuse,
      },
      there && seen(there),
    );
    return collected(
      // a prediction's whole weight first: what rounding leaves of it then cancels between the prediction and its state
      collected(terms).flatMap(([coefficient, register]): Terms => {
        const evaluation = departureOf.get(register);
        if (evaluation) return departure(evaluation).map(([c, name]) => [coefficient * c, name] as const);
        return [[noises.includes(register) ? unit * coefficient : coefficient, register]];
      }),
    );
  };
  const known = new Map<number, Terms>();
  for (const variance of variances) {
    if (!known.has(variance)) known.set(variance, termsOf(variance));
  }
  return merged(variances.map((variance) => known.get(variance) ?? []));
};

/** One list of terms from one a component. */
const merged = (components: readonly Terms[]): WideTerms => {
  const coefficients = new Map<Register, number[]>();
  components.forEach((terms, k) => {
    for (const [coefficient, register] of terms) {
      const entries = coefficients.get(register) ?? components.map(() => 0);
      coefficients.set(register, entries);
      entries[k] = coefficient;
    }
  });
  return [...coefficients].map(([register, entries]) => [narrowed(entries), register]);
};

const narrowed = (entries: readonly number[]): Coefficient =>
  entries.every((entry) => entry === entries[0]) ? entries[0] : entries;
