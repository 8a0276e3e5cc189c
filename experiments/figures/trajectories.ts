import { type TimeGrid, solver, timeGrid } from '../../solvers/index.js';
import { type Batch, samplesOf } from '../../src/array/batch.js';
import { discreteAccuracy, discreteFlow, normalLaw } from '../../src/bfn/index.js';
import { sample } from '../../src/plan/sample.js';
import { makeProblem } from '../problems/index.js';
import type { Problem } from '../problem.js';
import { orange } from './colours.js';
import { type Figure, coarse, linear, rounded } from './figure.js';
import {
  type HeatMap,
  type Layer,
  type Panel,
  type Range,
  colourBar,
  frame,
  heatLayer,
  heatMap,
  paths,
  pathsOnMap,
} from './layers.js';
import { placeOf, simplexLayers, simplexMap, simplexSize } from './simplex.js';

const nfe = 8;
const exactNfe = 400;
const seed = 3;
const shown = 6;
const samples = 200;
const eta = 0.01;

/** Steps of one sampler: every state that it visits, from the start to the end, with its BFN time. */
interface Run {
  readonly solver: string;
  readonly moments: readonly { readonly tau: number; readonly state: Batch }[];
}

/** All from the same starts, and those with noise with the same noise: draw i of a sample is step i's, whoever draws. */
const run = async (problem: Problem, id: string, calls: number, grid: TimeGrid): Promise<Run> => {
  const plan = solver(id).plan(problem.process, { nfe: calls, grid, lastStep: 'stop' });
  const result = await sample({
    plan,
    denoiser: problem.denoiser,
    start: 'zero-mean',
    samples,
    seed,
    precision: 'float64',
    trajectory: true,
  });
  const visited = (result.trajectory ?? []).map(({ t, state }) => ({ tau: 1 - t, state }));
  return { solver: id, moments: [...visited, { tau: 1, state: result }] };
};

const isOde = (id: string): boolean => solver(id).kind === 'ode';

/** The root mean squared distance of the ends of two runs, in the state. */
const distance = (a: Run, b: Run): number => {
  const [x, y] = [a, b].map(({ moments }) => moments[moments.length - 1].state.data);
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] - y[i]) ** 2;
  return Math.sqrt(squares / samples);
};

type Place = (state: Batch['data'], tau: number) => { readonly x: number; readonly y: number };

/** One step in `every`. */
const rowsOf = ({ moments }: Run, place: Place, every = 1) =>
  linear(0, shown - 1, shown).flatMap((i) =>
    moments
      .filter((_, step) => step % every === 0)
      .map(({ tau, state }) => {
        const { x, y } = place(samplesOf(state, i, i + 1).data, tau);
        return { name: String(i), x: rounded(x), y: rounded(y) };
      }),
  );

interface View {
  readonly solvers: readonly string[];
  /** Where a state is drawn. */
  readonly place: Place;
  readonly panel: (title: string, paths: readonly Layer[]) => Panel;
}

const dots = (rows: readonly object[]): Layer => ({
  data: { values: [...rows] },
  mark: {
    type: 'point',
    filled: true,
    color: 'white',
    stroke: 'black',
    strokeWidth: 0.6,
    size: 16,
    opacity: 1,
    clip: true,
  },
  encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
});

const lineSize: Range = [165, 150];
const taus: Range = [0, 1];
const means: Range = [-1.2, 1.2];
const lineColours: Range = [-4, 2];

/** `ln p(mu; tau)`: the law that exact paths have, of the data at tau = 1 but for sigma1. */
const lineMap = ({ process, truth }: Problem): HeatMap => {
  if (truth.kind !== 'vectors') throw new TypeError('mixture-1d is a law of vectors');
  const { weights, means: centres, covariances } = truth.mixture;
  return heatMap(taus, means, [110, 100], (tau, mu) => {
    const [alpha, sigma] = [process.alpha(1 - tau), process.sigma(1 - tau)];
    const density = Array.from(weights).reduce((sum, weight, k) => {
      const law = normalLaw([alpha * centres[k][0]], alpha ** 2 * covariances[k][0][0] + sigma ** 2);
      return sum + weight * Math.exp(law.logDensity([mu]));
    }, 0);
    return coarse(Math.max(lineColours[0], Math.log(density)));
  });
};

const onLine = (map: HeatMap): View => ({
  solvers: ['ode-euler', 'bfn-solver++1', 'bfn-solver++2', 'bfn'],
  place: ([mu], tau) => ({ x: tau, y: mu }),
  panel: (title, layers) => ({
    title,
    width: lineSize[0],
    height: lineSize[1],
    layer: [
      frame(
        { title: 'τ', domain: taus, axis: { values: [0, 0.5, 1], format: '~g' } },
        {
          title: title.startsWith('ode-euler') ? 'mean μ' : null,
          domain: means,
          axis: { values: [-1, 0, 1], format: 'd' },
        },
      ),
      heatLayer(map, lineColours, lineSize),
      ...layers,
    ],
  }),
});

const triangle = simplexSize(165);
const triangleColours: Range = [-4, 4];

/** `ln p(theta)` at tau = 1: classes at random, then their flow distributions. */
const triangleMap = ({ truth, parameters }: Problem): HeatMap => {
  if (truth.kind !== 'class') throw new TypeError('simplex-3 is a law of classes');
  const flow = discreteFlow(discreteAccuracy({ beta1: Number(parameters['beta1']) }), 3);
  return simplexMap(80, triangleColours[0], (theta) => {
    const density = Array.from(truth.probabilities).reduce(
      (sum, p, x) => sum + p * Math.exp(flow.simplexLogDensity(theta, x, 1)),
      0,
    );
    return coarse(Math.max(triangleColours[0], Math.log(density)));
  });
};

// the softmax knows of no schedule: any will do
const { input } = discreteFlow(discreteAccuracy({ beta1: 1 }), 3);

const onTriangle = (map: HeatMap): View => ({
  solvers: ['ode-euler', 'bfn-solver1', 'bfn-solver2', 'bfn'],
  place: (z) => placeOf(input(z)),
  panel: (title, layers) => ({
    title,
    width: triangle[0],
    height: triangle[1],
    layer: [...simplexLayers(map, triangleColours, triangle), ...layers],
  }),
});

/** The runs of a view's solvers, and the exact flow from the same starts: as panels, and as numbers. */
const drawn = async (view: View, problem: Problem) => {
  const exact = await run(problem, 'dpm-solver++2m', exactNfe, timeGrid.halfLogSnr({ eta }));
  const exactRows = rowsOf(exact, view.place, exactNfe / 80);
  const runs = await Promise.all(view.solvers.map((id) => run(problem, id, nfe, timeGrid.uniform({ eta }))));
  const all = runs.map((each) => ({ id: each.solver, rows: rowsOf(each, view.place) }));
  return {
    panels: all.map(({ id, rows }) =>
      view.panel(id, [
        ...(isOde(id) ? [paths(exactRows, { color: orange, strokeWidth: 1.4, strokeDash: [4, 2] })] : []),
        ...pathsOnMap(rows, 1),
        dots(rows),
      ]),
    ),
    data: all,
    errors: runs
      .filter(({ solver: id }) => isOde(id))
      .map((each) => [each.solver, Number(distance(each, exact).toPrecision(2))] as const),
  };
};

export const trajectories: Figure = {
  id: 'trajectories',
  description: 'paths of four solvers from the same starts, with the same noise, over the exact law',
  source: 'the samplers of this package on its problems mixture-1d and simplex-3',
  draw: async () => {
    const [mixture, simplex] = await Promise.all([makeProblem('mixture-1d'), makeProblem('simplex-3')]);
    const maps = [lineMap(mixture), triangleMap(simplex)];
    const [line, corner] = [await drawn(onLine(maps[0]), mixture), await drawn(onTriangle(maps[1]), simplex)];
    const errorsOf = (name: string, { errors }: typeof line) =>
      [
        `${name}: root mean squared distance from the exact flow at τ = 1 of ${errors.map(([id]) => id).join(', ')}`,
        errors.map(([, error]) => error),
      ] as const;
    return {
      parameters: {
        nfe,
        exactNfe,
        eta,
        seed,
        samples,
        shown,
        grid: 'uniform',
        lastStep: 'stop',
        start: 'zero-mean',
      },
      values: Object.fromEntries([errorsOf('mixture-1d', line), errorsOf('simplex-3', corner)]),
      data: [
        { problem: 'mixture-1d', map: { tau: taus, mu: means, ...maps[0] }, paths: line.data },
        { problem: 'simplex-3', map: { ...maps[1] }, paths: corner.data },
      ],
      spec: {
        vconcat: [
          { hconcat: [...line.panels, colourBar(lineColours, 'ln p(μ; τ)', lineSize[1])], spacing: 16 },
          { hconcat: [...corner.panels, colourBar(triangleColours, 'ln p(θ; 1)', triangle[1])], spacing: 32 },
        ],
        spacing: 20,
      },
    };
  },
};
