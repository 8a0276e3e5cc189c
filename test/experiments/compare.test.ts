import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compare } from '../../experiments/compare.js';
import type { Experiment } from '../../experiments/experiment.js';
import { registerMetric } from '../../experiments/metrics/index.js';
import type { Problem } from '../../experiments/problem.js';
import { makeProblem, registerProblem } from '../../experiments/problems/index.js';
import { jackknife, pooled } from '../../experiments/statistics.js';
import type { Workers } from '../../experiments/workers.js';
import { metricsFor } from '../../experiments/metrics/index.js';
import { registerSolver, solver } from '../../solvers/registry.js';
import { UsageError } from '../../src/errors.js';
import { buildTime, ensureBuilt, root } from '../built.js';

const problem = (id: string, parameters = {}) => ({ id, parameters });
const both: Experiment = {
  problems: [problem('simplex-3'), problem('mixture-1d', { sigma1: 0.05 })],
  nfe: [2, 3],
  samples: 40,
  seed: 1,
};
const one: Experiment = { ...both, problems: [problem('simplex-3')] };

/** What does not depend on the clock. */
const numbersOf = ({ cells, ...rest }: Comparison): unknown => ({
  ...rest,
  cells: cells.map((cell) => ({ ...cell, seconds: undefined })),
});

let calls = 0;
const variant = (id: string, change: (base: Problem) => Partial<Problem>): void =>
  registerProblem({
    id,
    description: 'simplex-3, changed',
    parameters: [],
    make: async () => {
      const base = (await makeProblem('simplex-3')) as Problem;
      return { ...base, id, parameters: {}, ...change(base) };
    },
  });

beforeAll(() => {
  variant('counted', ({ denoiser }) => ({
    denoiser: { ...denoiser, predict: (...args) => (calls++, denoiser.predict(...args)) },
  }));
  variant('late-nan', ({ denoiser }) => ({
    denoiser: {
      ...denoiser,
      predict: async (x, moments, out) => {
        const prediction = await denoiser.predict(x, moments, out);
        if (moments[0].time > 0.5) prediction.data[7] = NaN;
        return prediction;
      },
    },
  }));
  variant('no-draw', ({ denoiser: { sampleShape, predict } }) => ({ denoiser: { sampleShape, predict } }));
  variant('no-quality', () => ({ quality: [] }));
  variant('odd-quality', () => ({ quality: ['beauty'] }));
  variant('foreign-quality', () => ({ quality: ['class-divergence', 'bits-gap'] }));
  variant('no-solvers', () => ({ solvers: [] }));
  variant('no-truth', () => ({
    trueSamples: () => {
      throw new Error('the truth is not to be had');
    },
  }));
});

describe('what compare gives', () => {
  it('has a cell for each problem, solver and NFE, each metric with its interval and floor', async () => {
    const comparison = await compare(both);
    const { cells, problems } = JSON.parse(JSON.stringify(comparison)) as Comparison;
    expect(cells.map((cell) => `${cell.problem} ${cell.solver} ${cell.nfe}`)).toEqual(
      [
        ...['bfn', 'sde-bfn-solver1', 'sde-bfn-solver2', 'bfn-solver1', 'bfn-solver2'].map(
          (id) => `simplex-3 ${id}`,
        ),
        ...['bfn', 'bfn-solver++1', 'bfn-solver++2', 'sde-bfn-solver++2'].map((id) => `mixture-1d ${id}`),
      ].flatMap((line) => [`${line} 2`, `${line} 3`]),
    );
    for (const { problem: name, status, metrics } of cells) {
      const report = problems.find((entry) => entry.name === name);
      expect(status).toBe('ok');
      expect(Object.keys(metrics)).toEqual(Object.keys(report?.metrics ?? {}));
      for (const [id, { value, low, high, floor }] of Object.entries(metrics)) {
        expect([value, low, high, floor].every(Number.isFinite)).toBe(true);
        expect(low).toBeLessThanOrEqual(value);
        expect(high).toBeGreaterThanOrEqual(value);
        expect(floor).toBe(report?.metrics[id].floor.value);
      }
    }
    expect(Object.keys(cells[0].metrics)).toEqual(['class-divergence']);
    expect(Object.keys(cells[10].metrics)).toEqual([
      'sliced-wasserstein',
      'energy-distance',
      'frechet-distance',
      'log-density-ks',
    ]);
    expect(problems[1]).toMatchObject({
      id: 'mixture-1d',
      parameters: { sigma1: 0.05 },
      process: { id: 'bfn-continuous', parameters: { sigma1: 0.05 } },
      baseline: 'bfn',
    });
    expect(comparison).toMatchObject({ nfe: [2, 3], samples: 40, repeats: 1, seed: 1, settings: {} });
  });

  it('has every metric of true samples of the same number as the floor', async () => {
    const { problems } = await compare(one);
    const simplex = await makeProblem('simplex-3');
    const [metric] = metricsFor(simplex.truth);
    const statistic = await metric.over(simplex.trueSamples(40, 1));
    const floor = jackknife(statistic, 40, metric.bounds ? { bounds: metric.bounds } : {});
    expect({ ...problems[0].metrics['class-divergence'].floor, left: floor.left }).toEqual(floor);
  });

  it('counts the calls of the first solver, for all the others', async () => {
    const { cells, problems } = await compare({ ...one, solvers: ['bfn-solver1', 'bfn'] });
    expect(problems[0].baseline).toBe('bfn-solver1');
    expect(cells.map(({ solver: id, callsOfBaseline }) => [id, callsOfBaseline !== undefined])).toEqual([
      ['bfn-solver1', false],
      ['bfn-solver1', false],
      ['bfn', true],
      ['bfn', true],
    ]);
  });

  it('takes what lies within the interval of the floor as the floor', async () => {
    // whatever the solver, at 200 calls the first solver is down in the floor's interval
    const { cells, problems } = await compare({ ...one, nfe: [200], samples: 400 });
    const { high } = problems[0].metrics['class-divergence'].floor;
    expect(cells[0].metrics['class-divergence'].value).toBeLessThan(high);
    for (const { callsOfBaseline, metrics } of cells.slice(1)) {
      const floor = metrics['class-divergence'].value <= high ? { floor: true } : {};
      expect(callsOfBaseline).toEqual({ atMost: 200, ...floor });
    }
  });

  it('records the settings as used', async () => {
    const settings = {
      grid: problem('power', { rho: 3 }),
      lastStep: 'stop',
      start: 'moment-matched',
    } as const;
    const { cells } = await compare({ ...one, settings, solvers: ['bfn-solver1'] });
    expect(cells[0].settings).toMatchObject({
      grid: { id: 'power', rho: 3 },
      lastStep: 'stop',
      start: 'moment-matched',
      clip: null,
      draw: false,
    });
  });

  it('starts the original sampler from the prior at the noise end, and short of it from zero mean', async () => {
    const startAt = async (eta: number): Promise<unknown> => {
      const grid = problem('uniform', { eta });
      const { cells } = await compare({ ...one, solvers: ['bfn'], settings: { grid } });
      return cells[0].settings.start;
    };
    expect([await startAt(0), await startAt(0.1)]).toEqual(['prior', 'zero-mean']);
  });
});

describe('what it does not depend on', () => {
  it('workers, and the order in which they finish: bit for bit', { timeout: buildTime }, async () => {
    await ensureBuilt();
    // workers run compiled files
    const built = (await import(`${root}/dist/experiments/index.js`)) as {
      startWorkers: (modules: readonly string[], threads: number) => Promise<Workers>;
    };
    const options = { ...both, repeats: 3 };
    const here = numbersOf(await compare(options));
    for (const threads of [1, 2]) {
      const pool = await built.startWorkers([], threads);
      try {
        expect(numbersOf(await compare(options, { pool }))).toEqual(here);
      } finally {
        await pool.close();
      }
    }
  });

  it('the order of the problems, solvers and NFE, but for the solver that calls are counted in', async () => {
    const [there, back] = await Promise.all([
      compare({ ...both, solvers: ['bfn', 'bfn-solver1'] }),
      compare({
        ...both,
        problems: [...both.problems].reverse(),
        nfe: [3, 2],
        solvers: ['bfn', 'bfn-solver1'],
      }),
    ]);
    const sorted = ({ cells }: Comparison): unknown[] =>
      cells
        .map((cell) => ({ ...cell, seconds: undefined }))
        .sort((a, b) => (`${a.problem} ${a.solver} ${a.nfe}` < `${b.problem} ${b.solver} ${b.nfe}` ? -1 : 1));
    expect(sorted(back)).toEqual(sorted(there));
  });

  it('other cells: a cell by itself is the same', async () => {
    const all = await compare(both);
    const [alone] = (await compare({ ...one, solvers: ['bfn-solver2'], nfe: [3] })).cells;
    const within = all.cells.find(({ solver: id, nfe }) => id === 'bfn-solver2' && nfe === 3);
    expect(alone.metrics).toEqual(within?.metrics);
  });
});

describe('repeats', () => {
  it('are runs with the seeds that follow, pooled with the degrees of freedom of their groups', async () => {
    // fewer samples than the usual number of groups: each is a group
    const options = { ...one, samples: 7, solvers: ['bfn-solver1'], nfe: [2] };
    const simplex = await makeProblem('simplex-3');
    const [{ id, bounds = {} }] = metricsFor(simplex.truth);
    const single = await Promise.all([4, 5, 6].map((seed) => compare({ ...options, seed })));
    const { cells, problems } = await compare({ ...options, seed: 4, repeats: 3 });
    const floors = single.map(({ problems: [{ metrics }] }) => metrics[id].floor);
    expect(problems[0].metrics[id].floor).toEqual(pooled(floors, { groups: 7, bounds }));
    const values = single.map((comparison) => comparison.cells[0].metrics[id].value);
    expect(cells[0].metrics[id].value).toBeCloseTo(values.reduce((a, b) => a + b) / 3, 14);
  });

  it('of one are the jackknife of the cell itself', async () => {
    const options = { ...one, samples: 5, solvers: ['bfn-solver1'], nfe: [2] };
    const { problems } = await compare(options);
    const simplex = await makeProblem('simplex-3');
    const [metric] = metricsFor(simplex.truth);
    const statistic = await metric.over(simplex.trueSamples(5, 1));
    const floor = jackknife(statistic, 5, metric.bounds ? { bounds: metric.bounds } : {});
    expect({ ...problems[0].metrics[metric.id].floor, left: floor.left }).toEqual(floor);
  });
});

describe('what goes wrong', () => {
  it('a diverged cell has solver, evaluation and time, and the others go on', async () => {
    const { cells, problems } = await compare({
      ...both,
      problems: [problem('late-nan'), problem('simplex-3')],
      solvers: ['bfn-solver1', 'sde-bfn-solver1'],
      nfe: [1, 4],
    });
    expect(cells.map(({ status }) => status)).toEqual([
      'ok',
      'diverged',
      'ok',
      'diverged',
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
    expect(cells[1]).toMatchObject({ metrics: {} });
    expect(cells[1].message).toMatch(
      /^bfn-solver1 diverged: the prediction of sample 2 .* at evaluation 3 \(t = 0\.4995\)$/,
    );
    expect(cells[1].callsOfBaseline).toBeUndefined();
    expect(cells[3].message).toMatch(/^sde-bfn-solver1 diverged/);
    // the baseline came to an end at one call only
    expect(cells[2].callsOfBaseline).toEqual({ atMost: 1 });
    expect(problems.map(({ name }) => name)).toEqual(['late-nan', 'simplex-3']);
  });

  it('a cell whose metric has no number is failed, and says which', async () => {
    registerMetric({
      id: 'second-class',
      description: 'NaN if there is no second class',
      make: (truth) =>
        truth.kind === 'class' && truth.probabilities.length === 2
          ? {
              id: 'second-class',
              unit: '',
              description: '',
              over:
                ({ data }) =>
                () =>
                  data.includes(1) ? 1 : NaN,
            }
          : undefined,
    });
    const two = problem('simplex-3', { probabilities: [0.9, 0.1] });
    const { cells } = await compare({
      ...one,
      problems: [two],
      solvers: ['bfn'],
      nfe: [1, 50],
      samples: 100,
    });
    // one call is the mean of the prior: all samples are of the first class
    expect(cells.map(({ status, message }) => [status, message])).toEqual([
      ['failed', 'bfn failed: second-class: the statistic is NaN on all samples'],
      ['ok', undefined],
    ]);
  });

  it('a cell whose metric has no number without one group of samples is failed as well', async () => {
    const cells = 50;
    registerMetric({
      id: 'all-or-nothing',
      description: 'NaN without the last sample',
      optIn: true,
      make: ({ kind }) =>
        kind === 'class'
          ? {
              id: 'all-or-nothing',
              unit: '',
              description: '',
              // true samples have a number: there would be no floor without
              over: ({ data }) => {
                const isTruth = new Set(data).size > 1;
                return (indices) => (isTruth || Array.from(indices).includes(cells - 1) ? 1 : NaN);
              },
            }
          : undefined,
    });
    const { cells: found } = await compare({
      ...one,
      problems: [problem('simplex-3', { probabilities: [0.9, 0.1] })],
      solvers: ['bfn'],
      nfe: [1],
      samples: cells,
      metrics: ['all-or-nothing'],
    });
    expect(found.map(({ message }) => message)).toEqual([
      'bfn failed: all-or-nothing: the statistic is NaN without group 9 of 20',
    ]);
  });

  it('a cell whose budget does not suffice for its tolerance is incomplete: how far, how many, no metrics', async () => {
    const { cells } = await compare({
      ...both,
      problems: [problem('mixture-1d')],
      solvers: ['bfn-solver++2', 'dormand-prince'],
      nfe: [4, 200],
      repeats: 2,
      settings: { tolerance: { relative: 1e-3 } },
    });
    expect(cells.map(({ status }) => status)).toEqual(['ok', 'ok', 'incomplete', 'ok']);
    const [fixed, , spent, done] = cells;
    expect(spent).toMatchObject({ metrics: {}, calls: { mean: 1, max: 1 } });
    expect(spent.message).toBe(
      'dormand-prince did not get to the end with 40 of 40 samples in 4 calls each: sample 0 stopped at t = 0.99, before its first step',
    );
    expect(done.calls?.mean).toBeGreaterThan(20);
    expect(done.calls?.mean).toBeLessThan(done.calls?.max ?? 0);
    // the tolerance goes to those that take one
    expect(done.settings.tolerance).toEqual({ absolute: 1e-5, relative: 1e-3 });
    expect(fixed.settings).not.toHaveProperty('tolerance');
  });

  it('the calls of a guided network are those of the innermost one, beside the NFE of the plan', async () => {
    variant('guided', ({ denoiser }) => ({ denoiser: { ...denoiser, evaluations: 2 } }));
    const { cells } = await compare({ ...one, problems: [problem('guided')], solvers: ['bfn'], repeats: 2 });
    expect(cells.map(({ nfe, calls }) => [nfe, calls])).toEqual([
      [2, { mean: 4, max: 4 }],
      [3, { mean: 6, max: 6 }],
    ]);
  });

  it('a failing truth ends it: nothing could be held against it', async () => {
    await expect(compare({ ...one, problems: [problem('no-truth')] })).rejects.toThrow(
      'no-truth: the truth failed: the truth is not to be had',
    );
  });

  it('a problem without quality metrics has no equal-quality calls; metrics of other truths are passed over', async () => {
    const none = await compare({ ...one, problems: [problem('no-quality')] });
    expect(none.cells.every(({ callsOfBaseline }) => callsOfBaseline === undefined)).toBe(true);
    const foreign = await compare({ ...one, problems: [problem('foreign-quality')] });
    expect(foreign.problems[0].quality).toEqual(['class-divergence']);
  });

  it('text too short for a metric does without it', async () => {
    const short = problem('text', { order: 1, length: 1, alphabet: ' e' });
    const { cells, problems } = await compare({ ...one, problems: [short], solvers: ['bfn', 'bfn-solver1'] });
    expect(problems[0].quality).toEqual(['bits-gap']);
    expect(Object.keys(cells[0].metrics)).not.toContain('ngram-divergence');
  });

  it('tells two problems of one id apart by their parameters', async () => {
    const narrow = problem('simplex-3', { probabilities: [0.8, 0.2] });
    const { cells, problems } = await compare({
      ...one,
      problems: [...one.problems, narrow],
      solvers: ['bfn'],
      nfe: [2],
    });
    expect(cells.map((cell) => cell.problem)).toEqual(['simplex-3', 'simplex-3:probabilities=[0.8,0.2]']);
    expect(problems.map(({ id, name }) => [id, name])).toEqual(
      cells.map((cell) => ['simplex-3', cell.problem]),
    );
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const onProgress = ({ done }: { done: number }): void => {
      if (done === 2) controller.abort(reason);
    };
    await expect(compare(one, { signal: controller.signal, onProgress })).rejects.toBe(reason);
  });
});

describe('a mistake', () => {
  const counted = { ...one, problems: [problem('counted')] };
  const mistakes: readonly (readonly [what: string, options: Partial<Experiment>, says: RegExp])[] = [
    ['no problem', { problems: [] }, /^problems is \[\]; it must be a list of one or more problems$/],
    ['no solver', { solvers: [] }, /^solvers is \[\]; it must be a list of one or more solvers$/],
    ['no solver of its own', { problems: [problem('no-solvers')] }, /no solver to compare/],
    ['no NFE', { nfe: [] }, /^nfe is \[\]; it must be a list of one or more NFE$/],
    ['NFE 0', { nfe: [5, 0] }, /^nfe\[1\] is 0; it must be a whole number from 1 to 100000$/],
    ['NFE 1.5', { nfe: [1.5] }, /^nfe\[0\] is 1\.5; it must be a whole number/],
    ['a huge NFE', { nfe: [1e9] }, /^nfe\[0\] is 1000000000; it must be/],
    ['NFE twice', { nfe: [2, 2] }, /NFE 2 is listed twice/],
    ['two samples', { samples: 2 }, /samples is 2; it must be a whole number from 3/],
    ['no repeat', { repeats: 0 }, /repeats is 0/],
    ['half a seed', { seed: 0.5 }, /seed is 0\.5/],
    ['an unknown solver', { solvers: ['bfn', 'bnf'] }, /unknown solver "bnf"; there are: bfn/],
    [
      'an unknown quality',
      { problems: [problem('odd-quality')] },
      /unknown metric "beauty"; there are: bits/,
    ],
    [
      'a draw that the network has not',
      { problems: [problem('no-draw')] },
      /bfn draws .* network of "no-draw" cannot/,
    ],
    ['a clip of classes', { settings: { clip: [-1, 1] } }, /clip is for continuous data/],
    ['an unknown grid', { settings: { grid: problem('even') } }, /unknown grid "even"; there are: uniform/],
    [
      'a grid of the wrong length',
      {
        nfe: [1, 4],
        solvers: ['bfn-solver1'],
        settings: { grid: problem('explicit', { times: [0.9, 0.1] }) },
      },
      /explicit grid has 2 times; 4 steps need 5/,
    ],
    [
      'the prior short of the noise end',
      { settings: { start: 'prior', grid: problem('uniform', { eta: 0.1 }) } },
      /"prior" holds at the noise end only/,
    ],
    [
      'an ODE without noise at its start',
      { solvers: ['bfn-solver1'], nfe: [1], settings: { grid: problem('uniform', { eta: 0 }) } },
      /bfn-solver1 adds no noise, and at t = 1 bfn-discrete has none either/,
    ],
  ];

  it.each(mistakes)('%s is refused before the network is called', async (_, options, says) => {
    calls = 0;
    const refused = compare({ ...counted, ...options });
    await expect(refused).rejects.toThrow(says);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    expect(calls).toBe(0);
  });

  it('is none in what they were varied from', async () => {
    calls = 0;
    await compare(counted);
    expect(calls).toBeGreaterThan(0);
  });
});

it('a solver from outside is compared as the others are, under its own id', async () => {
  registerSolver({ ...solver('bfn-solver1'), id: 'mine' });
  const { cells } = await compare({ ...one, solvers: ['bfn-solver1', 'mine'] });
  expect(cells.slice(2).map(({ metrics }) => metrics)).toEqual(
    cells.slice(0, 2).map(({ metrics }) => metrics),
  );
});
