import { continuousBfn, cosine, variancePreserving } from '../../src/process/index.js';
import { blue, green, vermilion } from './colours.js';
import { type Figure, curve, linear, paperFigure, rounded } from './figure.js';
import { type Panel, frame, lines, powersOfTen } from './layers.js';

const sigma1 = 1e-3;

const processes = {
  'BFN, γ(1 − γ)': continuousBfn({ sigma1 }),
  'diffusion, linear β': variancePreserving(),
  'diffusion, cosine': cosine(),
} as const;

const strokes = {
  'BFN, γ(1 − γ)': { colour: blue },
  'diffusion, linear β': { colour: green, dash: [7, 3] },
  'diffusion, cosine': { colour: vermilion, dash: [2, 2] },
};

/** The variance of what a network is shown, given the data, at BFN time. */
export const inputVariance = (name: keyof typeof processes, tau: number): number =>
  processes[name].sigma(1 - tau) ** 2;

const times = linear(0, 1, 401);
const shown = [0.05, 0.25, 0.5, 0.75, 0.95];

const panel = (rows: ReturnType<typeof curve>, log: boolean): Panel => ({
  width: 270,
  height: 230,
  layer: [
    frame(
      { title: 'BFN time τ', domain: [0, 1] },
      {
        title: log ? null : 'variance of the input',
        domain: log ? [1e-6, 1] : [0, 1],
        log,
        axis: log ? powersOfTen([-6, -5, -4, -3, -2, -1, 0]) : {},
      },
    ),
    // a logarithm has no place for 0
    lines(log ? rows.filter(({ y }) => y > 0) : rows, strokes, { legend: { orient: 'bottom' } }),
  ],
});

export const inputVarianceFigure: Figure = {
  id: 'input-variance',
  description: 'what noise a network is shown: BFN against two diffusion schedules',
  source: paperFigure(5),
  draw: () => {
    const names = Object.keys(strokes) as (keyof typeof strokes)[];
    const rows = names.flatMap((name) => curve({ name }, times, (tau) => inputVariance(name, tau)));
    return {
      parameters: { sigma1, betaMin: 0.1, betaMax: 20, offset: 0.008 },
      values: Object.fromEntries([
        ['BFN time', shown],
        ...names.map((name) => [name, shown.map((tau) => rounded(inputVariance(name, tau)))]),
      ]),
      data: rows,
      spec: { hconcat: [panel(rows, false), panel(rows, true)] },
    };
  },
};
