import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continuousBfn, discreteBfn, transition, type Process } from '../../src/process/index.js';
import {
  anyBfnProcess,
  anyClosedFormProcess,
  anyContinuousBfn,
  anyDiscreteBfn,
  anyProcess,
  logUniform,
  timeWithin,
} from '../../src/testing/processes.js';
import { D, exact, exactly, lambdaOf, relativeError } from './high-precision.js';

const timesOf = (family: fc.Arbitrary<Process>, count: number) =>
  family.chain((process) =>
    fc.tuple(
      fc.constant(process),
      fc
        .uniqueArray(timeWithin(process), { minLength: count, maxLength: count })
        .map((times) => times.sort((a, b) => a - b)),
    ),
  );

/** What the rounding of lambda at s and t makes of the variance of that transition. */
const rounding = (process: Process, s: number, t: number): number => {
  const size = Math.max(1, Math.abs(process.lambda(s)), Math.abs(process.lambda(t)));
  return 1e-13 * transition(process, s, t).variance + 8 * Number.EPSILON * size * process.sigma(t) ** 2;
};

describe('every process', () => {
  it('alpha and sigma are positive, lambda is ln(alpha/sigma), and the signal is lost strictly with time', () => {
    fc.assert(
      fc.property(timesOf(anyProcess(), 2), ([process, [s, t]]) => {
        for (const time of [s, t]) {
          const [alpha, sigma] = [process.alpha(time), process.sigma(time)];
          expect(alpha).toBeGreaterThan(0);
          expect(sigma).toBeGreaterThan(0);
          const error = Math.abs(process.lambda(time) - Math.log(alpha / sigma));
          expect(error).toBeLessThan(1e-13 * Math.max(1, Math.abs(process.lambda(time))));
          const ratio = process.varianceOverSignal(time) / (sigma ** 2 / alpha);
          expect(Math.abs(ratio - 1)).toBeLessThan(1e-13);
          expect(process.squaredDiffusion(time)).toBeGreaterThanOrEqual(0);
        }
        expect(process.lambda(s)).toBeGreaterThanOrEqual(process.lambda(t));
        if (t - s > 1e-6 * process.noiseEnd) expect(process.lambda(s)).toBeGreaterThan(process.lambda(t));
      }),
      { numRuns: 500 },
    );
  });

  it('timeAtLambda is the inverse of lambda', () => {
    fc.assert(
      fc.property(timesOf(anyProcess(), 1), ([process, [t]]) => {
        const lambda = process.lambda(t);
        const slope = process.squaredDiffusion(t) / (2 * process.sigma(t) ** 2);
        const again = process.timeAtLambda(lambda);
        const wobble = t + Math.max(1, Math.abs(lambda)) / slope;
        expect(Math.abs(again - t)).toBeLessThan(16 * Number.EPSILON * wobble);
      }),
      { numRuns: 500 },
    );
  });

  it('transitions compose: s to t to u is s to u (Chapman-Kolmogorov)', () => {
    fc.assert(
      fc.property(timesOf(anyProcess(), 3), ([process, times]) => {
        const [s, t, u] = times as [number, number, number];
        const [first, second, both] = [
          transition(process, s, t),
          transition(process, t, u),
          transition(process, s, u),
        ];
        expect(Math.abs((first.scale * second.scale) / both.scale - 1)).toBeLessThan(1e-13);
        const parts = [second.scale ** 2 * first.variance, second.variance];
        const slack =
          second.scale ** 2 * rounding(process, s, t) + rounding(process, t, u) + rounding(process, s, u);
        expect(Math.abs(parts[0] + parts[1] - both.variance)).toBeLessThanOrEqual(slack);
      }),
      { numRuns: 500 },
    );
  });

  it('a transition from the data end gives the law at t, and one over no time changes nothing', () => {
    fc.assert(
      fc.property(timesOf(anyProcess(), 1), ([process, [t]]) => {
        expect(transition(process, t, t)).toEqual({ scale: 1, variance: 0 });
        const { dataEnd } = process;
        const { scale, variance } = transition(process, dataEnd, t);
        expect(scale).toBeCloseTo(process.alpha(t) / process.alpha(dataEnd), 12);
        const total = variance + scale ** 2 * process.sigma(dataEnd) ** 2;
        expect(Math.abs(total / process.sigma(t) ** 2 - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  it('a transition to the noise end of BFN gives exactly 0', () => {
    for (const process of [continuousBfn({ sigma1: 0.01 }), discreteBfn({ classes: 3, beta1: 2 })]) {
      expect(transition(process, 0.5, 1)).toEqual({ scale: 0, variance: 0 });
      expect(transition(process, 1, 1)).toEqual({ scale: 1, variance: 0 });
    }
  });

  it('a transition back is refused', () => {
    expect(() => transition(continuousBfn({ sigma1: 0.1 }), 0.5, 0.4)).toThrow(/0.5 to 0.4.* in order/);
    expect(() => transition(continuousBfn({ sigma1: 0.1 }), 0.5, NaN)).toThrow(/in order/);
  });
});

describe('closed forms', () => {
  it('the variance of a transition is sigma_t² - (alpha_t/alpha_s)² sigma_s², in 60 digits', () => {
    fc.assert(
      fc.property(timesOf(anyClosedFormProcess(), 2), ([process, times]) => {
        const [s, t] = times as [number, number];
        const truth = exact(process);
        const scale = truth.alpha(exactly(t)).div(truth.alpha(exactly(s)));
        const variance = truth.variance(exactly(t)).minus(scale.pow(2).times(truth.variance(exactly(s))));
        const actual = transition(process, s, t);
        expect(relativeError(actual.scale, scale)).toBeLessThan(2e-13);
        const error = exactly(actual.variance).minus(variance).abs().toNumber();
        expect(error).toBeLessThan(rounding(process, s, t));
      }),
      { numRuns: 150 },
    );
  });

  it('lambda falls at the rate g²/(2 sigma²), in 60 digits', () => {
    fc.assert(
      fc.property(timesOf(anyClosedFormProcess(), 1), ([process, [t]]) => {
        const truth = exact(process);
        const h = exactly(t).times('1e-20');
        const fall = lambdaOf(truth, exactly(t).minus(h)).minus(lambdaOf(truth, exactly(t).plus(h)));
        const expected = fall.div(h.times(2));
        const rate = process.squaredDiffusion(t) / (2 * process.sigma(t) ** 2);
        expect(relativeError(rate, expected)).toBeLessThan(1e-12);
      }),
      { numRuns: 100 },
    );
  });
});

// Theorems 4.1 and 5.1 of Xue et al. (2024): given the data, Bayesian updates and the SDE have one path law.
// Both are Gaussian and Markov, so that mean and covariance at any two times say it all.

/** Increments of the accuracy, in BFN time from the noise end to the data end. */
const anySteps = fc.array(logUniform(1e-3, 1), { minLength: 2, maxLength: 12 });

interface Moments {
  /** Coefficient of the data in the mean. */
  readonly mean: number;
  readonly covariances: readonly number[];
}

/** What the SDE says of its state at decreasing times, by its marginals and transitions. */
const momentsOfSde = (process: Process, times: readonly number[]): Moments[] =>
  times.map((t, i) => ({
    mean: process.alpha(t),
    covariances: times.slice(0, i + 1).map((later) => {
      const { scale } = transition(process, t, later);
      return scale * process.sigma(t) ** 2;
    }),
  }));

/** Exact moments of a chain `state' = keep state + gain (x + noise)` with noise of variance `noise`, from state 0. */
const momentsOfChain = (updates: readonly { keep: number; gain: number; noise: number }[]): Moments[] => {
  let mean = 0;
  let covariances: number[] = [];
  return updates.map(({ keep, gain, noise }) => {
    mean = keep * mean + gain;
    const variance = keep ** 2 * (covariances.at(-1) ?? 0) + gain ** 2 * noise;
    // Cov(state', state'_earlier) = keep Cov(state, state_earlier): kept as one row, the newest last
    covariances = [...covariances.map((covariance) => keep * covariance), variance];
    return { mean, covariances };
  });
};

const expectSameLaw = (chain: readonly Moments[], sde: readonly Moments[]): void => {
  chain.forEach(({ mean, covariances }, i) => {
    expect(Math.abs(mean / sde[i].mean - 1)).toBeLessThan(1e-11);
    covariances.forEach((covariance, j) => {
      expect(Math.abs(covariance / sde[i].covariances[j] - 1)).toBeLessThan(1e-11);
    });
  });
};

describe('Bayesian updates and the SDE have the same path law given the data', () => {
  it('continuous data (Theorem 4.1): the covariance is gamma_small (1 - gamma_big)', () => {
    fc.assert(
      fc.property(logUniform(1e-3, 0.9), anySteps, (sigma1, steps) => {
        const process = continuousBfn({ sigma1 });
        const total = steps.reduce((a, b) => a + b, 0);
        const times: number[] = [];
        const updates: { keep: number; gain: number; noise: number }[] = [];
        let [beta, tau] = [0, 0];
        for (const step of steps) {
          tau = Math.min(1, tau + step / total);
          const accuracy = Math.expm1(-2 * tau * Math.log(sigma1)) - beta;
          const precision = 1 + beta + accuracy;
          updates.push({
            keep: (1 + beta) / precision,
            gain: accuracy / precision,
            noise: 1 / accuracy,
          });
          beta += accuracy;
          times.push(1 - tau);
        }
        const sde = momentsOfSde(process, times);
        expectSameLaw(momentsOfChain(updates), sde);
        const gamma = (i: number): number => process.alpha(times[i]);
        const corner = sde.at(-1)!.covariances[0];
        const closed = gamma(0) * process.varianceOverSignal(times.at(-1)!);
        expect(Math.abs(corner / closed - 1)).toBeLessThan(1e-12);
      }),
      { numRuns: 200 },
    );
  });

  it('discrete data (Theorem 5.1): the covariance is K beta_small', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 64 }),
        logUniform(0.05, 50),
        anySteps,
        (classes, beta1, steps) => {
          const process = discreteBfn({ classes, beta1 });
          const total = steps.reduce((a, b) => a + b, 0);
          const times: number[] = [];
          const updates: { keep: number; gain: number; noise: number }[] = [];
          let [beta, tau] = [0, 0];
          for (const step of steps) {
            tau = Math.min(1, tau + step / total);
            const accuracy = beta1 * tau ** 2 - beta;
            // the sender's y ~ N(accuracy (K e_x - 1), accuracy K I) is added to the logits
            updates.push({ keep: 1, gain: accuracy, noise: classes / accuracy });
            beta += accuracy;
            times.push(1 - tau);
          }
          const sde = momentsOfSde(process, times);
          expectSameLaw(momentsOfChain(updates), sde);
          const smallest = process.alpha(times[0]);
          for (const { covariances } of sde) {
            expect(Math.abs(covariances[0] / (classes * smallest) - 1)).toBeLessThan(1e-12);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the BFN row of the table', () => {
  const at = timesOf(anyBfnProcess(), 1);
  it('lambda is half the log of accuracy per class: the state is data seen through one Gaussian channel', () => {
    fc.assert(
      fc.property(at, ([process, [t]]) => {
        const tau = 1 - t;
        const accuracy =
          process.classes === undefined
            ? Math.expm1(-2 * tau * Math.log(process.parameters['sigma1'] as number))
            : ((process.parameters['beta1'] as number) * tau ** 2) / process.classes;
        const lambda = Math.log(accuracy) / 2;
        expect(Math.abs(process.lambda(t) - lambda)).toBeLessThan(1e-13 * Math.max(1, Math.abs(lambda)));
      }),
    );
  });

  it("continuous: F = gamma'/gamma and G² = -gamma'", () => {
    fc.assert(
      fc.property(timesOf(anyContinuousBfn(), 1), ([process, [t]]) => {
        const s1 = exactly(process.parameters['sigma1'] as number);
        const left = new D(1).minus(exactly(t)).times(2);
        const slope = s1.ln().times(2).times(s1.pow(left)); // gamma' of gamma = 1 - s1^(2(1-t))
        expect(relativeError(process.drift(t), slope.div(new D(1).minus(s1.pow(left))))).toBeLessThan(1e-13);
        expect(relativeError(process.squaredDiffusion(t), slope.neg())).toBeLessThan(1e-13);
      }),
    );
  });

  it("discrete: H = beta'/beta and L² = -K beta'", () => {
    fc.assert(
      fc.property(timesOf(anyDiscreteBfn(), 1), ([process, [t]]) => {
        const left = new D(1).minus(exactly(t));
        const slope = exactly(process.parameters['beta1'] as number)
          .times(left)
          .times(-2);
        expect(relativeError(process.drift(t), new D(-2).div(left))).toBeLessThan(1e-13);
        expect(
          relativeError(process.squaredDiffusion(t), slope.times(-(process.classes ?? NaN))),
        ).toBeLessThan(1e-13);
      }),
    );
  });
});
