import { beforeAll, describe, expect, it } from 'vitest';
import { encode, readText, textAlphabet } from '../../../src/data/text.js';
import { UsageError } from '../../../src/errors.js';
import { fitMarkov, type MarkovModel } from '../../../src/denoiser/markov/model.js';
import { randomStream } from '../../../src/random/index.js';
import type { Metric } from '../../../experiments/metric.js';
import {
  bitsGap,
  bitsPerCharacter,
  jensenShannon,
  ngramDivergence,
  spellingAccuracy,
} from '../../../experiments/metrics/index.js';
import { batchOf, expectChecks, expectSubsetsToAgree, range, rowsOf, valueOf } from './support.js';

const length = 64;
let model: MarkovModel;
let truth: ReturnType<typeof batchOf>;

beforeAll(async () => {
  const text = (await readText()).slice(0, 300_000);
  model = fitMarkov(encode(text), { order: 2, alphabet: textAlphabet });
  const classes = model.sample(600, length, 1);
  truth = { shape: [600, length], data: Float64Array.from(classes) };
});

/** Sequences of one length from strings. */
const written = (lines: string[], alphabet = textAlphabet) =>
  batchOf(lines.map((line) => Array.from(line, (character) => alphabet.indexOf(character))));

const theTheThe = () => written(range(100).map((i) => ' the'.repeat(17).slice(i % 4, (i % 4) + length)));

const noise = () => {
  const random = randomStream(1, 'noise');
  return batchOf(range(100).map(() => range(length).map(() => random.integer(27))));
};

/** All sequences of a length. */
const everySequence = (classes: number, left: number): number[][] =>
  left === 0
    ? [[]]
    : everySequence(classes, left - 1).flatMap((head) => range(classes).map((k) => [...head, k]));

/** An order-2 model of the text, read as a ring. */
const abc = (text: string) => fitMarkov(encode(text, 'abc'), { order: 2, alphabet: 'abc', mix: 0.05 });
const allPairs = 'aabacbbccabacab';
const somePairs = 'aabbacacba'; // neither bc nor cc: after both, all that is known is c

describe('bits-per-character', () => {
  it('has the value of the truth as its mean over the true law, exactly', async () => {
    const small = abc(somePairs);
    const metric = bitsPerCharacter(small, 5);
    const all = everySequence(3, 5);
    const statistic = await metric.over(batchOf(all));
    const mean = all.reduce((sum, x, i) => sum + Math.exp(small.logProbability(x)) * statistic([i]), 0);
    expect(mean).toBeCloseTo(metric.truth ?? NaN, 10);
  });

  it('meets the truth on true samples, and misses it on both sides', async () => {
    const metric = bitsPerCharacter(model, length);
    const target = metric.truth ?? NaN;
    expect(Math.abs((await valueOf(metric, truth)) - target)).toBeLessThan(0.02);
    expect(await valueOf(metric, theTheThe())).toBeLessThan(target - 1);
    expect(await valueOf(metric, noise())).toBeGreaterThan(target + 1);
  });

  it('has its gap to the truth as bits-gap', async () => {
    const metric = bitsPerCharacter(model, length);
    for (const samples of [truth, theTheThe(), noise()]) {
      const expected = Math.abs((await valueOf(metric, samples)) - (metric.truth ?? NaN));
      expect(await valueOf(bitsGap(model, length), samples)).toBeCloseTo(expected, 14);
    }
  });
});

describe('ngram-divergence', () => {
  it('is about the floor of a histogram on the truth', async () => {
    const cells = model.stationary.length * 27;
    const floor = cells / (8 * Math.LN2 * 600 * (length - 2));
    const value = await valueOf(ngramDivergence(model, length), truth);
    expect(value).toBeGreaterThan(floor / 20);
    expect(value).toBeLessThan(2 * floor);
  });

  it('sees lack of diversity that bits reward, and noise', async () => {
    expect(await valueOf(ngramDivergence(model, length), theTheThe())).toBeGreaterThan(0.8);
    expect(await valueOf(ngramDivergence(model, length), noise())).toBeGreaterThan(0.4);
  });

  it.each([
    ['is that of the trigrams as strings, if each pair is a state', allPairs, 9],
    ['is at most that of the trigrams as strings, if pairs share a state', somePairs, 8],
  ])('%s', async (_, text, states) => {
    const small = abc(text);
    expect(small.stationary.length).toBe(states);
    const samples = written(['abacabba', 'ccabbacc', 'bbbbcaab'], 'abc');
    const grams = everySequence(3, 3).map((gram) => gram.join(''));
    const exact = grams.map((gram) => Math.exp(small.logProbability(Array.from(gram, Number))));
    const seen = rowsOf(samples).flatMap((row) => range(6).map((i) => row.slice(i, i + 3).join('')));
    const frequencies = grams.map((gram) => seen.filter((other) => other === gram).length / seen.length);
    const ofStrings = jensenShannon(frequencies, exact);
    const value = await valueOf(ngramDivergence(small, 8), samples);
    if (states === 9) expect(value).toBeCloseTo(ofStrings, 12);
    else expect(value).toBeLessThan(ofStrings);
  });

  it('is 0 when every n-gram comes as often as it should', async () => {
    // mix 1: characters are independent, a twice as frequent as b and c
    const coin = fitMarkov(encode('aabc', 'abc'), { order: 1, alphabet: 'abc', mix: 1 });
    const pairs = everySequence(4, 2).map((pair) => pair.map((k) => [0, 0, 1, 2][k]));
    expect(await valueOf(ngramDivergence(coin, 2), batchOf(pairs))).toBeCloseTo(0, 12);
  });

  it('needs sequences longer than the order', () => {
    expect(() => ngramDivergence(model, 2)).toThrow(UsageError);
  });
});

describe('spelling-accuracy', () => {
  const accuracy = (lines: string[], alphabet = textAlphabet) =>
    valueOf(spellingAccuracy(alphabet, lines[0].length), written(lines, alphabet));

  it('counts words as Hunspell does', async () => {
    expect(await accuracy(['the quick brown fox jumps over the lazy dog'])).toBe(100);
    expect(await accuracy(['teh qick bown'])).toBe(0);
    expect(await accuracy(['she wrote books about unhappily married teachers'])).toBe(100);
  });

  it('counts lower-case names as errors and single letters not, case as given', async () => {
    expect(await accuracy(['england american uk wikipedia'])).toBe(0);
    expect(await accuracy(['a i s t b x'])).toBe(100);
    expect(await accuracy(['England england'], `${textAlphabet}E`)).toBe(50);
  });

  it('counts the pieces cut off at both ends, and no empty ones', async () => {
    expect(await accuracy(['  the   cat  '])).toBe(100);
    expect(await accuracy(['ckly the cat whi'])).toBe(50);
  });

  it('pools over all words of all sequences', async () => {
    // 4 of 4 and 0 of 1: 80%, not the mean 50% of the two
    expect(await accuracy(['a cat in it', 'xxxxxqqzzzz'])).toBe(80);
  });

  it('of text without a word is 0', async () => {
    expect(await accuracy(['    ', '    '])).toBe(0);
  });

  it('scores true text below 100, and above noise', async () => {
    const text = (await readText()).slice(0, 100 * length);
    const real = await accuracy(range(100).map((i) => text.slice(i * length, (i + 1) * length)));
    expect(real).toBeGreaterThan(80);
    expect(real).toBeLessThan(98);
    expect(await valueOf(spellingAccuracy(textAlphabet, length), noise())).toBeLessThan(30);
  });

  it('needs an alphabet with a space', () => {
    expect(() => spellingAccuracy('abc', 4)).toThrow(UsageError);
  });
});

describe('every metric of text', () => {
  const each: [string, () => Metric][] = [
    ['bits-per-character', () => bitsPerCharacter(model, length)],
    ['bits-gap', () => bitsGap(model, length)],
    ['ngram-divergence', () => ngramDivergence(model, length)],
    ['spelling-accuracy', () => spellingAccuracy(textAlphabet, length)],
  ];
  it.each(each)('%s of a list of samples is that of these samples alone', (_, make) =>
    expectSubsetsToAgree(make(), { shape: [47, length], data: truth.data.subarray(0, 47 * length) }),
  );

  it.each(each)('%s rejects other lengths and what is no class', (_, make) => expectChecks(make(), truth));
});
