import { describe, expect, it } from 'vitest';
import { compare } from '../../experiments/compare.js';
import { readyRun } from '../../experiments/ready-run.js';
import { parseThreshold, wrapped } from '../../experiments/predictions.js';
import { makeProblem } from '../../experiments/problems/index.js';
import { UsageError } from '../../src/errors.js';

const moments = [{ t: 0.5, time: 0.5, alpha: 0.5, sigma: 0.2 }];
const x = { shape: [1, 64], data: Float64Array.from({ length: 64 }, (_, i) => Math.sin(i)) };
const digits = () => makeProblem('digits', { components: 3, given: 1, classes: '0-1' });

describe('a threshold in words', () => {
  it('has the defaults of the wrapper', () => {
    expect(parseThreshold('')).toEqual({ quantile: 0.995 });
    expect(parseThreshold('quantile=.9, maximum=2')).toEqual({ quantile: 0.9, maximum: 2 });
  });

  it.each([
    ['quantil=.9', /no parameter "quantil"; it takes quantile, maximum/],
    ['quantile=high', /quantile = "high" is not a number/],
    ['0.9', /name=value/],
  ])('%s is refused', (text, says) => {
    expect(() => parseThreshold(text)).toThrow(UsageError);
    expect(() => parseThreshold(text)).toThrow(says);
  });
});

describe('the wrappers of predictions', () => {
  it('do nothing unless told', async () => {
    const problem = await digits();
    expect(wrapped(problem, {})).toEqual({ denoiser: problem.denoiser, settings: { clip: null } });
  });

  it('keep predictions in range, and are recorded', async () => {
    const problem = await digits();
    const far = { ...x, data: x.data.map((value) => 9 * value) };
    for (const [settings, recorded] of [
      [{ clip: [-0.5, 0.5] }, { clip: [-0.5, 0.5] }],
      [{ threshold: { quantile: 0.9 } }, { clip: null, threshold: { quantile: 0.9 } }],
    ] as const) {
      const { denoiser, settings: record } = wrapped(problem, settings);
      const { data } = await denoiser.predict(far, moments);
      expect(record).toEqual(recorded);
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(1);
      expect([...data]).not.toEqual([...(await problem.denoiser.predict(far, moments)).data]);
    }
  });

  it('guide: scale 1 is the network of what is given, 0 that of nothing given, and both take two calls', async () => {
    const problem = await digits();
    const given = await problem.denoiser.predict(x, moments);
    const nothing = await problem.unconditional?.predict(x, moments);
    const at = (guidance: number) => wrapped(problem, { guidance });
    expect([...(await at(1).denoiser.predict(x, moments)).data]).toEqual([...given.data]);
    expect([...(await at(0).denoiser.predict(x, moments)).data]).toEqual([...(nothing?.data ?? [])]);
    expect(at(2).denoiser.evaluations).toBe(2);
    expect(at(2).settings).toEqual({ clip: null, guidance: 2 });
    const ready = readyRun(problem, { solver: 'ddim', nfe: 3, settings: { guidance: 2 } });
    expect(ready.settings).toMatchObject({ guidance: 2 });
  });
});

describe('a mistake', () => {
  it.each([
    ['digits:', { clip: [-1, 1], threshold: {} }, /both keep predictions in range; give one/],
    ['simplex-3', { clip: [-1, 1] }, /clip is for continuous data; the problem "simplex-3" is discrete/],
    ['simplex-3', { threshold: {} }, /threshold is for continuous data/],
    ['mixture-1d', { guidance: 2 }, /guidance needs something given/],
    ['mixture-1d', { threshold: { quantile: 2 } }, /quantile of a threshold is 2/],
  ] as const)('%s with %j is refused', async (id, settings, says) => {
    const problem = id === 'digits:' ? await digits() : await makeProblem(id);
    expect(() => wrapped(problem, settings)).toThrow(UsageError);
    expect(() => wrapped(problem, settings)).toThrow(says);
  });

  it('is a comparison with a law that is not known', async () => {
    const run = (id: string, parameters: Record<string, string | number>, guidance?: number) =>
      compare({
        problems: [{ id, parameters }],
        solvers: ['bfn-solver2'],
        nfe: [2],
        samples: 3,
        seed: 1,
        ...(guidance === undefined ? {} : { settings: { guidance } }),
      });
    await expect(run('text', { order: 1, length: 8, given: 'the' })).rejects.toThrow(
      /nothing to compare: the metrics of a text hold it against the law of texts of which nothing is given/,
    );
    const threes = { components: 2, classes: '3-4', given: 3 };
    await expect(run('digits', threes, 2)).rejects.toThrow(
      /guidance of scale 2 samples no law that is known/,
    );
    const { cells } = await run('digits', threes, 1);
    expect(cells.map(({ status }) => status)).toEqual(['ok']);
  });
});
