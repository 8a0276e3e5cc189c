import type { Moment } from '../src/plan/denoiser.js';
import type { ClockInterval, Instruction, Register, Terms, WideTerms } from '../src/plan/plan.js';

export const momentOf = ({ t, alpha, sigma, time }: Moment): Moment => ({ t, alpha, sigma, time });

/** Writes instructions down and names their registers by a letter and a number: states x, predictions D, noises z. */
export interface Recorder {
  readonly instructions: readonly Instruction[];
  fresh(letter: string): Register;
  evaluate(from: Register, at: Moment, draw: boolean): Register;
  /** What the plan's reference predicts of a state: no call, and not a last prediction. */
  refer(from: Register, at: Moment): Register;
  /** Terms with one coefficient a component have to be one a register. */
  combine(terms: WideTerms, letter: string): Register;
  /** The noise of the next number, from 1, or of an interval of a path. */
  noise(interval?: ClockInterval): Register;
  lastPrediction(): Register;
  /** Returns a state at a moment, or a prediction of the data. */
  end(from: Register, at?: Pick<Moment, 'alpha' | 'sigma'>): void;
}

export const recorder = (): Recorder => {
  const instructions: Instruction[] = [];
  const counts = new Map<string, number>();
  const count = (letter: string): number => counts.get(letter) ?? 0;
  const fresh = (letter: string): Register => {
    counts.set(letter, count(letter) + 1);
    return `${letter}${count(letter) - 1}`;
  };
  return {
    instructions,
    fresh,
    evaluate: (from, at, draw) => {
      const into = fresh('D');
      const drawn = draw ? { draw: count('D') } : {};
      instructions.push({ op: 'evaluate', into, from, ...momentOf(at), ...drawn });
      return into;
    },
    refer: (from, at) => {
      const into = fresh('P');
      instructions.push({ op: 'evaluate', into, from, ...momentOf(at), ask: 'reference' });
      return into;
    },
    combine: (terms, letter) => {
      const into = fresh(letter);
      instructions.push({ op: 'combine', into, terms: isScalar(terms) ? collected(terms) : terms });
      return into;
    },
    noise: (interval) => {
      const into = fresh('z');
      instructions.push({ op: 'noise', into, ...(interval ?? { draw: count('z') }) });
      return into;
    },
    lastPrediction: () => `D${count('D') - 1}`,
    end: (from, { alpha, sigma } = { alpha: 1, sigma: 0 }) => {
      instructions.push({ op: 'return', from, alpha, sigma });
    },
  };
};

const isScalar = (terms: WideTerms): terms is Terms =>
  terms.every(([coefficient]) => typeof coefficient === 'number');

/** One term a register, in order of first mention; what cancels to rounding is 0 and goes, so that no call or noise is made for it. */
export const collected = (terms: Terms): Terms => {
  const sums = new Map<Register, { sum: number; size: number }>();
  for (const [coefficient, register] of terms) {
    const { sum, size } = sums.get(register) ?? { sum: 0, size: 0 };
    sums.set(register, { sum: sum + coefficient, size: size + Math.abs(coefficient) });
  }
  const cancels = ({ sum, size }: { sum: number; size: number }): boolean =>
    Number.isFinite(size) && Math.abs(sum) <= 4 * Number.EPSILON * size;
  const kept = [...sums].filter(([, parts]) => !cancels(parts));
  if (kept.length === 0) return [[0, terms[0][1]]];
  return kept.map(([register, { sum }]) => [sum, register]);
};
