import type { Moment } from './denoiser.js';
import { isDrawn, withIndependentNoises } from './independent-noises.js';
import { type Plan, type Register, withoutDeadCode } from './plan.js';

/** A register as a linear function: of the start and of the predictions (`known`), and of the noises. */
export interface Row {
  /** Coefficient of the start, then of each evaluation. */
  readonly known: Float64Array;
  readonly noise: Float64Array;
}

export interface NormalForm {
  /** Dead and duplicate evaluations dropped, in the order of the plan. */
  readonly evaluations: readonly (Row & { readonly moment: Moment; readonly drawn: boolean })[];
  readonly result: Row & { readonly alpha: number };
}

/**
 * What a plan does, however it is written: every evaluated state and the result as a linear function of the start, the
 * predictions and the noises. Two plans are the same sampler exactly if their normal forms agree (docs/plans.md).
 *
 * A coefficient of exactly 0 is no dependence; two evaluations of one state at one time are one, unless they are draws.
 * Time and memory grow with the square of the number of evaluations: meant for up to some 1,000.
 */
export const normalForm = (plan: Plan): NormalForm => {
  const { instructions } = withIndependentNoises(withoutZeroTerms(plan));
  const evaluationCount = instructions.filter(({ op }) => op === 'evaluate').length;
  const noiseNumbers = new Map<number, number>();
  for (const entry of instructions) {
    if (isDrawn(entry) && !noiseNumbers.has(entry.draw)) noiseNumbers.set(entry.draw, noiseNumbers.size);
  }
  const rowOf = new Map<Register, Row>();
  const empty = (): Row => ({
    known: new Float64Array(1 + evaluationCount),
    noise: new Float64Array(noiseNumbers.size),
  });
  const unit = (part: 'known' | 'noise', position: number): Row => {
    const row = empty();
    row[part][position] = 1;
    return row;
  };
  const find = (name: Register): Row => {
    const row = rowOf.get(name);
    if (!row) throw new Error(`register ${name} is not defined`);
    return row;
  };
  rowOf.set(plan.start.register, unit('known', 0));
  const evaluations: (Row & { moment: Moment; drawn: boolean })[] = [];
  for (const entry of instructions) {
    if (isDrawn(entry)) rowOf.set(entry.into, unit('noise', noiseNumbers.get(entry.draw) ?? 0));
    else if (entry.op === 'combine') {
      const row = empty();
      for (const [coefficient, name] of entry.terms) {
        const { known, noise } = find(name);
        for (let i = 0; i < known.length; i++) row.known[i] += coefficient * known[i];
        for (let i = 0; i < noise.length; i++) row.noise[i] += coefficient * noise[i];
      }
      rowOf.set(entry.into, row);
    } else if (entry.op === 'evaluate') {
      const row = find(entry.from);
      const drawn = entry.draw !== undefined;
      const { t, alpha, sigma, time } = entry;
      const twin = drawn ? -1 : evaluations.findIndex((e) => !e.drawn && e.moment.t === t && same(e, row));
      rowOf.set(entry.into, unit('known', 1 + (twin < 0 ? evaluations.length : twin)));
      if (twin < 0) evaluations.push({ ...row, moment: { t, alpha, sigma, time }, drawn });
    } else if (entry.op === 'return') {
      return trimmed(evaluations, { ...find(entry.from), alpha: entry.alpha });
    }
  }
  throw new Error('a plan ends with a return');
};

const withoutZeroTerms = (plan: Plan): Plan =>
  withoutDeadCode({
    ...plan,
    instructions: plan.instructions.map((entry) =>
      entry.op === 'combine'
        ? { ...entry, terms: entry.terms.filter(([coefficient]) => coefficient !== 0) }
        : entry,
    ),
  });

const same = (a: Row, b: Row): boolean =>
  a.known.every((value, i) => value === b.known[i]) && a.noise.every((value, i) => value === b.noise[i]);

/** Drops the columns of evaluations that turned out to be duplicates. */
const trimmed = (evaluations: NormalForm['evaluations'], result: NormalForm['result']): NormalForm => {
  const trim = <R extends Row>(row: R): R => ({
    ...row,
    known: row.known.subarray(0, 1 + evaluations.length),
  });
  return { evaluations: evaluations.map(trim), result: trim(result) };
};
