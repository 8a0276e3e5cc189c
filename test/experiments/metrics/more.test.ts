import { describe, expect, it } from 'vitest';
import { fitMarkov } from '../../../src/denoiser/markov/model.js';
import { gaussianMixture } from '../../../src/denoiser/mixture.js';
import { encode, textAlphabet } from '../../../src/data/text.js';
import type { Metric } from '../../../experiments/metric.js';
import {
  classifierTwoSample,
  coverage,
  density,
  distinctNgrams,
  entropyRate,
  frechetDistance,
  frechetExtrapolated,
  frechetOnFeatures,
  jensenShannon,
  gaussianKernelDistance,
  kernelDistance,
  marginalKsMax,
  marginalKsMean,
  precision,
  recall,
  wordFrequencyDivergence,
  wordLengthDivergence,
} from '../../../experiments/metrics/index.js';
import { jackknife } from '../../../experiments/statistics.js';
import {
  batchOf,
  expectChecks,
  expectSubsetsToAgree,
  mapRows,
  plane,
  range,
  rowsOf,
  someCovariance,
  standardNormal,
  valueOf,
} from './support.js';

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const distance = (a: number[], b: number[]): number => Math.hypot(...a.map((x, k) => x - b[k]));
const shifted = (n: number, seed: number, by = 0.4) =>
  mapRows(plane.sample(n, seed), ([x, y]) => [x + by, y]);
const reference = (seed: number, n: number): number[][] => rowsOf(plane.sample(n, 2 ** 52 + seed));

const options = { referenceSize: 150 };
const ofVectors: Metric[] = [
  kernelDistance(plane),
  gaussianKernelDistance(plane),
  marginalKsMean(plane),
  marginalKsMax(plane),
  precision(plane, options),
  density(plane, options),
  coverage(plane, options),
  recall(plane, options),
];

describe.each(ofVectors)('$id', (metric) => {
  // recall has no value for short lists: it has a case of its own
  it.skipIf(metric.id === 'recall')('of a list of samples is that of these samples alone', () =>
    expectSubsetsToAgree(metric, shifted(47, 5)),
  );

  it('rejects samples of another shape, and entries that are no numbers', () =>
    expectChecks(metric, plane.sample(30, 3)));

  it('stays within its bounds, and is NaN for no samples', async () => {
    const { low = -Infinity, high = Infinity } = metric.bounds ?? {};
    for (const samples of [plane.sample(60, 1), shifted(60, 2, 50)]) {
      const value = await valueOf(metric, samples);
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
      expect((await metric.over(samples))([])).toBeNaN();
    }
  });
});

describe('kernel-distance', () => {
  it('equals the double sums, the truth as points that have the same moments up to the third', async () => {
    const k = (a: number[], b: number[]): number => (1 + (a[0] * b[0] + a[1] * b[1]) / 2) ** 3;
    // m ± sqrt(2) times each column of a root of the covariance integrates cubic polynomials exactly
    const points = plane.means.flatMap(([x, y], c) => {
      const [[a, b], [, e]] = plane.covariances[c];
      const [l, m] = [Math.sqrt(a), b / Math.sqrt(a)];
      const columns = [
        [l, m],
        [0, Math.sqrt(e - m * m)],
      ];
      return columns.flatMap(([u, v]) =>
        [Math.SQRT2, -Math.SQRT2].map((s) => ({ weight: plane.weights[c] / 4, at: [x + s * u, y + s * v] })),
      );
    });
    const truth = (of: (at: number[]) => number): number =>
      points.reduce((sum, { weight, at }) => sum + weight * of(at), 0);
    const samples = shifted(30, 8);
    const xs = rowsOf(samples);
    const within = mean(xs.flatMap((a, i) => xs.filter((_, j) => j !== i).map((b) => k(a, b))));
    const across = truth((y) => mean(xs.map((x) => k(x, y))));
    const expected = within - 2 * across + truth((y) => truth((z) => k(y, z)));
    expect(await valueOf(kernelDistance(plane), samples)).toBeCloseTo(expected, 9);
  });

  it('between points is exact, and 0 for the point itself', async () => {
    const at = (point: number[]) =>
      gaussianMixture({ weights: [1], means: [point], covariances: [range(3).map(() => [0, 0, 0])] });
    const [a, b] = [
      [1, 2, 3],
      [-1, 0.5, 2],
    ];
    const k = (x: number[], y: number[]): number => (1 + x.reduce((s, v, i) => s + v * y[i], 0) / 3) ** 3;
    const samples = batchOf(range(25).map(() => a));
    expect(await valueOf(kernelDistance(at(b)), samples)).toBeCloseTo(k(a, a) - 2 * k(a, b) + k(b, b), 9);
    expect(await valueOf(kernelDistance(at(a)), samples)).toBeCloseTo(0, 9);
  });

  it('is 0 in the mean on the truth', async () => {
    const values = await Promise.all(
      range(200).map((seed) => valueOf(kernelDistance(plane), plane.sample(40, seed))),
    );
    const deviation = Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) / 199);
    expect(Math.abs(mean(values))).toBeLessThan(3.5 * deviation);
  });
});

describe('frechet-distance-extrapolated', () => {
  it('has a fraction of the bias of the distance itself, on the truth and off it', async () => {
    const law = standardNormal(5);
    for (const by of [0, 0.5]) {
      const bias = async (metric: Metric): Promise<number> => {
        const values = await Promise.all(
          range(30).map((seed) =>
            valueOf(
              metric,
              mapRows(law.sample(100, seed), (row) => row.map((x) => x + by)),
            ),
          ),
        );
        return mean(values) - 5 * by * by;
      };
      const [plain, extrapolated] = [await bias(frechetDistance(law)), await bias(frechetExtrapolated(law))];
      expect(plain).toBeGreaterThan(0.05);
      expect(Math.abs(extrapolated)).toBeLessThan(0.35 * plain);
    }
  });

  it('does not depend on the order of a list, and has an interval', async () => {
    const statistic = await frechetExtrapolated(plane).over(shifted(100, 4));
    expect(statistic(range(100).reverse())).toBeCloseTo(statistic(range(100)), 10);
    expect(statistic([0, 20, 40])).toBeNaN(); // one group
    const { low, high } = jackknife(statistic, 100);
    expect(high).toBeGreaterThan(low);
  });
});

describe('precision, recall, density, coverage', () => {
  const radii = (rows: number[][]): number[] =>
    rows.map(
      (a, i) =>
        rows
          .filter((_, j) => j !== i)
          .map((b) => distance(a, b))
          .sort((x, y) => x - y)[4],
    );

  it('equal their definitions', async () => {
    const samples = shifted(80, 6);
    const [xs, ys] = [rowsOf(samples), reference(4, 150)];
    const [rx, ry] = [radii(xs), radii(ys)];
    const expected = {
      precision: mean(xs.map((x) => (ys.some((y, j) => distance(x, y) <= ry[j]) ? 1 : 0))),
      density: mean(xs.map((x) => ys.filter((y, j) => distance(x, y) <= ry[j]).length / 5)),
      coverage: mean(ys.map((y, j) => (xs.some((x) => distance(x, y) <= ry[j]) ? 1 : 0))),
      recall: mean(ys.map((y) => (xs.some((x, i) => distance(x, y) <= rx[i]) ? 1 : 0))),
    };
    for (const metric of [precision, density, coverage, recall]) {
      const made = metric(plane, options);
      expect(await valueOf(made, samples)).toBeCloseTo(expected[made.id as keyof typeof expected], 12);
    }
  });

  it('recall of a list is that of these samples alone, also where most neighbours are left out', async () => {
    const samples = shifted(200, 5);
    const metric = recall(plane, options);
    const statistic = await metric.over(samples);
    const rows = rowsOf(samples);
    const lists = [
      range(200).filter((i) => i % 20 !== 3),
      range(7).map((i) => 29 * i),
      [1, 1, 2, 2, 2, 7, 9],
    ];
    for (const list of lists) {
      expect(statistic(list)).toBeCloseTo(await valueOf(metric, batchOf(list.map((i) => rows[i]))), 12);
    }
    expect(statistic(range(5))).toBeNaN();
  });

  it('tell a lost mode from a wrong one', async () => {
    const collapsed = mapRows(plane.sample(300, 7), ([x, y]) => (x < 0 && y > -1.5 ? [x, y] : [-2, 0]));
    expect(await valueOf(precision(plane, options), collapsed)).toBeGreaterThan(0.8);
    expect(await valueOf(recall(plane, options), collapsed)).toBeLessThan(0.7);
    const far = shifted(300, 7, 100);
    for (const metric of [precision, density, coverage, recall]) {
      expect(await valueOf(metric(plane, options), far)).toBe(0);
    }
  });
});

describe('classifier-two-sample', () => {
  it('equals the nearest neighbour by brute force', async () => {
    const samples = shifted(60, 6);
    const all = [...rowsOf(samples), ...reference(5, 60)];
    const right = all.map((a, i) => {
      const others = range(120).filter((j) => j !== i);
      const nearest = others.reduce((best, j) => (distance(a, all[j]) < distance(a, all[best]) ? j : best));
      return nearest < 60 === i < 60 ? 1 : 0;
    });
    expect(await valueOf(classifierTwoSample(plane), samples)).toBeCloseTo(mean(right), 12);
  });

  it('is about 1/2 on the truth, 1 far from it, and 0 on the true samples themselves', async () => {
    const metric = classifierTwoSample(plane);
    const { low, high } = jackknife(await metric.over(plane.sample(400, 1)), 400);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(await valueOf(metric, shifted(50, 1, 99))).toBe(1);
    expect(await valueOf(metric, plane.sample(50, 2 ** 52 + 5))).toBe(0);
    await expectChecks(metric, plane.sample(30, 1));
  });

  it('of a list without a group is that of a search through the pairs that are left', async () => {
    const statistic = await classifierTwoSample(plane).over(shifted(40, 2));
    const all = [...rowsOf(shifted(40, 2)), ...reference(5, 40)];
    const list = [3, 17, 18, 30, 39];
    const there = [...list, ...list.map((i) => i + 40)];
    const right = there.map((i) => {
      const others = there.filter((j) => j !== i);
      const nearest = others.reduce((best, j) =>
        distance(all[i], all[j]) < distance(all[i], all[best]) ? j : best,
      );
      return nearest < 40 === i < 40 ? 1 : 0;
    });
    expect(statistic(list)).toBeCloseTo(mean(right), 12);
  });
});

describe('marginal-ks', () => {
  it('of one standard normal variable is the classical distance; constants are left out', async () => {
    const law = gaussianMixture({
      weights: [1],
      means: [[0, 7]],
      covariances: [
        [
          [1, 0],
          [0, 0],
        ],
      ],
    });
    const samples = batchOf([-1, 0, 2].map((x) => [x, 7.1]));
    const cdf = [0.15865525393145707, 0.5, 0.9772498680518208];
    const expected = Math.max(...cdf.flatMap((F, i) => [F - i / 3, (i + 1) / 3 - F].map(Math.abs)));
    expect(await valueOf(marginalKsMax(law), samples)).toBeCloseTo(expected, 12);
    expect(await valueOf(marginalKsMean(law), samples)).toBeCloseTo(expected, 12);
  });

  it('does not change where a variable is stretched with its law', async () => {
    const stretched = gaussianMixture({
      weights: plane.weights,
      means: plane.means.map(([x, y]) => [3 * x, y]),
      covariances: plane.covariances.map(([[a, b], [, c]]) => [
        [9 * a, 3 * b],
        [3 * b, c],
      ]),
    });
    const samples = shifted(50, 3);
    const wide = mapRows(samples, ([x, y]) => [3 * x, y]);
    expect(await valueOf(marginalKsMean(stretched), wide)).toBeCloseTo(
      await valueOf(marginalKsMean(plane), samples),
      9,
    );
  });
});

describe('frechetOnFeatures', () => {
  const base = { label: 'squares', hash: '0123abcd', features: (x: Parameters<Metric['over']>[0]) => x };

  it('with the identity is the distance from the moments of the true samples', async () => {
    const entry = frechetOnFeatures(base);
    const metric = entry.make({ kind: 'vectors', mixture: plane }) as Metric;
    expect(metric.id).toBe(entry.id);
    const samples = shifted(500, 3);
    const exact = await valueOf(frechetDistance(plane), samples);
    expect(Math.abs((await valueOf(metric, samples)) / exact - 1)).toBeLessThan(0.2);
    await expectChecks(metric, samples);
  });

  it('has an id of its own for each label, hash and preprocessing', () => {
    const variants = [
      base,
      { ...base, label: 'cubes' },
      { ...base, hash: '0123abce' },
      { ...base, preprocessing: 'resized to 8x8, bicubic' },
    ];
    expect(new Set(variants.map((one) => frechetOnFeatures(one).id)).size).toBe(4);
    expect(frechetOnFeatures({ ...base, hash: '0123ABCD' }).id).toBe(frechetOnFeatures(base).id);
  });

  it('refuses a label or hash that is none, and features of another number of rows or columns', async () => {
    expect(() => frechetOnFeatures({ ...base, hash: 'v1' })).toThrow('hexadecimal');
    expect(() => frechetOnFeatures({ ...base, label: 'My Net' })).toThrow('kebab-case');
    const short = frechetOnFeatures({ ...base, features: (x) => ({ ...x, shape: [1, x.shape[1]] }) });
    await expect(
      Promise.resolve(short.make({ kind: 'vectors', mixture: plane })?.over(plane.sample(5, 1))),
    ).rejects.toThrow('1 rows of features');
  });
});

describe('metrics of text', () => {
  const text = 'the cat sat on the mat and the dog ran to the barn while a cow ate hay in the old red shed ';
  const model = fitMarkov(encode(text.repeat(3), textAlphabet), { order: 2, alphabet: textAlphabet });
  const length = 40;
  const some = (n: number, seed: number) => ({
    shape: [n, length],
    data: Float64Array.from(model.sample(n, length, seed)),
  });
  const metrics = [
    entropyRate(model, length),
    distinctNgrams(model, length),
    wordFrequencyDivergence(model, length, 500),
    wordLengthDivergence(model, length, 500),
  ];

  it.each(metrics)('$id of a list is that of these samples alone', (metric) =>
    expectSubsetsToAgree(metric, some(30, 2)),
  );

  it.each(metrics)('$id rejects what is no text', (metric) => expectChecks(metric, some(20, 1)));

  it('entropy-rate approaches the truth from below, and is 0 for one character', async () => {
    const [metric] = metrics;
    const value = await valueOf(metric, some(2000, 3));
    expect(value).toBeLessThan((metric.truth ?? 0) + 0.01);
    expect(value).toBeGreaterThan((metric.truth ?? 0) - 0.03);
    expect(await valueOf(metric, { shape: [5, length], data: new Float64Array(5 * length) })).toBe(0);
  });

  it('distinct-ngrams is 1 without repetition and 1 over their number with nothing else', async () => {
    const metric = distinctNgrams(model, length);
    expect(await valueOf(metric, batchOf([range(length).map((i) => (i * i) % 27)]))).toBeGreaterThan(0.5);
    expect(await valueOf(metric, batchOf([range(length).map(() => 1)]))).toBeCloseTo(1 / 37, 12);
  });

  it('words are held against those of the true sample', async () => {
    const sentence = Array.from(encode('the cat sat on the mat and the dog ran t', textAlphabet));
    const samples = batchOf([sentence, sentence]);
    const words = 'the cat sat on the mat and the dog ran t'.split(' ');
    const truth = Array.from(model.sample(500, length, 2 ** 52 + 6));
    const trueWords = range(500).flatMap((i) =>
      truth
        .slice(i * length, (i + 1) * length)
        .map((k) => textAlphabet[k])
        .join('')
        .split(' ')
        .filter(Boolean),
    );
    const share = (list: string[], word: string): number =>
      list.filter((one) => one === word).length / list.length;
    const all = [...new Set([...words, ...trueWords])];
    const expected = jensenShannon(
      all.map((w) => share(words, w)),
      all.map((w) => share(trueWords, w)),
    );
    expect(await valueOf(metrics[2], samples)).toBeCloseTo(expected, 10);
    const lengths = [words, trueWords].map((list) => list.map((word) => String(word.length)));
    const ofLengths = range(41).map(String);
    expect(await valueOf(metrics[3], samples)).toBeCloseTo(
      jensenShannon(
        ofLengths.map((l) => share(lengths[0], l)),
        ofLengths.map((l) => share(lengths[1], l)),
      ),
      10,
    );
  });
});

it('a metric of d variables has the covariance of its law: kernel-distance in 3 dimensions is 0 in the mean', async () => {
  const law = gaussianMixture({
    weights: [0.6, 0.4],
    means: [
      [1, 0, -1],
      [0, 2, 0.5],
    ],
    covariances: [someCovariance(3, 1, 0.5), someCovariance(3, 2, 1)],
  });
  const values = await Promise.all(
    range(200).map((seed) => valueOf(kernelDistance(law), law.sample(30, seed))),
  );
  const error = Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) / 199);
  expect(Math.abs(mean(values))).toBeLessThan(3.5 * error);
});
