import { countContexts } from '../../src/denoiser/markov/contexts.js';
import { requireWhole } from '../../src/errors.js';

/** The code length of a text of classes in nats, `-ln p`, each character given those before it within the text. */
export type CodeLength = (text: ArrayLike<number>) => number;

/**
 * A character n-gram model of a text of classes: the law of a character given up to n - 1 before it,
 * `p(k | c) = (count(c, k) + T(c) p(k | c')) / (count(c) + T(c))`, T(c) how many different characters follow the context c, c' the context without its first
 * character; below the empty context all classes are equally probable. So no text is impossible. (Witten and Bell 1991, "The zero-frequency problem", method C,
 * interpolated.) At the start of a text, where fewer are known, a character is given those. The text that is counted is read as a ring.
 *
 * Throws a `UsageError` unless n is a whole number from 1.
 */
export const ngramCode = (text: Uint8Array, classes: number, n: number): CodeLength => {
  requireWhole('n of an n-gram model', n, 1);
  const levels = countContexts(text, classes, n - 1).map(({ size, counts, longer }) => {
    const [total, distinct] = [new Int32Array(size), new Int32Array(size)];
    counts.forEach((count, i) => {
      total[Math.floor(i / classes)] += count;
      distinct[Math.floor(i / classes)] += Number(count > 0);
    });
    return { counts, longer, total, distinct };
  });

  /** The number of the context of that many characters before `end`, -1 where it does not occur. */
  const contextOf = (of: ArrayLike<number>, end: number, size: number): number => {
    let context = 0;
    for (let i = 0; i < size && context >= 0; i++) {
      context = levels[i].longer[context * classes + of[end - size + i]];
    }
    return context;
  };

  return (of) => {
    let nats = 0;
    for (let i = 0; i < of.length; i++) {
      let p = 1 / classes;
      for (let size = 0; size < n && size <= i; size++) {
        const context = contextOf(of, i, size);
        if (context < 0) break;
        const { counts, total, distinct } = levels[size];
        p =
          (counts[context * classes + of[i]] + distinct[context] * p) / (total[context] + distinct[context]);
      }
      nats -= Math.log(p);
    }
    return nats;
  };
};
