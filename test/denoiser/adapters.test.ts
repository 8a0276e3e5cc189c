import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zeros, type Batch } from '../../src/array/batch.js';
import { adapt, clip, type AdapterOptions, type Network } from '../../src/denoiser/adapters.js';
import { atoms } from '../../src/denoiser/atoms.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { gaussianMixture } from '../../src/denoiser/mixture.js';
import { UsageError } from '../../src/errors.js';
import type { Moment } from '../../src/plan/denoiser.js';
import { batchOf, largestDifference, momentAt, rowsOf, someMixture } from './laws.js';

const law = gaussianMixture(someMixture(3, 3, 2));
const sigmaData = 0.7;

const channel = fc.record({
  alpha: fc.double({ min: 0.02, max: 2, noNaN: true }),
  sigma: fc.double({ min: 0.02, max: 5, noNaN: true }),
});
const vector = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 2, maxLength: 2 });
const noisy = fc.array(fc.tuple(channel, vector), { minLength: 1, maxLength: 4 });

/** What a network that predicts in each guise is trained towards, from x and D with eps = (x - alpha D) / sigma: the definitions. */
const guises: Record<string, (x: number, D: number, eps: number, alpha: number, sigma: number) => number> = {
  data: (_, D) => D,
  noise: (_, __, eps) => eps,
  score: (_, __, eps, ___, sigma) => -eps / sigma,
  velocity: (_, D, eps, alpha, sigma) => alpha * eps - sigma * D,
  'flow-velocity': (_, D, eps) => eps - D,
  // Karras et al. 2022, equation 7 and table 1, on the clock where the state is x / alpha and the noise s = sigma / alpha
  edm: (x, D, _, alpha, sigma) => {
    const s = sigma / alpha;
    const skip = sigmaData ** 2 / (s ** 2 + sigmaData ** 2);
    const out = (s * sigmaData) / Math.sqrt(s ** 2 + sigmaData ** 2);
    return (D - (skip * x) / alpha) / out;
  },
};

/** A network that knows the exact D, and tells it in a guise. */
const exactNetwork =
  (predicts: string, moments: readonly Moment[]): Network =>
  (input) => {
    const D = law.predict(input, moments);
    const data = D.data.map((mean, j) => {
      const { alpha, sigma } = moments[Math.floor(j / 2)];
      const x = input.data[j];
      return guises[predicts](x, mean, (x - alpha * mean) / sigma, alpha, sigma);
    });
    return { shape: D.shape, data };
  };

const split = (samples: [{ alpha: number; sigma: number }, number[]][]) => ({
  moments: samples.map(([{ alpha, sigma }]) => momentAt(alpha, sigma)),
  x: batchOf(samples.map(([, x]) => x)),
});

describe('a network', () => {
  it.each(Object.keys(guises))('that predicts %s gives the exact posterior mean back', (predicts) => {
    fc.assert(
      fc.property(noisy, (samples) => {
        const { x, moments } = split(samples);
        const options = { sampleShape: [2], predicts, input: 'state', sigmaData } as AdapterOptions;
        const D = adapt(exactNetwork(predicts, moments), options).predict(x, moments) as Batch;
        samples.forEach(([{ alpha, sigma }, values], i) => {
          // what is divided by alpha loses digits where alpha is small
          const scale = 1 + (Math.max(...values.map(Math.abs)) + sigma) / alpha;
          const [mine, exact] = [D, law.predict(x, moments)].map((batch) => rowsOf(batch)[i]);
          expect(largestDifference(mine, exact) / scale).toBeLessThan(1e-13);
        });
      }),
    );
  });

  it.each(['noise', 'score', 'velocity', 'flow-velocity', 'edm'] as const)(
    'that predicts %s has no say where there is no noise: x / alpha',
    (predicts) => {
      const lost: Network = (input) => ({ shape: input.shape, data: input.data.map(() => -Infinity) });
      const D = adapt(lost, { sampleShape: [2], predicts, sigmaData }).predict(batchOf([[1, -2]]), [
        momentAt(0.5, 0),
      ]);
      expect(largestDifference((D as Batch).data, [2, -4])).toBeLessThan(1e-15);
    },
  );

  it.each(['velocity', 'flow-velocity', 'edm', 'data'] as const)(
    'that predicts %s speaks of the data where there is no signal',
    (predicts) => {
      const [sigma, D] = [0.5, [0.3, -0.2]];
      const network: Network = (input) => ({
        shape: input.shape,
        data: input.data.map((x, j) =>
          predicts === 'edm' ? D[j] / sigmaData : guises[predicts](x, D[j], x / sigma, 0, sigma),
        ),
      });
      const options = { sampleShape: [2], predicts, sigmaData, input: 'state' } as const;
      const mine = adapt(network, options).predict(batchOf([[1, -2]]), [momentAt(0, sigma)]) as Batch;
      expect(largestDifference(mine.data, D)).toBeLessThan(1e-15);
    },
  );

  it.each(['noise', 'score'] as const)(
    'that predicts %s says nothing of the data without signal',
    (predicts) => {
      const denoiser = adapt((input) => input, { sampleShape: [1], predicts });
      const predict = () => denoiser.predict(batchOf([[0]]), [{ t: 1, alpha: 0, sigma: 1, time: 0 }]);
      expect(predict).toThrow(UsageError);
      expect(predict).toThrow(
        /a prediction of \w+ does not determine the data at t = 1 \(alpha = 0, sigma = 1\)/,
      );
    },
  );

  it.each([
    ...(['noise', 'score', 'velocity', 'flow-velocity'] as const).map((predicts) => [predicts, 0] as const),
    ...([
      ['data', 3],
      ['edm', 1.5],
    ] as const),
  ])('that predicts %s predicts %d of a 3 where BFN starts, in a batch with others', (predicts, wanted) => {
    const start = { t: 1, alpha: 0, sigma: 0, time: 0 };
    const [x, later] = [batchOf([[0], [0.5], [0]]), momentAt(0.5, 0.5)];
    const network: Network = () => batchOf([[3], [3], [3]]);
    const denoiser = adapt(network, { sampleShape: [1], predicts, sigmaData: 0.5, input: 'state' });
    const { data } = denoiser.predict(x, [start, later, start]) as Batch;
    expect([...data]).toEqual([wanted, expect.any(Number), wanted]);
    expect(data[1]).not.toBe(0);
  });

  it('may answer later', async () => {
    const moments = [momentAt(0.5, 0.5)];
    const x = batchOf([[0.3, 0.1]]);
    const network = exactNetwork('noise', moments);
    const options = { sampleShape: [2], predicts: 'noise' } as const;
    const now = adapt(network, options).predict(x, moments) as Batch;
    const later = adapt((...asked) => Promise.resolve(network(...asked)), options).predict(x, moments);
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual(now);
  });

  it('is shown the times of the moments, or those of a clock of its own', () => {
    const seen: number[][] = [];
    const network: Network = (input, times) => {
      seen.push([...times]);
      return input;
    };
    const moments = [{ t: 0.9, alpha: 1, sigma: 2, time: 0.1 }, { t: 0.4, alpha: 1, sigma: 3, time: 0.6 }]; // prettier-ignore
    const options = { sampleShape: [1], predicts: 'data' } as const;
    adapt(network, options).predict(batchOf([[0], [0]]), moments);
    adapt(network, { ...options, clock: ({ sigma }) => Math.log(sigma) / 4 }).predict(
      batchOf([[0], [0]]),
      moments,
    );
    expect(seen).toEqual([[0.1, 0.6], [Math.log(2) / 4, Math.log(3) / 4]]); // prettier-ignore
  });

  it('sees the state, the scaled state, its softmax, or what the user makes of it', () => {
    let seen: Batch = zeros([0]);
    const network: Network = (input) => (seen = input);
    const x = batchOf([[0, Math.log(3)], [1, 1]]); // prettier-ignore
    const moments = [momentAt(0.5, 2), momentAt(0, 0)];
    const show = (input: AdapterOptions['input']) => {
      const options = { sampleShape: [2], predicts: 'data', sigmaData, ...(input && { input }) } as const;
      adapt(network, options).predict(x, moments);
      return rowsOf(seen);
    };
    expect(show(undefined)).toEqual(rowsOf(x));
    expect(seen).toBe(x);
    const deviation = Math.sqrt(0.25 * sigmaData ** 2 + 4);
    expect(largestDifference(show('scaled').flat(), [0, Math.log(3) / deviation, 1, 1])).toBeLessThan(1e-15);
    expect(largestDifference(show('softmax').flat(), [0.25, 0.75, 0.5, 0.5])).toBeLessThan(1e-15);
    expect(show((y) => ({ ...y, data: y.data.map((value) => 2 * value) }))[1]).toEqual([2, 2]);
  });

  it('trained with EDM sees unit variance and predicts at unit variance, whatever the moment', () => {
    fc.assert(
      fc.property(channel, ({ alpha, sigma }) => {
        // of data N(0, sigmaData²) the best F is 0: all that there is to know is in the skip
        const exact = gaussianMixture({ weights: [1], means: [[0]], covariances: [[sigmaData ** 2]] });
        const silent: Network = (input) => zeros(input.shape, 'float64');
        const moments = [momentAt(alpha, sigma)];
        const mine = adapt(silent, { sampleShape: [1], predicts: 'edm', sigmaData }).predict(
          batchOf([[1.3]]),
          moments,
        );
        expect((mine as Batch).data[0]).toBeCloseTo(exact.predict(batchOf([[1.3]]), moments).data[0], 12);
      }),
    );
  });

  it('is read only, and its answer arrives in `out` at the precision of the state', () => {
    const answer = batchOf([[0.25, 4]], 'float64');
    const denoiser = adapt(() => answer, { sampleShape: [2], predicts: 'velocity' });
    const x = batchOf([[1, 2]], 'float32');
    const out = zeros([1, 2], 'float32');
    expect(denoiser.predict(x, [momentAt(0.6, 0.8)], out)).toBe(out);
    expect(largestDifference(out.data, [0.6 - 0.2, 1.2 - 3.2])).toBeLessThan(1e-6);
    expect([[...answer.data], [...x.data]]).toEqual([[0.25, 4], [1, 2]]); // prettier-ignore
  });
});

describe('a network of logits', () => {
  const [p, shape] = [[0.5, 0.3, 0.2], [2, 3]]; // prettier-ignore
  const exact = independentCategorical({ probabilities: p, length: 2 });
  // the optimal network sees theta: e ∝ p theta
  const network: Network = (theta) => ({
    shape: theta.shape,
    data: theta.data.map((value, j) => Math.log(p[j % 3] * value) + 5),
  });
  const denoiser = adapt(network, { sampleShape: shape, predicts: 'logits' });
  const z = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), { minLength: 6, maxLength: 6 });
  const beta = 0.7;
  const moments = [momentAt(beta, Math.sqrt(3 * beta))];

  it('predicts K e - 1, and draws from e', () => {
    fc.assert(
      fc.property(z, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (data, u) => {
        const x = { shape: [1, ...shape], data: Float64Array.from(data) };
        const [mine, best] = [denoiser, exact].map((d) => (d.predict(x, moments) as Batch).data);
        expect(largestDifference(mine, best)).toBeLessThan(1e-12);
        const drawn = denoiser.draw?.(x, moments, (_, out) => out.fill(u)) as Batch;
        expect([...drawn.data].sort()).toEqual([-1, -1, -1, -1, 2, 2]);
      }),
    );
  });

  it('is not undone by large numbers', () => {
    const wild = adapt(() => ({ shape: [1, 2], data: Float32Array.of(1e4, -1e4) }), {
      sampleShape: [2],
      predicts: 'logits',
    });
    expect([...(wild.predict(batchOf([[0, 0]]), [momentAt(1, 1)]) as Batch).data]).toEqual([1, -1]);
  });
});

describe('the small-time rule of the original BFN code', () => {
  it('predicts 0 below tMin of network time, for noise, and only if asked for', () => {
    const options = { sampleShape: [1], predicts: 'noise' } as const;
    const early = { t: 1 - 1e-7, alpha: 1e-7, sigma: 1e-3, time: 1e-7 };
    const moments = [early, { ...early, time: 1e-6 }, { t: 1, alpha: 0, sigma: 0, time: 0 }];
    const network: Network = (input) => zeros(input.shape, 'float64');
    const x = batchOf([[1e-7], [1e-7], [0]]);
    const ruled = adapt(network, { ...options, smallTime: { tMin: 1e-6 } });
    expect([...(ruled.predict(x, moments) as Batch).data]).toEqual([0, 1, 0]);
    const plain = adapt(network, options);
    expect([...(plain.predict(batchOf([[1e-7]]), [early]) as Batch).data]).toEqual([1]);
  });
});

describe('clip', () => {
  it('bounds the prediction, not the state, is recorded, and keeps NaN', async () => {
    const points = atoms({ points: [[-3], [3]] });
    const clipped = clip(points, -1, 2);
    const x = batchOf([[9], [-9], [0], [NaN]]);
    const moments = new Array<Moment>(4).fill(momentAt(1, 1));
    const bounded = [2, -1, 0, NaN];
    expect([...(clipped.predict(x, moments) as Batch).data]).toEqual(bounded);
    expect([...x.data]).toEqual([9, -9, 0, NaN]);
    expect([clipped.clip, clipped.unclipped, clipped.sampleShape]).toEqual([
      { low: -1, high: 2 },
      points,
      [1],
    ]);
    const slow = clip({ sampleShape: [1], predict: async (...asked) => points.predict(...asked) }, -1, 2);
    expect([...(await slow.predict(x, moments)).data]).toEqual(bounded);
    expect(clipped.draw).toBeUndefined();
  });

  it('lets draws pass', () => {
    const classes = independentCategorical({ probabilities: [0.5, 0.5] });
    const x = { shape: [1, 1, 2], data: new Float64Array(2) };
    const drawn = clip(classes, -0.5, 0.5).draw?.(x, [momentAt(1, 1)], (_, out) => out.fill(0.1)) as Batch;
    expect([...drawn.data]).toEqual([1, -1]);
  });

  it('wants low < high', () =>
    expect(() => clip(law, 1, 1)).toThrow(/clip\(1, 1\): accepted are low < high/));
});

describe('mistakes', () => {
  const network: Network = (input) => input;
  it.each([
    [
      { predicts: 'epsilon' },
      /predicts is "epsilon"; accepted are data, noise, score, velocity, flow-velocity, edm, logits/,
    ],
    [{ predicts: 'edm' }, /sigmaData is undefined; accepted is a positive number/],
    [{ predicts: 'data', input: 'scaled', sigmaData: 0 }, /sigmaData is 0/],
    [
      { predicts: 'data', input: 'theta' },
      /input is "theta"; accepted are state, scaled, softmax or a function/,
    ],
    [{ predicts: 'score', smallTime: { tMin: 1e-6 } }, /smallTime is for predictions of noise, not of score/],
    [
      { predicts: 'logits', sampleShape: [5, 1] },
      /sampleShape \[5, 1\] has 1 classes; accepted are 2 or more/,
    ],
  ])('%j is refused', (wrong, message) => {
    const make = () => adapt(network, { sampleShape: [1], ...wrong } as AdapterOptions);
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });

  it('a state or a prediction of another shape', () => {
    const denoiser = adapt(() => batchOf([[1, 2]]), { sampleShape: [1], predicts: 'data' });
    expect(() => denoiser.predict(batchOf([[1]]), [])).toThrow(
      /the state has shape \[1, 1\]; accepted is \[0, 1\]/,
    );
    expect(() => denoiser.predict(batchOf([[1]]), [momentAt(1, 1)])).toThrow(
      /the network's prediction has shape \[1, 2\]; accepted is \[1, 1\]/,
    );
  });
});
