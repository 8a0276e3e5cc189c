import { discreteAccuracy, discreteFlow } from '../../src/bfn/index.js';
import { randomStream } from '../../src/random/index.js';
import { type Figure, coarse, paperFigure, rounded } from './figure.js';
import { type Panel, type Range, colourBar, pathsOnMap } from './layers.js';
import { placeOf, simplexLayers, simplexMap, simplexSize } from './simplex.js';

const beta1 = 2;
const data = 0; // the class in the bottom left corner
const seed = 1;
const steps = 200;
const times = [0.1, 0.25, 0.45, 0.65, 0.85, 1];
const logDensities: Range = [-4, 6];
const size = simplexSize(180);

/** `p_F(theta | x; tau)` with accuracy beta at tau = 1, per unit of theta_1 theta_2. */
export const simplexDensity = (theta: readonly number[], beta: number): number =>
  Math.exp(discreteFlow(discreteAccuracy({ beta1: beta }), 3).simplexLogDensity(theta, data, 1));

const samplePath = (flow: ReturnType<typeof discreteFlow>) => {
  const stream = randomStream(seed, 'simplex-flow');
  let z = flow.prior(1);
  const at = (tau: number) => {
    const { x, y } = placeOf(flow.input(z));
    return { name: 'path', tau, x: rounded(x), y: rounded(y) };
  };
  const rows = [at(0)];
  for (let i = 1; i <= steps; i++) {
    z = flow.update(z, flow.sender([data], flow.schedule.step(i, steps)).sample(stream));
    rows.push(at(i / steps));
  }
  return rows;
};

export const simplexFlow: Figure = {
  id: 'simplex-flow',
  description:
    'the flow distribution of the probabilities of three classes over time, and one path of Bayesian updates',
  source: `${paperFigure(11)}; β₁ and the times are our own`,
  draw: () => {
    const flow = discreteFlow(discreteAccuracy({ beta1 }), 3);
    const path = samplePath(flow);
    const maps = times.map((tau) =>
      simplexMap(80, logDensities[0], (theta) =>
        coarse(Math.max(logDensities[0], flow.simplexLogDensity(theta, data, tau))),
      ),
    );
    const panels = times.map((tau, i): Panel => {
      const sofar = path.filter((row) => row.tau <= tau);
      const end = sofar[sofar.length - 1];
      return {
        title: `τ = ${tau}`,
        width: size[0],
        height: size[1],
        layer: [
          ...simplexLayers(maps[i], logDensities, size),
          ...pathsOnMap(sofar, 1),
          {
            data: { values: [end] },
            mark: {
              type: 'point',
              filled: true,
              color: 'white',
              stroke: 'black',
              strokeWidth: 1,
              size: 45,
              opacity: 1,
            },
            encoding: {
              x: { field: 'x', type: 'quantitative' },
              y: { field: 'y', type: 'quantitative' },
            },
          },
        ],
      };
    });
    return {
      parameters: { K: 3, x: 1, beta1, seed, steps, times },
      values: {
        'BFN time': times,
        'accuracy β': times.map((tau) => rounded(flow.schedule.beta(tau))),
      },
      data: { maps: times.map((tau, i) => ({ tau, ...maps[i] })), path },
      spec: {
        hconcat: [
          {
            vconcat: [
              { hconcat: panels.slice(0, 3), spacing: 20 },
              { hconcat: panels.slice(3), spacing: 20 },
            ],
            spacing: 16,
          },
          colourBar(logDensities, 'ln p_F(θ | x; τ)', 2 * size[1] + 50),
        ],
      },
    };
  },
};
