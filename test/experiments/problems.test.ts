import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metricsFor } from '../../experiments/metrics/index.js';
import { classMoments, mostLikelyClasses } from '../../experiments/problem.js';
import { makeProblem, parseProblem, problemList, registerProblem } from '../../experiments/problems/index.js';
import { solver } from '../../solvers/registry.js';
import type { Batch } from '../../src/array/batch.js';
import { UsageError } from '../../src/errors.js';

// each built-in problem with an exact network, the larger ones made small; networks.test.ts has the learned ones
const lines = [
  'text:order=1,length=8',
  'digits:components=2',
  'mnist:components=2,side=7',
  'mixture-1d',
  'mixture-2d:components=3',
  'simplex-3',
];
const make = (line: string) => {
  const { id, parameters } = parseProblem(line);
  return makeProblem(id, parameters);
};

it('all built-in problems are tested here', () => {
  const exact = problemList().filter(({ id }) => !id.endsWith('network'));
  expect(lines.map((line) => parseProblem(line).id)).toEqual(exact.map(({ id }) => id));
});

describe.each(lines)('the problem %s', (line) => {
  it('is what its parameters say, and makes the same again', async () => {
    const problem = await make(line);
    const family = problemList().find(({ id }) => id === problem.id);
    const names = (family?.parameters ?? []).map(({ name }) => name);
    const needed = (family?.parameters ?? []).filter(({ optional }) => optional !== true);
    expect(names).toEqual(expect.arrayContaining(Object.keys(problem.parameters)));
    expect(Object.keys(problem.parameters)).toEqual(expect.arrayContaining(needed.map(({ name }) => name)));
    const again = await makeProblem(problem.id, problem.parameters);
    expect(again.parameters).toEqual(problem.parameters);
    expect(again.trueSamples(20, 3)).toEqual(problem.trueSamples(20, 3));
    expect(again.trueSamples(20, 4)).not.toEqual(problem.trueSamples(20, 3));
  });

  it('has true samples of the shape of decoded ones, finite and in float32', async () => {
    const { trueSamples, denoiser, decode, process } = await make(line);
    const samples = trueSamples(30, 1);
    const result: Batch = {
      shape: [30, ...denoiser.sampleShape],
      data: new Float32Array(30 * denoiser.sampleShape.reduce((a, b) => a * b)),
    };
    expect(samples.shape).toEqual(decode(result).shape);
    expect(samples.data.every(Number.isFinite)).toBe(true);
    const { classes } = process;
    if (classes !== undefined) {
      expect(denoiser.sampleShape.at(-1)).toBe(classes);
      expect(samples.data.every((k) => Number.isInteger(k) && k >= 0 && k < classes)).toBe(true);
    }
  });

  it('has the moments of its true samples', async () => {
    const { trueSamples, moments, process } = await make(line);
    const count = 4000;
    const samples = trueSamples(count, 1);
    // as the process sees them: classes as K e_x - 1
    const { classes } = process;
    const seen =
      classes === undefined
        ? Float64Array.from(samples.data)
        : Float64Array.from({ length: samples.data.length * classes }, (_, i) =>
            samples.data[Math.floor(i / classes)] === i % classes ? classes - 1 : -1,
          );
    const size = seen.length / count;
    expect(moments.mean).toHaveLength(size);
    let [variance, worst] = [0, 0];
    for (let j = 0; j < size; j++) {
      const column = Float64Array.from({ length: count }, (_, i) => seen[i * size + j]);
      const mean = column.reduce((a, b) => a + b) / count;
      const spread = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / count;
      variance += spread / size;
      // in true standard errors; of a rare class one more or less is no error
      const expected =
        classes === undefined ? spread : (moments.mean[j] + 1) * (classes - 1 - moments.mean[j]);
      const error = Math.sqrt(expected / count) + (classes ?? 0) / count;
      worst = Math.max(worst, Math.abs(mean - moments.mean[j]) / error);
    }
    expect(worst).toBeLessThan(5);
    expect(variance / moments.variance).toBeCloseTo(1, 1);
  });

  it('names metrics and solvers that there are and that fit it', async () => {
    const { quality, truth, solvers, process } = await make(line);
    const metrics = metricsFor(truth);
    expect(quality.length).toBeGreaterThan(0);
    for (const id of quality) {
      const metric = metrics.find((candidate) => candidate.id === id);
      expect(metric).toBeDefined();
      expect(metric?.truth).toBeUndefined(); // a distance
    }
    expect(solvers[0]).toBe('bfn');
    for (const id of solvers) expect(solver(id).plan(process, { nfe: 3 }).nfe).toBe(3);
  });
});

describe('mostLikelyClasses', () => {
  it('takes the first of the largest entries of each variable', () => {
    const batches = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
      .chain((shape) => {
        const length = shape[0] * shape[1] * shape[2];
        // few values, so that there are ties
        return fc
          .array(fc.integer({ min: -2, max: 2 }), { minLength: length, maxLength: length })
          .map((data): Batch => ({ shape, data: Float32Array.from(data) }));
      });
    fc.assert(
      fc.property(batches, (batch) => {
        const [count, length, classes] = batch.shape;
        const decoded = mostLikelyClasses(batch);
        expect(decoded.shape).toEqual([count, length]);
        for (let i = 0; i < count * length; i++) {
          const entries = [...batch.data.subarray(i * classes, (i + 1) * classes)];
          expect(decoded.data[i]).toBe(entries.indexOf(Math.max(...entries)));
        }
      }),
    );
  });
});

describe('classMoments', () => {
  it('are those of K e_x - 1, summed over the classes', () => {
    const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 3 }), (raw, length) => {
        const total = raw.reduce((a, b) => a + b, 0);
        fc.pre(total > 0.01);
        const p = raw.map((weight) => weight / total);
        const K = p.length;
        const { mean, variance } = classMoments(p, length);
        const entry = (k: number, x: number): number => (k === x ? K - 1 : -1);
        const means = p.map((_, k) => p.reduce((sum, px, x) => sum + px * entry(k, x), 0));
        const spread = means.map((m, k) => p.reduce((sum, px, x) => sum + px * (entry(k, x) - m) ** 2, 0));
        expect(mean).toHaveLength(length * K);
        Array.from(mean).forEach((value, i) => expect(value).toBeCloseTo(means[i % K], 12));
        expect(variance).toBeCloseTo(spread.reduce((a, b) => a + b) / K, 10);
      }),
    );
  });
});

describe('a mistake', () => {
  it.each([
    ['txet', /unknown problem "txet"; there are: text, digits/],
    ['text:ordr=3', /problem "text" has no parameter "ordr"; it takes order, length, source, alphabet/],
    ['text:order=two', /order = "two" is not a number/],
    ['text:order=0', /order = 0 is not accepted; with 27 characters give a whole number from 1 to 5/],
    ['text:order=1.5', /order = 1\.5 is not accepted/],
    ['text:order=14,alphabet=abcd', /order = 14 .*with 4 characters give a whole number from 1 to 11/],
    ['text:length=0', /length = 0 is not accepted; give a whole number from 1 to 10000/],
    ['text:alphabet=abB', /alphabet has "B", which does not occur/],
    ['text:alphabet=aa', /alphabet has "a" twice/],
    ['text:alphabet=a', /classes = 1 is not accepted/],
    ['text:beta1=0', /beta1 = 0 is not accepted/],
    ['digits:components=0', /components is 0/],
    ['digits:seed=-1', /seed/],
    ['mixture-1d:sigma1=1', /sigma1 = 1 is not accepted/],
    [
      'mixture-2d:components=1e9',
      /components = 1000000000 is not accepted; give a whole number from 1 to 1000/,
    ],
    ['simplex-3:probabilities=[1,1]', /sum to 1/],
    ['simplex-3:probabilities=0.5', /probabilities = 0\.5 is not a list of numbers/],
  ])('%s is refused in one line', async (line, says) => {
    const made = (async () => make(line))();
    await expect(made).rejects.toBeInstanceOf(UsageError);
    await expect(made).rejects.toThrow(says);
    await expect(made).rejects.toThrow(/^[^\n]+$/);
  });

  it('a problem of a taken id is refused', () => {
    const [family] = problemList();
    expect(() => registerProblem({ ...family })).toThrow('a problem "text" is registered already');
  });
});
