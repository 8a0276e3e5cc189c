import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/array/batch.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import {
  conditionOn,
  conditionOnClasses,
  inpaint,
  knownCoordinates,
  withEvidence,
} from '../../src/denoiser/guidance/index.js';
import { markovText } from '../../src/denoiser/markov/denoiser.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { channel, number, vector, mixture, gaussian, dataOf, slow, enumerated } from './guided-laws.js';
import { batchOf, largestDifference, momentAt, someMixture } from './laws.js';
import { anyModel } from './markov-brute-force.js';

describe('conditionOn', () => {
  it('is the conditional of a Gaussian', () => {
    fc.assert(
      fc.property(
        number,
        fc.double({ min: -0.9, max: 0.9, noNaN: true }),
        channel,
        number,
        (v, rho, at, x) => {
          const [a, b] = [0.5, 1.3]; // standard deviations
          const joint = gaussianMixture({
            weights: [1],
            means: [[0.2, -0.4]],
            covariances: [[[a * a, rho * a * b], [rho * a * b, b * b]]], // prettier-ignore
          });
          const given = conditionOn(joint, { mask: [false, true], values: [NaN, v] });
          const exact = gaussian(0.2 + (rho * a * (v + 0.4)) / b, a * a * (1 - rho ** 2));
          const mine = dataOf(given, batchOf([[x, 7]]), at.alpha, at.sigma);
          expect(Math.abs(mine[0] - dataOf(exact, batchOf([[x]]), at.alpha, at.sigma)[0])).toBeLessThan(1e-9);
          expect(Math.abs(mine[1] - v)).toBeLessThan(1e-14);
        },
      ),
    );
  });

  it('is E[x_0 | x_t, known] by integration, in a mixture', () => {
    const parameters = someMixture(8, 3, 2);
    const plane = gaussianMixture(parameters);
    const steps = 4000;
    fc.assert(
      fc.property(
        number,
        number,
        fc.double({ min: 0.2, max: 2, noNaN: true }),
        fc.boolean(),
        (x, v, sigma, first) => {
          const alpha = 0.6;
          const points = Array.from({ length: steps }, (_, i) => -15 + (30 * i) / steps);
          const order = (u: number) => (first ? [v, u] : [u, v]);
          const log = plane.logDensity(batchOf(points.map(order)));
          const logs = points.map((u, i) => log[i] - (x - alpha * u) ** 2 / (2 * sigma ** 2));
          const peak = Math.max(...logs);
          const weights = logs.map((value) => Math.exp(value - peak));
          const exact =
            weights.reduce((sum, w, i) => sum + w * points[i], 0) / weights.reduce((sum, w) => sum + w, 0);
          const given = conditionOn(plane, { mask: [first, !first], values: [v, v] });
          const mine = dataOf(given, batchOf([order(x)]), alpha, sigma)[first ? 1 : 0];
          expect(Math.abs(mine - exact)).toBeLessThan(1e-9);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes coordinates at once or one after another, all or none; noisy known ones have no say', () => {
    fc.assert(
      fc.property(vector(3), vector(3), channel, number, (values, state, { alpha, sigma }, other) => {
        const predict = (law: Denoiser, x = state) => dataOf(law, batchOf([x]), alpha, sigma);
        const given = (mask: boolean[]) => conditionOn(mixture, { mask, values });
        const once = given([true, false, true]);
        const first = conditionOn(mixture, { mask: [true, false, false], values });
        const then = conditionOn(first, { mask: [false, false, true], values });
        expect(largestDifference(predict(once), predict(then))).toBeLessThan(1e-9);
        expect(largestDifference(predict(once), predict(once, [other, state[1], -other]))).toBeLessThan(1e-9);
        expect(largestDifference(predict(given([false, false, false])), predict(mixture))).toBeLessThan(1e-9);
        expect(largestDifference(predict(given([true, true, true])), values)).toBeLessThan(1e-14);
      }),
    );
  });

  it('has the densities of the chain rule', () => {
    const marginal = gaussianMixture({
      weights: mixture.weights,
      means: mixture.means.map((mean) => [mean[1]]),
      covariances: mixture.covariances.map((covariance) => [[covariance[1][1]]]),
    });
    fc.assert(
      fc.property(vector(3), (x) => {
        const given = conditionOn(mixture, { mask: [false, true, false], values: x });
        const rest = gaussianMixture({
          weights: given.weights,
          means: given.means.map((mean) => [mean[0], mean[2]]),
          covariances: given.covariances.map((c) => [[c[0][0], c[0][2]], [c[2][0], c[2][2]]]), // prettier-ignore
        });
        const product =
          marginal.logDensity(batchOf([[x[1]]]))[0] + rest.logDensity(batchOf([[x[0], x[2]]]))[0];
        const joint = mixture.logDensity(batchOf([x]))[0];
        expect(Math.abs(product - joint) / (1 + Math.abs(joint))).toBeLessThan(1e-9);
      }),
    );
  });

  it('leaves no variance where the known coordinates say all', () => {
    const line = gaussianMixture({
      weights: [1],
      means: [[0, 0, 0]],
      covariances: [[[1, 2, 3], [2, 4, 6], [3, 6, 9]]], // prettier-ignore
    });
    const given = conditionOn(line, { mask: [true, false, false], values: [0.3, 0, 0] });
    expect(largestDifference(given.mean, [0.3, 0.6, 0.9])).toBeLessThan(1e-14);
    expect(largestDifference(given.covariance.flat(), new Array(9).fill(0))).toBeLessThan(1e-14);
    expect(() => conditionOn(line, { mask: [true, true, false], values: [1, 1, 0] })).toThrow(
      /no density under component 0: its covariance of them is singular/,
    );
  });

  it('survives the rounding of a covariance of which nothing remains', () => {
    const size = fc.double({ min: 0.1, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.array(size, { minLength: 4, maxLength: 4 }), number, (a, v) => {
        const covariances = [a.map((x) => a.map((y) => x * y))];
        const line = gaussianMixture({ weights: [1], means: [[0, 0, 0, 0]], covariances });
        const given = conditionOn(line, { mask: [true, false, false, false], values: [v, 0, 0, 0] });
        const exact = a.map((x) => (x / a[0]) * v);
        expect(largestDifference(given.mean, exact)).toBeLessThan(1e-12);
        expect(Math.max(...given.covariance.flat().map(Math.abs))).toBeLessThan(1e-13);
      }),
    );
  });
});

describe('inpaint', () => {
  it('is exact where the other coordinates are independent of the known ones', () => {
    const law = gaussianMixture({ weights: [1], means: [[0.1, 0.2, 0.3]], covariances: [[0.5, 0.6, 0.7]] });
    const known = { mask: [false, true, false], values: [0, -0.8, 0] };
    const [generic, exact] = [inpaint({ denoiser: law, known }), conditionOn(law, known)];
    fc.assert(
      fc.property(vector(3), channel, (x, { alpha, sigma }) => {
        const [mine, theirs] = [generic, exact].map((D) => dataOf(D, batchOf([x]), alpha, sigma));
        expect(largestDifference(mine, theirs)).toBeLessThan(1e-12);
      }),
    );
    expect([generic.known, generic.evaluations]).toEqual([known, 1]);
  });

  it('is not exact in general: the state knows less than is known', () => {
    const correlated = gaussianMixture({ weights: [1], means: [[0, 0]], covariances: [[[1, 0.9], [0.9, 1]]] }); // prettier-ignore
    const known = { mask: [false, true], values: [0, 1] };
    // without signal: the mean of the first coordinate is 0.9 given the second, and 0 without
    const at = (D: Denoiser) => dataOf(D, batchOf([[0, 0]]), 0, 1)[0];
    expect([at(inpaint({ denoiser: correlated, known })), at(conditionOn(correlated, known))]).toEqual([
      0, 0.9,
    ]);
  });

  it('replaces classes in predictions and draws', async () => {
    const denoiser = independentCategorical({ probabilities: [0.2, 0.3, 0.5], length: 2 });
    const known = knownCoordinates({ mask: [false, true], values: [9, 1] }, 3);
    const inpainted = inpaint({ denoiser, known });
    const x = { shape: [1, 2, 3], data: new Float64Array(6) };
    expect([...dataOf(inpainted, x, 1, 1).subarray(3)]).toEqual([-1, 2, -1]);
    const drawn = inpainted.draw?.(x, [momentAt(1, 1)], (_, out) => out.fill(0.9)) as Batch;
    expect([...drawn.data]).toEqual([-1, -1, 2, -1, 2, -1]);
    const later = await inpaint({ denoiser: slow(denoiser), known }).predict(x, [momentAt(1, 1)]);
    expect(later.data).toEqual(dataOf(inpainted, x, 1, 1));
  });
});

describe('withEvidence and conditionOnClasses', () => {
  const length = 4;
  const anyProblem = fc.record({
    example: anyModel(),
    z: vector(3 * length),
    evidence: fc.array(vector(3), { minLength: length, maxLength: length }),
    alpha: fc.double({ min: 0, max: 2, noNaN: true }),
    sigma: fc.double({ min: 0.3, max: 3, noNaN: true }),
    mask: fc.array(fc.boolean(), { minLength: length, maxLength: length }),
    pick: fc.array(fc.nat(24), { minLength: length, maxLength: length }),
  });

  it.each([
    ['float64', Float64Array, 1e-12],
    ['float32', Float32Array, 2e-5],
  ] as const)('are the posterior mean over all texts, %s', (_, Floats, tolerance) => {
    fc.assert(
      fc.property(anyProblem, ({ example: { text, model }, z, evidence, alpha, sigma, mask, pick }) => {
        const denoiser = markovText(model, { length });
        const kappa = (3 * alpha) / sigma ** 2;
        const x = { shape: [1, length, 3], data: Floats.from(z) };
        const log = (classes: number[]) =>
          model.logProbability(classes) + classes.reduce((sum, k, i) => sum + kappa * x.data[3 * i + k], 0);

        const tilted = dataOf(withEvidence(denoiser, evidence), x, alpha, sigma);
        const exact = enumerated(length, (classes) =>
          classes.reduce((sum, k, i) => sum + evidence[i][k], log(classes)),
        );
        expect(largestDifference(tilted, exact)).toBeLessThan(tolerance * (1 + kappa));

        const values = pick.map((i) => text[i % text.length]);
        const given = dataOf(conditionOnClasses(denoiser, { mask, values }), x, alpha, sigma);
        const agreeing = enumerated(length, (classes) =>
          classes.every((k, i) => !mask[i] || k === values[i]) ? log(classes) : -Infinity,
        );
        expect(largestDifference(given, agreeing)).toBeLessThan(tolerance * (1 + kappa));
      }),
    );
  });

  it('do not hear the logits of excluded classes', () => {
    const denoiser = independentCategorical({ probabilities: [0.2, 0.3, 0.5] });
    const given = withEvidence(denoiser, [[0, 0, -Infinity]]);
    const at = (loud: number) =>
      dataOf(given, { shape: [1, 1, 3], data: Float32Array.of(0.1, 0.25, loud) }, 1, Math.sqrt(3));
    expect(at(1e7)).toEqual(at(0));
    const odds = (0.2 / 0.3) * Math.exp(0.1 - 0.25);
    expect(largestDifference(at(0), [(3 * odds) / (1 + odds) - 1, 3 / (1 + odds) - 1, -1])).toBeLessThan(
      1e-6,
    );
  });

  it('add up, and give the data back where there is no noise', () => {
    const denoiser = independentCategorical({ probabilities: [0.2, 0.3, 0.5], length: 2 });
    const [a, b] = [[[1, 0, -1], [0, 2, 0]], [[0.5, 0.5, -2], [3, 0, -Infinity]]]; // prettier-ignore
    const x = { shape: [1, 2, 3], data: Float64Array.of(0.3, 0.1, 0.2, 0.4, 0.9, -1) };
    const twice = withEvidence(withEvidence(denoiser, a), b);
    const once = withEvidence(denoiser, a.map((row, i) => row.map((value, k) => value + b[i][k]))); // prettier-ignore
    expect(largestDifference(dataOf(twice, x, 0.4, 1), dataOf(once, x, 0.4, 1))).toBeLessThan(1e-14);
    expect(dataOf(twice, x, 0.5, 0)).toEqual(x.data.map((value) => value / 0.5));
  });
});
