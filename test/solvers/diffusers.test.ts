import { describe, expect, it } from 'vitest';
import { type Settings, solver, timeGrid } from '../../solvers/index.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { sample } from '../../src/plan/sample.js';
import { discreteBetas } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';

// The full loops of the scheduler tests of diffusers (Apache-2.0; commit 58eb52c): ten steps, the "network" x k/(k + 1) at training step
// k, a linear map, so that a run only multiplies its start by a number. Values: sum of |x|, from a start where that is 383.5. The loops of
// its Euler, Heun and LMS schedulers scale the state itself as they scale the network's input, and are no runs of those methods.

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
