import { UsageError } from '../errors.js';
import type { Json } from '../json.js';
import {
  accuracyCurve,
  bfnProcess,
  type AccuracyCurve,
  type AccuracyExpression,
} from '../process/bfn-expression.js';
import { continuousBfn } from '../process/continuous-bfn.js';
import { discreteBfn } from '../process/discrete-bfn.js';
import type { Process } from '../process/process.js';
import { gaussLegendre } from './rules.js';

/**
 * How fast a sender's accuracy adds up over BFN time tau, which runs from 0 (the prior) to 1 (the data). Every function
 * throws a `UsageError` for a time outside [0, 1]. (Graves et al. 2023, sections 4 and 6; docs/bayesian-flow.md)
 */
export interface AccuracySchedule {
  readonly id: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** `beta(tau)`: the accuracy summed up to tau; 0 at 0, increasing. */
  beta(tau: number): number;
  /** `d beta / d tau`, the accuracy of continuous time. */
  rate(tau: number): number;
  /** `beta(to) - beta(from)`, without the cancellation. */
  between(from: number, to: number): number;
  /** `alpha_i` of step i = 1..n: `beta(i/n) - beta((i-1)/n)`, without the cancellation. */
  step(i: number, n: number): number;
  /** The inverse of `beta`. */
  time(beta: number): number;
  /**
   * The linear SDE that the states follow, on process time `t = 1 - tau`: for continuous and discretised data
   * `alpha = gamma`, `sigma² = gamma (1 - gamma)`, `gamma = beta/(1 + beta)`; with `classes`, `alpha = beta`, `sigma² = K beta`.
   */
  process(classes?: number): Process;
}

/** Throws a `UsageError` unless 0 <= tau <= 1. */
export const requireTau = (tau: number): void => {
  if (tau >= 0 && tau <= 1) return;
  throw new UsageError(`BFN time is ${tau}; accepted are numbers from 0 (the prior) to 1 (the data)`);
};

const requireStep = (i: number, n: number): void => {
  if (Number.isSafeInteger(n) && n >= 1 && Number.isInteger(i) && i >= 1 && i <= n) return;
  throw new UsageError(`step ${i} of ${n}; accepted are whole numbers, 1 <= step <= steps`);
};

interface Parts extends AccuracyCurve {
  readonly id: string;
  readonly parameters: Readonly<Record<string, Json>>;
  /** For from < to. */
  between(from: number, to: number): number;
  /** `beta(i/n) - beta((i-1)/n)` where there is a formula for it. */
  step?(i: number, n: number): number;
  process(classes: number | undefined): Process;
}

const schedule = ({ beta, rate, between, step, time, ...rest }: Parts): AccuracySchedule => {
  const at =
    (f: (tau: number) => number) =>
    (tau: number): number => {
      requireTau(tau);
      return f(tau);
    };
  const last = beta(1);
  return Object.freeze({
    ...rest,
    parameters: Object.freeze({ ...rest.parameters }),
    beta: at(beta),
    rate: at(rate),
    between(from: number, to: number) {
      requireTau(from);
      requireTau(to);
      if (from > to)
        throw new UsageError(`accuracy from tau = ${from} to ${to}; accepted are times in order`);
      return from === to ? 0 : between(from, to);
    },
    step(i: number, n: number) {
      requireStep(i, n);
      return step ? step(i, n) : between((i - 1) / n, i / n);
    },
    time(accuracy: number) {
      if (accuracy >= 0 && accuracy <= last * (1 + 8 * Number.EPSILON)) {
        return Math.min(1, Math.max(0, time(accuracy)));
      }
      throw new UsageError(`no time has the accuracy ${accuracy}; accepted are numbers from 0 to ${last}`);
    },
    process: (classes?: number) => rest.process(classes),
  });
};

/** The record by which a process of this accuracy can be made again where its family has no name of its own. */
const expressed = (beta: string, parameters: Readonly<Record<string, number>>) => ({
  id: 'bfn-expression',
  parameters: { beta, parameters: { ...parameters } },
});

/**
 * The accuracy of continuous and discretised data, `beta = sigma1^(-2 tau) - 1`, under which the entropy of the input falls
 * linearly (Graves et al. 2023, section 4). Throws a `UsageError` unless 0 < sigma1 < 1.
 */
export const continuousAccuracy = ({ sigma1 }: { readonly sigma1: number }): AccuracySchedule => {
  const own = continuousBfn({ sigma1 }); // checks sigma1
  const growth = -2 * Math.log(sigma1);
  const curve: AccuracyCurve = {
    beta: (tau) => Math.expm1(growth * tau),
    rate: (tau) => growth * Math.exp(growth * tau),
    time: (beta) => Math.log1p(beta) / growth,
  };
  const record = expressed('expm1(-2 * tau * log(sigma1))', { sigma1 });
  return schedule({
    id: 'continuous',
    parameters: { sigma1 },
    ...curve,
    between: (from, to) => Math.exp(growth * from) * Math.expm1(growth * (to - from)),
    step: (i, n) => Math.exp((growth * (i - 1)) / n) * Math.expm1(growth / n),
    process: (classes) => (classes === undefined ? own : bfnProcess(curve, record, classes)),
  });
};

/**
 * The accuracy of discrete data, `beta = beta1 tau²` (Graves et al. 2023, section 6). Throws a `UsageError` unless
 * 0 < beta1 <= 1e6.
 */
export const discreteAccuracy = ({ beta1 }: { readonly beta1: number }): AccuracySchedule => {
  discreteBfn({ classes: 2, beta1 }); // checks beta1
  const curve: AccuracyCurve = {
    beta: (tau) => beta1 * tau * tau,
    rate: (tau) => 2 * beta1 * tau,
    time: (beta) => Math.sqrt(beta / beta1),
  };
  const record = expressed('beta1 * tau^2', { beta1 });
  return schedule({
    id: 'discrete',
    parameters: { beta1 },
    ...curve,
    between: (from, to) => beta1 * (to - from) * (to + from),
    step: (i, n) => (beta1 * (2 * i - 1)) / n / n,
    process: (classes) =>
      classes === undefined ? bfnProcess(curve, record) : discreteBfn({ classes, beta1 }),
  });
};

const rule = gaussLegendre(16);

/** The integral of the rate, which has no cancellation, where it confirms the difference; else that. */
const differenceOf = ({ beta, rate }: AccuracyCurve, from: number, to: number): number => {
  const difference = beta(to) - beta(from);
  if (difference > beta(to) / 2) return difference;
  const half = (to - from) / 2;
  let integral = 0;
  for (let k = 0; k < rule.nodes.length; k++) {
    integral += half * rule.weights[k] * rate(from + half * (1 + rule.nodes[k]));
  }
  return Math.abs(integral - difference) <= 16 * Number.EPSILON * beta(to) ? integral : difference;
};

/**
 * A user's own accuracy, as an expression in `tau` of the mathjs language, 0 at tau = 0 and increasing: `{ beta: 'b tau^3',
 * parameters: { b: 2 } }`. Under the rules of `fromExpressions`; rejects with a `UsageError` for what is not accepted.
 */
export const accuracyFromExpression = async (options: AccuracyExpression): Promise<AccuracySchedule> => {
  const { beta, parameters = {} } = options;
  const curve = await accuracyCurve(options);
  const record = expressed(beta, parameters);
  return schedule({
    ...record,
    id: 'expression',
    ...curve,
    between: (from, to) => differenceOf(curve, from, to),
    process: (classes) => bfnProcess(curve, record, classes),
  });
};
