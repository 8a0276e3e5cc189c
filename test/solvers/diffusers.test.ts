import { describe, expect, it } from 'vitest';
import { type Settings, solver, timeGrid } from '../../solvers/index.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { sample } from '../../src/plan/sample.js';
import { discreteBetas, karras } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';

// The full loops of the scheduler tests of diffusers (Apache-2.0; commit 58eb52c): ten steps, the "network" x k/(k + 1) at training step
// k, a linear map, so that a run only multiplies its start by a number. Values: sum of |x|, from a start where that is 383.5. The loops of
// its Euler, Heun and LMS schedulers scale the state itself as they scale the network's input, and are no runs of those methods.
//
// Not here: DPM-Solver++ singlestep (there the middle of a step of order 2 is a node of the grid, ours is that of half log-SNR), the levels
// of Lu et al., thresholding, EDM's 2M, KDPM2, PNDM, SA-Solver on 1100 steps, and starts from the middle with a second tensor of noise.

const total = 383.5;
const linearBetas = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => 1e-4 + ((0.02 - 1e-4) * i) / (count - 1));

type Output = 'noise' | 'velocity';

/** What the linear network makes of x at training step `time`, seen at unit variance, as a prediction of the data. */
const linear = (output: Output): Denoiser => ({
  sampleShape: [1],
  predict: (x, moments) => ({
    ...x,
    data: x.data.map((value, i) => {
      const { alpha, sigma, time } = moments[i];
      const size = Math.hypot(alpha, sigma);
      const out = (value / size) * (time / (time + 1));
      if (output === 'noise') return (value - sigma * out) / alpha;
      return ((alpha / size) * value - sigma * out) / size;
    }),
  }),
});

const factor = async (id: string, process: Process, output: Output, settings: Settings): Promise<number> => {
  const { data } = await sample({
    plan: solver(id).plan(process, settings),
    denoiser: linear(output),
    start: { shape: [1, 1], data: Float64Array.of(1) },
    samples: 1,
  });
  return Math.abs(data[0]);
};

describe('1000 training steps, ten of them, down to the first', () => {
  const process = discreteBetas({ betas: linearBetas(1000) });
  // after n noising steps t = n, and the network is shown n - 1
  const times = [999, 899, 799, 699, 599, 500, 400, 300, 200, 100, 0].map((step) => step + 1);
  const settings: Settings = { nfe: 10, grid: timeGrid.explicit(times), lastStep: 'stop' };
  const rows: [string, Output, boolean, number][] = [
    ['dpm-solver++2m', 'noise', false, 253.552879],
    ['dpm-solver++2m', 'velocity', false, 172.876],
    ['dpm-solver++2m-heun', 'noise', false, 292.1312],
    ['dpm-solver++3m-published', 'noise', false, 176.962659],
    ['dpm-solver-2m', 'noise', false, 223.5868],
    ['unipc-2', 'noise', true, 189.2318],
    ['unipc-2-bh1', 'noise', true, 193.5755],
    ['unipc-3', 'noise', true, 189.9729],
    ['unipc-2', 'velocity', true, 77.8725],
    ['deis-logrho-2', 'noise', true, 183.6765],
    ['deis-logrho-3', 'noise', true, 185.579],
    ['deis-logrho-2', 'velocity', true, 69.9437],
  ];
  it.each(rows)('%s on %s, lower orders at the end: %s', async (id, output, lowerOrderFinal, expected) => {
    const seen = total * (await factor(id, process, output, { ...settings, lowerOrderFinal }));
    expect(Math.abs(seen / expected - 1)).toBeLessThan(1e-4);
  });
});

// With the noise levels of Karras et al., diffusers keeps the levels and shows the network the nearest training step; its last step, from the
// smallest level to itself, does nothing. In `x/alpha` that is a run on EDM levels.
describe('levels of Karras et al. between those of the table', () => {
  let product = 1;
  const levels = linearBetas(1000).map((beta) => {
    product *= 1 - beta;
    return Math.sqrt((1 - product) / product);
  });
  const [least, most] = [levels[0], levels[999]];
  const sigmas = Array.from({ length: 10 }, (_, i) => {
    const root = (value: number): number => value ** (1 / 7);
    return i === 9 ? least : (root(most) + (i / 9) * (root(least) - root(most))) ** 7;
  });
  /** The training step whose level is nearest in the interpolated logarithm, rounded. */
  const stepOf = (sigma: number): number => {
    const above = Math.max(
      1,
      levels.findIndex((level) => level >= sigma * (1 - 1e-12)),
    );
    const [low, high] = [Math.log(levels[above - 1]), Math.log(levels[above])];
    return Math.round(above - 1 + (Math.log(sigma) - low) / (high - low));
  };
  const shown = (output: Output): Denoiser => ({
    sampleShape: [1],
    predict: (x, moments) =>
      linear(output).predict(
        x,
        moments.map((at) => ({ ...at, time: stepOf(at.sigma / at.alpha) })),
      ),
  });
  const process = karras({ sigmaMax: 200 });
  it.each([
    ['dpm-solver++2m', 'velocity', false, 160.664],
    ['unipc-2', 'noise', true, 224.627],
  ] as const)('%s on %s, lower orders at the end: %s', async (id, output, lowerOrderFinal, expected) => {
    const grid = timeGrid.explicit([...sigmas, least * (1 - 1e-9)]);
    const { data } = await sample({
      plan: solver(id).plan(process, { nfe: 10, grid, lastStep: 'stop', lowerOrderFinal }),
      denoiser: shown(output),
      start: { shape: [1, 1], data: Float64Array.of(Math.hypot(1, most)) },
      samples: 1,
    });
    const seen = (total * Math.abs(data[0])) / Math.hypot(1, least);
    expect(Math.abs(seen / expected - 1)).toBeLessThan(1e-4);
  });
});

it.each([
  ['noise', 172.0067],
  ['velocity', 52.5302],
] as const)('DDIM on %s, from training step 900 to the data', async (output, expected) => {
  const process = discreteBetas({ betas: linearBetas(1000) });
  const times = [900, 800, 700, 600, 500, 400, 300, 200, 100, 0].map((step) => step + 1);
  const settings: Settings = { nfe: 10, grid: timeGrid.explicit([...times, 0]), lastStep: 'stop' };
  expect(Math.abs((total * (await factor('ddim', process, output, settings))) / expected - 1)).toBeLessThan(
    1e-4,
  );
});

it('Euler on EDM levels, the data parametrised as in EDM', async () => {
  const data2 = 0.25;
  const denoiser: Denoiser = {
    sampleShape: [1],
    predict: (x, moments) => ({
      ...x,
      data: x.data.map((y, i) => {
        const { sigma } = moments[i];
        const time = Math.log(sigma) / 4;
        const size = Math.sqrt(sigma ** 2 + data2);
        const output = (y / size) * (time / (time + 1));
        return (data2 / size ** 2) * y + ((sigma * 0.5) / size) * output;
      }),
    }),
  };
  const { data } = await sample({
    plan: solver('ddim').plan(karras({ sigmaMax: 80 }), {
      nfe: 10,
      grid: timeGrid.karras({ tMin: 0.002 }),
      lastStep: 'stop',
    }),
    denoiser,
    start: { shape: [1, 1], data: Float64Array.of(Math.hypot(80, 1)) },
    samples: 1,
  });
  expect(Math.abs((total * Math.abs(data[0])) / 34.1855 - 1)).toBeLessThan(1e-4);
});
