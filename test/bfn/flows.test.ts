import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  continuousAccuracy,
  continuousFlow,
  discreteAccuracy,
  discreteFlow,
  discretisedFlow,
  discretisedNormal,
  makeBins,
  normalCdf,
  type Law,
  type NormalBelief,
} from '../../src/bfn/index.js';
import { UsageError } from '../../src/errors.js';
import { randomStream } from '../../src/random/index.js';
import { logUniform } from '../../src/testing/processes.js';
import { gaussLegendre } from '../../src/bfn/rules.js';
import { anyContinuousAccuracy, anyDiscreteAccuracy, chiSquared, distance, normalsOf } from './helpers.js';

const anyAccuracies = fc.array(logUniform(1e-3, 1e3), { minLength: 1, maxLength: 12 });
const anyTau = fc.double({ min: 1e-3, max: 1, noNaN: true });
const anySeed = fc.nat(1e6);
const real = fc.double({ min: -1, max: 1, noNaN: true });

describe('Bayesian updates add up: n small ones are one of the summed accuracy', () => {
  it('continuous and discretised: whatever the messages, by their precision-weighted mean', () => {
    fc.assert(
      fc.property(anyContinuousAccuracy(), anyAccuracies, anySeed, (schedule, accuracies, seed) => {
        const flow = continuousFlow(schedule);
        const ys = normalsOf(seed, accuracies.length);
        const prior: NormalBelief = { mean: [0.3, -0.4], precision: 2 };
        const total = accuracies.reduce((a, b) => a + b, 0);
        const chain = accuracies.reduce((belief, a, i) => flow.update(belief, [ys[i], 2 * ys[i]], a), prior);
        const y = accuracies.reduce((sum, a, i) => sum + (a * ys[i]) / total, 0);
        const once = flow.update(prior, [y, 2 * y], total);
        expect(distance(chain.mean, once.mean)).toBeLessThan(1e-12);
        expect(Math.abs(chain.precision / once.precision - 1)).toBeLessThan(1e-13);
      }),
    );
  });

  it('p_U of two updates is p_U of their sum: exactly, by moments', () => {
    fc.assert(
      fc.property(
        anyContinuousAccuracy(),
        real,
        real,
        logUniform(1e-3, 1e3),
        logUniform(1e-3, 1e3),
        (...given) => {
          const [schedule, x, mean, a, b] = given;
          const flow = continuousFlow(schedule);
          const prior = { mean: [mean], precision: 1.5 };
          const first = flow.updateDistribution(prior, [x], a);
          const second = flow.updateDistribution({ mean: first.mean, precision: 1.5 + a }, [x], b);
          const keep = (1.5 + a) / (1.5 + a + b);
          const once = flow.updateDistribution(prior, [x], a + b);
          expect(Math.abs(second.mean[0] - once.mean[0])).toBeLessThan(1e-13);
          expect(Math.abs((second.variance + keep ** 2 * first.variance) / once.variance - 1)).toBeLessThan(
            1e-12,
          );
        },
      ),
    );
  });

  it('discrete: logits add, whatever the messages', () => {
    fc.assert(
      fc.property(
        anyDiscreteAccuracy(),
        fc.integer({ min: 2, max: 30 }),
        anySeed,
        (schedule, classes, seed) => {
          const flow = discreteFlow(schedule, classes);
          const [y1, y2, z] = [1, 2, 3].map((i) => normalsOf(seed + i, 2 * classes));
          const apart = flow.update(flow.update(z, y1), y2);
          expect(distance(apart, flow.update(z, flow.update(y1, y2)))).toBeLessThan(1e-15);
          // theta' ~ theta exp(y), the form of the paper
          const weights = flow.input(z).map((theta, i) => theta * Math.exp(y1[i]));
          const total = weights.slice(0, classes).reduce((a, b) => a + b);
          const updated = flow.input(flow.update(z, y1)).slice(0, classes);
          expect(
            distance(
              updated,
              weights.slice(0, classes).map((w) => w / total),
            ),
          ).toBeLessThan(1e-12);
        },
      ),
    );
  });
});

describe('the flow distribution is the law of the update chain', () => {
  it('continuous: exactly, by moments, at the prior precision 1', () => {
    fc.assert(
      fc.property(anyContinuousAccuracy(), fc.integer({ min: 1, max: 30 }), real, (schedule, n, x) => {
        const flow = continuousFlow(schedule);
        let [mean, variance, precision] = [0, 0, 1];
        for (let i = 1; i <= n; i++) {
          const accuracy = schedule.step(i, n);
          const law = flow.updateDistribution({ mean: [mean], precision }, [x], accuracy);
          const keep = precision / (precision + accuracy);
          [mean, variance] = [law.mean[0], keep ** 2 * variance + law.variance];
          precision += accuracy;
          const own = flow.flowDistribution([x], i / n);
          expect(Math.abs(own.mean[0] - mean)).toBeLessThan(1e-13);
          expect(Math.abs(own.variance / variance - 1)).toBeLessThan(1e-11);
          expect(Math.abs(flow.belief([0], i / n).precision / precision - 1)).toBeLessThan(1e-12);
        }
      }),
    );
  });

  it('discrete: exactly, by moments', () => {
    fc.assert(
      fc.property(anyDiscreteAccuracy(), fc.integer({ min: 1, max: 30 }), (schedule, n) => {
        const flow = discreteFlow(schedule, 5);
        let [mean, variance] = [flow.prior(2), 0];
        for (let i = 1; i <= n; i++) {
          const law = flow.updateDistribution(mean, [3, 0], schedule.step(i, n));
          [mean, variance] = [law.mean, variance + law.variance];
          const own = flow.flowDistribution([3, 0], i / n);
          expect(distance(mean, own.mean)).toBeLessThan(1e-12);
          expect(Math.abs(variance / own.variance - 1)).toBeLessThan(1e-12);
        }
      }),
    );
  });

  it('discrete: simulated through sender and update, by the most probable class (chi² test, fixed seed)', () => {
    const schedule = discreteAccuracy({ beta1: 1.5 });
    const flow = discreteFlow(schedule, 3);
    const stream = randomStream(5, 'chain');
    const [runs, n] = [20_000, 4];
    const argmax = (z: Float64Array): number => z.indexOf(Math.max(...z));
    const chain = [0, 0, 0];
    const direct = [0, 0, 0];
    const law = flow.flowDistribution([1], 1);
    for (let run = 0; run < runs; run++) {
      let z = flow.prior(1);
      for (let i = 1; i <= n; i++) z = flow.update(z, flow.sender([1], schedule.step(i, n)).sample(stream));
      chain[argmax(z)]++;
      direct[argmax(law.sample(stream))]++;
    }
    // two samples of one size: sum (a - b)²/(a + b) is chi² with 2 degrees of freedom; 18.4 is its 1e-4 quantile
    const statistic = chain.reduce((sum, a, k) => sum + (a - direct[k]) ** 2 / (a + direct[k]), 0);
    expect(statistic).toBeLessThan(18.4);
    // and a planted error, steps of equal accuracy twice as large, is seen
    const wrong = flow.flowDistribution([1], Math.SQRT1_2);
    const other = [0, 0, 0];
    for (let run = 0; run < runs; run++) other[argmax(wrong.sample(stream))]++;
    expect(chain.reduce((sum, a, k) => sum + (a - other[k]) ** 2 / (a + other[k]), 0)).toBeGreaterThan(100);
  });

  it('is what denoisers are told of it: alpha target + sigma noise', () => {
    fc.assert(
      fc.property(anyContinuousAccuracy(), anyDiscreteAccuracy(), anyTau, (smooth, square, tau) => {
        const continuous = continuousFlow(smooth);
        const discrete = discreteFlow(square, 4);
        const one = { shape: [1, 1], data: Float64Array.of(2) };
        for (const [flow, law] of [
          [continuous, continuous.flowDistribution([2], tau)],
          [discrete, discrete.flowDistribution([2], tau)],
        ] as const) {
          const { t, alpha, sigma, time } = flow.moment(tau);
          expect([t, time]).toEqual([1 - tau, tau]);
          expect(
            distance(
              flow.embed(one).data.map((y) => alpha * y),
              law.mean,
            ),
          ).toBeLessThan(1e-14);
          expect(Math.abs(sigma ** 2 / law.variance - 1)).toBeLessThan(1e-14);
          expect(Math.abs(alpha / flow.process.alpha(t) - 1)).toBeLessThan(1e-11);
          expect(Math.abs(sigma / flow.process.sigma(t) - 1)).toBeLessThan(1e-11);
        }
      }),
    );
  });
});

const integrate = (f: (x: number) => number, low: number, high: number, pieces = 200): number => {
  const { nodes, weights } = gaussLegendre(8);
  const h = (high - low) / pieces;
  let sum = 0;
  for (let i = 0; i < pieces; i++) {
    nodes.forEach((x, k) => (sum += (h / 2) * weights[k] * f(low + h * (i + (1 + x) / 2))));
  }
  return sum;
};
const density = (law: Law) => (y: number) => Math.exp(law.logDensity([y]));

describe('receivers', () => {
  it('of discretised data normalise and have the mean of the output', () => {
    const bins = makeBins(8);
    const flow = discretisedFlow(continuousAccuracy({ sigma1: 0.02 }), bins);
    const { logProbabilities } = discretisedNormal(0.25, 0.3, bins);
    const receiver = density(flow.receiver(logProbabilities, 20));
    expect(integrate(receiver, -4, 4)).toBeCloseTo(1, 12);
    const mean = logProbabilities.reduce((sum, l, k) => sum + Math.exp(l) * bins.centres[k], 0);
    expect(integrate((y) => y * receiver(y), -4, 4)).toBeCloseTo(mean, 12);
  });

  it('of discrete data are joint over the K numbers: they normalise, and are no product of marginals', () => {
    const flow = discreteFlow(discreteAccuracy({ beta1: 1.5 }), 2);
    const logs = [0.7, 0.3].map(Math.log);
    const joint = flow.receiver(logs, 1.5);
    const marginal = (y: number, j: number): number =>
      logs.reduce((sum, l, k) => {
        const mean = 1.5 * (j === k ? 1 : -1);
        return sum + Math.exp(l - (y - mean) ** 2 / 6) / Math.sqrt(6 * Math.PI);
      }, 0);
    const total = (f: (a: number, b: number) => number): number =>
      integrate((a) => integrate((b) => f(a, b), -15, 15, 20), -15, 15, 20);
    expect(total((a, b) => Math.exp(joint.logDensity([a, b])))).toBeCloseTo(1, 10);
    const covariance = total((a, b) => (a - 0.6) * (b + 0.6) * Math.exp(joint.logDensity([a, b])));
    expect(covariance).toBeCloseTo(-(1.5 ** 2) * 4 * 0.7 * 0.3, 8);
    expect(Math.exp(joint.logDensity([1.5, -1.5]))).toBeGreaterThan(
      1.2 * marginal(1.5, 0) * marginal(-1.5, 1),
    );
  });

  it('are drawn as their density says', () => {
    const flow = discreteFlow(discreteAccuracy({ beta1: 3 }), 3);
    const p = [0.5, 0.3, 0.2];
    const receiver = flow.receiver(p.map(Math.log), 20);
    const counts = [0, 0, 0];
    const stream = randomStream(3, 'receiver');
    for (let i = 0; i < 5000; i++) {
      const y = receiver.sample(stream);
      counts[y.indexOf(Math.max(...y))]++; // at this accuracy the classes are 40 / 7.7 deviations apart
    }
    expect(chiSquared(counts, p)).toBeLessThan(18.4);
  });

  it('give the KLs of the reference table, by quadrature on x ± 9/sqrt(accuracy)', () => {
    const bins = makeBins(8);
    const flow = discretisedFlow(continuousAccuracy({ sigma1: 0.02 }), bins);
    const point = continuousFlow(flow.schedule);
    const x = 0.375;
    expect(bins.centre(bins.index(x))).toBe(x);
    const rows = [
      { mean: 0, deviation: 0.6, accuracy: 4, binned: 0.24564, continuous: 0.28125 },
      { mean: 0.25, deviation: 0.3, accuracy: 20, binned: 0.25621, continuous: 0.15625 },
      { mean: 0.35, deviation: 0.12, accuracy: 100, binned: 0.18505, continuous: 0.03125 },
    ];
    for (const { mean, deviation, accuracy, binned, continuous } of rows) {
      const sender = flow.sender([x], accuracy);
      const reach = 9 / Math.sqrt(accuracy);
      const kl = (receiver: Law): number =>
        integrate(
          (y) => density(sender)(y) * (sender.logDensity([y]) - receiver.logDensity([y])),
          x - reach,
          x + reach,
        );
      const { logProbabilities } = discretisedNormal(mean, deviation, bins);
      expect(Math.abs(kl(flow.receiver(logProbabilities, accuracy)) - binned)).toBeLessThan(6e-6);
      expect(Math.abs(kl(point.receiver([mean], accuracy)) - continuous)).toBeLessThan(6e-6);
    }
  });
});

describe('discretised output', () => {
  const place = fc.double({ min: -3, max: 3, noNaN: true });
  const variants = fc.record({
    tails: fc.constantFrom('clip' as const, 'truncate' as const),
    smallMass: fc.constantFrom('exact' as const, 'original' as const),
  });

  it('sums to one, for any number of bins, with folded and with cut tails', () => {
    fc.assert(
      fc.property(
        place,
        logUniform(1e-3, 10),
        fc.integer({ min: 2, max: 300 }),
        variants,
        (m, s, count, how) => {
          const { logProbabilities } = discretisedNormal(m, s, makeBins(count), how);
          const total = logProbabilities.reduce((sum, l) => sum + Math.exp(l), 0);
          // the original's density in place of masses below 1e-5 is not normalised
          expect(Math.abs(total - 1)).toBeLessThan(how.smallMass === 'exact' ? 1e-10 : 2e-3);
          expect(logProbabilities.every((l) => Number.isFinite(l))).toBe(true);
        },
      ),
    );
  });

  it('is the distribution function at the edges, set to 0 and 1 at the ends', () => {
    fc.assert(
      fc.property(real, logUniform(0.05, 3), fc.integer({ min: 2, max: 40 }), (mean, deviation, count) => {
        const bins = makeBins(count);
        const { logProbabilities } = discretisedNormal(mean, deviation, bins);
        const G = (v: number): number => (v <= -1 ? 0 : v >= 1 ? 1 : normalCdf((v - mean) / deviation));
        logProbabilities.forEach((l, k) => {
          const mass = G(bins.centre(k) + bins.width / 2) - G(bins.centre(k) - bins.width / 2);
          expect(Math.abs(Math.exp(l) - mass)).toBeLessThan(1e-12);
        });
      }),
    );
  });

  it('has the masses of the reference table', () => {
    const table: [number, number, number[]][] = [
      [0, 0.6, [0.10565, 0.09668, 0.13613, 0.16154, 0.16154, 0.13613, 0.09668, 0.10565]],
      [0.25, 0.3, [0.00043, 0.00578, 0.04158, 0.15454, 0.29767, 0.29767, 0.15454, 0.04779]],
      [0.35, 0.12, [0, 0, 0, 0.00177, 0.20056, 0.69202, 0.10522, 0.00043]],
    ];
    for (const [mean, deviation, masses] of table) {
      const { logProbabilities } = discretisedNormal(mean, deviation, makeBins(8));
      masses.forEach((mass, k) => expect(Math.abs(Math.exp(logProbabilities[k]) - mass)).toBeLessThan(6e-6));
    }
  });

  it('follows the rules of the original for small masses where asked', () => {
    const bins = makeBins(16);
    const exact = discretisedNormal(0.9, 0.05, bins).logProbabilities;
    const original = discretisedNormal(0.9, 0.05, bins, { smallMass: 'original' }).logProbabilities;
    const z = (bins.centres[3] - 0.9) / 0.05;
    const byDensity = -(z * z) / 2 - Math.log(0.05 * Math.sqrt(2 * Math.PI)) + Math.log(2 / 16);
    expect(original[3]).toBeCloseTo(byDensity, 10);
    expect(exact[3]).not.toBeCloseTo(byDensity, 1);
    expect(original[15]).toBe(exact[15]);
    const far = discretisedNormal(9, 0.1, bins, { tails: 'truncate', smallMass: 'original' });
    far.logProbabilities.forEach((l) => expect(l).toBeCloseTo(-Math.log(16), 14));
    const cut = discretisedNormal(0, 0.6, bins, { tails: 'truncate' }).logProbabilities;
    const inside = normalCdf(1 / 0.6) - normalCdf(-1 / 0.6);
    expect(Math.exp(cut[0])).toBeCloseTo((normalCdf(-0.875 / 0.6) - normalCdf(-1 / 0.6)) / inside, 12);
  });

  it('bins are those of the paper: pixel bytes are bins, 16 of them get 16 bytes each', () => {
    const [fine, coarse] = [makeBins(256), makeBins(16)];
    for (let byte = 0; byte < 256; byte++) {
      const value = (2 * byte) / 255 - 1;
      expect(fine.index(value)).toBe(byte);
      expect(coarse.index(value)).toBe(Math.floor(byte / 16));
    }
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 1000 }), real, (count, value) => {
        const bins = makeBins(count);
        const j = bins.index(value);
        expect(bins.index(bins.centre(j))).toBe(j);
        expect(Math.abs(value - bins.centre(j))).toBeLessThanOrEqual(bins.width / 2 + 1e-15);
        expect(bins.edge(j + 1) - bins.edge(j)).toBeCloseTo(bins.width, 14);
      }),
    );
  });
});

describe('discrete flow on the simplex', () => {
  const flow = discreteFlow(discreteAccuracy({ beta1: 0.6 }), 3);
  it('has the densities of the reference, and integrates to one', () => {
    const at = (...theta: number[]) => Math.exp(flow.simplexLogDensity(theta, 0, 1));
    expect(at(0.5, 0.3, 0.2)).toBeCloseTo(1.3367, 4);
    expect(at(0.8, 0.1, 0.1)).toBeCloseTo(6.2895, 4);
    expect(at(0.2, 0.4, 0.4)).toBeCloseTo(0.5046, 4);
    // x = K is no special class, though theta_K is left out of the coordinates
    expect(Math.exp(flow.simplexLogDensity([0.2, 0.3, 0.5], 2, 1))).toBeCloseTo(1.3367, 4);
    const total = integrate((a) => integrate((b) => at(a, b, 1 - a - b), 0, 1 - a, 40), 0, 1, 60);
    expect(total).toBeCloseTo(1, 4);
  });

  it('z may be shifted by any constant a variable', () => {
    fc.assert(
      fc.property(anySeed, real, real, (seed, a, b) => {
        const z = normalsOf(seed, 6);
        const shifted = z.map((value, i) => value + 100 * (i < 3 ? a : b));
        expect(distance(flow.input(shifted), flow.input(z))).toBeLessThan(1e-12);
      }),
    );
  });

  it('does not overflow where theta exp(y) would', () => {
    const theta = flow.input(flow.update([0, 0, 0], [900, 0, -900]));
    expect(Array.from(theta)).toEqual([1, 0, 0]);
  });
});

describe('bad input', () => {
  const flow = discreteFlow(discreteAccuracy({ beta1: 1 }), 3);
  const binned = discretisedFlow(continuousAccuracy({ sigma1: 0.1 }), 16);
  const smooth = continuousFlow(continuousAccuracy({ sigma1: 0.1 }));
  const batch = (...data: number[]) => ({ shape: [1, data.length], data: Float64Array.from(data) });
  const mistakes: [string, () => unknown, RegExp][] = [
    [
      'one class',
      () => discreteFlow(flow.schedule, 1),
      /number of classes is 1; it must be a whole number from 2/,
    ],
    [
      'a class out of range',
      () => flow.embed(batch(0, 3)),
      /data\[1\] is 3; accepted are class indices.* 0 to 2/,
    ],
    ['half a class', () => flow.sender([0.5], 1), /data\[0\] is 0.5/],
    ['a value out of range', () => binned.embed(batch(0, -1.01)), /data\[1\] is -1.01; .* -1 to 1/],
    ['a value in no bin', () => binned.bins.index(1.2), /1.2 is in no bin/],
    ['no such bin', () => binned.bins.centre(16), /bin 16; .* 0 to 15/],
    ['one bin', () => makeBins(1), /1 bins; accepted/],
    ['NaN data', () => smooth.embed(batch(NaN)), /data\[0\] is NaN/],
    ['a time before the prior', () => smooth.flowDistribution([0], -0.1), /BFN time is -0.1/],
    ['a time after the data', () => flow.moment(1.5), /BFN time is 1.5/],
    ['no accuracy', () => smooth.sender([0], 0), /the accuracy is 0/],
    [
      'a message of another length',
      () => smooth.update(smooth.prior(2), [1], 1),
      /y has 1 numbers; accepted are 2/,
    ],
    ['logits of another length', () => flow.input([1, 2]), /2 logits; accepted are 3 a variable/],
    ['theta off the simplex', () => flow.simplexLogDensity([0.5, 0.5, 0.5], 0, 1), /theta is/],
    ['a density of a point', () => flow.simplexLogDensity([0.5, 0.25, 0.25], 0, 0), /is a point/],
    ['no deviation', () => discretisedNormal(0, 0, binned.bins), /deviation 0/],
    ['a NaN mean', () => discretisedNormal(NaN, 1, binned.bins), /mean NaN/],
  ];
  it.each(mistakes)('%s', (_what, call, message) => {
    expect(call).toThrow(UsageError);
    expect(call).toThrow(message);
    expect(call).not.toThrow(/\n/);
  });
});
