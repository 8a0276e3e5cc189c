import type { AdaptiveSolver } from '../../solvers/adaptive.js';
import { timeGrid } from '../../solvers/grid.js';
import { type Batch, samplesOf } from '../array/batch.js';
import { type GaussianMixture, gaussianMixture } from '../denoiser/mixture.js';
import { DivergedError } from '../errors.js';
import type { Denoiser } from '../plan/denoiser.js';
import type { Lanes } from '../plan/lanes.js';
import { type SampleOptions, type Samples, sample } from '../plan/sample.js';
import { continuousBfn, discreteBfn, karras, variancePreserving } from '../process/index.js';
import type { Process } from '../process/process.js';
import { type LawReport, reportLaws } from './laws.js';

/**
 * The laws that every built-in adaptive solver is put through in CI, for one of your own: no sample feels its batch mates, no budget
 * is exceeded, and what has come to its end within one comes to the same end within any larger one; a NaN of the network is located;
 * half log-SNR is all that it sees (where it is declared scale invariant); and on Gaussian data its error stays near its tolerance
 * (where it takes one).
 */
export const checkAdaptiveSolver = (solver: AdaptiveSolver): Promise<readonly LawReport[]> =>
  reportLaws([
    ['gives each sample the same bits in any batch', () => batchMates(solver)],
    ['keeps to every budget from 1 to 60', () => budgets(solver)],
    ['locates a NaN of the network', () => locatesNaN(solver)],
    ...(solver.scaleInvariant ? [['sees half log-SNR only', () => scaleInvariance(solver)] as const] : []),
    ...(solver.defaults?.tolerance
      ? [['has errors near its tolerance on Gaussian data', () => tolerances(solver)] as const]
      : []),
  ]);

const processes = (): readonly Process[] => [
  continuousBfn({ sigma1: 0.02 }),
  discreteBfn({ classes: 2, beta1: 1.5 }),
  variancePreserving({}),
  karras({}),
];

const mixture = (): GaussianMixture =>
  gaussianMixture({
    weights: [0.4, 0.6],
    means: [
      [-0.6, 0.1],
      [0.7, -0.3],
    ],
    covariances: [
      [0.09, 0.02],
      [0.16, 0.01],
    ],
  });

const grid = timeGrid.halfLogSnr({ eta: 0.02 });
const run = (plan: Lanes, options: Partial<SampleOptions> = {}): Promise<Samples> => {
  const usual = {
    denoiser: mixture(),
    start: 'zero-mean',
    samples: 7,
    seed: 3,
    precision: 'float64',
  } as const;
  return sample({ ...usual, ...options, plan });
};

const same = (a: Batch, b: Batch): boolean => a.data.every((value, i) => value === b.data[i]);

const batchMates = async (solver: AdaptiveSolver): Promise<string | undefined> => {
  for (const process of processes()) {
    const plan = solver.lanes(process, { nfe: 40, grid });
    for (const precision of ['float32', 'float64'] as const) {
      const together = await run(plan, { precision });
      const chunked = await run(plan, { precision, chunk: 3 });
      if (!same(together, chunked)) return `other bits in chunks of 3 on ${process.id}, ${precision}`;
      for (const firstSample of [6, 0, 3]) {
        const alone = await run(plan, { precision, samples: 1, firstSample });
        if (same(alone, samplesOf(together, firstSample, firstSample + 1))) continue;
        return `other bits of sample ${firstSample} alone on ${process.id}, ${precision}`;
      }
    }
  }
  return undefined;
};

const budgets = async (solver: AdaptiveSolver): Promise<string | undefined> => {
  const tolerates = solver.defaults?.tolerance !== undefined;
  for (const process of processes().slice(0, 2)) {
    let before: Samples | undefined;
    for (let nfe = 1; nfe <= 60; nfe++) {
      const now = await run(solver.lanes(process, { nfe, grid }));
      if (now.calls.max > nfe) return `${now.calls.max} calls of ${nfe} on ${process.id}`;
      const open = new Set(before?.incomplete.map((entry) => entry.sample));
      for (let i = 0; before && tolerates && i < 7; i++) {
        if (open.has(i) || same(samplesOf(before, i, i + 1), samplesOf(now, i, i + 1))) continue;
        return `sample ${i} was complete in ${nfe - 1} calls and is another in ${nfe}, on ${process.id}`;
      }
      before = now;
    }
  }
  return undefined;
};

const locatesNaN = async (solver: AdaptiveSolver): Promise<string | undefined> => {
  const plan = solver.lanes(processes()[0], { nfe: 20, grid });
  const exact = mixture();
  for (let failing = 1; failing <= 4; failing++) {
    let calls = 0;
    const denoiser: Denoiser = {
      sampleShape: [2],
      predict: async (...given) => {
        const prediction = await exact.predict(...given);
        if (++calls === failing) prediction.data[prediction.data.length - 1] = NaN;
        return prediction;
      },
    };
    const error: unknown = await run(plan, { denoiser, samples: 1, firstSample: 2 }).catch((e: unknown) => e);
    if (calls < failing) return undefined;
    const located = error instanceof DivergedError && error.evaluation === failing;
    if (!located || !error.message.includes('sample 2') || error.solver !== solver.id) {
      return `a NaN of sample 2 at evaluation ${failing} is answered with ${String(error)}`;
    }
  }
  return undefined;
};

const scaleInvariance = async (solver: AdaptiveSolver): Promise<string | undefined> => {
  const lambdas = solver.defaults?.tolerance ? [-2, 3] : [-2, -0.5, 0.9, 3];
  const nfe = solver.defaults?.tolerance ? 2000 : 3 * (solver.evaluationsPerStep ?? 1);
  const ends = await Promise.all(
    [continuousBfn({ sigma1: 0.02 }), variancePreserving({}), karras({})].map(async (process) => {
      const times = lambdas.map(process.timeAtLambda);
      const plan = solver.lanes(process, { nfe, grid: timeGrid.explicit(times), lastStep: 'stop' });
      const { data, calls } = await run(plan);
      const alpha = process.alpha(times[times.length - 1]);
      return { id: process.id, states: Array.from(data, (x) => x / alpha), calls: calls.mean };
    }),
  );
  const [first, ...others] = ends;
  for (const { id, states, calls } of others) {
    const apart = Math.max(...states.map((x, i) => Math.abs(x - first.states[i])));
    if (apart > 1e-9 || calls !== first.calls) return `states ${apart} apart on ${first.id} and ${id}`;
  }
  return undefined;
};

/** Error after error of one step each is within the tolerance: how many tolerances they may add up to. */
const accumulation = 30;

const tolerances = async (solver: AdaptiveSolver): Promise<string | undefined> => {
  const [mean, variance] = [0.3, 0.2];
  const denoiser = gaussianMixture({
    weights: [1],
    means: [[mean, mean]],
    covariances: [[variance, variance]],
  });
  for (const process of processes()) {
    for (const tolerance of [1e-3, 1e-4, 1e-5, 1e-6]) {
      const plan = solver.lanes(process, {
        nfe: 100_000,
        grid,
        lastStep: 'stop',
        tolerance: { absolute: tolerance, relative: tolerance },
      });
      const end = grid.end(process);
      const [alpha, sigma] = [process.alpha(end), process.sigma(end)];
      const deviation = (a: number, s: number): number => Math.hypot(a * Math.sqrt(variance), s);
      const { start } = plan;
      const states = Float64Array.from([-1.5, -0.2, 0.4, 1.3], (u) => start.alpha * mean + u * start.sigma);
      const { data } = await run(plan, { denoiser, samples: 2, start: { shape: [2, 2], data: states } });
      const growth = deviation(alpha, sigma) / deviation(start.alpha, start.sigma);
      for (const [i, x] of states.entries()) {
        const exact = alpha * mean + growth * (x - start.alpha * mean);
        const error = Math.abs(data[i] - exact) / (Math.hypot(alpha, sigma) + Math.abs(exact));
        if (!(error < accumulation * tolerance))
          return `error ${error} at tolerance ${tolerance} on ${process.id}`;
      }
    }
  }
  return undefined;
};
