import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeros, type Batch } from '../../src/array/batch.js';
import {
  binDenoiser,
  classNetwork,
  continuousAccuracy,
  continuousFlow,
  continuousTimeLoss,
  continuousTimeLossByQuadrature,
  discreteAccuracy,
  discreteFlow,
  discreteTimeLoss,
  discreteTimeLossByQuadrature,
  discretisedFlow,
  exactBins,
  makeBins,
  mutualInformation,
  reconstructionLoss,
  reconstructionLossByQuadrature,
  type DistributionDenoiser,
} from '../../src/bfn/index.js';
import { normalRule } from '../../src/bfn/rules.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { DivergedError, UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';
import { logUniform } from '../../src/testing/processes.js';
import { entropy, normalsOf } from './helpers.js';

const p = [0.5, 0.3, 0.2];
const three = discreteFlow(discreteAccuracy({ beta1: 1.5 }), 3);
const oracle = independentCategorical({ probabilities: p });
const exact = { flow: three, denoiser: oracle, probabilities: p, points: 24, times: 12 };

/** Class indices of draws from a law, [count, 1]. */
const draws = (law: readonly number[], count: number, seed: number): Batch => {
  const { uniform } = randomStream(seed, 'data');
  const one = (): number => {
    let left = uniform();
    return Math.max(
      0,
      law.findIndex((value) => (left -= value) < 0),
    );
  };
  return { shape: [count, 1], data: Float32Array.from({ length: count }, one) };
};

describe('one variable with its exact network: the bound is the entropy', () => {
  it('discrete, continuous time: L_inf .748910 + L^r .280743 = 1.029653 = H(p)', async () => {
    const transmission = await continuousTimeLossByQuadrature({ ...exact, points: 40 });
    const reconstruction = await reconstructionLossByQuadrature({ ...exact, points: 40 });
    expect(Math.abs(transmission - 0.74891)).toBeLessThan(6e-7);
    expect(Math.abs(reconstruction - 0.280743)).toBeLessThan(6e-7);
    expect(Math.abs(transmission + reconstruction - entropy(p))).toBeLessThan(1e-7);
    const information = mutualInformation({ ...exact, points: 40, tau: 1 });
    expect(Math.abs(information - transmission)).toBeLessThan(1e-7);
  });

  it.each([1, 2, 5])('discrete, %i steps: L^n is the same, with the joint receiver', async (steps) => {
    const transmission = await discreteTimeLossByQuadrature({ ...exact, steps });
    const reconstruction = await reconstructionLossByQuadrature(exact);
    expect(Math.abs(transmission + reconstruction - entropy(p))).toBeLessThan(1e-5);
  });

  it('discretised: any number of steps, and continuous time', async () => {
    const bins = makeBins(5);
    const law = [0.1, 0.25, 0.05, 0.4, 0.2];
    const flow = discretisedFlow(continuousAccuracy({ sigma1: 0.2 }), bins);
    const denoiser = exactBins({ bins, probabilities: law });
    const options = { flow, denoiser, values: Array.from(bins.centres), probabilities: law, points: 120 };
    const reconstruction = await reconstructionLossByQuadrature(options);
    const totals = [await continuousTimeLossByQuadrature(options)];
    for (const steps of [1, 2, 5]) totals.push(await discreteTimeLossByQuadrature({ ...options, steps }));
    for (const total of totals) expect(Math.abs(total + reconstruction - entropy(law))).toBeLessThan(1e-8);
    expect(Math.abs(mutualInformation({ ...options, tau: 1 }) - totals[0])).toBeLessThan(1e-8);
  });

  it('continuous, two points: L_inf is the mutual information; the point output makes L^n larger', async () => {
    const [values, probabilities] = [
      [-0.5, 0.5],
      [0.3, 0.7],
    ];
    const flow = continuousFlow(continuousAccuracy({ sigma1: 0.1 }));
    const denoiser = atoms({ points: values.map((v) => [v]), weights: probabilities });
    const options = { flow, denoiser, values, probabilities, points: 200 };
    const limit = await continuousTimeLossByQuadrature(options);
    expect(Math.abs(limit - mutualInformation({ ...options, tau: 1 }))).toBeLessThan(1e-9);
    expect(await discreteTimeLossByQuadrature({ ...options, steps: 4 })).toBeGreaterThan(limit + 0.1);
  });

  it('gives the expected entropies of figure 9: K = 2, sqrt(beta1) = 3', async () => {
    const uniform = [0.5, 0.5];
    const wanted = [0.680918, 0.240021, 0.047944, 0.005553];
    for (const [i, tau] of [0.25, 0.5, 0.75, 1].entries()) {
      const flow = discreteFlow(discreteAccuracy({ beta1: 9 * tau * tau }), 2);
      const denoiser = independentCategorical({ probabilities: uniform });
      const remaining = await reconstructionLossByQuadrature({
        flow,
        denoiser,
        probabilities: uniform,
        points: 200,
      });
      expect(Math.abs(remaining / Math.LN2 - wanted[i])).toBeLessThan(6e-7);
    }
  });
});

/** The n-step loss as the public original computes it: the receiver of each of the K numbers of y by itself. */
const marginalsLoss = (classes: number, accuracy: number, e: readonly number[], x: number): number => {
  const { nodes, weights } = normalRule(200);
  const deviation = Math.sqrt(accuracy * classes);
  const mean = (k: number, j: number): number => accuracy * (j === k ? classes - 1 : -1);
  let total = 0;
  for (let j = 0; j < classes; j++) {
    nodes.forEach((u, i) => {
      const y = mean(x, j) + deviation * u;
      const ratio = (k: number): number =>
        (((y - mean(x, j)) / deviation) ** 2 - ((y - mean(k, j)) / deviation) ** 2) / 2;
      total -= weights[i] * Math.log(e.reduce((sum, value, k) => sum + value * Math.exp(ratio(k)), 0));
    });
  }
  return total;
};

describe('the receiver of discrete data is joint over the K numbers of y', () => {
  it('one step: joint .749, product of marginals .932 (what the public original has)', async () => {
    const joint = await discreteTimeLossByQuadrature({ ...exact, steps: 1 });
    expect(Math.abs(joint - 0.749)).toBeLessThan(5e-4);
    const product = p.reduce((sum, value, x) => sum + value * marginalsLoss(3, 1.5, p, x), 0);
    expect(Math.abs(product - 0.932)).toBeLessThan(5e-4);
  });

  it.each([
    [2, 9, 1.88, 0.02],
    [2, 9 / 100, 1.024, 0.003],
  ])(
    'K = %i, accuracy %d: marginals overstate the cost of a first step by %d',
    async (classes, accuracy, factor, within) => {
      const uniform = Array.from({ length: classes }, () => 1 / classes);
      const flow = discreteFlow(discreteAccuracy({ beta1: accuracy }), classes);
      const denoiser = independentCategorical({ probabilities: uniform });
      const joint = await discreteTimeLossByQuadrature({
        flow,
        denoiser,
        probabilities: uniform,
        points: 200,
        steps: 1,
      });
      expect(Math.abs(marginalsLoss(classes, accuracy, uniform, 0) / joint - factor)).toBeLessThan(within);
    },
  );
});

describe('discrete time tends to continuous time, at first order', () => {
  const rate = async (at: (steps: number) => Promise<number>, limit: number): Promise<number> => {
    const [coarse, fine] = [(await at(16)) - limit, (await at(32)) - limit];
    return Math.log2(coarse / fine);
  };

  it('continuous data', async () => {
    const [values, probabilities] = [
      [-0.5, 0.5],
      [0.3, 0.7],
    ];
    const flow = continuousFlow(continuousAccuracy({ sigma1: 0.3 }));
    const denoiser = atoms({ points: values.map((v) => [v]), weights: probabilities });
    const options = { flow, denoiser, values, probabilities };
    const limit = await continuousTimeLossByQuadrature(options);
    const order = await rate((steps) => discreteTimeLossByQuadrature({ ...options, steps }), limit);
    expect(Math.abs(order - 1)).toBeLessThan(0.1);
  });

  const law = [0.8, 0.2];
  const flow = discreteFlow(discreteAccuracy({ beta1: 1.5 }), 2);

  it('discrete data, with a network that is wrong', async () => {
    const options = { flow, denoiser: arbitrary(2, 1), probabilities: law, points: 60 };
    const limit = await continuousTimeLossByQuadrature(options);
    const order = await rate((steps) => discreteTimeLossByQuadrature({ ...options, steps }), limit);
    expect(Math.abs(order - 1)).toBeLessThan(0.1);
  });

  it('but a network that is right for another law pays the same for any number of steps: its cross-entropy', async () => {
    const other = [0.3, 0.7];
    const denoiser = independentCategorical({ probabilities: other });
    const options = { flow, denoiser, probabilities: law, points: 60 };
    const reconstruction = await reconstructionLossByQuadrature(options);
    const crossEntropy = -law.reduce((sum, value, k) => sum + value * Math.log(other[k]), 0);
    for (const transmission of [
      await continuousTimeLossByQuadrature(options),
      await discreteTimeLossByQuadrature({ ...options, steps: 1 }),
      await discreteTimeLossByQuadrature({ ...options, steps: 3 }),
    ]) {
      expect(Math.abs(transmission + reconstruction - crossEntropy)).toBeLessThan(1e-8);
    }
  });
});

/** Class probabilities that depend on the state in an arbitrary way: a matrix of normals and a softmax. */
const arbitrary = (classes: number, seed: number): DistributionDenoiser => {
  const matrix = normalsOf(seed, classes * classes);
  return classNetwork(
    ({ shape, data }) => ({
      shape,
      data: Float64Array.from(data, (_, i) => {
        const from = i - (i % classes);
        let sum = 0;
        for (let j = 0; j < classes; j++) sum += matrix[(i % classes) * classes + j] * data[from + j];
        return sum;
      }),
    }),
    { sampleShape: [1, classes], input: (z) => z },
  );
};

describe('losses are costs', () => {
  it('none is negative in expectation, whatever the network', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        logUniform(0.1, 5),
        fc.integer({ min: 1, max: 4 }),
        async (seed, beta1, steps) => {
          const flow = discreteFlow(discreteAccuracy({ beta1 }), 2);
          const options = { flow, denoiser: arbitrary(2, seed), probabilities: [0.4, 0.6], times: 8 };
          expect(await discreteTimeLossByQuadrature({ ...options, steps })).toBeGreaterThan(0);
          expect(await continuousTimeLossByQuadrature(options)).toBeGreaterThan(0);
          expect(await reconstructionLossByQuadrature(options)).toBeGreaterThan(0);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('but a single draw of a step may be', async () => {
    const data = { shape: [1, 1], data: Float32Array.of(0) };
    const single = (seed: number) =>
      discreteTimeLoss({ flow: three, denoiser: oracle, data, steps: 3, stream: randomStream(seed, 'draw') });
    const values = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await single(i)).value));
    expect(Math.min(...values)).toBeLessThan(0);
  });

  it('all are 0 for a perfect output', async () => {
    const bins = makeBins(4);
    const stream = randomStream(1, 'perfect');
    const schedule = continuousAccuracy({ sigma1: 0.1 });
    const cases = [
      { flow: three, denoiser: independentCategorical({ probabilities: [0, 1, 0] }), value: 1 },
      {
        flow: discretisedFlow(schedule, bins),
        denoiser: exactBins({ bins, probabilities: [0, 1, 0, 0] }),
        value: bins.centre(1),
      },
      { flow: continuousFlow(schedule), denoiser: atoms({ points: [[0.3]] }), value: 0.3 },
    ];
    for (const { flow, denoiser, value } of cases) {
      const data = { shape: [3, 1], data: new Float64Array(3).fill(value) };
      const options = { flow, denoiser, data, stream, draws: 5 };
      expect((await continuousTimeLoss(options)).value).toBeCloseTo(0, 12);
      expect((await discreteTimeLoss({ ...options, steps: 4 })).value).toBeCloseTo(0, 12);
      const discretise = flow.kind === 'continuous' ? { discretise: { bins: 4, factor: 1 } } : {};
      // a point output is a normal law of deviation .1 then, .05 from the edge of its bin [0, .5]
      const reconstruction = await reconstructionLoss({ ...options, ...discretise });
      if (flow.kind !== 'continuous') expect(reconstruction.value).toBeCloseTo(0, 12);
      else expect(reconstruction.value).toBeLessThan(0.05);
    }
  });
});

describe('Monte Carlo', () => {
  it('agrees with quadrature within its standard errors, for the three types and all losses', async () => {
    const bins = makeBins(5);
    const law = [0.1, 0.25, 0.05, 0.4, 0.2];
    const [values, weights] = [
      [-0.5, 0.5],
      [0.3, 0.7],
    ];
    const schedule = continuousAccuracy({ sigma1: 0.2 });
    const cases = [
      { flow: three, denoiser: oracle, values: [0, 1, 2], probabilities: p, points: 24 },
      {
        flow: discretisedFlow(schedule, bins),
        denoiser: exactBins({ bins, probabilities: law }),
        values: Array.from(bins.centres),
        probabilities: law,
      },
      {
        flow: continuousFlow(schedule),
        denoiser: atoms({ points: values.map((v) => [v]), weights }),
        values,
        probabilities: weights,
      },
    ];
    for (const [seed, one] of cases.entries()) {
      const indices = draws(one.probabilities, 1500, seed);
      const data = { shape: indices.shape, data: Float64Array.from(indices.data, (i) => one.values[i]) };
      const { flow, denoiser } = one;
      const options = { flow, denoiser, data, stream: randomStream(seed, 'losses'), draws: 2 };
      const discretise = flow.kind === 'continuous' ? { discretise: { bins: 16, factor: 0.7 } } : {};
      const pairs = [
        [await continuousTimeLoss(options), await continuousTimeLossByQuadrature(one)],
        [
          await discreteTimeLoss({ ...options, steps: 3 }),
          await discreteTimeLossByQuadrature({ ...one, steps: 3 }),
        ],
        [
          await reconstructionLoss({ ...options, ...discretise }),
          await reconstructionLossByQuadrature({ ...one, ...discretise }),
        ],
      ] as const;
      for (const [{ value, standardError, samples }, expected] of pairs) {
        expect(samples).toBe(3000);
        expect(standardError).toBeGreaterThan(0);
        expect(standardError).toBeLessThan(0.1 * expected);
        expect(Math.abs(value - expected)).toBeLessThan(4 * standardError);
      }
    }
  });

  it('has standard errors that are those of many repetitions', async () => {
    const data = draws(p, 40, 1);
    const runs = await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        continuousTimeLoss({
          flow: three,
          denoiser: oracle,
          data,
          draws: 4,
          stream: randomStream(i, 'runs'),
        }),
      ),
    );
    const mean = runs.reduce((sum, { value }) => sum + value, 0) / runs.length;
    const spread = Math.sqrt(
      runs.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (runs.length - 1),
    );
    const claimed = runs.reduce((sum, { monteCarloError }) => sum + monteCarloError, 0) / runs.length;
    expect(Math.abs(spread / claimed - 1)).toBeLessThan(0.15);
  });

  it('depends on the stream alone, not on the chunk; counts bits and dimensions', async () => {
    const data = { shape: [5, 2], data: Float32Array.of(0, 1, 2, 0, 0, 0, 1, 1, 2, 2) };
    const denoiser = independentCategorical({ probabilities: p, length: 2 });
    const at = (more: object) =>
      discreteTimeLoss({
        flow: three,
        denoiser,
        data,
        steps: 4,
        draws: 3,
        stream: randomStream(9, 'x'),
        ...more,
      });
    const whole = await at({});
    for (const chunk of [1, 4, 1000]) expect(await at({ chunk })).toEqual(whole);
    const bits = await at({ unit: 'bits' });
    expect(bits.value).toBeCloseTo(whole.value / Math.LN2, 12);
    expect(bits.standardError).toBeCloseTo(whole.standardError / Math.LN2, 12);
    expect(whole.perDimension.value).toBe(whole.value / 2);
    expect(whole.samples).toBe(15);
    const single = { shape: [1, 2], data: Float32Array.of(0, 1) };
    expect((await at({ data: single, draws: 1 })).standardError).toBeNaN();
    const several = await at({ data: single });
    expect(several.standardError).toBe(several.monteCarloError);
  });
});

describe('bad input', () => {
  const stream = randomStream(1, 'bad');
  const data = { shape: [1, 1], data: Float64Array.of(0) };
  const bins = makeBins(4);
  const binned = discretisedFlow(continuousAccuracy({ sigma1: 0.1 }), bins);
  const point = atoms({ points: [[0]] });
  const good = { flow: three, denoiser: oracle, data, stream };
  const mistakes: [string, () => Promise<unknown>, RegExp][] = [
    ['no draws', () => continuousTimeLoss({ ...good, draws: 0 }), /draws is 0/],
    ['no steps', () => discreteTimeLoss({ ...good, steps: 0 }), /steps is 0/],
    [
      'another unit',
      () => continuousTimeLoss({ ...good, unit: 'bans' as 'bits' }),
      /"bans"; accepted are nats and bits/,
    ],
    [
      'a class out of range',
      () => continuousTimeLoss({ ...good, data: { ...data, data: Float64Array.of(3) } }),
      /data\[0\] is 3/,
    ],
    [
      'a value out of range',
      () =>
        continuousTimeLoss({
          ...good,
          flow: binned,
          denoiser: exactBins({ bins, probabilities: [0.25, 0.25, 0.25, 0.25] }),
          data: { ...data, data: Float64Array.of(1.5) },
        }),
      /data\[0\] is 1.5/,
    ],
    [
      'a denoiser of another shape',
      () => continuousTimeLoss({ ...good, denoiser: point }),
      /states \[1, 3\], and the denoiser takes \[1\]/,
    ],
    [
      'no distribution',
      () => discreteTimeLoss({ ...good, flow: binned, denoiser: point, steps: 2 }),
      /needs the whole output distribution/,
    ],
    ['no items', () => continuousTimeLoss({ ...good, data: zeros([0, 1]) }), /\[n, \.\.\.\] with n from 1/],
    [
      'a point without bins',
      () => reconstructionLoss({ ...good, flow: continuousFlow(binned.schedule), denoiser: point }),
      /accepted is \{ bins, factor \}/,
    ],
    [
      'bins for classes',
      () => reconstructionLoss({ ...good, discretise: { bins: 4, factor: 1 } }),
      /accepted is no discretise/,
    ],
    [
      'too many classes for quadrature',
      () =>
        continuousTimeLossByQuadrature({
          flow: discreteFlow(three.schedule, 5),
          denoiser: independentCategorical({ probabilities: [1, 0, 0, 0, 0] }),
          probabilities: [1, 0, 0, 0, 0],
        }),
      /5 classes; accepted are at most 4/,
    ],
    [
      'probabilities that are none',
      () => continuousTimeLossByQuadrature({ ...exact, probabilities: [0.5, 0.2, 0.2] }),
      /of sum 0.8/,
    ],
  ];
  it.each(mistakes)('%s', async (_what, call, message) => {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).message).not.toContain('\n');
  });

  it('a class that the network rules out has no finite cost; the error says how rounding can be kept out', async () => {
    const sure = independentCategorical({ probabilities: [1, 0, 0] });
    const error: unknown = await reconstructionLoss({
      ...good,
      denoiser: sure,
      data: { ...data, data: Float64Array.of(1) },
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as DivergedError).message).toMatch(/loss is Infinity .*logProbabilities would keep it/);
  });

  it('a NaN of the network is no number to average: it stops the loss and says where', async () => {
    const broken: Denoiser = { ...oracle, predict: (x) => ({ ...x, data: x.data.map(() => NaN) }) };
    const bad = binDenoiser([1], bins, (x) => zeros([x.shape[0], 1, 4], 'float64'));
    const nan = {
      ...bad,
      logProbabilities: (x: Batch) => ({
        shape: [x.shape[0], 1, 4],
        data: new Float64Array(4 * x.shape[0]).fill(NaN),
      }),
    };
    for (const loss of [
      continuousTimeLoss({ ...good, denoiser: broken }),
      discreteTimeLoss({ ...good, denoiser: broken, steps: 2 }),
      reconstructionLoss({ ...good, flow: binned, denoiser: nan }),
    ]) {
      const error: unknown = await loss.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DivergedError);
      expect((error as DivergedError).message).toMatch(/the prediction is NaN for item 0 at evaluation 1/);
    }
  });
});
