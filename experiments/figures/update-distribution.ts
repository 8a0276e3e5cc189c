import { continuousAccuracy, continuousFlow } from '../../src/bfn/index.js';
import { grey, viridis } from './colours.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import { type Range, colourBar, frame, labels, verticalLines } from './layers.js';

const x = 0.7;
const exponents = linear(-5, 5, 11);
/** Viridis would end in a yellow that is too light for a line on white. */
const colours: Range = [-5, 6.5];

export const updateDistribution: Figure = {
  id: 'update-distribution',
  description:
    'where one Bayesian update takes the mean of a belief, for samples from useless to nearly perfect',
  source: paperFigure(3),
  draw: () => {
    // an update knows of no schedule: any will do
    const flow = continuousFlow(continuousAccuracy({ sigma1: 0.02 }));
    const laws = exponents.map((exponent) => ({
      exponent,
      law: flow.updateDistribution(flow.prior(1), [x], Math.exp(exponent)),
    }));
    const xs = linear(-1.5, 2, 281);
    const curves = laws.flatMap(({ exponent, law }) =>
      curve({ exponent }, xs, (mu) => Math.exp(law.logDensity([mu]))),
    );
    const height = 260;
    return {
      parameters: { x, mean: 0, precision: 1, logAccuracies: exponents },
      values: {
        'ln α': exponents,
        'mean of μ′': laws.map(({ law }) => rounded(law.mean[0])),
        'standard deviation of μ′': laws.map(({ law }) => rounded(Math.sqrt(law.variance))),
      },
      data: curves,
      spec: {
        hconcat: [
          {
            width: 480,
            height,
            layer: [
              frame(
                { title: 'new mean μ′', domain: [-1.5, 2], axis: { tickCount: 8 } },
                { title: 'update distribution p_U(μ′ | μ, x; α)', domain: [0, 5.2] },
              ),
              verticalLines([0, x], { color: grey, strokeDash: [1, 3] }),
              labels(
                [
                  { x: 0, y: 5.05, text: 'old mean μ = 0' },
                  { x, y: 5.05, text: 'x = 0.7' },
                ],
                { color: grey, align: 'right', dx: -6 },
              ),
              labels([
                { x: 0.07, y: 4.4, text: 'ln α = −5' },
                { x: 0.77, y: 4.4, text: 'ln α = 5' },
              ]),
              {
                data: { values: [...curves] },
                mark: { type: 'line', strokeWidth: 1.6, clip: true },
                encoding: {
                  x: { field: 'x', type: 'quantitative' },
                  y: { field: 'y', type: 'quantitative' },
                  detail: { field: 'exponent', type: 'quantitative' },
                  color: {
                    field: 'exponent',
                    type: 'quantitative',
                    scale: { domain: [...colours], range: [...viridis] },
                    legend: null,
                  },
                },
              },
            ],
          },
          colourBar([-5, 5], 'ln α, logarithm of the accuracy', height, colours),
        ],
      },
    };
  },
};
