import { sameBasis } from '../array/basis.js';
import type { Moment } from './denoiser.js';
import { type NormalForm, type Row, normalForms } from './normal-form.js';
import type { Plan } from './plan.js';

export interface EquivalenceOptions {
  /** Largest difference, relative to a row's largest entry, the start counted in units of its own size. Default 1e-10. */
  readonly tolerance?: number;
  /** Compare the states divided by alpha and the times by half log-SNR: the same sampler on another process of the same path. */
  readonly upToScale?: boolean;
}

export interface Equivalence {
  readonly holds: boolean;
  /** The largest relative difference that was met before the answer was clear. */
  readonly residual: number;
  /** Where the plans first differ, in words; absent if they do not. */
  readonly difference?: string;
}

/**
 * Whether two plans are one sampler: equal linear maps from the start and the predictions to every evaluated state and
 * to the result, and equal covariance of the noise in them. Evaluations are matched in order, so two plans that
 * differ only in the order of independent evaluations are held apart. A plan over a basis is compared component by component, also
 * with one of numbers alone; plans over two bases are held apart. Serves plans of up to 1,000 evaluations.
 */
export const equivalent = (left: Plan, right: Plan, options: EquivalenceOptions = {}): Equivalence => {
  if (left.basis && right.basis && !sameBasis(left.basis, right.basis)) {
    return { holds: false, residual: 0, difference: 'the plans have coefficients along two different bases' };
  }
  const { upToScale = false } = options;
  const [ours, theirs] = [left, right].map((plan) => ({ plan, forms: normalForms(plan) }));
  const basis = left.basis ?? right.basis;
  const count = Math.max(ours.forms.length, theirs.forms.length);
  let residual = 0;
  for (let k = 0; k < count; k++) {
    // a plan of numbers alone does the same to every component
    const [a, b] = [ours, theirs].map(({ plan, forms }) =>
      inUnits(plan, forms[forms.length === 1 ? 0 : k], upToScale),
    );
    const found = sameForms(a, b, options);
    residual = Math.max(residual, found.residual);
    if (!found.holds) {
      const where = basis && count > 1 ? ` in component ${k + 1} of ${count}` : '';
      return { ...found, residual, difference: `${found.difference ?? ''}${where}` };
    }
  }
  const asked = ours.forms[0].evaluations.some(({ ofReference }) => ofReference);
  return asked ? sameReferences(left, right, residual, options) : { holds: true, residual };
};

/** What is asked alike has to answer alike. */
const sameReferences = (
  left: Plan,
  right: Plan,
  before: number,
  { tolerance = 1e-10 }: EquivalenceOptions,
): Equivalence => {
  const [ours, theirs] = [left, right].map(({ reference }) => reference?.probabilities ?? []);
  const apart = ours.map((p, k) => Math.abs(p - (theirs[k] ?? Infinity)));
  const residual = Math.max(before, ...apart);
  if (ours.length === theirs.length && residual <= tolerance) return { holds: true, residual };
  return { holds: false, residual, difference: 'the references have two sets of probabilities' };
};

const sameForms = (a: NormalForm, b: NormalForm, options: EquivalenceOptions): Equivalence => {
  const { tolerance = 1e-10, upToScale = false } = options;
  let residual = 0;
  const agree = (x: number, y: number, size: number): boolean => {
    const difference = x === y ? 0 : Math.abs(x - y) / size;
    residual = Math.max(residual, difference);
    return difference <= tolerance;
  };
  const differ = (difference: string): Equivalence => ({ holds: false, residual, difference });

  const clock = (m: Moment): number[] =>
    upToScale ? [Math.log(m.alpha / m.sigma)] : [m.t, m.alpha, m.sigma];
  const clockSize = (value: number): number => Math.max(Math.abs(value), upToScale ? 1 : 1e-300);
  const rows = (form: NormalForm): Row[] => [...form.evaluations, form.result];
  const name = (i: number): string =>
    i < a.evaluations.length ? `the state of evaluation ${i + 1}` : 'the result';
  const term = (i: number): string => (i === 0 ? 'the start' : `prediction ${i}`);

  for (const [i, evaluation] of a.evaluations.entries()) {
    const other = b.evaluations[i];
    if (!other) break;
    const [ours, theirs] = [clock(evaluation.moment), clock(other.moment)];
    if (!ours.every((value, k) => agree(value, theirs[k], clockSize(value)))) {
      return differ(
        `evaluation ${i + 1} is at t = ${evaluation.moment.t} in one and t = ${other.moment.t} in the other`,
      );
    }
    if (evaluation.ofReference !== other.ofReference)
      return differ(`evaluation ${i + 1} asks the reference in one and the network in the other`);
    if (evaluation.drawn !== other.drawn)
      return differ(`evaluation ${i + 1} is a draw in one and a mean in the other`);
    const found = differingTerm(evaluation, other, agree);
    if (found)
      return differ(
        `${name(i)} has ${found.left} of ${term(found.at)} in one and ${found.right} in the other`,
      );
  }
  if (a.evaluations.length !== b.evaluations.length) {
    return differ(`one evaluates ${a.evaluations.length} times and the other ${b.evaluations.length}`);
  }
  const found = differingTerm(a.result, b.result, agree);
  if (found)
    return differ(`the result has ${found.left} of ${term(found.at)} in one and ${found.right} in the other`);

  const [ours, theirs] = [rows(a), rows(b)];
  const deviation = ours.map((row) => Math.sqrt(dot(row.noise, row.noise)));
  const otherDeviation = theirs.map((row) => Math.sqrt(dot(row.noise, row.noise)));
  for (let i = 0; i < ours.length; i++) {
    for (let j = 0; j <= i; j++) {
      const size = Math.max(deviation[i], otherDeviation[i]) * Math.max(deviation[j], otherDeviation[j]);
      if (size === 0) continue;
      const [x, y] = [dot(ours[i].noise, ours[j].noise), dot(theirs[i].noise, theirs[j].noise)];
      if (!agree(x, y, size)) {
        return differ(
          `the noise covariance of ${name(i)} and ${name(j)} is ${x} in one and ${y} in the other`,
        );
      }
    }
  }
  return { holds: true, residual };
};

const dot = (x: Float64Array, y: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
};

const differingTerm = (
  a: Row,
  b: Row,
  agree: (x: number, y: number, size: number) => boolean,
): { at: number; left: number; right: number } | undefined => {
  const size = Math.max(largest(a.known), largest(b.known), 1e-300);
  for (let at = 0; at < Math.max(a.known.length, b.known.length); at++) {
    const [left, right] = [a.known[at] ?? 0, b.known[at] ?? 0];
    if (!agree(left, right, size)) return { at, left, right };
  }
  return undefined;
};

const largest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * The start counts in units of its own size `sqrt(alpha² + sigma²)`: on BFN, where it is tiny and its coefficients huge, an error
 * of a prediction's coefficient would else vanish beside them. Up to scale, states are taken as `x/alpha`.
 */
const inUnits = ({ start }: Plan, form: NormalForm, upToScale: boolean): NormalForm => {
  const size = Math.hypot(start.alpha, start.sigma);
  const convert = <R extends Row>(row: R, alpha: number): R => {
    const scale = upToScale ? alpha : 1;
    return {
      ...row,
      known: row.known.map((value, i) => (i === 0 ? value * size : value) / scale),
      noise: row.noise.map((value) => value / scale),
    };
  };
  return {
    evaluations: form.evaluations.map((entry) => convert(entry, entry.moment.alpha)),
    result: convert(form.result, form.result.alpha),
  };
};
