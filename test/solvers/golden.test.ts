import { describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import type { LastStep, Settings } from '../../solvers/index.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn, discreteBfn } from '../../src/process/index.js';
import type { Process } from '../../src/process/process.js';

// Vectors computed once by an independent float64 implementation and, for algorithms 1 to 7, reproduced by the classes that Xue et
// al. published, with these exact networks. They pin the meaning of "step", "last step" and "order of history".

const run = async (
  problem: { process: Process; denoiser: Denoiser },
  id: string,
  settings: Settings,
  start: number[],
  noise?: (step: number, coordinate: number) => number,
): Promise<Float64Array> => {
  const { process, denoiser } = problem;
  const samples = start.length / denoiser.sampleShape.reduce((a, b) => a * b, 1);
  const size = start.length / samples;
  const result = await sample({
    plan: solver(id).plan(process, settings),
    denoiser,
    start: { shape: [samples, ...denoiser.sampleShape], data: Float64Array.from(start) },
    samples,
    ...(noise
      ? { noise: (out, i, draw) => out.forEach((_, k) => (out[k] = noise(draw - 1, i * size + k))) }
      : {}),
  });
  return result.data as Float64Array;
};

const near = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 2e-10): void => {
  expect(Array.from(actual).map((value, i) => Math.abs(value - expected[i]) < tolerance)).toEqual(
    expected.map(() => true),
  );
};

const drop = 'predict';
const keep = 'stop';

describe('O1: two atoms on a line, sigma1 = .1, eta = .01', () => {
  const problem = {
    process: continuousBfn({ sigma1: 0.1 }),
    denoiser: atoms({ points: [[-0.5], [0.5]], weights: [0.3, 0.7] }),
  };
  const grid = timeGrid.uniform({ eta: 0.01 });
  const sigma = 0.20732039616382716;
  const start = [-1.2, -0.1, 0.4, 1.5].map((u) => sigma * u);
  const rows: [string, LastStep, number, number[]][] = [
    ['bfn-solver++1', keep, 5, [-0.4751949101, 0.3854756466, 0.4708705317, 0.6038127806]],
    ['bfn-solver++1', keep, 10, [-0.5053883843, 0.3999841023, 0.481538505, 0.6121932573]],
    ['bfn-solver++1', drop, 5, [-0.4999999748, 0.4999986918, 0.4999999939, 0.5]],
    ['bfn-solver++2', keep, 5, [-0.5121094511, 0.4126343742, 0.4855792619, 0.6102741414]],
    ['bfn-solver++2', keep, 10, [-0.522323958, 0.4120713056, 0.4884269319, 0.6154960389]],
    ['bfn-solver++2', drop, 5, [-0.4999999975, 0.4999997345, 0.4999999976, 0.5]],
  ];
  it.each(rows)('%s, %s, N = %i', async (id, lastStep, nfe, expected) => {
    near(await run(problem, id, { nfe, grid, lastStep }, start), expected);
  });

  it('gamma and sigma at the start', () => {
    expect(problem.process.alpha(0.99)).toBeCloseTo(0.04500741397856409, 15);
    expect(problem.process.sigma(0.99)).toBeCloseTo(sigma, 15);
  });

  const noise = (step: number): number => Math.cos(step + 1);
  const noisy: [LastStep, number, number[]][] = [
    [keep, 5, [0.4394942959, 0.4454959904, 0.4475670707, 0.4514716948]],
    [keep, 10, [-0.5259052072, 0.3409808599, 0.3711023684, 0.3985742237]],
    [drop, 5, [0.4999853382, 0.4999967159, 0.4999977671, 0.4999987777]],
  ];
  it.each(noisy)('sde-bfn-solver++2, %s, N = %i', async (lastStep, nfe, expected) => {
    near(await run(problem, 'sde-bfn-solver++2', { nfe, grid, lastStep }, start, noise), expected);
  });

  it('bfn from the prior, n = 5', async () => {
    const offsets = [-0.3, -0.1, 0.1, 0.3];
    const expected = [-0.4526591812, 0.3368988358, 0.4420226087, 0.4915907287];
    const settings: Settings = { nfe: 5, lastStep: keep };
    // the original predicts 0, not the prior mean, where nothing has been seen
    const predict: Denoiser['predict'] = (x, moments) =>
      moments[0].alpha === 0 ? { ...x, data: x.data.map(() => 0) } : problem.denoiser.predict(x, moments);
    const small = { ...problem, denoiser: { ...problem.denoiser, predict } };
    near(
      await run(small, 'bfn', settings, [0, 0, 0, 0], (step, i) => Math.cos(step + 1) + offsets[i]),
      expected,
    );
  });

  const exact = [-0.530664548965, 0.412875345556, 0.490934634766, 0.619659391641];
  const errors = async (id: string, budgets: readonly number[]): Promise<number[]> =>
    Promise.all(
      budgets.map(async (nfe) => {
        const end = await run(problem, id, { nfe, grid, lastStep: keep }, start);
        return Math.max(...exact.map((value, i) => Math.abs(end[i] - value)));
      }),
    );
  const published: [string, number[]][] = [
    ['bfn-solver++1', [2.53e-2, 1.22e-2, 6.02e-3, 2.99e-3, 1.49e-3, 7.43e-4, 3.71e-4]],
    ['bfn-solver++2', [8.34e-3, 3.3e-3, 1.2e-3, 3.99e-4, 1.22e-4, 3.48e-5, 9.39e-6]],
    ['ode-euler', [2.28e-1, 1.25e-1, 6.86e-2, 3.59e-2, 1.82e-2, 9.11e-3, 4.55e-3]],
  ];
  it.each(published)('the error of %s at N = 10, 20, ..., 640', async (id, expected) => {
    const seen = await errors(id, [10, 20, 40, 80, 160, 320, 640]);
    seen.forEach((error, i) => expect(Math.abs(error / expected[i] - 1)).toBeLessThan(0.006));
  });
});

describe('O2: one variable of three classes, beta1 = 1, eta = .001', () => {
  const problem = {
    process: discreteBfn({ classes: 3, beta1: 1 }),
    denoiser: independentCategorical({ probabilities: [0.5, 0.3, 0.2] }),
  };
  const grid = timeGrid.uniform({ eta: 0.001 });
  const start = [0.3, -1.1, 0.8, -0.5, 0.9, 1.4].map((u) => Math.sqrt(3) * 1e-3 * u);
  /** What the vectors list for `predict` are class probabilities e; a plan returns 3 e - 1. */
  const probabilities = (D: Float64Array): Float64Array => D.map((value) => (value + 1) / 3);
  const noise = (step: number, i: number): number => Math.cos(step + 1 + (i % 3));
  const rows: [string, LastStep, number, number[]][] = [
    [
      'bfn-solver1',
      keep,
      5,
      [1.2870432592, -2.4828276583, 1.195784399, -1.0355991052, 1.6767827004, 2.4765078585],
    ],
    [
      'bfn-solver1',
      keep,
      10,
      [1.3250030258, -2.5338115576, 1.2088085318, -1.120595414, 1.6931278987, 2.5451589689],
    ],
    [
      'bfn-solver1',
      drop,
      5,
      [0.6734385289, 0.026977119, 0.2995843522, 0.0910935048, 0.4108200209, 0.4980864744],
    ],
    [
      'bfn-solver2',
      keep,
      5,
      [1.3436016417, -2.569383849, 1.2257822074, -1.1756371298, 1.7100050742, 2.5833235092],
    ],
    [
      'bfn-solver2',
      keep,
      10,
      [1.3591413542, -2.5793645537, 1.2202231994, -1.1976139283, 1.7054375575, 2.6098678244],
    ],
    [
      'bfn-solver2',
      drop,
      5,
      [0.6764661016, 0.0246763379, 0.2988575604, 0.0804959762, 0.408375338, 0.5111286858],
    ],
    [
      'sde-bfn-solver1',
      keep,
      5,
      [-0.4345481829, -0.4381692328, 0.8974100693, -0.4395524792, -0.4322264719, 0.8995892962],
    ],
    [
      'sde-bfn-solver1',
      drop,
      5,
      [0.4268421259, 0.1672291503, 0.4059287238, 0.4253820201, 0.1680731476, 0.4065448324],
    ],
    [
      'sde-bfn-solver2',
      keep,
      5,
      [-0.4855304464, -0.5038665783, 1.0140896784, -0.4907914352, -0.4980453778, 1.0166471582],
    ],
    [
      'sde-bfn-solver2',
      drop,
      5,
      [0.4430573477, 0.1556137718, 0.4013288805, 0.4415728227, 0.1564027193, 0.402024458],
    ],
  ];
  it.each(rows)('%s, %s, N = %i', async (id, lastStep, nfe, expected) => {
    const result = await run(problem, id, { nfe, grid, lastStep }, start, noise);
    near(lastStep === drop ? probabilities(result) : result, expected);
  });

  const exact = [
    1.365242132575, -2.582307114415, 1.217064981841, -1.204057470165, 1.702171247198, 2.619577676591,
  ];
  const published: [string, number, number[]][] = [
    ['bfn-solver1', 1, [8.35e-2, 4.15e-2, 2.07e-2, 1.03e-2, 5.16e-3, 2.58e-3, 1.29e-3]],
    ['bfn-solver2', 1, [9.71e-3, 2.51e-3, 6.38e-4, 1.61e-4, 4.03e-5, 1.01e-5, 2.53e-6]],
    ['bfn-solver2-singlestep', 2, [1.36e-3, 3.55e-4, 9.06e-5, 2.29e-5, 5.75e-6, 1.44e-6, 3.6e-7]],
    ['ode-euler', 1, [3.04e-1, 1.91e-1, 1.13e-1, 6.46e-2, 3.59e-2, 1.94e-2, 1.03e-2]],
  ];
  it.each(published)('the error of %s at 10, 20, ..., 640 steps of %i', async (id, perStep, expected) => {
    for (const [i, steps] of [10, 20, 40, 80, 160, 320, 640].entries()) {
      const end = await run(problem, id, { nfe: steps * perStep, grid, lastStep: keep }, start);
      const error = Math.max(...exact.map((value, k) => Math.abs(end[k] - value)));
      expect(Math.abs(error / expected[i] - 1)).toBeLessThan(0.006);
    }
  });
});
