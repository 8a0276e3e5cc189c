import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { samplesOf, type Batch, type Floats } from '../../src/array/batch.js';
import { kernelsInUse } from '../../src/array/kernels/index.js';
import { encode, readText, textAlphabet } from '../../src/data/text.js';
import { markovText } from '../../src/denoiser/markov/denoiser.js';
import { fitMarkov, type MarkovModel } from '../../src/denoiser/markov/model.js';
import { UsageError } from '../../src/errors.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';
import { alphabet, anyModel, sequences } from './markov-brute-force.js';

const moment = (alpha: number, sigma: number): Moment => ({ t: 0, time: 0, alpha, sigma });
/** kappa = 1. */
const bfn = (beta: number, classes: number): Moment => moment(beta, Math.sqrt(classes * beta));

const batch = (length: number, classes: number, data: Floats): Batch => ({
  shape: [data.length / (length * classes), length, classes],
  data,
});

const largestDifference = (a: Floats, b: Floats): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

/** E of K e_x - 1 given the logits, by going through all K^length texts. */
const bruteForce = (model: MarkovModel, length: number, z: Floats, kappa: number): Float64Array => {
  const texts = sequences(3, length);
  const logs = texts.map(
    (text) => model.logProbability(text) + text.reduce((log, k, i) => log + kappa * z[i * 3 + k], 0),
  );
  const highest = Math.max(...logs);
  const sums = new Float64Array(length * 3);
  let total = 0;
  texts.forEach((text, j) => {
    const p = Math.exp(logs[j] - highest);
    total += p;
    text.forEach((k, i) => (sums[i * 3 + k] += p));
  });
  return sums.map((sum) => (3 * sum) / total - 1);
};

const anyLogits = (length: number) =>
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3 * length, maxLength: 3 * length });

const anyProblem = () =>
  fc.integer({ min: 1, max: 6 }).chain((length) =>
    fc.record({
      length: fc.constant(length),
      example: anyModel(),
      logits: anyLogits(length),
      alpha: fc.double({ min: 0.01, max: 2, noNaN: true }),
      sigma: fc.double({ min: 0.3, max: 3, noNaN: true }),
    }),
  );

/** Either implementation: the states' precision chooses. */
const precisions = [
  { name: 'plain, float64', Floats: Float64Array, tolerance: 1e-12 },
  { name: 'kernel, float32', Floats: Float32Array, tolerance: 1e-5 },
] as const;

describe.each(precisions)('the exact denoiser of Markov texts ($name)', ({ Floats, tolerance }) => {
  it('is the posterior mean over all texts', () => {
    fc.assert(
      fc.property(anyProblem(), ({ example: { model }, length, logits, alpha, sigma }) => {
        const state = batch(length, 3, Floats.from(logits));
        const denoiser = markovText(model, { length });
        const { data } = denoiser.predict(state, [moment(alpha, sigma)]);
        expect(data).toBeInstanceOf(Floats);
        const exact = bruteForce(model, length, state.data, (3 * alpha) / sigma ** 2);
        expect(largestDifference(data, exact)).toBeLessThan(tolerance);
      }),
    );
  });

  it('predicts probabilities: K e - 1 sums to 0, and no e is negative', () => {
    fc.assert(
      fc.property(anyProblem(), ({ example: { model }, length, logits, alpha, sigma }) => {
        const state = batch(length, 3, Floats.from(logits));
        const { data } = markovText(model, { length }).predict(state, [moment(alpha, sigma)]);
        for (let i = 0; i < data.length; i += 3) {
          expect(Math.abs(data[i] + data[i + 1] + data[i + 2])).toBeLessThan(tolerance);
        }
        expect(Math.min(...data)).toBeGreaterThanOrEqual(-1);
      }),
    );
  });

  it('does not feel a shift of a variable’s logits', () => {
    fc.assert(
      fc.property(
        anyProblem(),
        fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 6, maxLength: 6 }),
        ({ example: { model }, length, logits }, shifts) => {
          // multiples of 1/1024, so that the shifted logits are exact
          const z = logits.map((value) => Math.round(value * 1024) / 1024);
          const shifted = z.map((value, i) => value + shifts[Math.floor(i / 3)]);
          const predict = (values: number[]) =>
            markovText(model, { length }).predict(batch(length, 3, Floats.from(values)), [bfn(0.5, 3)]).data;
          expect(predict(shifted)).toEqual(predict(z));
        },
      ),
    );
  });

  it('gives a sample the same bits alone, in a batch, in chunks and in another order', () => {
    const model = fitMarkov(
      Uint8Array.from('abacabcbcacbaaabcbbbac', (c) => alphabet.indexOf(c)),
      {
        order: 2,
        alphabet,
      },
    );
    const length = 5;
    const denoiser = markovText(model, { length });
    const anySamples = fc.array(
      fc.record({ z: anyLogits(length), beta: fc.double({ min: 0.001, max: 4, noNaN: true }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(anySamples, fc.nat(), (samples, cut) => {
        const moments = samples.map(({ beta }, i) => (i % 3 === 0 ? moment(beta, 0.5) : bfn(beta, 3)));
        const state = batch(length, 3, Floats.from(samples.flatMap(({ z }) => z)));
        const n = samples.length;
        const whole = denoiser.predict(state, moments);
        const at = cut % (n + 1);
        const chunks = [
          [0, at],
          [at, n],
        ].flatMap(([from, to]) => [
          ...denoiser.predict(samplesOf(state, from, to), moments.slice(from, to)).data,
        ]);
        expect([...whole.data]).toEqual(chunks);
        const backwards = batch(length, 3, Floats.from([...samples].reverse().flatMap(({ z }) => z)));
        const reversed = denoiser.predict(backwards, [...moments].reverse());
        for (let i = 0; i < n; i++) {
          const alone = denoiser.predict(samplesOf(state, i, i + 1), [moments[i]]);
          expect(alone.data).toEqual(samplesOf(whole, i, i + 1).data);
          expect(samplesOf(reversed, n - 1 - i, n - i).data).toEqual(alone.data);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('without signal predicts the frequencies of the stationary law, at every position', () => {
    fc.assert(
      fc.property(anyProblem(), fc.constantFrom(0, 0.7), ({ example: { model }, length, logits }, sigma) => {
        const stationary = new Float64Array(3);
        model.stationary.forEach((p, state) => (stationary[model.last[state]] += p));
        const state = batch(length, 3, Floats.from(logits));
        const { data } = markovText(model, { length }).predict(state, [moment(0, sigma)]);
        const exact = Float64Array.from(data, (_, i) => 3 * stationary[i % 3] - 1);
        expect(largestDifference(data, exact)).toBeLessThan(tolerance);
      }),
    );
  });

  it('without noise predicts the state over alpha', () => {
    const model = fitMarkov(Uint8Array.of(0, 1, 2, 0, 0, 1), { order: 1, alphabet });
    const state = batch(2, 3, Floats.of(1, -0.5, -0.5, -0.5, -0.5, 1, 3, 2, 1, 1, 2, 3));
    const { data } = markovText(model, { length: 2 }).predict(state, [moment(0.5, 0), bfn(1, 3)]);
    expect([...data.subarray(0, 6)]).toEqual([2, -1, -1, -1, -1, 2]);
    expect(largestDifference(data.subarray(6), bruteForce(model, 2, state.data.subarray(6), 1))).toBeLessThan(
      tolerance,
    );
  });

  it('neither over- nor underflows, however sure the state is and however unlikely the text', () => {
    // over and over the same: anything else has the mix as its only chance
    const model = fitMarkov(
      Uint8Array.from({ length: 60 }, (_, i) => (i === 59 ? 2 : i % 2)),
      {
        order: 2,
        alphabet,
        mix: 1e-3,
      },
    );
    const text = [2, 2, 1, 1, 0, 2, 1, 2, 2, 2, 0, 0];
    const logits = text.flatMap((class_) => [0, 1, 2].map((k) => (k === class_ ? 2 : -1)));
    for (const sigma of [1e-1, 1e-3, 1e-10, 1e-30, 1e-160]) {
      const { data } = markovText(model, { length: 12 }).predict(batch(12, 3, Floats.from(logits)), [
        moment(1, sigma),
      ]);
      expect(largestDifference(data, Float64Array.from(logits))).toBeLessThan(tolerance);
    }
  });

  it('answers NaN with NaN, in that sample only', () => {
    const model = fitMarkov(Uint8Array.of(0, 1, 2, 0, 0, 1), { order: 1, alphabet });
    const state = batch(2, 3, Floats.of(1, NaN, 0, 0, 0, 1, 3, 2, 1, 1, 2, 3));
    const { data } = markovText(model, { length: 2 }).predict(state, [bfn(1, 3), bfn(1, 3)]);
    expect([...data.subarray(0, 6)].every(Number.isNaN)).toBe(true);
    expect([...data.subarray(6)].every(Number.isFinite)).toBe(true);
  });

  it('draws each class from its posterior marginal, with one uniform a position', () => {
    const model = fitMarkov(Uint8Array.of(0, 1, 2, 0, 0, 1, 2, 2), { order: 2, alphabet });
    const [length, samples] = [4, 4000];
    const logits = [0.3, -0.2, 0.5, 1, 0, -1, 0.1, 0.4, 0, 0, 0.6, -0.4];
    const state = batch(length, 3, Floats.from(Array(samples).fill(logits).flat()));
    const moments = Array<Moment>(samples).fill(bfn(0.5, 3));
    const denoiser = markovText(model, { length });
    const { uniform } = randomStream(5, 'draws');
    const drawn = denoiser.draw(state, moments, (index, out) => {
      expect(out).toHaveLength(length);
      for (let i = 0; i < length; i++) out[i] = uniform();
    });
    expect(new Set(drawn.data)).toEqual(new Set([-1, 2]));
    const mean = Float64Array.from(logits, (_, i) => {
      let sum = 0;
      for (let sample = 0; sample < samples; sample++) sum += drawn.data[sample * length * 3 + i];
      return sum / samples;
    });
    const exact = denoiser.predict(samplesOf(state, 0, 1), moments.slice(0, 1));
    // a standard deviation is at most 1.5 / sqrt(4000) = 0.024
    expect(largestDifference(mean, Float64Array.from(exact.data))).toBeLessThan(0.1);
    expect(largestDifference(mean, Float64Array.from(exact.data))).toBeGreaterThan(0);
  });
});

describe('the kernel on a real model', () => {
  let text: Uint8Array;
  beforeAll(async () => {
    text = encode(await readText()).subarray(0, 500_000);
  });

  /** BFN states of texts that the model samples, or of characters at random that it finds all but impossible. */
  const statesOf = (texts: ArrayLike<number>, beta: number, length: number): Float32Array => {
    const { normal } = randomStream(2, 'states');
    return Float32Array.from({ length: texts.length * 27 }, (_, i) => {
      const hit = texts[Math.floor(i / 27)] === i % 27;
      return beta * (hit ? 26 : -1) + Math.sqrt(27 * beta) * normal();
    }).subarray(0, texts.length * length * 27);
  };

  it.each([
    { order: 1, length: 40 },
    { order: 2, length: 40 },
    { order: 3, length: 8 },
  ])('agrees with float64: order $order', ({ order, length }) => {
    const model = fitMarkov(text, { order, alphabet: textAlphabet });
    const denoiser = markovText(model, { length });
    expect(denoiser.kernel).toBe(kernelsInUse());
    const { integer } = randomStream(3, 'characters');
    const noise = Uint8Array.from({ length: 2 * length }, () => integer(27));
    for (const beta of [1e-4, 0.05, 0.3, 2, 20]) {
      for (const texts of [model.sample(2, length, 1), noise]) {
        const states = statesOf(texts, beta, length);
        const moments = [bfn(beta, 27), bfn(beta, 27)];
        const fast = denoiser.predict(batch(length, 27, states), moments);
        const exact = denoiser.predict(batch(length, 27, Float64Array.from(states)), moments);
        expect(largestDifference(fast.data, exact.data)).toBeLessThan(3e-5);
      }
    }
  });

  it('stands aside for models too extreme for float32', () => {
    const model = fitMarkov(text.subarray(0, 1000), { order: 2, alphabet: textAlphabet, mix: 1e-10 });
    const denoiser = markovText(model, { length: 6 });
    expect(denoiser.kernel).toBe('plain');
    const states = statesOf(model.sample(1, 6, 1), 0.3, 6);
    const single = denoiser.predict(batch(6, 27, states), [bfn(0.3, 27)]);
    const double = denoiser.predict(batch(6, 27, Float64Array.from(states)), [bfn(0.3, 27)]);
    expect(single.data).toEqual(Float32Array.from(double.data));
  });
});

describe('mistakes', () => {
  const model = fitMarkov(Uint8Array.of(0, 1, 2, 0, 0, 1), { order: 1, alphabet });
  const denoiser = markovText(model, { length: 2 });
  const state = batch(2, 3, new Float64Array(12));
  const moments = [bfn(1, 3), bfn(1, 3)];

  it('writes where it is told and nowhere else', () => {
    const before = state.data.slice();
    const out = batch(2, 3, new Float64Array(12));
    expect(denoiser.predict(state, moments, out)).toBe(out);
    expect(out.data).toEqual(denoiser.predict(state, moments).data);
    expect(state.data).toEqual(before);
  });

  it.each([
    [
      'a length of 0',
      () => markovText(model, { length: 0 }),
      /length of the texts of a Markov denoiser is 0/,
    ],
    ['half a length', () => markovText(model, { length: 1.5 }), /is 1.5; accepted are integers from 1/],
    [
      'states of another length',
      () => denoiser.predict(batch(4, 3, state.data), moments),
      /\[1, 4, 3\]; accepted is \[n, 2, 3\]/,
    ],
    [
      'states without classes',
      () => denoiser.predict({ shape: [2, 6], data: state.data }, moments),
      /\[2, 6\]; accepted/,
    ],
    [
      'data that do not fill the shape',
      () => denoiser.predict({ shape: [3, 2, 3], data: state.data }, moments),
      /accepted is/,
    ],
    ['a moment for two samples', () => denoiser.predict(state, [bfn(1, 3)]), /1 moments for 2 samples/],
    [
      'an output of another precision',
      () => denoiser.predict(state, moments, batch(2, 3, new Float32Array(12))),
      /output/,
    ],
    [
      'an output of another shape',
      () => denoiser.predict(state, moments, batch(2, 3, new Float64Array(6))),
      /output/,
    ],
  ])('refuses %s', (_, mistake, message) => {
    expect(mistake).toThrow(UsageError);
    expect(mistake).toThrow(message);
  });
});
