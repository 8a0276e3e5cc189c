import { UsageError } from '../errors.js';
import { requireClasses, requireNumber } from './checks.js';
import { defineProcess, type ClassesOption, type Definition } from './define.js';
import { compile, derivativeOf } from './expression-calculus.js';
import { parseExpression, requireName, type ExpressionOwner } from './expression-grammar.js';
import { closedAtEnds, sampleTimes } from './expression-limits.js';
import { classesParameter, family } from './family.js';
import { decreasingRoot } from './numeric.js';
import type { Process } from './process.js';

/** The accuracy of a Bayesian flow, summed up to BFN time tau in [0, 1], its derivative and its inverse. */
export interface AccuracyCurve {
  beta(tau: number): number;
  rate(tau: number): number;
  time(beta: number): number;
}

/** An accuracy as an expression. */
export interface AccuracyExpression {
  /** The accuracy summed up to BFN time, as an expression in `tau` and the parameters, 0 at tau = 0: `beta1 * tau^3`. */
  readonly beta: string;
  /** Numbers by name, for use in the expression. */
  readonly parameters?: Readonly<Record<string, number>>;
}

export interface BfnExpressionOptions extends AccuracyExpression, ClassesOption {}

/**
 * The SDE of a Bayesian flow of any accuracy `beta(tau)`, `tau = 1 - t`: `alpha = gamma`, `sigma² = gamma (1 - gamma)` with
 * `gamma = beta/(1 + beta)`; on K classes `alpha = beta`, `sigma² = K beta` (Xue et al. 2024, Theorems 4.1 and 5.1 for
 * the accuracies of Graves et al. 2023; docs/theory.md, section 2).
 */
export const bfnProcess = (
  curve: AccuracyCurve,
  { id, parameters }: Pick<Definition, 'id' | 'parameters'>,
  classes?: number,
): Process => {
  const beta = (t: number): number => curve.beta(1 - t);
  const rate = (t: number): number => curve.rate(1 - t);
  const scale = classes ?? 1;
  const growth = (t: number): number => (beta(t) === 0 ? Infinity : rate(t) / beta(t));
  const logits = classes !== undefined;
  return defineProcess({
    id,
    parameters: { ...parameters, classes },
    dataEnd: 0,
    noiseEnd: 1,
    alpha: logits ? beta : (t) => beta(t) / (1 + beta(t)),
    sigma: logits ? (t) => Math.sqrt(scale * beta(t)) : (t) => Math.sqrt(beta(t)) / (1 + beta(t)),
    lambda: (t) => Math.log(beta(t) / scale) / 2,
    inverse: (lambda) => 1 - curve.time(scale * Math.exp(2 * lambda)),
    varianceOverSignal: logits ? () => scale : (t) => 1 / (1 + beta(t)),
    drift: logits ? (t) => -growth(t) : (t) => -growth(t) / (1 + beta(t)),
    squaredDiffusion: logits ? (t) => scale * rate(t) : (t) => rate(t) / (1 + beta(t)) / (1 + beta(t)),
    networkTime: (t) => 1 - t,
  });
};

const owner: ExpressionOwner = { owner: 'accuracy', variable: 'tau' };

const refuse = (what: string, tau: number, accepted: string): never => {
  throw new UsageError(`accuracy: ${what} at tau = ${tau}; ${accepted}`);
};

/** Checks on a sample of times that beta is 0 at 0 and increases. */
const requireAccuracy = ({ beta, rate }: Omit<AccuracyCurve, 'time'>): void => {
  const times = sampleTimes(0, 1);
  times.forEach((tau, i) => {
    const [value, slope] = [beta(tau), rate(tau)];
    if (i === 0 && value !== 0) refuse(`beta is ${value}`, tau, 'give an expression that is 0 there');
    if (!(value < Infinity)) refuse(`beta is ${value}`, tau, 'give an expression that is finite');
    if (i > 0 && !(value > beta(times[i - 1]))) {
      refuse('beta does not increase', tau, 'give an accuracy that grows with tau');
    }
    const inside = i > 0 && i < times.length - 1;
    if (!(slope >= 0 && (!inside || slope < Infinity))) {
      refuse(`the derivative of beta is ${slope}`, tau, 'give an expression with a derivative from 0');
    }
  });
};

/**
 * An accuracy from an expression of the mathjs language, under the rules of `fromExpressions`: nothing but arithmetic,
 * elementary functions, `tau`, `pi`, `e` and declared parameters; the derivative is symbolic. Throws (rejects with) a `UsageError`
 * for anything else, and unless beta is 0 at tau = 0, finite, and increasing, on a sample of times.
 */
export const accuracyCurve = async ({
  beta: text,
  parameters = {},
}: AccuracyExpression): Promise<AccuracyCurve> => {
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters)) {
    throw new UsageError('accuracy: parameters is not accepted; give numbers by name');
  }
  const values = new Map(Object.entries(parameters));
  for (const [name, value] of values) {
    requireName(name, owner);
    requireNumber('bfn-expression', `parameter ${name}`, value, 'a number', () => true);
  }
  const mathjs = await import('mathjs/number');
  const tree = parseExpression(mathjs, 'beta', text, new Set(values.keys()), owner);
  const closed = closedAtEnds(0, 1);
  const beta = closed(compile(mathjs, tree, values, owner.variable));
  const slope = derivativeOf(mathjs, tree, owner.variable);
  const rate = closed(compile(mathjs, slope, values, owner.variable));
  requireAccuracy({ beta, rate });
  const last = beta(1);
  const time = (wanted: number): number => {
    if (wanted <= 0) return 0;
    if (wanted >= last) return 1;
    return decreasingRoot((tau) => ({ value: wanted - beta(tau), slope: -rate(tau) }), 0, 1);
  };
  return { beta, rate, time };
};

/** The SDE of a Bayesian flow whose accuracy is an expression. Rejects with a `UsageError` like `accuracyCurve`. */
export const bfnFromExpression = async (options: BfnExpressionOptions): Promise<Process> => {
  const { beta, parameters = {}, classes } = options;
  requireClasses('bfn-expression', classes);
  const curve = await accuracyCurve({ beta, parameters });
  return bfnProcess(
    curve,
    { id: 'bfn-expression', parameters: { beta, parameters: { ...parameters } } },
    classes,
  );
};

export const bfnExpressionFamily = family<BfnExpressionOptions>(
  {
    id: 'bfn-expression',
    description: "Bayesian flow network with a user's own accuracy",
    parameters: [
      { name: 'beta', kind: 'text', description: 'accuracy summed up to BFN time, such as 20 tau^3' },
      {
        name: 'parameters',
        kind: 'named numbers',
        default: {},
        description: 'numbers by name, for the expression',
      },
      classesParameter,
    ],
  },
  bfnFromExpression,
);
