import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adaptiveSolver, adaptiveSolverList, solver, timeGrid } from '../../solvers/index.js';
import { samplesOf } from '../../src/array/batch.js';
import { scaledNorm } from '../../src/array/norm.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { DivergedError, UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import { laneStepper } from '../../src/plan/lane-runner.js';
import { type Lane, type Lanes, measure } from '../../src/plan/lanes.js';
import { type SampleOptions, sample } from '../../src/plan/sample.js';
import { continuousBfn, discreteBfn, variancePreserving } from '../../src/process/index.js';
import { normals } from '../../src/random/index.js';
import { anySeed } from '../../src/testing/index.js';

const moment = { t: 0.5, alpha: 0.6, sigma: 0.8, time: 0.5 };
const denoiser = gaussianMixture({
  weights: [0.5, 0.5],
  means: [
    [-0.5, 0, 0.3],
    [0.5, 0.1, -0.2],
  ],
  covariances: [
    [0.1, 0.02, 0.05],
    [0.03, 0.2, 0.01],
  ],
});

/** Lanes written by hand, which start with a standard normal. */
const byHand = (lane: () => Lane, budget = 10): Lanes => ({
  solver: 'by-hand',
  process: { id: 'vp-linear', parameters: {} },
  settings: {},
  start: { register: 'x', ...moment, alpha: 0, sigma: 1, atNoiseEnd: true },
  budget,
  lane,
});

const end = { from: 'x', alpha: 1, sigma: 0 };
const evaluate = { op: 'evaluate', into: 'x', from: 'x', ...moment } as const;

describe('the runner of lanes', () => {
  const text = {
    denoiser: independentCategorical({ probabilities: [0.4, 0.3, 0.2, 0.1], length: 5 }),
    process: discreteBfn({ classes: 4, beta1: 1 }),
  };
  const vectors = { denoiser, process: continuousBfn({ sigma1: 0.02 }) };
  it('gives sample i the same bits and calls alone, in chunks, in another order, in both precisions', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...adaptiveSolverList()),
        fc.constantFrom(text, vectors),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 13 }),
        anySeed(),
        fc.constantFrom('float32' as const, 'float64' as const),
        async (entry, { process, ...rest }, nfe, samples, chunk, seed, precision) => {
          const plan = entry.lanes(process, { nfe });
          const run = { ...rest, plan, start: 'zero-mean', seed, precision } as const;
          const whole = await sample({ ...run, samples });
          const chunked = await sample({ ...run, samples, chunk });
          expect(chunked).toEqual(whole);
          for (const i of [samples - 1, Math.floor(samples / 2), 0]) {
            const alone = await sample({ ...run, samples: 1, firstSample: i });
            expect(alone.data).toEqual(samplesOf(whole, i, i + 1).data);
            expect(alone.incomplete).toEqual(whole.incomplete.filter((one) => one.sample === i));
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives measured norms back, of each sample its own, and nothing for other instructions', async () => {
    const told: (number | undefined)[][] = [];
    function* lane(): Lane {
      const mine: (number | undefined)[] = [];
      told.push(mine);
      mine.push(yield { op: 'noise', into: 'z', draw: 1 });
      mine.push(
        yield {
          op: 'combine',
          into: 'y',
          terms: [
            [2, 'x'],
            [1, 'z'],
          ],
        },
      );
      mine.push(yield { op: 'measure', from: 'z', absolute: 1, sizes: [] });
      mine.push(
        yield* measure('y', 0.1, [
          [0.5, 'x'],
          [-3, 'z'],
        ]),
      );
      return { ...end, from: 'y' };
    }
    const start = { shape: [2, 3], data: Float64Array.of(1, -2, 3, 0.1, 0.2, -0.3) };
    const plan = byHand(lane);
    const { data, calls } = await sample({ plan, denoiser, start, samples: 2, seed: 4 });
    expect(calls).toEqual({ mean: 0, max: 0 });
    told.forEach((mine, i) => {
      const z = new Float64Array(3);
      normals(z, { seed: 4, sample: i, draw: 1 });
      const x = start.data.subarray(3 * i, 3 * i + 3);
      const y = x.map((value, k) => 2 * value + z[k]);
      const norm = (values: ArrayLike<number>): number => Math.hypot(...Array.from(values)) / Math.sqrt(3);
      expect(data.subarray(3 * i, 3 * i + 3)).toEqual(y);
      expect(mine.slice(0, 2)).toEqual([undefined, undefined]);
      expect(mine[2]).toBeCloseTo(norm(z), 12);
      expect(mine[3]).toBeCloseTo(
        norm(y.map((value, k) => value / Math.max(0.1, Math.abs(x[k]) / 2, 3 * Math.abs(z[k])))),
        12,
      );
    });
  });

  it('batches the calls of the samples that go on', () => {
    // the sample that starts at k makes k calls
    function* lane(): Lane {
      const calls = yield* measure('x');
      for (let i = 0; i < Math.round(calls); i++) yield { ...evaluate, into: 'D', t: i };
      return end;
    }
    const start = { shape: [4, 1], data: Float64Array.of(2, 0, 3, 1) };
    const running = laneStepper(byHand(lane), start);
    const seen: unknown[] = [];
    let next = running.next();
    while (!next.done) {
      const { samples, state, evaluation, moments, out } = next.value;
      seen.push([evaluation, samples, [...state.data], moments.map(({ t }) => t)]);
      next = running.next({ shape: state.shape, data: out.data.map(() => 7) });
    }
    expect(seen).toEqual([
      [1, [0, 2, 3], [2, 3, 1], [0, 0, 0]],
      [2, [0, 2], [2, 3], [1, 1]],
      [3, [2], [3], [2]],
    ]);
    expect(next.value).toEqual({ ...start, incomplete: [] });
  });

  it('locates a NaN among the samples that go on', () => {
    const plan = adaptiveSolver('dpm-solver-adaptive-12').lanes(variancePreserving({}), { nfe: 50 });
    const start = { shape: [4, 1], data: Float64Array.of(0.5, -1, 0.2, 1.5) };
    const running = laneStepper(plan, start, { firstSample: 10 });
    let next = running.next();
    const spoiled = (): void => {
      while (!next.done) {
        const { state, evaluation, samples = [], out } = next.value;
        out.data.set(state.data);
        if (evaluation === 5) out.data[samples.indexOf(2)] = NaN;
        next = running.next(out);
      }
    };
    expect(spoiled).toThrow(
      /dpm-solver-adaptive-12 diverged: the prediction of sample 12 .* at evaluation 5 \(t = 0\.\d+\)$/,
    );
  });

  it('meters the calls of each sample at the innermost network, promised predictions or not', async () => {
    const plan = adaptiveSolver('dormand-prince').lanes(variancePreserving({}), { nfe: 200 });
    const run = { plan, start: 'zero-mean', samples: 9, seed: 1, chunk: 4 } as const;
    const counts: number[] = new Array<number>(9).fill(0);
    const once = await sample({
      ...run,
      denoiser,
      onStep: ({ samples = [], firstSample }) => samples.forEach((i) => counts[firstSample + i]++),
    });
    expect(Math.min(...counts)).toBeLessThan(Math.max(...counts));
    expect(once.calls).toEqual({ mean: counts.reduce((a, b) => a + b) / 9, max: Math.max(...counts) });
    expect(once.nfe).toBe(once.calls.max);
    const guided: Denoiser = {
      ...denoiser,
      evaluations: 2,
      predict: async (...args) => denoiser.predict(...args),
    };
    const twice = await sample({ ...run, denoiser: guided });
    expect(twice.data).toEqual(once.data);
    expect(twice.calls).toEqual({ mean: 2 * once.calls.mean, max: 2 * once.calls.max });
  });

  it('has the calls of a plan as it has those of lanes', async () => {
    const plan = solver('ddim').plan(variancePreserving({}), { nfe: 5 });
    const { calls, nfe, incomplete } = await sample({ plan, denoiser, start: 'zero-mean', samples: 3 });
    expect([calls, nfe, incomplete]).toEqual([{ mean: 5, max: 5 }, 5, []]);
  });

  it('says which samples did not get to the end, in a run that starts anywhere', async () => {
    const within = (nfe: number) => {
      const plan = adaptiveSolver('dormand-prince').lanes(variancePreserving({}), { nfe });
      const run = { plan, denoiser, start: 'zero-mean', seed: 1 } as const;
      return sample({ ...run, samples: 20, firstSample: 5, chunk: 6 });
    };
    const { calls } = await within(1000);
    const { incomplete, data } = await within(Math.round(calls.mean));
    expect(incomplete.length).toBeGreaterThan(0);
    expect(incomplete.length).toBeLessThan(20);
    expect(data.every(Number.isFinite)).toBe(true);
    for (const { sample: i, t, error } of incomplete) {
      expect(i >= 5 && i < 25 && t > 0 && t < 1).toBe(true);
      expect(error).toBeGreaterThan(0);
    }
  });
});

describe('what is refused of lanes:', () => {
  const run = (lane: () => Lane, options: Partial<SampleOptions> = {}) =>
    sample({ plan: byHand(lane, 2), denoiser, start: 'zero-mean', samples: 3, ...options });

  it.each<[string, () => Lane, RegExp]>([
    [
      'a register that has not been written',
      function* () {
        yield { op: 'combine', into: 'y', terms: [[1, 'nothing']] };
        return end;
      },
      /by-hand: a lane reads the register nothing/,
    ],
    [
      'a register that another lane has written',
      (
        (first) => () =>
          (function* (writes: boolean): Lane {
            if (writes) yield { op: 'noise', into: 'y', draw: 1 };
            yield* measure('y');
            return end;
          })(first.splice(0).length > 0)
      )([1]),
      /reads the register y/,
    ],
    [
      'more calls than the budget',
      function* () {
        for (;;) yield evaluate;
      },
      /more calls than its budget, 2/,
    ],
  ])('%s', async (_, lane, says) => {
    await expect(run(lane)).rejects.toThrow(says);
  });

  it('a trajectory, since the samples have no times in common', async () => {
    const refused = run(
      function* () {
        yield evaluate;
        return end;
      },
      { trajectory: true },
    );
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/use onStep/);
  });

  it('a prediction of another shape', async () => {
    const short: Denoiser = { sampleShape: [3], predict: () => ({ shape: [1], data: new Float32Array(1) }) };
    const calls = function* (): Lane {
      yield evaluate;
      return end;
    };
    await expect(run(calls, { denoiser: short })).rejects.toThrow(/answered with shape \[1\]/);
  });

  it.each<[string, () => Lane, RegExp]>([
    [
      'the state',
      function* () {
        yield { op: 'combine', into: 'x', terms: [[1e300, 'x']] };
        yield evaluate;
        return end;
      },
      /by-hand diverged: the state of sample 4 is NaN or infinite at evaluation 1 \(t = 0\.5\)/,
    ],
    [
      'a measured norm',
      function* () {
        yield { op: 'combine', into: 'y', terms: [[Infinity, 'x']] };
        yield* measure('y');
        return end;
      },
      /a measured norm of sample 4 is NaN or infinite at evaluation 0/,
    ],
    [
      'the result',
      function* () {
        yield evaluate;
        yield { op: 'combine', into: 'x', terms: [[Infinity, 'x']] };
        return end;
      },
      /the result of sample 4 is NaN or infinite at evaluation 1/,
    ],
  ])('a number that is not finite, in %s', async (_, lane, says) => {
    const diverged = run(lane, { firstSample: 4, samples: 1 });
    await expect(diverged).rejects.toThrow(DivergedError);
    await expect(diverged).rejects.toThrow(says);
  });
});

it('scaledNorm is not finite where an entry is not, and the plain norm without sizes', () => {
  const x = Float32Array.of(3, -4);
  expect(scaledNorm(x, 1, [])).toBe(Math.sqrt(12.5));
  expect(scaledNorm(x, 10, [{ coefficient: -2, array: Float32Array.of(1, 10) }])).toBeCloseTo(
    Math.hypot(0.3, 0.2) / Math.SQRT2,
    12,
  );
  for (const broken of [NaN, Infinity]) {
    expect(Number.isFinite(scaledNorm(Float32Array.of(1, broken), 1, []))).toBe(false);
    const array = Float32Array.of(0, NaN);
    expect(Number.isFinite(scaledNorm(x, 1, [{ coefficient: 1, array }]))).toBe(false);
  }
});

it('the explicit grid gives an adaptive solver its ends', () => {
  const grid = timeGrid.explicit([0.8, 0.1]);
  const { start } = adaptiveSolver('dormand-prince').lanes(variancePreserving({}), { nfe: 9, grid });
  expect(start.t).toBe(0.8);
});
