import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyFromExpression,
  continuousAccuracy,
  continuousFlow,
  continuousTimeLoss,
  convertPrediction,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
  exactBins,
  informationRate,
  likelihoodWeight,
  makeBins,
  meanSquaredErrorByQuadrature,
  mutualInformation,
  scoreMatchingLoss,
  type BayesianFlow,
  type Guise,
} from '../../src/bfn/index.js';
import { adapt } from '../../src/denoiser/adapters.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { randomStream } from '../../src/random/index.js';
import { anyContinuousAccuracy, anyDiscreteAccuracy, distance, normalsOf } from './helpers.js';

const bins = makeBins(6);
const law = [0.1, 0.2, 0.3, 0.2, 0.1, 0.1];

interface Case {
  readonly flow: BayesianFlow;
  readonly denoiser: Denoiser;
  readonly values: readonly number[];
}
const anyCase: fc.Arbitrary<Case> = fc.oneof(
  anyContinuousAccuracy().map((schedule) => ({
    flow: continuousFlow(schedule),
    denoiser: atoms({ points: [[-0.5], [0.1], [0.6]] }),
    values: [-0.5, 0.1, 0.6],
  })),
  anyContinuousAccuracy().map((schedule) => ({
    flow: discretisedFlow(schedule, bins),
    denoiser: exactBins({ bins, probabilities: law }),
    values: Array.from(bins.centres),
  })),
  anyDiscreteAccuracy().map((schedule) => ({
    flow: discreteFlow(schedule, 3),
    denoiser: independentCategorical({ probabilities: [0.5, 0.3, 0.2] }),
    values: [0, 1, 2],
  })),
);

describe('the continuous-time loss is denoising score matching with half the squared diffusion', () => {
  it('on the same draws: the same number by either route, whatever the network predicts', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, fc.nat(1e6), async ({ flow, denoiser, values }, seed) => {
        const data = { shape: [values.length, 1], data: Float64Array.from(values) };
        // a network that is wrong: the identity holds draw by draw, not only in expectation
        const wrong: Denoiser = {
          ...denoiser,
          predict: async (x, moments) => {
            const { shape, data: right } = await denoiser.predict(x, moments);
            return { shape, data: right.map((y, i) => 0.8 * y + 0.1 * Math.sin(i + seed)) };
          },
        };
        for (const network of [denoiser, wrong]) {
          const options = { flow, denoiser: network, data, draws: 20 };
          const direct = await continuousTimeLoss({ ...options, stream: randomStream(seed, 'draws') });
          const byScore = await scoreMatchingLoss({ ...options, stream: randomStream(seed, 'draws') });
          for (const name of ['value', 'standardError', 'monteCarloError'] as const) {
            expect(Math.abs(byScore[name] / direct[name] - 1)).toBeLessThan(1e-8);
          }
          expect(byScore.value).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("also on a user's accuracy, through the diffusion of its process", async () => {
    const schedule = await accuracyFromExpression({ beta: '20 tau^3' });
    for (const flow of [continuousFlow(schedule), discreteFlow(schedule, 3)]) {
      const denoiser =
        flow.kind === 'discrete'
          ? independentCategorical({ probabilities: [0.5, 0.3, 0.2] })
          : atoms({ points: [[-0.5], [0.5]] });
      const data = { shape: [2, 1], data: Float64Array.of(0, 1) };
      const at = (loss: typeof continuousTimeLoss) =>
        loss({ flow, denoiser, data, draws: 50, stream: randomStream(3, 'draws') });
      expect(
        Math.abs((await at(scoreMatchingLoss)).value / (await at(continuousTimeLoss)).value - 1),
      ).toBeLessThan(1e-9);
      expect(likelihoodWeight(flow.process, 0.25)).toBe(flow.process.squaredDiffusion(0.25) / 2);
    }
  });
});

describe('predictions in other guises', () => {
  const guises: Guise[] = [
    'data',
    'noise',
    'score',
    'velocity',
    'flow-velocity',
    'edm',
    'class-probabilities',
  ];
  const anyGuise = fc.constantFrom(...guises);
  const tau = fc.double({ min: 0.05, max: 0.95, noNaN: true });

  it('there and back, and by way of a third', () => {
    fc.assert(
      fc.property(anyDiscreteAccuracy(), tau, anyGuise, anyGuise, anyGuise, fc.nat(1e6), (...given) => {
        const [schedule, time, from, by, to, seed] = given;
        const state = normalsOf(seed, 8);
        const moment = discreteFlow(schedule, 4).moment(time);
        const options = { state, moment, classes: 4, sigmaData: 0.7 };
        const prediction = normalsOf(seed + 1, 8);
        const there = convertPrediction(prediction, { ...options, from, to });
        const back = convertPrediction(there, { ...options, from: to, to: from });
        expect(distance(back, prediction)).toBeLessThan(1e-8);
        const around = convertPrediction(convertPrediction(prediction, { ...options, from, to: by }), {
          ...options,
          from: by,
          to,
        });
        expect(distance(around, there)).toBeLessThan(1e-8);
      }),
    );
  });

  it('of the truth are the truth: noise, score and velocities of a state that is known', () => {
    fc.assert(
      fc.property(anyContinuousAccuracy(), tau, fc.nat(1e6), (schedule, time, seed) => {
        const moment = continuousFlow(schedule).moment(time);
        const { alpha, sigma } = moment;
        const [x, eps] = [normalsOf(seed, 4), normalsOf(seed + 1, 4)];
        const state = x.map((value, i) => alpha * value + sigma * eps[i]);
        const to = (guise: Guise) => convertPrediction(x, { from: 'data', to: guise, state, moment });
        expect(distance(to('noise'), eps)).toBeLessThan(1e-9);
        expect(
          distance(
            to('score'),
            eps.map((e) => -e / sigma),
          ),
        ).toBeLessThan(1e-9);
        expect(
          distance(
            to('velocity'),
            eps.map((e, i) => alpha * e - sigma * x[i]),
          ),
        ).toBeLessThan(1e-9);
        expect(
          distance(
            to('flow-velocity'),
            eps.map((e, i) => e - x[i]),
          ),
        ).toBeLessThan(1e-9);
      }),
    );
  });

  it('are read back by the adapters', async () => {
    const flow = continuousFlow(continuousAccuracy({ sigma1: 0.3 }));
    const moments = [flow.moment(0.4)];
    const state = normalsOf(1, 3);
    for (const predicts of ['noise', 'score', 'velocity', 'flow-velocity'] as const) {
      const answer = convertPrediction([0.1, -0.4, 0.9], {
        from: 'data',
        to: predicts,
        state,
        moment: moments[0],
      });
      const denoiser = adapt((x) => ({ shape: x.shape, data: answer }), { sampleShape: [3], predicts });
      const { data } = await denoiser.predict({ shape: [1, 3], data: state }, moments);
      expect(distance(data, [0.1, -0.4, 0.9])).toBeLessThan(1e-12);
    }
  });

  it('of class probabilities: the score is -z/(K beta) + e - 1/K', () => {
    fc.assert(
      fc.property(anyDiscreteAccuracy(), tau, fc.nat(1e6), (schedule, time, seed) => {
        const flow = discreteFlow(schedule, 3);
        const z = normalsOf(seed, 3);
        const e = flow.input(normalsOf(seed + 1, 3));
        const score = convertPrediction(e, {
          from: 'class-probabilities',
          to: 'score',
          state: z,
          moment: flow.moment(time),
          classes: 3,
        });
        const formula = z.map((value, k) => -value / (3 * schedule.beta(time)) + e[k] - 1 / 3);
        expect(distance(score, formula)).toBeLessThan(1e-11);
      }),
    );
  });

  it('do not exist where a guise says nothing', () => {
    const moment = { t: 0, alpha: 1, sigma: 0, time: 1 };
    const from = (guise: Guise, to: Guise) => () =>
      convertPrediction([1], { from: guise, to, state: [1], moment });
    expect(from('data', 'noise')).toThrow(/data and one of noise do not determine each other at t = 0/);
    expect(from('data', 'edm')).toThrow(/for edm a sigmaData/);
    expect(from('data', 'class-probabilities')).toThrow(
      /undefined classes; accepted are whole numbers from 2/,
    );
  });
});

describe('I-MMSE: dI/dbeta = (c/2) E||prediction error||² for an exact network', () => {
  const cases: [string, Case & { probabilities: number[] }][] = [
    [
      'discrete',
      {
        flow: discreteFlow(discreteAccuracy({ beta1: 2 }), 2),
        denoiser: independentCategorical({ probabilities: [0.3, 0.7] }),
        values: [0, 1],
        probabilities: [0.3, 0.7],
      },
    ],
    [
      'discretised',
      {
        flow: discretisedFlow(continuousAccuracy({ sigma1: 0.3 }), bins),
        denoiser: exactBins({ bins, probabilities: law }),
        values: Array.from(bins.centres),
        probabilities: law,
      },
    ],
    [
      'continuous',
      {
        flow: continuousFlow(continuousAccuracy({ sigma1: 0.3 })),
        denoiser: atoms({ points: [[-0.5], [0.5]], weights: [0.3, 0.7] }),
        values: [-0.5, 0.5],
        probabilities: [0.3, 0.7],
      },
    ],
  ];
  it.each(cases)('%s', async (_name, given) => {
    const one = { ...given, points: 120 };
    const { schedule } = one.flow;
    for (const tau of [0.1, 0.4, 0.8]) {
      const h = 1e-3;
      const rise = mutualInformation({ ...one, tau: tau + h }) - mutualInformation({ ...one, tau: tau - h });
      const slope = rise / schedule.between(tau - h, tau + h);
      const error = await meanSquaredErrorByQuadrature({ ...one, tau });
      expect(Math.abs(slope / informationRate(one.flow, error) - 1)).toBeLessThan(1e-4);
      // not so for a network that is not exact
      const wrong = await meanSquaredErrorByQuadrature({
        ...one,
        denoiser: { ...one.denoiser, predict: (x) => ({ shape: x.shape, data: x.data.map(() => 0) }) },
        tau,
      });
      expect(Math.abs(slope / informationRate(one.flow, wrong) - 1)).toBeGreaterThan(1e-2);
    }
  });
});
