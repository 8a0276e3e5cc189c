import { continuousAccuracy, continuousFlow } from '../../src/bfn/index.js';
import { randomStream } from '../../src/random/index.js';
import { black, blue, green, grey, vermilion } from './colours.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import { frame, labels, lines, verticalLines } from './layers.js';

const x = 0.7;
const accuracies = [2, 4, 6];
const seed = 29; // of three samples on both sides of x

const colours = [vermilion, blue, green];
const dashes = [
  [8, 3],
  [4, 2],
  [1.5, 1.5],
];

/** A prior and what three samples of growing accuracy make of it. */
const beliefs = () => {
  // an update knows of no schedule: any will do
  const flow = continuousFlow(continuousAccuracy({ sigma1: 0.02 }));
  const stream = randomStream(seed, 'bayesian-updates');
  let belief = flow.prior(1);
  const all = [{ name: 'prior, ρ = 1', belief, y: NaN }];
  for (const accuracy of accuracies) {
    const [y] = flow.sender([x], accuracy).sample(stream);
    belief = flow.update(belief, [y], accuracy);
    all.push({ name: `after y with α = ${accuracy}: ρ = ${belief.precision}`, belief, y });
  }
  return all.map(({ name, belief: { mean, precision }, y }) => ({
    name,
    mean: mean[0],
    precision,
    y,
    density: (mu: number) => Math.exp(flow.input({ mean, precision }).logDensity([mu])),
  }));
};

export const bayesianUpdates: Figure = {
  id: 'bayesian-updates',
  description: 'a belief about a number, after each of three noisy samples of it',
  source: paperFigure(2),
  draw: () => {
    const steps = beliefs();
    const samples = steps.slice(1).map(({ name, y }) => ({ name, x: rounded(y), y: 0 }));
    const xs = linear(-2.5, 2.5, 251);
    const strokes = Object.fromEntries(
      steps.map(({ name }, i) => [
        name,
        i === 0 ? { colour: black } : { colour: colours[i - 1], dash: dashes[i - 1] },
      ]),
    );
    const curves = steps.flatMap(({ name, density }) => curve({ name }, xs, density));
    return {
      parameters: { x, accuracies, seed },
      values: {
        'sample y': samples.map((sample) => sample.x),
        'mean μ': steps.map(({ mean }) => rounded(mean)),
        'precision ρ': steps.map(({ precision }) => precision),
      },
      data: { curves, samples },
      spec: {
        width: 480,
        height: 260,
        layer: [
          frame(
            { title: 'x', domain: [-2.5, 2.5] },
            {
              title: 'density of the belief N(μ, 1/ρ)',
              domain: [-0.06, 1.5],
              axis: { values: linear(0, 1.4, 8) },
            },
          ),
          verticalLines([x], { color: grey, strokeDash: [1, 3] }),
          labels([{ x, y: 1.46, text: ' the number, x = 0.7' }], { color: grey, dx: 3 }),
          lines(curves, strokes, { legend: { orient: 'top-left', offset: 4 } }),
          {
            data: { values: samples },
            mark: { type: 'point', shape: 'M-1,-1L1,1M-1,1L1,-1', size: 100, strokeWidth: 2.5, opacity: 1 },
            encoding: {
              x: { field: 'x', type: 'quantitative' },
              y: { field: 'y', type: 'quantitative' },
              color: { field: 'name', type: 'nominal' },
            },
          },
        ],
      },
    };
  },
};
