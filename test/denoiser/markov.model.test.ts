import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, readText, textAlphabet } from '../../src/data/text.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { UsageError } from '../../src/errors.js';
import { alphabet, anyModel, byDefinition, closeTo, digits, sequences } from './markov-brute-force.js';

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
const entropy = (probabilities: number[]): number =>
  sum(probabilities.filter((p) => p > 0).map((p) => -p * Math.log(p)));

describe('the Markov model of a text', () => {
  it('has the states, destinations and conditionals of the definition', () => {
    fc.assert(
      fc.property(anyModel(), (example) => {
        const { model } = example;
        const { unigram, occurrences, contextOf, conditional } = byDefinition(example);
        const contexts = Array.from(model.last, (_, state) => digits(model, state));
        expect(new Set(contexts).size).toBe(contexts.length);
        for (const [state, context] of contexts.entries()) {
          expect(occurrences(context)).toBeGreaterThan(0);
          expect(model.last[state]).toBe(Number(context.at(-1)));
          for (const k of [0, 1, 2]) {
            expect(closeTo(model.conditional(state, k), conditional(context, k), 1e-14)).toBe(true);
            if (unigram[k] > 0) expect(contexts[model.next(state, k)]).toBe(contextOf(context + k));
            else expect(() => model.next(state, k)).toThrow(UsageError);
          }
        }
        // every full context is there
        const full = sequences(3, example.order).filter((s) => occurrences(s.join('')) > 0);
        expect(contexts.filter((c) => c.length === example.order)).toHaveLength(full.length);
      }),
    );
  });

  it('depends on the last m characters only, whatever came before', () => {
    fc.assert(
      fc.property(
        anyModel(),
        fc.array(fc.nat(2), { maxLength: 5 }),
        fc.nat(),
        ({ model, order, text }, more, from) => {
          const [a, b] = [from % model.last.length, 0];
          const walk = [...more, ...text.slice(0, order)].map((k) => text[k % text.length]);
          const end = (state: number) => walk.reduce((at, k) => model.next(at, k), state);
          expect(end(a)).toBe(end(b));
        },
      ),
    );
  });

  it('has a stationary law', () => {
    fc.assert(
      fc.property(anyModel(), ({ model, text }) => {
        const next = new Float64Array(model.last.length);
        model.stationary.forEach((p, state) => {
          for (const k of new Set(text)) next[model.next(state, k)] += p * model.conditional(state, k);
        });
        model.stationary.forEach((p, state) => {
          expect(p).toBeGreaterThan(0);
          expect(Math.abs(p - next[state])).toBeLessThan(1e-14);
        });
        expect(sum(model.stationary)).toBeCloseTo(1, 13);
      }),
    );
  });

  it('gives all texts of a length probability 1 together', () => {
    fc.assert(
      fc.property(anyModel(), fc.integer({ min: 0, max: 6 }), ({ model }, length) => {
        expect(sum(sequences(3, length).map((s) => Math.exp(model.logProbability(s))))).toBeCloseTo(1, 12);
      }),
      { numRuns: 30 },
    );
  });

  it('is stationary: a text is as probable after any one character as at the start', () => {
    fc.assert(
      fc.property(anyModel(), fc.array(fc.nat(2), { minLength: 1, maxLength: 5 }), ({ model }, s) => {
        const shifted = sum([0, 1, 2].map((k) => Math.exp(model.logProbability([k, ...s]))));
        expect(closeTo(shifted, Math.exp(model.logProbability(s)), 1e-12)).toBe(true);
      }),
    );
  });

  it('takes from m characters on one conditional a character', () => {
    fc.assert(
      fc.property(
        anyModel(),
        fc.array(fc.nat(), { minLength: 3, maxLength: 6 }),
        fc.nat(2),
        (example, draws, k) => {
          const { model, text } = example;
          const s = draws.map((n) => text[n % text.length]);
          const { contextOf, conditional } = byDefinition(example);
          const added = model.logProbability([...s, k]) - model.logProbability(s);
          const expected = Math.log(conditional(contextOf(s.join('')), k));
          expect(expected === -Infinity ? added === expected : closeTo(added, expected, 1e-12)).toBe(true);
        },
      ),
    );
  });

  it('knows the entropy of a block, by enumeration of all texts', () => {
    fc.assert(
      fc.property(anyModel(), fc.integer({ min: 0, max: 6 }), ({ model }, length) => {
        const exact = entropy(sequences(3, length).map((s) => Math.exp(model.logProbability(s))));
        expect(closeTo(model.blockEntropy(length), exact, 1e-12)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('has as entropy rate what a character adds to the enumerated entropy, from m on', () => {
    fc.assert(
      fc.property(anyModel(), fc.integer({ min: 0, max: 2 }), ({ model, order }, more) => {
        const enumerated = (length: number) =>
          entropy(sequences(3, length).map((s) => Math.exp(model.logProbability(s))));
        const added = enumerated(order + more + 1) - enumerated(order + more);
        expect(closeTo(model.entropyRate, added, 1e-12)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('samples its own law: chi-square of all texts of four characters', () => {
    const text = Uint8Array.from('abacabcbcacbaaabcbbbac', (c) => alphabet.indexOf(c));
    for (const order of [1, 2, 3]) {
      const model = fitMarkov(text, { order, alphabet, mix: 0.3 });
      const count = 40_000;
      const sampled = model.sample(count, 4, 7);
      const seen = new Map<string, number>();
      for (let i = 0; i < sampled.length; i += 4) {
        const s = sampled.subarray(i, i + 4).join('');
        seen.set(s, (seen.get(s) ?? 0) + 1);
      }
      const chiSquare = sum(
        sequences(3, 4).map((s) => {
          const expected = count * Math.exp(model.logProbability(s));
          return ((seen.get(s.join('')) ?? 0) - expected) ** 2 / expected;
        }),
      );
      // 80 degrees of freedom: the 99.99% point is 133, the 0.01% point 42
      expect(chiSquare).toBeLessThan(133);
      expect(chiSquare).toBeGreaterThan(42);
    }
  });

  it('samples reproducibly, the shorter run being the start of the longer', () => {
    const model = fitMarkov(Uint8Array.of(0, 1, 2, 0, 0, 1), { order: 2, alphabet });
    expect(model.sample(5, 7, 3)).toEqual(model.sample(9, 7, 3).subarray(0, 35));
    expect(model.sample(5, 7, 3)).not.toEqual(model.sample(5, 7, 4));
  });

  it('finds in the bundled text the counts that are known', async () => {
    const text = encode(await readText());
    const model = fitMarkov(text, { order: 2, alphabet: textAlphabet });
    const full = model.reversed.map((context) => context.length === 2);
    expect(full.filter(Boolean)).toHaveLength(660);
    const transitions = full.map((is, state) => (is ? model.start[state + 1] - model.start[state] : 0));
    expect(sum(transitions)).toBe(7651);
    expect(full.filter((is) => !is)).toHaveLength(23);
    expect(model.unigram[0]).toBeCloseTo(0.17595, 5);
    expect(model.unigram[5]).toBeCloseTo(0.10752, 5);
    expect(model.entropyRate / Math.LN2).toBeCloseTo(2.799066, 6);
    expect(model.context(model.next(model.next(0, 17), 26))).toBe('z'); // qz does not occur
  });

  it('refuses what makes no model', () => {
    const text = Uint8Array.of(0, 1, 2, 1);
    const refuses = (classes: Uint8Array, order: number, mix: number, message: RegExp) => {
      const fit = () => fitMarkov(classes, { order, alphabet, mix });
      expect(fit).toThrow(UsageError);
      expect(fit).toThrow(message);
    };
    refuses(text, 0, 0.1, /order of a Markov model is 0/);
    refuses(text, 1.5, 0.1, /order of a Markov model is 1.5/);
    refuses(text, 1, 0, /mix of a Markov model is 0/);
    refuses(text, 1, NaN, /mix of a Markov model is NaN/);
    refuses(text, 4, 0.1, /4 characters; a model of order 4 needs more/);
    refuses(Uint8Array.of(0, 3, 1), 1, 0.1, /class 3 at position 1; accepted are 0 to 2/);
  });

  it('refuses questions about what is not there', () => {
    const model = fitMarkov(Uint8Array.of(0, 1, 0, 0), { order: 1, alphabet });
    for (const ask of [
      () => model.conditional(2, 0),
      () => model.conditional(0, 3),
      () => model.next(-1, 0),
      () => model.next(0, 2),
      () => model.context(0.5),
      () => model.logProbability([0, 3]),
      () => model.logProbability([0.5]),
      () => model.blockEntropy(-1),
      () => model.blockEntropy(2.5),
      () => model.sample(0, 3, 1),
      () => model.sample(3, 0, 1),
    ]) {
      expect(ask).toThrow(UsageError);
    }
    expect(model.logProbability([0, 2, 0])).toBe(-Infinity);
  });
});
