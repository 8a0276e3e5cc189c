import { timeGrid } from '../../solvers/index.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import {
  type Process,
  continuousBfn,
  cosine,
  discreteBfn,
  karras,
  rectifiedFlow,
  varianceExploding,
  variancePreserving,
} from '../../src/process/index.js';
import { makeProblem } from '../problems/index.js';
import { black, blue, green, orange, vermilion } from './colours.js';
import { expectedEntropy } from './entropy-quadrature.js';
import { type Figure, crossing, curve, linear, rounded } from './figure.js';
import { type Panel, type Range, frame, lines } from './layers.js';

const range: Range = [-6, 8];
const steps = 20;
const width = 500;

interface Row {
  readonly name: string;
  readonly process: Process;
  readonly grid?: ReturnType<typeof timeGrid.uniform>;
}

const rows: readonly Row[] = [
  { name: 'BFN, σ₁ = 0.001', process: continuousBfn({ sigma1: 1e-3 }) },
  { name: 'BFN, σ₁ = 0.02', process: continuousBfn({ sigma1: 0.02 }) },
  { name: 'BFN, K = 27, β₁ = 0.5625', process: discreteBfn({ classes: 27, beta1: 0.5625 }) },
  { name: 'BFN, K = 2, β₁ = 9', process: discreteBfn({ classes: 2, beta1: 9 }) },
  { name: 'VP, linear', process: variancePreserving() },
  { name: 'VP, cosine', process: cosine() },
  { name: 'rectified flow', process: rectifiedFlow() },
  { name: 'VE', process: varianceExploding() },
  { name: 'EDM, its own times', process: karras(), grid: timeGrid.karras() },
];

const isBfn = ({ process }: Row): boolean => process.id.startsWith('bfn');

/** Half log-SNRs after equal steps of the process's own clock, from noise to data; infinite ones at an end included. */
const halfLogSnrs = ({ process, grid = timeGrid.uniform({ eta: 0 }) }: Row): readonly number[] =>
  grid.times(process, steps).map((t) => process.lambda(t));

/** `E ||x - E[x | state]||²` of three Gaussians on a line, over half log-SNR: by the trapezoid rule over the state. */
const predictionError = async () => {
  const { truth } = await makeProblem('mixture-1d');
  if (truth.kind !== 'vectors') throw new TypeError('mixture-1d is a law of vectors');
  const { weights, means, covariances } = truth.mixture;
  const law = gaussianMixture({
    weights: Array.from(weights),
    means: means.map((row) => Array.from(row)),
    covariances: covariances.map((rows) => rows.map((row) => Array.from(row))),
  });
  const variance = law.covariance[0][0];
  const error = (lambda: number): number => {
    const sigma = Math.exp(-lambda);
    const reach = 1.7 + 8 * sigma; // of the state, beyond which it is not to be met
    const states = linear(-reach, reach, 801);
    const moment = { t: 0, alpha: 1, sigma, time: 0 };
    const x = { shape: [states.length, 1], data: Float64Array.from(states) };
    const predictions = law.predict(
      x,
      states.map(() => moment),
    ).data;
    const step = states[1] - states[0];
    let known = 0;
    law.logDensity(x, moment).forEach((log, i) => {
      known += step * Math.exp(log) * (predictions[i] - law.mean[0]) ** 2;
    });
    return variance - known;
  };
  return { error, variance };
};

const strokes = {
  'one of 27 classes': { colour: vermilion, dash: [7, 3] },
  'one of 2 classes': { colour: green, dash: [2, 2] },
  'a number, mixture-1d': { colour: blue },
} as const;

/** What is still to be known of a datum after an observation at half log-SNR lambda, as a fraction, by what it is. */
const leftToKnow = async (): Promise<Readonly<Record<keyof typeof strokes, (lambda: number) => number>>> => {
  const { error, variance } = await predictionError();
  // beta = K e^(2 lambda) on discrete data
  const entropy = (classes: number) => (lambda: number) =>
    expectedEntropy(classes, classes * Math.exp(2 * lambda)) / Math.log(classes);
  return {
    'one of 27 classes': entropy(27),
    'one of 2 classes': entropy(2),
    'a number, mixture-1d': (lambda) => error(lambda) / variance,
  };
};

const axis = { title: null, domain: range, axis: { values: linear(...range, 8) } };

const strip = (points: readonly object[], ranges: readonly object[]): Panel => {
  const names = rows.map(({ name }) => name);
  const y = {
    field: 'name',
    type: 'nominal' as const,
    sort: names,
    title: null,
    axis: { domain: false, ticks: false, labelLimit: 300 },
  };
  const colour = {
    field: 'kind',
    type: 'nominal' as const,
    scale: { domain: ['BFN', 'diffusion'], range: [blue, orange] },
    legend: null,
  };
  return {
    width,
    height: 22 * rows.length,
    layer: [
      {
        data: { values: [...ranges] },
        mark: { type: 'rule', strokeWidth: 1.2 },
        encoding: {
          y,
          x: {
            field: 'from',
            type: 'quantitative',
            scale: { domain: [...range], nice: false, zero: false },
            axis: {
              title: 'half log-SNR λ = ln(α/σ):  noise on the left, data on the right',
              values: [...linear(...range, 8)],
            },
          },
          x2: { field: 'to' },
          color: colour,
        },
      },
      {
        data: { values: [...points] },
        mark: { type: 'point', filled: true, size: 38, opacity: 1, stroke: black, strokeWidth: 0.4 },
        encoding: {
          y,
          x: { field: 'lambda', type: 'quantitative' },
          color: colour,
          shape: {
            field: 'kind',
            type: 'nominal',
            scale: { domain: ['BFN', 'diffusion'], range: ['circle', 'diamond'] },
            legend: null,
          },
        },
      },
    ],
  };
};

export const informationTime: Figure = {
  id: 'information-time',
  description: 'BFN and diffusion on one axis, half log-SNR, and where on it the data are decided',
  source: 'docs/theory.md, sections 1 and 2',
  draw: async () => {
    const left = await leftToKnow();
    const curves = Object.entries(left).flatMap(([name, f]) => curve({ name }, linear(...range, 141), f));
    const clocks = rows.map((row) => ({
      name: row.name,
      kind: isBfn(row) ? 'BFN' : 'diffusion',
      all: halfLogSnrs(row),
    }));
    const within = (lambda: number): boolean => lambda >= range[0] && lambda <= range[1];
    const points = clocks.flatMap(({ name, kind, all }) =>
      all.filter(within).map((lambda) => ({ name, kind, lambda: rounded(lambda) })),
    );
    const cut = (lambda: number): number => Math.min(Math.max(lambda, range[0]), range[1]);
    const ranges = clocks.map(({ name, kind, all }) => ({
      name,
      kind,
      from: rounded(cut(all[0])),
      to: rounded(cut(all[steps])),
    }));
    return {
      parameters: {
        steps,
        problem: 'mixture-1d',
        processes: rows.map(({ name, process }) => ({
          name,
          id: process.id,
          parameters: process.parameters,
        })),
      },
      values: Object.fromEntries(
        Object.entries(left).map(([name, f]) => [
          `λ where half is left to know, ${name}`,
          [rounded(crossing(f, 0.5, range))],
        ]),
      ),
      data: { curves, points },
      spec: {
        vconcat: [
          {
            width,
            height: 150,
            layer: [
              frame(axis, { title: 'fraction left to know', domain: [0, 1], axis: { tickCount: 5 } }),
              lines(curves, strokes, { legend: { orient: 'top-right' } }),
            ],
          },
          strip(points, ranges),
        ],
        spacing: 10,
        resolve: { scale: { color: 'independent', strokeDash: 'independent' } },
      },
    };
  },
};
