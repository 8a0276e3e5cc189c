import { describe, expect, it } from 'vitest';
import { drawPairs, pairBound, pairDenoiser } from '../../experiments/verify/correlation.js';
import {
  continuousTimeLossByQuadrature,
  discreteAccuracy,
  discreteFlow,
  discreteTimeLossByQuadrature,
  reconstructionLossByQuadrature,
} from '../../src/bfn/index.js';
import { variationalBound } from '../../src/bfn/likelihood-bound.js';
import { exactBound, type ExactBoundOptions } from '../../src/bfn/likelihood-exact.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { UsageError } from '../../src/errors.js';
import { discreteBfn, variancePreserving } from '../../src/process/index.js';
import { randomStream } from '../../src/random/index.js';

// The numbers of one variable with p = (.5, .3, .2) and of two bits that agree nine times in ten, beta1 = 1.5.
const probabilities = [0.5, 0.3, 0.2];
const entropy = -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0);
const beta1 = 1.5;
const flow = discreteFlow(discreteAccuracy({ beta1 }), 3);
const denoiser = independentCategorical({ probabilities });
const process = discreteBfn({ classes: 3, beta1 });
const law = [0.45, 0.05, 0.05, 0.45] as const;

const classesOf = (count: number) => {
  const { uniform } = randomStream(5, 'classes');
  const data = Float32Array.from({ length: count }, () => {
    const u = uniform();
    return u < 0.5 ? 0 : u < 0.8 ? 1 : 2;
  });
  return { shape: [count, 1], data };
};

const within = ({ value, standardError }: { value: number; standardError: number }, truth: number): void => {
  expect(standardError).toBeGreaterThan(0);
  expect(Math.abs(value - truth) / standardError).toBeLessThan(5);
};

describe('by quadrature', () => {
  it('L_inf + L^r is the entropy of one variable: .748910 + .280743 = 1.029653', async () => {
    const options = { flow, denoiser, probabilities };
    const information = await continuousTimeLossByQuadrature(options);
    const reconstruction = await reconstructionLossByQuadrature(options);
    expect(information).toBeCloseTo(0.74891, 6);
    expect(reconstruction).toBeCloseTo(0.280743, 6);
    expect(information + reconstruction).toBeCloseTo(entropy, 6);
    for (const steps of [1, 2, 5]) {
      const sent = await discreteTimeLossByQuadrature({ ...options, points: 24, steps });
      expect(sent + reconstruction).toBeCloseTo(entropy, 5);
    }
  });

  it('of two bits it exceeds the entropy by the total correlation of the posterior, .042666', () => {
    const { information, reconstruction, entropy: joint, totalCorrelation } = pairBound(law, beta1);
    expect(totalCorrelation).toBeCloseTo(0.042666, 6);
    expect(information + reconstruction - joint).toBeCloseTo(totalCorrelation, 7);
  });

  it('of two independent bits it does not', () => {
    const { information, reconstruction, entropy: joint } = pairBound([0.42, 0.18, 0.28, 0.12], beta1);
    expect(information + reconstruction).toBeCloseTo(joint, 7);
  });
});

describe('the bound of an exact network by Monte Carlo', () => {
  it('estimates the parts of one variable, which has no total correlation', () => {
    const found = exactBound({ process, denoiser, data: classesOf(4000), draws: 4 });
    within(found.mutualInformation, 0.74891);
    within(found.reconstruction, 0.280743);
    within(found.conditionalEntropy, 0.280743);
    within(found.bound, entropy);
    expect(found.totalCorrelation.value).toBeCloseTo(0, 12);
  });

  it('estimates those of two bits', () => {
    const data = drawPairs(law, 4000, randomStream(1, 'pairs'));
    const pairs = { process: discreteBfn({ classes: 2, beta1 }), denoiser: pairDenoiser(law), data };
    const found = exactBound({ ...pairs, draws: 4 });
    const truth = pairBound(law, beta1);
    within(found.mutualInformation, truth.information);
    within(found.conditionalEntropy, truth.reconstruction - truth.totalCorrelation);
    within(found.totalCorrelation, 0.042666);
    expect(found.totalCorrelation.standardError).toBeLessThan(0.002);
    within(found.bound, truth.entropy + truth.totalCorrelation);
    expect(exactBound({ ...pairs, draws: 4 })).toEqual(found);
    expect(exactBound({ ...pairs, draws: 4, seed: 1 }).bound.value).not.toBe(found.bound.value);
  });

  it('is the same on another process at the same half log-SNR', () => {
    const other = variancePreserving({ classes: 3 });
    const time = other.timeAtLambda(process.lambda(0));
    const found = exactBound({ process: other, denoiser, data: classesOf(4000), time, draws: 4 });
    const own = exactBound({ process, denoiser, data: classesOf(4000), draws: 4 });
    expect(found.bound.value).toBeCloseTo(own.bound.value, 4);
  });

  const refused: readonly (readonly [string, Partial<ExactBoundOptions>, RegExp])[] = [
    ['a process without classes', { process: variancePreserving() }, /vp-linear has no classes/],
    ['a time without noise', { process: variancePreserving({ classes: 3 }) }, /no noise at t = 0/],
    ['data of another length', { data: { shape: [2, 2], data: new Float32Array(4) } }, /\[n, 1\]/],
    ['one item', { data: { shape: [1, 1], data: new Float32Array(1) } }, /n from 2/],
    [
      'a class out of range',
      { data: { shape: [2, 1], data: Float32Array.of(0, 3) } },
      /class 3 at place 1.*0 to 2/,
    ],
    ['no draws', { draws: 0 }, /draws is 0/],
  ];
  it.each(refused)('refuses %s', (_what, options, message) => {
    const run = () => exactBound({ process, denoiser, data: classesOf(10), ...options });
    expect(run).toThrow(UsageError);
    expect(run).toThrow(message);
  });
});

describe('the bound of any network', () => {
  const options = { flow, denoiser, data: classesOf(2000), draws: 2 };
  const stream = () => randomStream(3, 'bound');

  it('is the entropy for the exact one, in continuous time and in steps', async () => {
    const continuous = await variationalBound({ ...options, stream: stream() });
    within(continuous.bound, entropy);
    expect(continuous.bound.value).toBe(continuous.transmission.value + continuous.reconstruction.value);
    within((await variationalBound({ ...options, stream: stream(), steps: 3 })).bound, entropy);
  });

  it('is above it for another', async () => {
    const uniform = independentCategorical({ probabilities: [1 / 3, 1 / 3, 1 / 3] });
    const data = classesOf(8000);
    const { bound } = await variationalBound({ ...options, data, denoiser: uniform, stream: stream() });
    // the cost of the wrong law is its Kullback-Leibler divergence from the right one, whatever the state
    within(bound, Math.log(3));
    expect(bound.value - entropy).toBeGreaterThan(3 * bound.standardError);
  });

  it('comes in bits and a variable, too', async () => {
    const nats = await variationalBound({ ...options, stream: stream() });
    const bits = await variationalBound({ ...options, stream: stream(), unit: 'bits' });
    expect(bits.bound.value).toBeCloseTo(nats.bound.value / Math.LN2, 12);
    expect(bits.bound.perDimension.value).toBeCloseTo(bits.bound.value, 12); // of one variable
  });
});
