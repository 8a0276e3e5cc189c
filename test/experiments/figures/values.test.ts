import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { figure } from '../../../experiments/figures/index.js';
import { expectedEntropy } from '../../../experiments/figures/entropy-quadrature.js';
import { inputVariance } from '../../../experiments/figures/input-variance.js';
import { cases, transmission } from '../../../experiments/figures/sender-output-receiver.js';
import { simplexDensity } from '../../../experiments/figures/simplex-flow.js';
import { discreteAccuracy, discreteFlow, mutualInformation } from '../../../src/bfn/index.js';
import { randomStream } from '../../../src/random/index.js';

// Check values that were computed apart from this package.

describe('input variance', () => {
  const table = {
    'BFN, γ(1 − γ)': [0.249999, 0.030623, 0.000999, 0.000032, 0.000002],
    'diffusion, linear β': [0.9999, 0.9966, 0.9209, 0.4763, 0.0294],
    'diffusion, cosine': [0.9939, 0.8557, 0.5062, 0.153, 0.008],
  } as const;
  const digits = { 'BFN, γ(1 − γ)': 6, 'diffusion, linear β': 4, 'diffusion, cosine': 4 } as const;

  it.each(Object.keys(table) as (keyof typeof table)[])('%s', (name) => {
    [0.05, 0.25, 0.5, 0.75, 0.95].forEach((tau, i) => {
      expect(inputVariance(name, tau)).toBeCloseTo(table[name][i], digits[name]);
    });
  });
});

it('trajectories: all solvers set out from the same places, and end apart', async () => {
  interface Row {
    readonly name: string;
    readonly x: number;
    readonly y: number;
  }
  const data = (await figure('trajectories').draw()).data as unknown as {
    readonly paths: readonly { readonly id: string; readonly rows: readonly Row[] }[];
  }[];
  expect(data).toHaveLength(2);
  for (const { paths } of data) {
    const steps = paths[0].rows.filter(({ name }) => name === '0').length;
    const of = (step: number) => paths.map(({ rows }) => rows.filter((_, i) => i % steps === step));
    expect(new Set(of(0).map((starts) => JSON.stringify(starts))).size).toBe(1);
    expect(new Set(of(steps - 1).map((ends) => JSON.stringify(ends))).size).toBe(paths.length);
  }
});

describe('sender, output and receiver', () => {
  const wanted = [
    {
      probabilities: [0.10565, 0.09668, 0.13613, 0.16154, 0.16154, 0.13613, 0.09668, 0.10565],
      discretised: 0.24564,
      continuous: 0.28125,
    },
    {
      probabilities: [0.00043, 0.00578, 0.04158, 0.15454, 0.29767, 0.29767, 0.15454, 0.04779],
      discretised: 0.25621,
      continuous: 0.15625,
    },
    {
      probabilities: [0, 0, 0, 0.00177, 0.20056, 0.69202, 0.10522, 0.00043],
      discretised: 0.18505,
      continuous: 0.03125,
    },
  ];

  it.each(cases.map((chosen, i) => [chosen.accuracy, chosen, wanted[i]] as const))(
    'at accuracy %d: bins and divergences',
    (_, chosen, { probabilities, discretised, continuous }) => {
      const found = transmission(chosen);
      found.probabilities.forEach((p, k) => expect(p).toBeCloseTo(probabilities[k], 5));
      expect(found.discretised).toBeCloseTo(discretised, 5);
      expect(found.continuous).toBeCloseTo(continuous, 9);
    },
  );
});

it.each([
  [[0.5, 0.3, 0.2], 1.3367],
  [[0.8, 0.1, 0.1], 6.2895],
  [[0.2, 0.4, 0.4], 0.5046],
])('density on the simplex at %j', (theta, density) => {
  expect(simplexDensity(theta, 0.6)).toBeCloseTo(density, 4);
});

describe('expected entropy', () => {
  const atQuarters = (classes: number, beta1: number): readonly number[] =>
    [0.25, 0.5, 0.75, 1].map((tau) => expectedEntropy(classes, beta1 * tau ** 2) / Math.log(classes));

  it('of 2 classes with beta1 = 9, by quadrature', () => {
    [0.680918, 0.240021, 0.047944, 0.005553].forEach((value, i) => {
      expect(atQuarters(2, 9)[i]).toBeCloseTo(value, 6);
    });
  });

  it('of 27 classes with beta1 = .5625, to the digits of a Monte Carlo estimate', () => {
    [0.864, 0.522, 0.196, 0.043].forEach((value, i) => {
      expect(Math.abs(atQuarters(27, 0.5625)[i] - value)).toBeLessThan(6e-4);
    });
  });

  it('of 2 classes is that of a one-dimensional integral, to 1e-9', () => {
    // theta = sigmoid(d) with d ~ N(2 beta, 4 beta); its entropy is even in d
    const direct = (beta: number): number => {
      let sum = 0;
      for (let g = -9; g <= 9; g += 0.01) {
        const d = Math.abs(2 * beta + 2 * Math.sqrt(beta) * g);
        const entropy = Math.log1p(Math.exp(-d)) + d / (1 + Math.exp(d));
        sum += (0.01 * entropy * Math.exp((-g * g) / 2)) / Math.sqrt(2 * Math.PI);
      }
      return sum;
    };
    fc.assert(
      fc.property(fc.double({ min: -6, max: 1.2, noNaN: true }), (exponent) => {
        const beta = 10 ** exponent;
        expect(Math.abs(expectedEntropy(2, beta) - direct(beta))).toBeLessThan(1e-9);
      }),
      { numRuns: 30 },
    );
  });

  it('of 3 classes is what their mutual information with the state leaves of ln 3', () => {
    for (const beta1 of [0.3, 1.5]) {
      const flow = discreteFlow(discreteAccuracy({ beta1 }), 3);
      const information = mutualInformation({
        flow,
        values: [0, 1, 2],
        probabilities: [1 / 3, 1 / 3, 1 / 3],
        tau: 1,
      });
      expect(expectedEntropy(3, beta1)).toBeCloseTo(Math.log(3) - information, 7);
    }
  });

  it('of many classes is that of samples, within their error', () => {
    const [classes, beta, count] = [9, 0.4, 4000];
    const flow = discreteFlow(discreteAccuracy({ beta1: beta }), classes);
    const stream = randomStream(1, 'entropy');
    const draws = Array.from({ length: count }, () => {
      const theta = flow.input(flow.flowDistribution([3], 1).sample(stream));
      return -theta.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
    });
    const mean = draws.reduce((sum, h) => sum + h, 0) / count;
    const variance = draws.reduce((sum, h) => sum + (h - mean) ** 2, 0) / count;
    expect(Math.abs(expectedEntropy(classes, beta) - mean)).toBeLessThan(4 * Math.sqrt(variance / count));
  });

  it('falls from ln K to 0 as the accuracy grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 30 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (classes, root) => {
          const [before, after] = [
            expectedEntropy(classes, root ** 2),
            expectedEntropy(classes, (root + 0.1) ** 2),
          ];
          expect(before).toBeLessThanOrEqual(Math.log(classes));
          expect(after).toBeLessThan(before + 1e-9);
          expect(after).toBeGreaterThan(-1e-9);
        },
      ),
      { numRuns: 30 },
    );
    expect(expectedEntropy(5, 0)).toBe(Math.log(5));
    expect(expectedEntropy(5, 1e4)).toBe(0);
  });
});
