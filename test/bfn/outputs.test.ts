import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bfn } from '../../solvers/bfn.js';
import { samplesOf, type Batch } from '../../src/array/batch.js';
import {
  binNetwork,
  binaryHead,
  binaryInput,
  binaryNetwork,
  classNetwork,
  continuousAccuracy,
  continuousFlow,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
  discretisedNormal,
  discretisedNormalHead,
  exactBins,
  makeBins,
  meanOfBins,
  mostProbable,
  noiseHead,
  softmaxHead,
} from '../../src/bfn/index.js';
import { adapt, clip, type Network } from '../../src/denoiser/adapters.js';
import { sample } from '../../src/plan/sample.js';
import { chiSquared, distance, normalsOf } from './helpers.js';

const schedule = continuousAccuracy({ sigma1: 0.05 });
const bins = makeBins(8);
const binned = discretisedFlow(schedule, bins);

describe('the original sampler of discretised data', () => {
  const law = [0.05, 0.1, 0.2, 0.05, 0.15, 0.25, 0.15, 0.05];
  const denoiser = exactBins({ bins, probabilities: law });

  /** Samples of mu at the end, as bins counted by the most probable. */
  const counts = async (steps: number, draw: boolean): Promise<number[]> => {
    const plan = bfn.plan(binned.process, { nfe: steps + 1, draw });
    const samples = await sample({
      plan,
      denoiser,
      start: 'prior',
      samples: 4000,
      seed: 1,
      precision: 'float64',
    });
    const found = law.map(() => 0);
    samples.data.forEach((value) => found[bins.index(Math.min(1, Math.max(-1, value)))]++);
    return found;
  };

  it.each([1, 3])('with the draw and an exact network the data law comes out at %i steps', async (steps) => {
    // chi² with 7 degrees of freedom: 29.9 is its 1e-4 quantile
    expect(chiSquared(await counts(steps, true), law)).toBeLessThan(29.9);
  });

  it('without the draw it does not', async () => {
    expect(chiSquared(await counts(3, false), law)).toBeGreaterThan(200);
  });

  it('draws bins by their probabilities, predicts their mean', async () => {
    const moments = [binned.moment(0.2), binned.moment(0.2)];
    const x: Batch = { shape: [2, 1], data: Float64Array.of(0.1, 0.1) };
    const { data } = await denoiser.logProbabilities(x, moments);
    const first = data.subarray(0, 8);
    const probabilities = Array.from(first, Math.exp);
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 13);
    const mean = probabilities.reduce((sum, p, k) => sum + p * bins.centres[k], 0);
    expect((await denoiser.predict(x, moments)).data[0]).toBeCloseTo(mean, 13);
    expect(meanOfBins(first, bins)[0]).toBeCloseTo(mean, 13);
    expect(mostProbable(first, 8)[0]).toBe(probabilities.indexOf(Math.max(...probabilities)));
    // the uniform that falls just below and just above the first bins' mass
    const edge = probabilities[0] + probabilities[1] + probabilities[2] + probabilities[3];
    const at = [edge - 1e-9, edge + 1e-9];
    const drawn = await denoiser.draw?.(x, moments, (i, out) => out.fill(at[i]));
    expect(Array.from(drawn?.data ?? [])).toEqual([bins.centres[3], bins.centres[4]]);
  });
});

describe('networks of discretised data', () => {
  const two: Network = (x) => {
    const data = new Float64Array(2 * x.data.length);
    x.data.forEach((mu, i) => data.set([0.3 * mu, -0.5], 2 * i));
    return { shape: [...x.shape, 2], data };
  };

  it('see mu and BFN time, and answer through the noise parametrisation', async () => {
    const seen: number[] = [];
    const network: Network = (x, times) => {
      seen.push(...times);
      return two(x, times);
    };
    const denoiser = binNetwork(network, { sampleShape: [2], bins, head: discretisedNormalHead({ bins }) });
    const tau = 0.3;
    const gamma = schedule.beta(tau) / (1 + schedule.beta(tau));
    const [A, B] = [(mu: number) => mu / gamma, Math.sqrt((1 - gamma) / gamma)];
    const mu = [0.2, -0.4];
    const x = { shape: [1, 2], data: Float64Array.from(mu) };
    const { shape, data } = await denoiser.logProbabilities(x, [binned.moment(tau)]);
    expect(shape).toEqual([1, 2, 8]);
    expect(seen).toEqual([tau]);
    mu.forEach((value, v) => {
      const own = discretisedNormal(A(value) - B * 0.3 * value, B * Math.exp(-0.5), bins).logProbabilities;
      expect(distance(data.subarray(8 * v, 8 * v + 8), own)).toBeLessThan(1e-12);
    });
  });

  it('are clamped: deviation to [1e-3, 10], its logarithm to [-10, 10], small times to N(0, 1)', () => {
    const head = discretisedNormalHead({ bins });
    const apply = (raw: number[], tau: number) => head.apply(raw, [0.01], binned.moment(tau));
    const expected = (mean: number, deviation: number) =>
      discretisedNormal(mean, deviation, bins).logProbabilities;
    expect(distance(apply([5, 3], 1e-7), expected(0, 1))).toBeLessThan(1e-14);
    expect(distance(apply([5, 3], 0), expected(0, 1))).toBeLessThan(1e-14);
    const { alpha, sigma } = binned.moment(0.5);
    const mean = (0.01 - sigma * 0.2) / alpha;
    expect(distance(apply([0.2, 50], 0.5), expected(mean, 10))).toBeLessThan(1e-12);
    expect(distance(apply([0.2, -50], 0.5), expected(mean, 1e-3))).toBeLessThan(1e-12);
    const wide = discretisedNormalHead({ bins, deviation: [0, Infinity] }).apply(
      [0.2, 50],
      [0.01],
      binned.moment(0.5),
    );
    expect(distance(wide, expected(mean, (sigma / alpha) * Math.exp(10)))).toBeLessThan(1e-10);
  });

  it('have heads of as many bins as they have', () => {
    const head = discretisedNormalHead({ bins: makeBins(4) });
    expect(() => binNetwork(two, { sampleShape: [2], bins, head })).toThrow(
      /over 4 bins; accepted is one over 8/,
    );
    const short = binNetwork((x) => x, { sampleShape: [2], bins, head: discretisedNormalHead({ bins }) });
    const call = () => short.predict({ shape: [1, 2], data: new Float64Array(2) }, [binned.moment(0.5)]);
    expect(call).toThrow(/accepted is 2 numbers a variable, 4 in all/);
  });
});

describe('the noise head of continuous data', () => {
  const flow = continuousFlow(schedule);
  it('is the adapter for noise with its clip and small times', async () => {
    await fc.assert(
      fc.asyncProperty(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1e6), async (tau, seed) => {
        const [eps, mu] = [normalsOf(seed, 3), normalsOf(seed + 1, 3)];
        const network: Network = (x) => ({ shape: x.shape, data: eps });
        const adapted = adapt(network, { sampleShape: [3], predicts: 'noise', smallTime: { tMin: 1e-6 } });
        const { data } = await clip(adapted, -1, 1).predict({ shape: [1, 3], data: mu }, [flow.moment(tau)]);
        expect(distance(noiseHead().apply(eps, mu, flow.moment(tau)), data)).toBeLessThan(1e-12);
      }),
    );
  });

  it('errors of data and noise are one: x - x_hat = -B (eps - eps_hat)', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(1e6), (tau, seed) => {
        const [x, eps, guess] = [0, 1, 2].map((i) => normalsOf(seed + i, 3));
        const { alpha, sigma } = flow.moment(tau);
        const mu = x.map((value, i) => alpha * value + sigma * eps[i]);
        const predicted = noiseHead({ clip: null }).apply(guess, mu, flow.moment(tau));
        const errors = eps.map((e, i) => (-sigma / alpha) * (e - guess[i]));
        expect(
          distance(
            x.map((value, i) => value - predicted[i]),
            errors,
          ),
        ).toBeLessThan(1e-9);
      }),
    );
  });
});

describe('binary data in the convention of the released checkpoints', () => {
  const flow = discreteFlow(discreteAccuracy({ beta1: 9 }), 2);

  it('a class-1 pixel is fed as about -1 near the data, a class-0 pixel as about +1', () => {
    const { alpha } = flow.moment(1);
    const target = flow.embed({ shape: [1, 2], data: Float64Array.of(1, 0) });
    const input = binaryInput({ shape: target.shape, data: target.data.map((y) => alpha * y) });
    expect(input.shape).toEqual([1, 2]);
    expect(input.data[0]).toBeLessThan(-0.999);
    expect(input.data[1]).toBeGreaterThan(0.999);
  });

  it('is 2 theta_0 - 1, and the logit is that of class 1', async () => {
    const z = { shape: [1, 2, 2], data: normalsOf(1, 4) };
    const theta = flow.input(z.data);
    const logits = [0.7, -2];
    const network: Network = (x) => {
      expect(distance(x.data, [2 * theta[0] - 1, 2 * theta[2] - 1])).toBeLessThan(1e-14);
      return { shape: x.shape, data: Float64Array.from(logits) };
    };
    const denoiser = binaryNetwork(network, { length: 2 });
    const expected = logits.flatMap((l) => [1 / (1 + Math.exp(l)), 1 / (1 + Math.exp(-l))]);
    const { data } = await denoiser.logProbabilities(z, [flow.moment(0.5)]);
    expect(distance(data.map(Math.exp), expected)).toBeLessThan(1e-14);
    const prediction = await denoiser.predict(z, [flow.moment(0.5)]);
    expect(
      distance(
        prediction.data,
        expected.map((e) => 2 * e - 1),
      ),
    ).toBeLessThan(1e-13);
    expect(distance(binaryHead().apply(logits, z.data, flow.moment(0.5)), data)).toBeLessThan(1e-14);
    expect(denoiser.draw).toBeDefined();
    const wrong = binaryNetwork((x) => ({ shape: [1, 1], data: x.data.subarray(0, 1) }), { length: 2 });
    expect(() => wrong.predict(z, [flow.moment(0.5)])).toThrow(/one logit a variable, 2 in all/);
  });
});

describe('networks of classes', () => {
  it('see softmax(z); their distribution is kept where K e - 1 rounds', async () => {
    const flow = discreteFlow(discreteAccuracy({ beta1: 2 }), 3);
    const z = { shape: [2, 1, 3], data: normalsOf(4, 6) };
    const network: Network = async (x) => {
      expect(distance(x.data, flow.input(z.data))).toBeLessThan(1e-14);
      return Promise.resolve({ shape: x.shape, data: Float64Array.of(0, 60, 0, 1, 2, 3) });
    };
    const denoiser = classNetwork(network, { sampleShape: [1, 3] });
    const moments = [flow.moment(0.5), flow.moment(0.5)];
    const { data } = await denoiser.logProbabilities(z, moments);
    expect(distance(data, softmaxHead(3).apply([0, 60, 0, 1, 2, 3], z.data, moments[0]))).toBe(0);
    expect(data[0]).toBeCloseTo(-60, 10);
    const prediction = await denoiser.predict(z, moments);
    expect(
      distance(
        samplesOf(prediction, 1, 2).data,
        data.slice(3).map((l) => 3 * Math.exp(l) - 1),
      ),
    ).toBeLessThan(1e-13);
  });
});
