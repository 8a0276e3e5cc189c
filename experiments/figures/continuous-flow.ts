import { continuousAccuracy, continuousFlow } from '../../src/bfn/index.js';
import { randomStream } from '../../src/random/index.js';
import { type Figure, coarse, linear, paperFigure, rounded } from './figure.js';
import { type Range, colourBar, frame, heatLayer, heatMap, labels, pathsOnMap } from './layers.js';

const x = 0.8;
const sigma1 = 0.02;
const seed = 2;
const paths = 6;
const steps = 1000;
const taus: Range = [0, 1];
const means: Range = [-1.2, 1.8];
const logDensities: Range = [-6, 3];
const size: Range = [500, 280];
const shown = [0.05, 0.25, 0.5, 0.75, 1];

/** Means of beliefs, one path of many small Bayesian updates each: rows `{ name, x: tau, y: mu }`. */
const samplePaths = (flow: ReturnType<typeof continuousFlow>) =>
  linear(1, paths, paths).flatMap((path) => {
    const stream = randomStream(seed, `continuous-flow ${path}`);
    let belief = flow.prior(1);
    const at = (tau: number) => ({ name: String(path), x: rounded(tau), y: rounded(belief.mean[0]) });
    const rows = [at(0)];
    for (let i = 1; i <= steps; i++) {
      const accuracy = flow.schedule.step(i, steps);
      belief = flow.update(belief, flow.sender([x], accuracy).sample(stream), accuracy);
      // early steps move the most; later ones are too small to see one by one
      if (i <= steps / 5 || i % 2 === 0) rows.push(at(i / steps));
    }
    return rows;
  });

export const continuousFlowFigure: Figure = {
  id: 'continuous-flow',
  description:
    'the flow distribution of the mean over time, and paths of Bayesian updates that have it as their law',
  source: paperFigure(4),
  draw: () => {
    const flow = continuousFlow(continuousAccuracy({ sigma1 }));
    const map = heatMap(taus, means, [160, 100], (tau, mu) =>
      coarse(Math.max(logDensities[0], flow.flowDistribution([x], tau).logDensity([mu]))),
    );
    const rows = samplePaths(flow);
    return {
      parameters: { x, sigma1, seed, paths, steps },
      values: {
        'BFN time': shown,
        'mean γ x': shown.map((tau) => rounded(flow.flowDistribution([x], tau).mean[0])),
        'variance γ(1 − γ)': shown.map((tau) => rounded(flow.flowDistribution([x], tau).variance)),
      },
      data: { map: { tau: taus, mu: means, ...map }, paths: rows },
      spec: {
        hconcat: [
          {
            width: size[0],
            height: size[1],
            layer: [
              frame({ title: 'BFN time τ', domain: taus }, { title: 'mean μ', domain: means }),
              heatLayer(map, logDensities, size),
              ...pathsOnMap(rows, 1.1),
              labels([{ x: 1, y: x, text: 'x' }], { dx: 5 }),
            ],
          },
          colourBar(logDensities, 'ln p_F(μ | x; τ)', size[1]),
        ],
      },
    };
  },
};
