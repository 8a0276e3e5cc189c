import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  binaryHead,
  continuousAccuracy,
  continuousFlow,
  dataHead,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
  discretisedNormalHead,
  lossAndGradient,
  lossState,
  makeBins,
  noiseHead,
  softmaxHead,
  type BayesianFlow,
  type Head,
  type LossDraw,
} from '../../src/bfn/index.js';
import { anyContinuousAccuracy, anyDiscreteAccuracy, normalsOf } from './helpers.js';

const variables = 3;
const bins = makeBins(12);

interface Case {
  readonly flow: BayesianFlow;
  readonly head: Head;
}
const continuous = (head: Head) =>
  anyContinuousAccuracy().map((s): Case => ({ flow: continuousFlow(s), head }));
const discretised = (head: Head) =>
  anyContinuousAccuracy().map((s): Case => ({ flow: discretisedFlow(s, bins), head }));
const discrete = (head: Head, classes: number) =>
  anyDiscreteAccuracy().map((s): Case => ({ flow: discreteFlow(s, classes), head }));

const cases: [string, fc.Arbitrary<Case>][] = [
  ['continuous data, predicted', continuous(dataHead())],
  ['continuous data, predicted noise', continuous(noiseHead({ clip: null }))],
  ['continuous data, predicted noise with clipping', continuous(noiseHead())],
  ['discretised data, noise, folded tails', discretised(discretisedNormalHead({ bins }))],
  ['discretised data, noise, cut tails', discretised(discretisedNormalHead({ bins, tails: 'truncate' }))],
  ['discretised data, predicted', discretised(discretisedNormalHead({ bins, predicts: 'data' }))],
  ['discretised data by logits', discretised(softmaxHead(bins.count))],
  ['discrete data', discrete(softmaxHead(4), 4)],
  ['binary data', discrete(binaryHead(), 2)],
];

const drawsOf = (flow: BayesianFlow, seed: number, part: number): LossDraw[] => {
  const size = variables * flow.channels;
  const noise = normalsOf(seed, size);
  const steps = 1 + Math.floor(part * 9);
  const step = 1 + Math.floor(part * (steps - 1));
  return [
    { loss: 'continuous-time', tau: 0.02 + 0.97 * part, noise },
    { loss: 'discrete-time', steps, step, noise, senderNoise: normalsOf(seed + 1, size) },
    {
      loss: 'reconstruction',
      noise,
      ...(flow.kind === 'continuous' ? { discretise: { bins: 12, factor: 2 } } : {}),
    },
  ];
};

const dataOf = (flow: BayesianFlow, seed: number): Float64Array =>
  normalsOf(seed + 2, variables).map((u) =>
    flow.kind === 'discrete' ? Math.abs(Math.floor(10 * u)) % flow.classes : Math.tanh(u),
  );

describe('the gradient of every loss with respect to the network output', () => {
  it.each(cases)('%s: is that of finite differences', (_name, anyCase) => {
    fc.assert(
      fc.property(
        anyCase,
        fc.nat(1e6),
        fc.double({ min: 0, max: 1, noNaN: true }),
        ({ flow, head }, seed, part) => {
          for (const draw of drawsOf(flow, seed, part)) {
            const x = dataOf(flow, seed);
            // near what a good network says, where bins have masses that finite differences can see
            const raw = normalsOf(seed + 3, variables * head.outputs).map((u) => 0.5 * u);
            const at = (values: Float64Array) => lossAndGradient(flow, head, x, draw, values).loss;
            const { loss, gradient } = lossAndGradient(flow, head, x, draw, raw);
            expect(gradient.length).toBe(raw.length);
            expect(at(raw)).toBe(loss);
            const h = 1e-5;
            raw.forEach((_, i) => {
              const moved = (by: number) => at(raw.map((value, j) => (i === j ? value + by : value)));
              const [up, down] = [moved(h), moved(-h)];
              const kink = Math.abs(up + down - 2 * loss) > 1e-4 * (Math.abs(up - down) + 1e-8);
              if (kink) return; // a clip acts between the three points, or the curvature is that of the rounding
              const difference = (up - down) / (2 * h);
              const tolerance = 2e-5 * Math.abs(difference) + 1e-7 * Math.max(1, Math.abs(loss));
              expect(Math.abs(gradient[i] - difference)).toBeLessThan(tolerance);
            });
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is not checked in vain: most entries are compared, and most are not 0', () => {
    let [entries, compared, nonzero] = [0, 0, 0];
    fc.assert(
      fc.property(
        fc.constantFrom(...cases.map(([, anyCase]) => anyCase)).chain((c) => c),
        fc.nat(1e6),
        (c, seed) => {
          const { flow, head } = c;
          for (const draw of drawsOf(flow, seed, 0.5)) {
            const raw = normalsOf(seed + 3, variables * head.outputs).map((u) => 0.5 * u);
            const at = (values: Float64Array) =>
              lossAndGradient(flow, head, dataOf(flow, seed), draw, values);
            const { loss, gradient } = at(raw);
            const h = 1e-5;
            const [up, down] = [h, -h].map((by) => at(raw.map((v, j) => (j === 0 ? v + by : v))).loss);
            entries++;
            if (Math.abs(up + down - 2 * loss) <= 1e-4 * (Math.abs(up - down) + 1e-8)) compared++;
            if (Math.abs(gradient[0]) > 1e-9) nonzero++;
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(compared / entries).toBeGreaterThan(0.8);
    expect(nonzero / entries).toBeGreaterThan(0.7);
  });

  it('vanishes where the clip acts, as in the original', () => {
    const flow = continuousFlow(continuousAccuracy({ sigma1: 0.05 }));
    const draw: LossDraw = { loss: 'continuous-time', tau: 0.5, noise: [0] };
    const { state } = lossState(flow, [0.5], draw);
    const outside = [-100];
    expect(lossAndGradient(flow, noiseHead(), [0.5], draw, outside).gradient[0]).toBe(0);
    expect(lossAndGradient(flow, noiseHead({ clip: null }), [0.5], draw, outside).gradient[0]).not.toBe(0);
    expect(noiseHead().apply(outside, state, flow.moment(0.5))[0]).toBe(1);
  });
});

describe('bad input', () => {
  const flow = discreteFlow(discreteAccuracy({ beta1: 2 }), 3);
  const draw: LossDraw = { loss: 'continuous-time', tau: 0.5, noise: [0, 0, 0] };
  const mistakes: [string, () => unknown, RegExp][] = [
    [
      'NaN outputs',
      () => lossAndGradient(flow, softmaxHead(3), [1], draw, [0, NaN, 0]),
      /number 1 of the network is NaN/,
    ],
    [
      'a head of other classes',
      () => lossAndGradient(flow, softmaxHead(4), [1], draw, [0, 0, 0, 0]),
      /head softmax gives 4/,
    ],
    [
      'a head without any',
      () => lossAndGradient(flow, dataHead(), [1], draw, [0]),
      /head data gives no probabilities/,
    ],
    [
      'too little noise',
      () => lossAndGradient(flow, softmaxHead(3), [1, 2], draw, [0]),
      /noise has 3 numbers; accepted are 6/,
    ],
    [
      'too few outputs',
      () => lossAndGradient(flow, softmaxHead(3), [1], draw, [0, 0]),
      /gave 2 numbers; accepted are 3/,
    ],
    ['a class out of range', () => lossState(flow, [3], draw), /data\[0\] is 3/],
    [
      'a time out of range',
      () => lossState(flow, [1], { ...draw, loss: 'continuous-time', tau: 2 }),
      /BFN time is 2/,
    ],
    [
      "no sender's noise",
      () => {
        const step = { loss: 'discrete-time', steps: 2, step: 1, noise: [0, 0, 0] } as const;
        return lossAndGradient(flow, softmaxHead(3), [1], step, [0, 0, 0]);
      },
      /sender's noise has 0 numbers; accepted are 3/,
    ],
  ];
  it.each(mistakes)('%s', (_what, call, message) => {
    expect(call).toThrow(message);
    expect(call).not.toThrow(/\n/);
  });
});
