import { UsageError } from '../errors.js';
import { componentCount, entriesOf, entryOf } from './components.js';
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
  readonly evaluations: readonly (Row & {
    readonly moment: Moment;
    readonly drawn: boolean;
    /** Whether the plan's reference is asked, and not the network. */
    readonly ofReference: boolean;
  })[];
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
  const [form, ...others] = normalForms(plan);
  if (others.length === 0) return form;
  throw new UsageError(
    'a plan over a basis has a normal form a component: take normalForms, or a componentPlan of it',
  );
};

/** One normal form a component of the plan's basis; the evaluations are those of the whole plan. One only where there is no basis. */
export const normalForms = (plan: Plan): readonly NormalForm[] => {
  const components = Array.from({ length: componentCount(plan) }, (_, k) => k);
  const { instructions } = withIndependentNoises(withoutZeroTerms(plan));
  const evaluationCount = instructions.filter(({ op }) => op === 'evaluate').length;
  const noiseNumbers = new Map<number, number>();
  for (const entry of instructions) {
    if (isDrawn(entry) && !noiseNumbers.has(entry.draw)) noiseNumbers.set(entry.draw, noiseNumbers.size);
  }
  // a row a component
  const rowsOf = new Map<Register, readonly Row[]>();
  const empty = (): Row => ({
    known: new Float64Array(1 + evaluationCount),
    noise: new Float64Array(noiseNumbers.size),
  });
  const unit = (part: 'known' | 'noise', position: number): readonly Row[] => {
    const row = empty();
    row[part][position] = 1;
    return components.map(() => row);
  };
  const find = (name: Register): readonly Row[] => {
    const rows = rowsOf.get(name);
    if (!rows) throw new Error(`register ${name} is not defined`);
    return rows;
  };
  rowsOf.set(plan.start.register, unit('known', 0));
  const evaluations: { rows: readonly Row[]; moment: Moment; drawn: boolean; ofReference: boolean }[] = [];
  for (const entry of instructions) {
    if (isDrawn(entry)) rowsOf.set(entry.into, unit('noise', noiseNumbers.get(entry.draw) ?? 0));
    else if (entry.op === 'combine') {
      const rows = components.map((component) => {
        const row = empty();
        for (const [coefficient, name] of entry.terms) {
          const factor = entryOf(coefficient, component);
          const { known, noise } = find(name)[component];
          for (let i = 0; i < known.length; i++) row.known[i] += factor * known[i];
          for (let i = 0; i < noise.length; i++) row.noise[i] += factor * noise[i];
        }
        return row;
      });
      rowsOf.set(entry.into, rows);
    } else if (entry.op === 'evaluate') {
      const rows = find(entry.from);
      const drawn = entry.draw !== undefined;
      const ofReference = entry.ask !== undefined;
      const { t, alpha, sigma, time } = entry;
      const isTwin = (e: (typeof evaluations)[number]): boolean =>
        !e.drawn &&
        e.ofReference === ofReference &&
        e.moment.t === t &&
        e.rows.every((row, k) => same(row, rows[k]));
      const twin = drawn ? -1 : evaluations.findIndex(isTwin);
      rowsOf.set(entry.into, unit('known', 1 + (twin < 0 ? evaluations.length : twin)));
      if (twin < 0) evaluations.push({ rows, moment: { t, alpha, sigma, time }, drawn, ofReference });
    } else if (entry.op === 'return') {
      const result = find(entry.from);
      return components.map((k) =>
        trimmed(
          evaluations.map(({ rows, ...flags }) => ({ ...rows[k], ...flags })),
          { ...result[k], alpha: entry.alpha },
        ),
      );
    }
  }
  throw new Error('a plan ends with a return');
};

const withoutZeroTerms = (plan: Plan): Plan =>
  withoutDeadCode({
    ...plan,
    instructions: plan.instructions.map((entry) =>
      entry.op === 'combine'
        ? { ...entry, terms: entry.terms.filter(([c]) => entriesOf(c).some((value) => value !== 0)) }
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
