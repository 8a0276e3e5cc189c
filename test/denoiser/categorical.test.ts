import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { UsageError } from '../../src/errors.js';
import type { Moment } from '../../src/plan/denoiser.js';

const moment = (alpha: number, sigma: number): Moment => ({ t: 0, time: 0, alpha, sigma });
const bfn = (beta: number, classes: number): Moment => moment(beta, Math.sqrt(classes * beta));

const anyLaw = (classes: number) =>
  fc
    .array(fc.nat(10), { minLength: classes, maxLength: classes })
    .filter((weights) => weights.some((w) => w > 0))
    .map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0)));

const anyProblem = () =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 })).chain(([length, classes]) =>
    fc.record({
      laws: fc.array(anyLaw(classes), { minLength: length, maxLength: length }),
      logits: fc.array(fc.double({ min: -5, max: 5, noNaN: true }), {
        minLength: 2 * length * classes,
        maxLength: 2 * length * classes,
      }),
      alphas: fc.tuple(
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
      ),
      sigma: fc.double({ min: 0.3, max: 3, noNaN: true }),
    }),
  );

describe('the exact denoiser of independent categorical variables', () => {
  it('is Bayes’ rule with the Gaussian densities of the state', () => {
    fc.assert(
      fc.property(anyProblem(), ({ laws, logits, alphas, sigma }) => {
        const [length, classes] = [laws.length, laws[0].length];
        const state = { shape: [2, length, classes], data: Float64Array.from(logits) };
        const moments = alphas.map((alpha) => moment(alpha, sigma));
        const { data } = independentCategorical({ probabilities: laws }).predict(state, moments);
        for (let variable = 0; variable < 2 * length; variable++) {
          const alpha = alphas[Math.floor(variable / length)];
          const z = logits.slice(variable * classes, (variable + 1) * classes);
          // log densities of N(alpha (K e_x - 1), sigma² I), x = 0 ... K - 1
          const logs = laws[variable % length].map(
            (p, x) =>
              Math.log(p) -
              z.reduce((sum, value, k) => sum + (value - alpha * (k === x ? classes - 1 : -1)) ** 2, 0) /
                (2 * sigma ** 2),
          );
          const weights = logs.map((log) => Math.exp(log - Math.max(...logs)));
          const total = weights.reduce((a, b) => a + b, 0);
          weights.forEach((weight, k) => {
            expect(Math.abs(data[variable * classes + k] - ((classes * weight) / total - 1))).toBeLessThan(
              1e-12,
            );
          });
        }
      }),
    );
  });

  // An independent implementation of BFN-Solver1 (d/dt [z/(1-t)] = -K b1 (e - 1/K)): K = 3, b1 = 1, eta = 0.001, five steps
  it('drives the golden vectors of BFN-Solver1', () => {
    const denoiser = independentCategorical({ probabilities: [0.5, 0.3, 0.2] });
    const starts = [0.3, -1.1, 0.8, -0.5, 0.9, 1.4].map((u) => Math.sqrt(3) * 1e-3 * u);
    const state = { shape: [2, 1, 3], data: Float64Array.from(starts) };
    const time = (i: number): number => (0.999 * (5 - i)) / 5;
    for (let i = 0; i < 5; i++) {
      const [s, t] = [time(i), time(i + 1)];
      const { data } = denoiser.predict(state, [bfn((1 - s) ** 2, 3), bfn((1 - s) ** 2, 3)]);
      state.data.forEach((z, j) => (state.data[j] = (1 - t) * (z / (1 - s) + (s - t) * data[j])));
    }
    const golden = [1.2870432592, -2.4828276583, 1.195784399, -1.0355991052, 1.6767827004, 2.4765078585];
    golden.forEach((z, j) => expect(state.data[j]).toBeCloseTo(z, 9));
  });

  it('neither over- nor underflows, and never predicts a class of probability 0', () => {
    const denoiser = independentCategorical({ probabilities: [0, 1e-9, 1 - 1e-9] });
    for (const Floats of [Float32Array, Float64Array]) {
      for (const sigma of [1, 1e-3, 1e-20, 1e-150]) {
        const state = { shape: [1, 1, 3], data: Floats.of(9, 2, -1) };
        const { data } = denoiser.predict(state, [moment(1, sigma)]);
        expect(data).toBeInstanceOf(Floats);
        expect(data[0]).toBe(-1);
        expect(data[1] + data[2]).toBeCloseTo(1, 6);
        if (sigma < 1) expect(data[1]).toBe(2);
      }
    }
  });

  it('repeats one law for all variables', () => {
    const state = { shape: [1, 2, 2], data: Float64Array.of(0.5, 0, 0.5, 0) };
    const one = independentCategorical({ probabilities: [0.25, 0.75], length: 2 });
    const each = independentCategorical({
      probabilities: [
        [0.25, 0.75],
        [0.25, 0.75],
      ],
    });
    expect(one.sampleShape).toEqual([2, 2]);
    expect(each.sampleShape).toEqual([2, 2]);
    expect(one.predict(state, [bfn(1, 2)])).toEqual(each.predict(state, [bfn(1, 2)]));
  });

  it.each([
    ['negative numbers', { probabilities: [1.5, -0.5] }],
    ['a sum other than 1', { probabilities: [0.5, 0.4] }],
    ['NaN', { probabilities: [0.5, NaN] }],
    ['no classes', { probabilities: [] }],
    ['laws of different length', { probabilities: [[0.5, 0.5], [1]] }],
    [
      'more laws than variables',
      {
        probabilities: [
          [0.5, 0.5],
          [0.5, 0.5],
        ],
        length: 3,
      },
    ],
    ['half a variable', { probabilities: [0.5, 0.5], length: 0.5 }],
  ])('refuses %s', (_, settings) => {
    expect(() => independentCategorical(settings)).toThrow(UsageError);
  });

  it('refuses states that are not [n, length, K]', () => {
    const denoiser = independentCategorical({ probabilities: [0.5, 0.5] });
    const state = { shape: [1, 2], data: new Float64Array(2) };
    expect(() => denoiser.predict(state, [bfn(1, 2)])).toThrow(/\[1, 2\]; accepted is \[n, 1, 2\]/);
  });
});
