import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/array/batch.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import {
  classifierFree,
  classifierGuidance,
  componentGradient,
  conditionOn,
  conditionOnClasses,
  inpaint,
  knownCoordinates,
  selectComponents,
  simplexGuidance,
  withEvidence,
} from '../../src/denoiser/guidance/index.js';
import { markovText } from '../../src/denoiser/markov/denoiser.js';
import { fitMarkov } from '../../src/denoiser/markov/model.js';
import { UsageError } from '../../src/errors.js';
import { channel, number, vector, mixture, gaussian, dataOf, slow, enumerated } from './guided-laws.js';
import { batchOf, largestDifference, momentAt, rowsOf } from './laws.js';

describe('classifierFree', () => {
  const conditional = selectComponents(mixture, [1, 2]);

  it('is the unconditional prediction at scale 0 and the conditional one at scale 1, to the bit', () => {
    fc.assert(
      fc.property(channel, vector(3), ({ alpha, sigma }, values) => {
        const x = batchOf([values]);
        for (const [scale, law] of [
          [0, mixture],
          [1, conditional],
        ] as const) {
          const guided = classifierFree({ conditional, unconditional: mixture, scale });
          expect(dataOf(guided, x, alpha, sigma)).toEqual(dataOf(law, x, alpha, sigma));
        }
      }),
    );
  });

  it('follows the score of p^(1 - scale) p(. | y)^scale', () => {
    fc.assert(
      fc.property(channel, number, fc.double({ min: -1, max: 4, noNaN: true }), ({ alpha, sigma }, x, w) => {
        const [mu, mc, vu, vc] = [0.3, 1.1, 0.8, 0.2];
        const guided = classifierFree({
          conditional: gaussian(mc, vc),
          unconditional: gaussian(mu, vu),
          scale: w,
        });
        // the product of powers of N(alpha m, alpha² v + sigma²) has the precisions and the scores added up
        const score = (m: number, v: number) => -(x - alpha * m) / (alpha ** 2 * v + sigma ** 2);
        const total = (1 - w) * score(mu, vu) + w * score(mc, vc);
        const exact = (x + sigma ** 2 * total) / alpha;
        const scale = 1 + (Math.abs(x) + sigma) / alpha;
        expect(Math.abs(dataOf(guided, batchOf([[x]]), alpha, sigma)[0] - exact) / scale).toBeLessThan(1e-13);
      }),
    );
  });

  it('of Gaussians of one variance is the exact denoiser of a Gaussian further on', () => {
    fc.assert(
      fc.property(
        channel,
        number,
        fc.double({ min: 0, max: 8, noNaN: true }),
        ({ alpha, sigma }, x, scale) => {
          const guided = classifierFree({
            conditional: gaussian(1, 0.4),
            unconditional: gaussian(-0.5, 0.4),
            scale,
          });
          const exact = gaussian(-0.5 + 1.5 * scale, 0.4);
          const state = batchOf([[x]]);
          const [mine, theirs] = [guided, exact].map((D) => dataOf(D, state, alpha, sigma)[0]);
          expect(Math.abs(mine - theirs)).toBeLessThan(1e-11);
        },
      ),
    );
  });

  it('says what it costs, waits for predictions and writes to `out`', async () => {
    const options = { conditional, unconditional: mixture, scale: 3 };
    const guided = classifierFree(options);
    expect([guided.evaluations, guided.classifierFree]).toEqual([2, { scale: 3 }]);
    expect(classifierFree({ ...options, unconditional: guided }).evaluations).toBe(3);
    const x = batchOf([[0.1, 0.2, 0.3]]);
    const out = batchOf([[0, 0, 0]]);
    expect(guided.predict(x, [momentAt(0.5, 0.5)], out)).toBe(out);
    const later = classifierFree({ conditional: slow(conditional), unconditional: slow(mixture), scale: 3 });
    expect(await later.predict(x, [momentAt(0.5, 0.5)])).toEqual(out);
    expect(guided.draw).toBeUndefined();
  });

  it('draws classes from the guided probabilities', () => {
    const [conditional, unconditional] = [
      [0.6, 0.3, 0.1],
      [0.2, 0.3, 0.5],
    ].map((probabilities) => independentCategorical({ probabilities }));
    // at scale 3: .2 + 1.2, .3, .5 - 1.2 < 0
    const guided = classifierFree({ conditional, unconditional, scale: 3 });
    const x = { shape: [1, 1, 3], data: new Float64Array(3) };
    const drawn = guided.draw?.(x, [momentAt(0, 1)], (_, out) => out.fill(0.999)) as Batch;
    expect([...drawn.data]).toEqual([-1, 2, -1]);
  });
});

describe('classifierGuidance', () => {
  it('by the exact classifier is the exact conditional denoiser at scale 1', () => {
    fc.assert(
      fc.property(
        channel,
        vector(3),
        fc.subarray([0, 1, 2, 3], { minLength: 1 }),
        (at, values, components) => {
          const gradient = componentGradient(mixture, components);
          const guided = classifierGuidance({ denoiser: mixture, gradient, scale: 1 });
          const x = batchOf([values.map((value) => at.alpha * value + at.sigma * value)]);
          const exact = dataOf(selectComponents(mixture, components), x, at.alpha, at.sigma);
          expect(largestDifference(dataOf(guided, x, at.alpha, at.sigma), exact)).toBeLessThan(1e-9);
        },
      ),
    );
  });

  it('takes the gradient of the log-likelihood of y: the helper’s is that of ln p(y, x) - ln p(x)', () => {
    const selected = selectComponents(mixture, [0, 3]);
    const h = 1e-4;
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 1, noNaN: true }), vector(3), (alpha, values) => {
        const moment = momentAt(alpha, 0.7);
        const log = (at: number[]) =>
          selected.logDensity(batchOf([at]), moment)[0] - mixture.logDensity(batchOf([at]), moment)[0];
        const gradient = componentGradient(mixture, [0, 3])(batchOf([values]), [moment]) as Batch;
        const numerical = values.map((_, j) => {
          const shifted = (by: number) => log(values.map((value, i) => (i === j ? value + by : value)));
          return (shifted(h) - shifted(-h)) / (2 * h);
        });
        expect(largestDifference(gradient.data, numerical)).toBeLessThan(1e-5);
      }),
    );
  });

  it('is Bayes’ rule for a Gaussian observed through Gaussian noise', () => {
    // x_0 ~ N(m, v), y = x_0 + N(0, u): p(y | x_t) is N(D(x_t), v sigma²/(alpha² v + sigma²) + u)
    const [m, v, u, y] = [0.4, 0.7, 0.3, 1.5];
    const denoiser = gaussian(m, v);
    fc.assert(
      fc.property(channel, number, ({ alpha, sigma }, x) => {
        const total = alpha ** 2 * v + sigma ** 2;
        const D = m + ((alpha * v) / total) * (x - alpha * m);
        const slope = (alpha * v) / total;
        const gradient = () => batchOf([[(slope * (y - D)) / ((v * sigma ** 2) / total + u)]]);
        const guided = classifierGuidance({ denoiser, gradient, scale: 1 });
        const posterior = gaussian((m / v + y / u) / (1 / v + 1 / u), 1 / (1 / v + 1 / u));
        const [mine, exact] = [guided, posterior].map((law) => dataOf(law, batchOf([[x]]), alpha, sigma)[0]);
        expect(Math.abs(mine - exact)).toBeLessThan(1e-9);
      }),
    );
  });

  it('leaves the prediction where there is no noise, and says so where there is no signal', async () => {
    const gradient = () => batchOf([[Infinity, NaN, 0]]);
    const guided = classifierGuidance({ denoiser: mixture, gradient, scale: 2 });
    expect([...dataOf(guided, batchOf([[1, 2, 3]]), 0.5, 0)]).toEqual([2, 4, 6]);
    expect([...(componentGradient(mixture, [0])(batchOf([[1, 2, 3]]), [momentAt(0.5, 0)]) as Batch).data]).toEqual([0, 0, 0]); // prettier-ignore
    expect(() => dataOf(guided, batchOf([[1, 2, 3]]), 0, 1)).toThrow(/does not guide at t = 0.5 \(alpha = 0/);
    expect([guided.evaluations, guided.classifierGuidance]).toEqual([1, { scale: 2, gradients: 1 }]);
    const later = classifierGuidance({
      denoiser: slow(mixture),
      gradient: async () => batchOf([[1, 1, 1]]),
      scale: 0.5,
    });
    const x = batchOf([[0, 0, 0]]);
    const moved = (await later.predict(x, [momentAt(0.5, 1)])).data;
    expect(
      largestDifference(
        moved,
        dataOf(mixture, x, 0.5, 1).map((value) => value + 1),
      ),
    ).toBeLessThan(1e-15);
  });
});

describe('simplexGuidance', () => {
  const probabilities = [[0.2, 0.3, 0.5], [0.6, 0.4, 0], [0.1, 0.1, 0.8]]; // prettier-ignore
  const denoiser = independentCategorical({ probabilities });
  const moments = [momentAt(0.3, 0.9)];
  const kappa = (3 * 0.3) / 0.9 ** 2;

  it('is the posterior mean over all sequences for a log-likelihood linear in the one-hot data', () => {
    fc.assert(
      fc.property(vector(9), vector(9), fc.double({ min: -2, max: 3, noNaN: true }), (z, a, scale) => {
        const x = { shape: [1, 3, 3], data: Float64Array.from(z) };
        const gradient = () => ({ shape: x.shape, data: Float64Array.from(a) });
        const guided = simplexGuidance({ denoiser, gradient, scale });
        const exact = enumerated(3, (classes) =>
          classes.reduce(
            (sum, k, i) => sum + Math.log(probabilities[i][k]) + kappa * z[3 * i + k] + scale * a[3 * i + k],
            0,
          ),
        );
        expect(largestDifference((guided.predict(x, moments) as Batch).data, exact)).toBeLessThan(1e-12);
      }),
    );
  });

  it('shows the gradient the class probabilities, and draws from the guided ones', async () => {
    let seen: number[][] = [];
    const gradient = (e: Batch) => {
      seen = rowsOf({ shape: [3, 3], data: e.data });
      return { shape: e.shape, data: Float64Array.of(0, 0, 99, 0, 99, 5000, 99, 0, 0) };
    };
    const guided = simplexGuidance({ denoiser, gradient, scale: 1 });
    const x = { shape: [1, 3, 3], data: new Float64Array(9) };
    const drawn = guided.draw?.(x, moments, (_, out) => out.fill(0.5)) as Batch;
    expect(largestDifference(seen.flat(), probabilities.flat())).toBeLessThan(1e-15);
    // the third class of the second variable is impossible, and stays so
    expect([...drawn.data]).toEqual([-1, -1, 2, -1, 2, -1, 2, -1, -1]);
    expect([guided.evaluations, guided.simplexGuidance]).toEqual([1, { scale: 1, gradients: 1 }]);
    const later = simplexGuidance({ denoiser: slow(denoiser), gradient: async (e) => gradient(e), scale: 1 });
    expect(await later.predict(x, moments)).toEqual(guided.predict(x, moments));
  });
});

describe('what throws', () => {
  const denoiser = independentCategorical({ probabilities: [0.5, 0.5], length: 2 });
  const gradient = () => batchOf([[1]]);
  const never = fitMarkov(Uint8Array.of(0, 1, 0, 1, 1), { order: 1, alphabet: 'abc' });
  const text = markovText(never, { length: 2 });
  const x = batchOf([[0, 0, 0]]);

  it.each<[string, () => unknown, RegExp]>([
    [
      'a scale',
      () => classifierFree({ conditional: mixture, unconditional: mixture, scale: NaN }),
      /the scale of classifier-free guidance is NaN; accepted are finite numbers/,
    ],
    [
      'a scale',
      () => classifierGuidance({ denoiser, gradient, scale: Infinity }),
      /the scale of classifier guidance is Infinity/,
    ],
    [
      'a scale',
      () => simplexGuidance({ denoiser, gradient, scale: NaN }),
      /the scale of simplex guidance is NaN/,
    ],
    [
      'shapes',
      () => classifierFree({ conditional: mixture, unconditional: denoiser, scale: 1 }),
      /conditional samples are \[3\], unconditional ones \[2, 2\]; accepted are equal shapes/,
    ],
    [
      'a gradient',
      () => classifierGuidance({ denoiser: mixture, gradient, scale: 1 }).predict(x, [momentAt(1, 1)]),
      /the gradient is \[1, 1\]; accepted is \[1, 3\]/,
    ],
    [
      'no classes',
      () => simplexGuidance({ denoiser: mixture, gradient, scale: 1 }),
      /simplex guidance of samples \[3\]; accepted is \[length, K\]/,
    ],
    [
      'no component',
      () => selectComponents(mixture, []),
      /components \[\] of a mixture; accepted are distinct numbers from 0 to 3/,
    ],
    ['a component', () => componentGradient(mixture, [4]), /components \[4\] of a mixture/],
    [
      'a mask',
      () => conditionOn(mixture, { mask: [true], values: [1] }),
      /a mask of 1 and 1 values; accepted are 3 of each/,
    ],
    [
      'a value',
      () => inpaint({ denoiser: mixture, known: { mask: [true, false, false], values: [NaN, 0, 0] } }),
      /known.values\[0\] is NaN; accepted are finite numbers/,
    ],
    [
      'a far value',
      () => conditionOn(mixture, { mask: [true, false, false], values: [1e200, 0, 0] }),
      /density 0 in float64/,
    ],
    [
      'a class',
      () => knownCoordinates({ mask: [true], values: [2] }, 2),
      /known.values\[0\] is 2; accepted are classes from 0 to 1/,
    ],
    [
      'a class',
      () => conditionOnClasses(denoiser, { mask: [true, true], values: [0, 0.5] }),
      /known.values\[1\] is 0.5/,
    ],
    [
      'a class that cannot be',
      () => conditionOnClasses(text, { mask: [false, true], values: [0, 2] }),
      /variable 1 is to be of a class that has probability 0/,
    ],
    [
      'evidence',
      () => withEvidence(denoiser, [[0, 0]]),
      /evidence has 1 rows; accepted are 2 rows of 2 numbers/,
    ],
    [
      'evidence',
      () =>
        withEvidence(denoiser, [
          [0, 0],
          [NaN, 0],
        ]),
      /evidence has \[NaN, 0\] for variable 1/,
    ],
    [
      'evidence',
      () =>
        withEvidence(denoiser, [
          [0, 0],
          [-Infinity, -Infinity],
        ]),
      /one of them finite/,
    ],
  ])('%s', (_, make, message) => {
    // prettier-ignore
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });
});
