import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { independentCode } from '../../../experiments/evaluation/independent.js';
import { ngramCode } from '../../../experiments/evaluation/ngrams.js';
import { independentNormalCode, normalCode } from '../../../experiments/evaluation/normals.js';
import { makeBins } from '../../../src/bfn/bins.js';

const classes = 4;
const text = fc.uint8Array({ min: 0, max: classes - 1, minLength: 1, maxLength: 60 });
const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** All items of so many variables. */
const allItems = (variables: number, values: readonly number[]): number[][] =>
  variables === 0
    ? [[]]
    : allItems(variables - 1, values).flatMap((item) => values.map((value) => [...item, value]));

describe('n-grams', () => {
  it('are laws: what may come next sums to 1, after any text, and nothing is impossible', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 1, max: 4 }), (train, before, n) => {
        const code = ngramCode(train, classes, n);
        const known = code(before);
        const next = Array.from({ length: classes }, (_, k) => Math.exp(known - code([...before, k])));
        expect(sum(next)).toBeCloseTo(1, 10);
        expect(Math.min(...next)).toBeGreaterThan(0);
      }),
    );
  });

  it('are the counts by hand', () => {
    const train = Uint8Array.from([0, 1, 0, 1, 0, 0, 2]); // 0: 4, 1: 2, 2: 1; after 0: 1 1 0 2
    const p = (k: number) => ([4, 2, 1, 0][k] + 3 / 4) / (7 + 3);
    const after0 = (k: number) => ([1, 2, 1, 0][k] + 3 * p(k)) / (4 + 3);
    expect(ngramCode(train, classes, 1)([1, 3])).toBeCloseTo(-Math.log(p(1) * p(3)), 12);
    expect(ngramCode(train, classes, 2)([0, 1])).toBeCloseTo(-Math.log(p(0) * after0(1)), 12);
    // a context that never occurs says nothing
    expect(ngramCode(train, classes, 2)([3, 1])).toBeCloseTo(-Math.log(p(3) * p(1)), 12);
  });

  it('longer ones tell a text that repeats itself in fewer nats, to next to none', () => {
    const period = [0, 1, 2, 0, 3, 1];
    const train = Uint8Array.from({ length: 6000 }, (_, i) => period[i % 6]);
    const item = train.subarray(0, 60);
    const lengths = [1, 2, 3].map((n) => ngramCode(train, classes, n)(item));
    expect(lengths[0]).toBeGreaterThan(lengths[1]);
    expect(lengths[1]).toBeGreaterThan(lengths[2]);
    expect(lengths[2]).toBeLessThan(5);
  });
});

describe('independent variables', () => {
  it('are a law over all items', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(2), fc.nat(2)), { maxLength: 9 }), (items) => {
        const code = independentCode(Float32Array.from(items.flat()), 2, 3);
        if (items.length > 0) {
          expect(sum(allItems(2, [0, 1, 2]).map((item) => Math.exp(-code(item))))).toBeCloseTo(1, 10);
        }
      }),
    );
  });
});

describe('normal laws in bins', () => {
  const bins = makeBins(9);
  const value = fc.double({ min: -1, max: 1, noNaN: true });
  const items = fc.array(fc.tuple(value, value), { minLength: 2, maxLength: 12 });

  it.each([
    ['independent', independentNormalCode],
    ['with covariances', normalCode],
  ])('%s are laws over the bins', (_, fit) => {
    fc.assert(
      fc.property(items, (train) => {
        const code = fit(Float32Array.from(train.flat()), 2, bins);
        const all = allItems(2, [...bins.centres]);
        expect(sum(all.map((item) => Math.exp(-code(item))))).toBeCloseTo(1, 8);
      }),
    );
  });

  it('know what covariances say: of two equal variables the second costs next to nothing', () => {
    const train = Float32Array.from({ length: 400 }, (_, i) => Math.sin(Math.floor(i / 2)) / 2);
    const [one, both] = [independentNormalCode(train, 2, bins), normalCode(train, 2, bins)];
    const item = [0.4, 0.4];
    expect(both(item)).toBeLessThan(one(item) / 2 + 0.7);
    const single = Float32Array.from(train.filter((_, i) => i % 2 === 0));
    expect(normalCode(single, 1, bins)([0.4])).toBeCloseTo(independentNormalCode(single, 1, bins)([0.4]), 12);
  });
});
