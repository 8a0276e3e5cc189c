import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solver, solverList, timeGrid } from '../../solvers/index.js';
import { type Batch, samplesOf, zeros } from '../../src/array/batch.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { DivergedError, UsageError } from '../../src/errors.js';
import type { Denoiser } from '../../src/plan/denoiser.js';
import type { Plan } from '../../src/plan/plan.js';
import { stepper } from '../../src/plan/runner.js';
import { type SampleOptions, sample } from '../../src/plan/sample.js';
import { continuousBfn, discreteBfn, variancePreserving } from '../../src/process/index.js';
import { normals, pathNormals } from '../../src/random/index.js';
import { anyNetwork, anySeed } from '../../src/testing/index.js';
import { anyPlan } from './arbitraries.js';
import { scalarOf } from '../../src/plan/components.js';

const seed32 = anySeed();

/** What a plan means, in ten lines: one sample, float64, every register kept. */
const interpret = (plan: Plan, start: Batch, denoiser: Denoiser, seed: number): Float64Array => {
  const registers = new Map([[plan.start.register, Float64Array.from(start.data)]]);
  const read = (name: string): Float64Array => registers.get(name) as Float64Array;
  for (const entry of plan.instructions) {
    if (entry.op === 'return') return read(entry.from);
    const out = new Float64Array(start.data.length);
    if (entry.op === 'noise') {
      if ('draw' in entry) normals(out, { seed, sample: 0, draw: entry.draw });
      else pathNormals(out, { seed, sample: 0, clock: entry.clock }, entry);
    }
    if (entry.op === 'combine')
      for (const [c, name] of entry.terms) read(name).forEach((value, i) => (out[i] += scalarOf(c) * value));
    if (entry.op === 'evaluate')
      out.set((denoiser.predict({ shape: start.shape, data: read(entry.from) }, [entry]) as Batch).data);
    registers.set(entry.into, out);
  }
  throw new Error('no return');
};

describe('the runner', () => {
  it('does what a plan says, for every solver, process, grid and seed', () => {
    fc.assert(
      fc.asyncProperty(anyPlan(), anyNetwork([3]), seed32, async (plan, denoiser, seed) => {
        const start = { shape: [1, 3], data: Float64Array.of(-0.4, 0.1, 0.7) };
        const result = await sample({ plan, denoiser, start, samples: 1, seed });
        const expected = interpret(plan, start, denoiser, seed);
        const size = Math.max(...expected.map(Math.abs), 1);
        result.data.forEach((value, i) => expect(Math.abs(value - expected[i]) / size).toBeLessThan(1e-12));
        expect(result.nfe).toBe(plan.nfe);
      }),
    );
  });

  const text: Pick<SampleOptions, 'denoiser' | 'start'> & { readonly plan: Plan } = {
    plan: solver('bfn').plan(discreteBfn({ classes: 4, beta1: 1 }), { nfe: 4 }),
    denoiser: independentCategorical({ probabilities: [0.4, 0.3, 0.2, 0.1], length: 5 }),
    start: 'prior',
  };
  const vectors: typeof text = {
    plan: solver('sde-bfn-solver++2').plan(continuousBfn({ sigma1: 0.02 }), { nfe: 5 }),
    denoiser: gaussianMixture({
      weights: [0.5, 0.5],
      means: [
        [-0.5, 0, 0.3],
        [0.5, 0.1, -0.2],
      ],
      covariances: [
        [0.1, 0.02, 0.05],
        [0.03, 0.2, 0.01],
      ],
    }),
    start: 'zero-mean',
  };
  const onePath: typeof text = {
    ...vectors,
    plan: solver('sde-bfn-solver++2').plan(continuousBfn({ sigma1: 0.02 }), { nfe: 5, noise: 'path' }),
  };
  it.each([
    ['classes, drawn', text],
    ['vectors', vectors],
    ['vectors, noise of one path', onePath],
  ])(
    'gives sample i the same bits alone, in chunks, in another order, in both precisions (%s)',
    async (_, run) => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 40 }),
          fc.integer({ min: 1, max: 50 }),
          seed32,
          fc.constantFrom('float32' as const, 'float64' as const),
          async (samples, chunk, seed, precision) => {
            const whole = await sample({ ...run, samples, seed, precision });
            const chunked = await sample({ ...run, samples, seed, precision, chunk });
            expect(chunked.data).toEqual(whole.data);
            for (const i of [samples - 1, Math.floor(samples / 2), 0]) {
              const alone = await sample({ ...run, samples: 1, firstSample: i, seed, precision });
              expect(alone.data).toEqual(samplesOf(whole, i, i + 1).data);
            }
          },
        ),
        { numRuns: 25 },
      );
    },
  );

  it('leaves the start states as they were, and takes its precision from them', async () => {
    const start = { shape: [2, 3], data: Float64Array.of(1, 2, 3, 4, 5, 6) };
    const { data } = await sample({ ...vectors, start, samples: 2 });
    expect(start.data).toEqual(Float64Array.of(1, 2, 3, 4, 5, 6));
    expect(data).toBeInstanceOf(Float64Array);
  });

  it('takes predictions in its own array, in one that is given away, or promised', async () => {
    const direct = await sample({ ...vectors, samples: 3 });
    const { denoiser } = vectors;
    const own: Denoiser = { ...denoiser, predict: (x, moments) => denoiser.predict(x, moments) };
    const promised: Denoiser = { ...denoiser, predict: async (x, moments) => denoiser.predict(x, moments) };
    expect((await sample({ ...vectors, denoiser: own, samples: 3 })).data).toEqual(direct.data);
    expect((await sample({ ...vectors, denoiser: promised, samples: 3 })).data).toEqual(direct.data);
  });

  it('counts what a prediction of a guided network costs', async () => {
    const denoiser = { ...vectors.denoiser, evaluations: 2 };
    expect((await sample({ ...vectors, denoiser, samples: 2 })).nfe).toBe(2 * vectors.plan.nfe);
  });

  it('can be driven by hand', async () => {
    const { plan, denoiser } = vectors;
    const start = { shape: [1, 3], data: Float64Array.of(0.1, 0.2, -0.3) };
    const steps = stepper(plan, start, { seed: 5 });
    let next = steps.next();
    let calls = 0;
    while (!next.done) {
      const { state, moments, evaluation } = next.value;
      expect(evaluation).toBe(++calls);
      expect(moments).toHaveLength(1);
      next = steps.next(denoiser.predict(state, moments) as Batch);
    }
    expect(next.value.data).toEqual((await sample({ plan, denoiser, start, samples: 1, seed: 5 })).data);
  });

  it('shows every call to a callback and keeps the trajectory', async () => {
    const seen: number[] = [];
    const { trajectory } = await sample({
      ...vectors,
      samples: 5,
      chunk: 2,
      trajectory: true,
      onStep: ({ evaluation, firstSample, state }) => {
        if (firstSample === 0) seen.push(evaluation);
        expect(state.shape).toEqual([firstSample === 4 ? 1 : 2, 3]);
      },
    });
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    const times = vectors.plan.instructions.flatMap((entry) => (entry.op === 'evaluate' ? [entry.t] : []));
    expect(trajectory?.map(({ t }) => t)).toEqual(times);
    for (const { t, state, prediction } of trajectory ?? []) {
      const { alpha, sigma, time } = vectors.plan.instructions.find(
        (e) => e.op === 'evaluate' && e.t === t,
      ) as Extract<Plan['instructions'][number], { op: 'evaluate' }>;
      const again = vectors.denoiser.predict(state, new Array(5).fill({ t, alpha, sigma, time })) as Batch;
      expect(prediction.data).toEqual(again.data);
    }
  });

  it('takes noise from the caller', async () => {
    const process = variancePreserving({});
    const plan = solver('sde-dpm-solver++1').plan(process, {
      nfe: 4,
      lastStep: 'stop',
      grid: timeGrid.uniform({ tMin: 0.1 }),
    });
    const { denoiser } = vectors;
    const start = { shape: [2, 3], data: new Float64Array(6) };
    const drawn: [number, number][] = [];
    const silent = await sample({
      plan,
      denoiser,
      start,
      samples: 2,
      firstSample: 7,
      noise: (out, i, draw) => (drawn.push([i, draw]), out.fill(0)),
    });
    expect(drawn.toSorted(([a, b], [c, d]) => a - c || b - d)).toEqual(
      [7, 8].flatMap((i) => [1, 2, 3, 4].map((draw) => [i, draw])),
    );
    const quiet: Plan = {
      ...plan,
      instructions: plan.instructions.map((e) =>
        e.op === 'combine'
          ? { ...e, terms: e.terms.map(([c, r]) => [r.startsWith('z') ? 0 : c, r] as const) }
          : e,
      ),
    };
    expect(silent.data).toEqual((await sample({ plan: quiet, denoiser, start, samples: 2 })).data);
  });

  it('takes increments of paths from the caller', async () => {
    const process = variancePreserving({});
    const grid = timeGrid.uniform({ tMin: 0.1 });
    const asked: [number, string, number, number][] = [];
    const plan = solver('sde-dpm-solver++1').plan(process, { nfe: 3, lastStep: 'stop', grid, noise: 'path' });
    await sample({
      plan,
      denoiser: vectors.denoiser,
      start: 'zero-mean',
      samples: 1,
      pathNoise: (out, i, { clock, from, to }) => (asked.push([i, clock, from, to]), out.fill(0)),
    });
    const u = grid.times(process, 3).map((t) => Math.exp(2 * process.lambda(t)));
    expect(asked).toEqual([0, 1, 2].map((k) => [0, 'e^(2 lambda)', u[k], u[k + 1]]));
  });

  it('stops at an abort', async () => {
    const controller = new AbortController();
    let calls = 0;
    const run = sample({
      ...vectors,
      samples: 100,
      chunk: 1,
      signal: controller.signal,
      onStep: () => {
        if (++calls === 7) controller.abort(new Error('enough'));
      },
    });
    await expect(run).rejects.toThrow('enough');
    expect(calls).toBe(7);
  });
});

describe('a start', () => {
  const process = continuousBfn({ sigma1: 0.1 });
  const plan = solver('ddim').plan(process, {
    nfe: 1,
    lastStep: 'stop',
    grid: timeGrid.uniform({ eta: 0.3, tMin: 0.69 }),
  });
  /** The plan whose result is its start. */
  const still: Plan = {
    ...plan,
    nfe: 0,
    instructions: [{ op: 'return', from: plan.start.register, alpha: 1, sigma: 0 }],
  };
  const moments = { mean: [0.5, -0.3], variance: 0.2 };
  const { denoiser } = {
    denoiser: gaussianMixture({ weights: [1], means: [[0.5, -0.3]], covariances: [[0.1, 0.3]] }),
  };
  const drawn = async (start: SampleOptions['start']) =>
    sample({ plan: still, denoiser, start, moments, samples: 20_000, seed: 3, precision: 'float64' });
  const momentsOf = ({ data }: Batch, coordinate: number): [number, number] => {
    const values = Array.from(data).filter((_, i) => i % 2 === coordinate);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length];
  };
  it('of zero mean has the noise of the process; a moment-matched one the mean and mean variance of the true law', async () => {
    const { alpha, sigma } = plan.start;
    for (const [start, mean, variance] of [
      ['zero-mean', [0, 0], sigma ** 2],
      ['moment-matched', [0.5 * alpha, -0.3 * alpha], sigma ** 2 + alpha ** 2 * 0.2],
    ] as const) {
      const batch = await drawn(start);
      for (const i of [0, 1]) {
        const [seenMean, seenVariance] = momentsOf(batch, i);
        expect(Math.abs(seenMean - mean[i]) / Math.sqrt(variance / 20_000)).toBeLessThan(4);
        expect(Math.abs(seenVariance / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / 20_000));
      }
    }
  });
  it('from the prior is refused short of the noise end', async () => {
    await expect(drawn('prior')).rejects.toThrow(
      /the start "prior" holds at the noise end only, and the plan starts at t = 0.7/,
    );
  });
  it('without moments is refused where they are needed', async () => {
    await expect(sample({ plan, denoiser, start: 'moment-matched', samples: 2 })).rejects.toThrow(
      /needs the moments of the data/,
    );
  });
});

describe('what is wrong is said in one line:', () => {
  const plan = solver('bfn-solver++2').plan(continuousBfn({ sigma1: 0.02 }), { nfe: 4 });
  const answering = (answer: (call: number, x: Batch) => Batch): Denoiser => {
    let calls = 0;
    return { sampleShape: [2], predict: (x) => answer(++calls, x) };
  };
  it('a NaN of the network, with solver, evaluation, time and sample', async () => {
    const denoiser = answering((call, x) => {
      const out = zeros(x.shape);
      if (call === 3) out.data[5] = NaN;
      return out;
    });
    const error: unknown = await sample({
      plan,
      denoiser,
      start: 'zero-mean',
      samples: 4,
      firstSample: 10,
    }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as Error).message).toMatch(
      /^bfn-solver\+\+2 diverged: the prediction of sample 12 is NaN or infinite at evaluation 3 \(t = 0\.495\)$/,
    );
  });
  it('an overflow of the state', async () => {
    const instructions = plan.instructions.map((entry) =>
      entry.op === 'combine'
        ? { ...entry, terms: entry.terms.map(([c, r]) => [1e9 * scalarOf(c), r] as const) }
        : entry,
    );
    const denoiser = answering((_, x) => ({ ...x, data: x.data.map(() => 1e30) }));
    await expect(
      sample({ plan: { ...plan, instructions }, denoiser, start: 'zero-mean', samples: 1 }),
    ).rejects.toThrow(/the state of sample 0 is NaN or infinite at evaluation 2/);
  });
  it('a prediction of another shape', async () => {
    const denoiser = answering(() => zeros([1, 3]));
    await expect(sample({ plan, denoiser, start: 'zero-mean', samples: 2 })).rejects.toThrow(
      'the denoiser answered with shape [1, 3] to a state of shape [2, 2]',
    );
  });
  it('draws of a network that has none', async () => {
    const drawing = solver('bfn').plan(discreteBfn({ classes: 2, beta1: 1 }), { nfe: 3 });
    await expect(
      sample({ plan: drawing, denoiser: answering((_, x) => zeros(x.shape)), start: 'prior', samples: 1 }),
    ).rejects.toThrow(/asks for draws of the predicted classes, and the denoiser has no draw/);
  });
  it.each([
    ['samples', { samples: 0 }],
    ['samples', { samples: 1.5 }],
    ['seed', { seed: -1 }],
    ['chunk', { chunk: 0 }],
    ['firstSample', { firstSample: NaN }],
  ])('%s of %o', async (name, options) => {
    const run = sample({
      plan,
      denoiser: answering((_, x) => zeros(x.shape)),
      start: 'zero-mean',
      samples: 1,
      ...options,
    });
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(`${name} is`);
  });
  it('start states of another shape', async () => {
    const run = sample({
      plan,
      denoiser: answering((_, x) => zeros(x.shape)),
      start: zeros([3, 2]),
      samples: 2,
    });
    await expect(run).rejects.toThrow('the start states have shape [3, 2]; [2, 2] is needed');
  });
});

it('every solver runs on a real network with every start it declares', async () => {
  const process = continuousBfn({ sigma1: 0.02 });
  const denoiser = gaussianMixture({ weights: [1], means: [[0.1, 0.2]], covariances: [[0.1, 0.2]] });
  for (const entry of solverList()) {
    const result = await sample({
      plan: entry.plan(process, { nfe: 4 }),
      denoiser,
      start: entry.defaults?.start ?? 'zero-mean',
      samples: 3,
    });
    expect(result.nfe).toBe(4);
  }
});
