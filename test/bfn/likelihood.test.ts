import { describe, expect, it } from 'vitest';
import { nodeAt } from '../../solvers/step.js';
import { samplesOf, zeros, type Batch } from '../../src/array/batch.js';
import {
  classDivergence,
  coordinateDivergence,
  hutchinson,
  mixtureDivergence,
  type DifferentiableDenoiser,
} from '../../src/bfn/likelihood-divergence.js';
import { integrate } from '../../src/bfn/likelihood-integrator.js';
import { odeLogLikelihood } from '../../src/bfn/likelihood.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { DivergedError, UsageError } from '../../src/errors.js';
import type { Denoiser, Moment } from '../../src/plan/denoiser.js';
import {
  continuousBfn,
  discreteBfn,
  karras,
  rectifiedFlow,
  variancePreserving,
  type Process,
} from '../../src/process/index.js';
import { randomStream } from '../../src/random/index.js';

const mixture = gaussianMixture({
  weights: [0.3, 0.7],
  means: [
    [-0.5, 0.2],
    [0.4, -0.3],
  ],
  covariances: [
    [
      [0.01, 0],
      [0, 0.04],
    ],
    [
      [0.03, 0.01],
      [0.01, 0.02],
    ],
  ],
});

const statesOf = (law: typeof mixture, { alpha, sigma }: Moment, count: number): Batch => {
  const { normal } = randomStream(1, 'likelihood test');
  const { shape, data } = law.sample(count, 3);
  return { shape, data: Float64Array.from(data, (value) => alpha * value + sigma * normal()) };
};

const largestError = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

describe('the likelihood of the probability-flow ODE', () => {
  const cases: readonly (readonly [Process, number])[] = [
    [continuousBfn({ sigma1: 1e-3 }), 0],
    [continuousBfn({ sigma1: 0.05 }), 0.3],
    [variancePreserving(), 0.001],
    [karras(), 0.002],
    [rectifiedFlow(), 0.01],
  ];
  it.each(cases)('is that of the mixture itself: %o at t = %d', async (process, time) => {
    const moment = nodeAt(process, time);
    const x = statesOf(mixture, moment, 10);
    const truth = mixture.logDensity(x, moment);
    const options = { process, denoiser: mixture, time, noiseLaw: mixture };
    const byDifferences = await odeLogLikelihood(x, options);
    expect(largestError(byDifferences.values, truth)).toBeLessThan(2e-6);
    const closed = await odeLogLikelihood(x, { ...options, divergence: mixtureDivergence(mixture) });
    expect(largestError(closed.values, truth)).toBeLessThan(2e-6);
    expect([...closed.standardErrors]).toEqual(new Array(10).fill(0));
    expect(closed.moment).toMatchObject({ t: time, alpha: moment.alpha, sigma: moment.sigma });
    expect(closed.statement).toContain('not of the data; the true law at');
  });

  it('falls with the tolerance', async () => {
    const process = continuousBfn({ sigma1: 0.02 });
    const moment = nodeAt(process, 0);
    const x = statesOf(mixture, moment, 5);
    const errors = await Promise.all(
      [1e-3, 1e-6, 1e-9].map(async (tolerance) => {
        const divergence = mixtureDivergence(mixture);
        const options = { process, denoiser: mixture, noiseLaw: mixture, divergence, tolerance };
        const { values } = await odeLogLikelihood(x, options);
        return largestError(values, mixture.logDensity(x, moment));
      }),
    );
    expect(errors[1]).toBeLessThan(errors[0] / 30);
    expect(errors[2]).toBeLessThan(3e-8);
  });

  it('of a sample does not depend on its batch, bit for bit, nor do its random directions', async () => {
    const process = continuousBfn({ sigma1: 0.05 });
    const x = statesOf(mixture, nodeAt(process, 0), 7);
    const divergence = hutchinson(mixture, { probes: 2, seed: 4 });
    const options = { process, denoiser: mixture, divergence, tolerance: 1e-4 };
    const together = await odeLogLikelihood(x, options);
    const apart = await odeLogLikelihood(x, { ...options, chunk: 3 });
    expect(apart).toEqual(together);
    const first = await odeLogLikelihood(samplesOf(x, 0, 1), options);
    expect(first.values[0]).toBe(together.values[0]);
  });

  it('of logits is that of z, and says so', async () => {
    const probabilities = [0.5, 0.3, 0.2];
    const process = discreteBfn({ classes: 3, beta1: 1.5 });
    const denoiser = independentCategorical({ probabilities });
    const logDensity = ({ data }: Batch, { alpha, sigma }: Moment): number[] =>
      Array.from({ length: data.length / 3 }, (_, i) => {
        const terms = probabilities.map((p, k) => {
          const squares = [0, 1, 2].map((j) => (data[3 * i + j] - alpha * (j === k ? 2 : -1)) ** 2);
          const sum = squares.reduce((a, b) => a + b);
          return p * Math.exp(-sum / (2 * sigma ** 2)) * (2 * Math.PI * sigma ** 2) ** -1.5;
        });
        return Math.log(terms.reduce((a, b) => a + b));
      });
    const { normal } = randomStream(2, 'logits');
    const moment = nodeAt(process, 0);
    const x = zeros([6, 1, 3], 'float64');
    x.data.forEach((_, i) => (x.data[i] = moment.alpha * (i % 3 === 0 ? 2 : -1) + moment.sigma * normal()));
    for (const divergence of [classDivergence(denoiser), coordinateDivergence(denoiser)]) {
      const found = await odeLogLikelihood(x, { process, denoiser, noiseLaw: { logDensity }, divergence });
      expect(largestError(found.values, logDensity(x, moment))).toBeLessThan(2e-6);
      expect(found.statement).toContain('the logits z at t = 0 of bfn-discrete');
    }
  });

  it('takes the start law for the true one, and says so: exact where that is an isotropic Gaussian', async () => {
    const law = gaussianMixture({ weights: [1], means: [[0.3, -0.2]], covariances: [[0.04, 0.04]] });
    const process = continuousBfn({ sigma1: 0.05 });
    const moment = nodeAt(process, 0);
    const x = statesOf(law, moment, 5);
    const truth = law.logDensity(x, moment);
    const moments = { mean: law.mean, variance: 0.04 };
    const matched = await odeLogLikelihood(x, {
      process,
      denoiser: law,
      noiseLaw: 'moment-matched',
      moments,
    });
    expect(largestError(matched.values, truth)).toBeLessThan(2e-6);
    expect(matched.noiseEnd).toMatchObject({ law: 'start law', moment: { t: 0.99 } });
    expect(matched.statement).toContain('the start law at t = 0.99');
    const zeroMean = await odeLogLikelihood(x, { process, denoiser: law });
    expect(largestError(zeroMean.values, truth)).toBeGreaterThan(1e-3);
    const law99 = { mean: 0, standardDeviation: process.sigma(0.99) };
    expect((await odeLogLikelihood(x, { process, denoiser: law, noiseLaw: law99 })).values).toEqual(
      zeroMean.values,
    );
  });

  it('by random directions is right within its standard errors', async () => {
    const d = 8;
    const law = gaussianMixture({
      weights: [0.4, 0.6],
      means: [new Array<number>(d).fill(-0.3), Array.from({ length: d }, (_, j) => 0.1 * j)],
      covariances: [
        Array.from({ length: d }, (_, j) => 0.01 * (1 + j)),
        Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => (i === j ? 0.05 : 0.02))),
      ].map((c) => (Array.isArray(c[0]) ? (c as number[][]) : diagonal(c as number[]))),
    });
    const process = continuousBfn({ sigma1: 0.05 });
    const moment = nodeAt(process, 0);
    const x = statesOf(law, moment, 20);
    const divergence = hutchinson(law, { probes: 12, seed: 1 });
    const found = await odeLogLikelihood(x, {
      process,
      denoiser: law,
      noiseLaw: law,
      divergence,
      tolerance: 1e-4,
    });
    const truth = law.logDensity(x, moment);
    const errors = Array.from(truth, (value, i) => (found.values[i] - value) / found.standardErrors[i]);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(7); // Student's t of 11 degrees, 20 times
    const squares = errors.reduce((sum, z) => sum + z * z, 0) / errors.length;
    expect(squares).toBeGreaterThan(0.3);
    expect(squares).toBeLessThan(3);
  });
});

const diagonal = (values: readonly number[]): number[][] =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));

describe('divergences', () => {
  const moment = nodeAt(continuousBfn({ sigma1: 0.02 }), 0.3);
  const x = statesOf(mixture, moment, 4);
  const moments = [moment, moment, moment, moment];
  const samples = [0, 1, 2, 3];
  const prediction = mixture.predict(x, moments);

  it('of a mixture agree, in closed form and by differences', async () => {
    const closed = await mixtureDivergence(mixture).at(x, moments, prediction, samples);
    const differences = await coordinateDivergence(mixture).at(x, moments, prediction, samples);
    closed.forEach((value, i) => expect(Math.abs(value - differences[i])).toBeLessThan(1e-7 * value));
  });

  it('use the jvp of a denoiser that has one, and no differences', async () => {
    let predictions = 0;
    const linear: DifferentiableDenoiser = {
      sampleShape: [2],
      predict: (state) => {
        predictions++;
        return { ...state, data: state.data.map((value) => 3 * value) };
      },
      jvp: (_x, _moments, direction) => ({ ...direction, data: direction.data.map((value) => 3 * value) }),
    };
    expect([...(await coordinateDivergence(linear).at(x, moments, prediction, samples))]).toEqual([
      6, 6, 6, 6,
    ]);
    expect([...(await hutchinson(linear, { probes: 2 }).at(x, moments, prediction, samples))]).toEqual(
      new Array(8).fill(6),
    );
    expect(predictions).toBe(0);
  });

  it('take larger steps for a denoiser that rounds more', async () => {
    const rounded: Denoiser = {
      sampleShape: [2],
      predict: (state, at) => {
        const { shape, data } = mixture.predict(state, at);
        return { shape, data: data.map(Math.fround) };
      },
    };
    const closed = await mixtureDivergence(mixture).at(x, moments, prediction, samples);
    const errorWith = async (rounding: number): Promise<number> => {
      const found = await coordinateDivergence(rounded, { rounding }).at(x, moments, prediction, samples);
      return largestError(found, closed) / Math.max(...closed);
    };
    expect(await errorWith(2 ** -52)).toBeGreaterThan(1e-3);
    expect(await errorWith(2 ** -23)).toBeLessThan(1e-3);
  });

  it('by random directions are unbiased, and need two', async () => {
    const divergence = hutchinson(mixture, { probes: 400 });
    const values = await divergence.at(samplesOf(x, 0, 1), [moment], samplesOf(prediction, 0, 1), [0]);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const [closed] = await mixtureDivergence(mixture).at(x, moments, prediction, samples);
    expect(Math.abs(mean - closed)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(() => hutchinson(mixture, { probes: 1 })).toThrow(UsageError);
  });
});

describe('the integrator', () => {
  // y' = cos t, y = sin t; and y' = -y: to 1e-10, each path from where it is
  it('follows paths side by side, each with its own steps', async () => {
    const { states, steps } = await integrate([Float64Array.of(0, 1), Float64Array.of(5, 2)], {
      from: 0,
      to: 3,
      slopes: async (points) =>
        points.map(({ path, time, state }) => Float64Array.of(Math.cos(time * (1 + 9 * path)), -state[1])),
      errorSize: (error) => Math.max(...error.map(Math.abs)) / 1e-11,
    });
    expect(Math.abs(states[0][0] - Math.sin(3))).toBeLessThan(1e-9);
    expect(Math.abs(states[1][0] - 5 - Math.sin(30) / 10)).toBeLessThan(1e-9);
    expect(Math.abs(states[1][1] - 2 * Math.exp(-3))).toBeLessThan(1e-9);
    expect(steps[1]).toBeGreaterThan(2 * steps[0]);
  });

  it('is of order 5', async () => {
    // 50 steps over some periods of y' = y cos t, after which y is 1 again: errors grow as (length of a step)^5 periods
    const errorAfter = async (periods: number): Promise<number> => {
      const { states } = await integrate([Float64Array.of(1)], {
        from: 0,
        to: 2 * Math.PI * periods,
        slopes: async (points) => points.map(({ time, state }) => Float64Array.of(state[0] * Math.cos(time))),
        errorSize: () => 0.9 ** 5, // steps stay as they are
      });
      return Math.abs(states[0][0] - 1);
    };
    const ratio = (await errorAfter(2)) / (await errorAfter(1));
    expect(Math.log2(ratio)).toBeGreaterThan(5.5);
    expect(Math.log2(ratio)).toBeLessThan(7.5);
  });

  it('gives up on a path that has no end', async () => {
    const endless = integrate([Float64Array.of(1)], {
      from: 0,
      to: 2,
      slopes: async (points) => points.map(({ state }) => Float64Array.of(state[0] ** 2)), // infinite at 1
      errorSize: (error, state) => Math.abs(error[0]) / (1e-8 * Math.abs(state[0])),
      maxSteps: 300,
    });
    await expect(endless).rejects.toThrow(DivergedError);
  });
});

describe('mistakes', () => {
  const process = continuousBfn({ sigma1: 0.05 });
  const x = statesOf(mixture, nodeAt(process, 0), 2);
  const refused: readonly (readonly [string, Partial<Parameters<typeof odeLogLikelihood>[1]>, RegExp])[] = [
    ['a time without noise', { process: variancePreserving() }, /no noise at t = 0.*give a later time/],
    ['a time outside', { time: -1 }, /must be in \[0, 0.99\)/],
    ['a time beyond the truncation', { time: 0.995 }, /must be in \[0, 0.99\)/],
    ['no truncation where the signal is lost', { eta: 0 }, /no signal at its noise end; give eta > 0/],
    ['a truncation of all', { eta: 1 }, /eta is 1; it must be in/],
    ['a prior short of the noise end', { noiseLaw: 'prior' }, /holds at the noise end only/],
    ['moments that are missing', { noiseLaw: 'moment-matched' }, /needs the moments/],
    ['a tolerance of 0', { tolerance: 0 }, /tolerance is 0/],
    ['half a sample', { chunk: 0.5 }, /chunk is 0.5/],
    [
      'a divergence of another size',
      { divergence: { estimates: 2, at: () => new Float64Array(3) } },
      /gave 3 numbers/,
    ],
  ];
  it.each(refused)('%s', async (_what, options, message) => {
    const ran = odeLogLikelihood(x, { process, denoiser: mixture, ...options });
    await expect(ran).rejects.toThrow(UsageError);
    await expect(odeLogLikelihood(x, { process, denoiser: mixture, ...options })).rejects.toThrow(message);
  });

  it('states of another shape', async () => {
    const three = { shape: [1, 3], data: new Float64Array(3) };
    await expect(odeLogLikelihood(three, { process, denoiser: mixture })).rejects.toThrow(
      /accepted is \[n, 2\]/,
    );
  });

  it('a network that answers NaN', async () => {
    const broken: Denoiser = {
      sampleShape: [2],
      predict: (state) => ({ ...state, data: state.data.map(() => NaN) }),
    };
    await expect(odeLogLikelihood(x, { process, denoiser: broken })).rejects.toThrow(DivergedError);
  });
});
