import { discretisedNormal, makeBins, normalCdf, normalLaw } from '../../src/bfn/index.js';
import { black, grey, orange, vermilion } from './colours.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import { frame, labels, lines, verticalLines } from './layers.js';

const classes = 16;
const mean = 0.35;
const deviation = 0.55;

export const discretisedOutput: Figure = {
  id: 'discretised-output',
  description: 'a normal output as probabilities of bins, its tails folded into the first and the last',
  source: `${paperFigure(7)}; mean and deviation are our own`,
  draw: () => {
    const bins = makeBins(classes);
    const { logProbabilities } = discretisedNormal(mean, deviation, bins);
    const density = normalLaw([mean], deviation ** 2);
    const below = normalCdf((-1 - mean) / deviation);
    const above = normalCdf((mean - 1) / deviation);
    const bars = Array.from(logProbabilities, (log: number, k) => {
      const folded = k === 0 ? below : k === classes - 1 ? above : 0;
      return { k: k + 1, left: bins.edge(k), right: bins.edge(k + 1), probability: Math.exp(log), folded };
    });
    // as heights, so that the area of a bar is its probability, as the area under the curve is
    const parts = bars.flatMap(({ left, right, probability, folded }) => {
      const inside = (probability - folded) / bins.width;
      return [
        { left, right, from: 0, to: rounded(inside), part: 'mass of the bin' },
        ...(folded > 0
          ? [
              {
                left,
                right,
                from: rounded(inside),
                to: rounded(probability / bins.width),
                part: 'tail folded in',
              },
            ]
          : []),
      ];
    });
    const f = (x: number) => Math.exp(density.logDensity([x]));
    const name = 'normal output';
    const curves = [
      ...curve({ name: 'tail beyond ±1 ' }, linear(-1.8, -1, 41), f),
      ...curve({ name }, linear(-1, 1, 201), f),
      ...curve({ name: 'tail beyond ±1' }, linear(1, 2.2, 61), f),
    ];
    const dotted = { colour: vermilion, dash: [2, 3] };
    return {
      parameters: { K: classes, mean, deviation },
      values: {
        'p_O of bins 1 to 16': bars.map(({ probability }) => rounded(probability)),
        'tails below and above': [rounded(below), rounded(above)],
      },
      data: { bars: parts, curves },
      spec: {
        width: 500,
        height: 250,
        layer: [
          frame(
            { title: 'x', domain: [-1.8, 2.2], axis: { values: linear(-1.5, 2, 8) } },
            { title: 'probability / width of a bin', domain: [0, 1.5], axis: { tickCount: 5 } },
          ),
          {
            data: { values: parts },
            mark: { type: 'rect', stroke: 'white', strokeWidth: 0.8 },
            encoding: {
              x: { field: 'left', type: 'quantitative' },
              x2: { field: 'right' },
              y: { field: 'from', type: 'quantitative' },
              y2: { field: 'to' },
              fill: {
                field: 'part',
                type: 'nominal',
                scale: { domain: ['mass of the bin', 'tail folded in'], range: ['#9ecae1', orange] },
                legend: { title: null, orient: 'top-right' },
              },
            },
          },
          verticalLines([-1, 1], { color: grey, strokeDash: [4, 3] }),
          labels([{ x: -0.25, y: 0.75, text: 'output N(μₓ, σₓ²)' }], { align: 'right' }),
          labels([{ x: 1.38, y: 0.26, text: 'tail' }], { color: vermilion }),
          lines(curves, { [name]: { colour: black }, 'tail beyond ±1': dotted, 'tail beyond ±1 ': dotted }),
        ],
      },
    };
  },
};
