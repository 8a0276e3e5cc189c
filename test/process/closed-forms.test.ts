import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  continuousBfn,
  cosine,
  discreteBfn,
  karras,
  rectifiedFlow,
  varianceExploding,
  variancePreserving,
  type Process,
} from '../../src/process/index.js';
import {
  anyContinuousBfn,
  anyCosine,
  anyDiscreteBfn,
  anyKarras,
  anyRectifiedFlow,
  anyVarianceExploding,
  anyVariancePreserving,
  timeWithin,
} from '../../src/testing/processes.js';
import { D, derivative, exact, exactly, lambdaOf, relativeError } from './high-precision.js';

const tolerance = 1e-13;

const families: Record<string, () => fc.Arbitrary<Process>> = {
  'bfn-continuous': anyContinuousBfn,
  'bfn-discrete': anyDiscreteBfn,
  'vp-linear': anyVariancePreserving,
  'vp-cosine': anyCosine,
  ve: anyVarianceExploding,
  edm: anyKarras,
  'rectified-flow': anyRectifiedFlow,
};

const atAnyTime = (family: () => fc.Arbitrary<Process>) =>
  family().chain((process) => fc.tuple(fc.constant(process), timeWithin(process)));

describe.each(Object.entries(families))('%s against 60 digits', (_id, family) => {
  it('alpha, sigma, lambda and sigma²/alpha, also within 1e-12 of the ends', () => {
    fc.assert(
      fc.property(atAnyTime(family), ([process, t]) => {
        const truth = exact(process);
        const [alpha, variance] = [truth.alpha(exactly(t)), truth.variance(exactly(t))];
        expect(relativeError(process.alpha(t), alpha)).toBeLessThan(tolerance);
        expect(relativeError(process.sigma(t), variance.sqrt())).toBeLessThan(tolerance);
        expect(relativeError(process.lambda(t), lambdaOf(truth, exactly(t)), 1)).toBeLessThan(tolerance);
        expect(relativeError(process.varianceOverSignal(t), variance.div(alpha))).toBeLessThan(tolerance);
      }),
      { numRuns: 100 },
    );
  });

  it('drift and squared diffusion are the derivatives of ln alpha and sigma²', () => {
    fc.assert(
      fc.property(atAnyTime(family), ([process, t]) => {
        const truth = exact(process);
        const at = exactly(t);
        const toEnd = D.min(at.minus(process.dataEnd), exactly(process.noiseEnd).minus(at));
        const f = derivative(truth.alpha, at, toEnd).div(truth.alpha(at));
        const g2 = derivative(truth.variance, at, toEnd).minus(f.times(2).times(truth.variance(at)));
        expect(relativeError(process.drift(t), f)).toBeLessThan(tolerance);
        expect(relativeError(process.squaredDiffusion(t), g2)).toBeLessThan(tolerance);
      }),
      { numRuns: 50 },
    );
  });

  it('timeAtLambda is the inverse of lambda, both ways, as well as rounding lets it', () => {
    fc.assert(
      fc.property(atAnyTime(family), ([process, t]) => {
        const lambda = process.lambda(t);
        const again = process.timeAtLambda(lambda);
        // one unit in the last place of lambda and of t, through the slope of lambda
        const slope = process.squaredDiffusion(t) / (2 * process.sigma(t) ** 2);
        const wobble = Number.EPSILON * (t + Math.max(1, Math.abs(lambda)) / slope);
        expect(Math.abs(again - t)).toBeLessThan(8 * wobble);
        expect(Math.abs(process.lambda(again) - lambda)).toBeLessThan(8 * wobble * Math.max(slope, 1 / t));
      }),
      { numRuns: 150 },
    );
  });

  it('finds the time of any lambda in its range, to 1e-13', () => {
    const anyLambda = family().chain((process) => {
      const [low, high] = [process.noiseEnd, process.dataEnd].map((end) => process.lambda(end));
      const within = { min: Math.max(low, -40), max: Math.min(high, 40), noNaN: true };
      return fc.tuple(fc.constant(process), fc.double(within));
    });
    fc.assert(
      fc.property(anyLambda, ([process, lambda]) => {
        const t = process.timeAtLambda(lambda);
        if (t === process.dataEnd || t === process.noiseEnd) return;
        const truth = exact(process);
        const slope = -process.squaredDiffusion(t) / (2 * process.sigma(t) ** 2);
        // the step of Newton's method from t that is still to go, in exact arithmetic
        const toGo = lambdaOf(truth, exactly(t)).minus(exactly(lambda)).div(slope).abs().toNumber();
        expect(toGo).toBeLessThan(tolerance * (t + Math.max(1, Math.abs(lambda)) / Math.abs(slope)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the ends', () => {
  const processes: Process[] = [
    continuousBfn({ sigma1: 1e-3 }),
    discreteBfn({ classes: 27, beta1: 0.5625 }),
    variancePreserving(),
    variancePreserving({ betaMin: 0, betaMax: 12 }),
    cosine(),
    cosine({ offset: 0 }),
    varianceExploding(),
    karras(),
    rectifiedFlow(),
  ];
  it('no formula is NaN anywhere in the closed interval', () => {
    for (const process of processes) {
      for (let i = 0; i <= 100; i++) {
        const t = process.dataEnd + (i / 100) * (process.noiseEnd - process.dataEnd);
        for (const formula of ['alpha', 'sigma', 'lambda', 'drift', 'squaredDiffusion'] as const) {
          expect(process[formula](t), `${process.id} ${formula} ${t}`).not.toBeNaN();
        }
        expect(process.varianceOverSignal(t), `${process.id} ${t}`).not.toBeNaN();
        expect(process.networkTime(t)).not.toBeNaN();
      }
    }
  });

  it('lambda is infinite exactly where sigma or the signal is 0', () => {
    for (const process of processes) {
      const [data, noise] = [process.lambda(process.dataEnd), process.lambda(process.noiseEnd)];
      expect(data === Infinity, process.id).toBe(process.sigma(process.dataEnd) === 0);
      expect(noise === -Infinity, process.id).toBe(process.alpha(process.noiseEnd) === 0);
      expect(process.timeAtLambda(data)).toBe(process.dataEnd);
      expect(process.timeAtLambda(noise)).toBe(process.noiseEnd);
    }
  });

  it('sigma²/alpha has its limit where BFN has neither signal nor noise', () => {
    expect(continuousBfn({ sigma1: 0.01 }).varianceOverSignal(1)).toBe(1);
    expect(discreteBfn({ classes: 27, beta1: 1 }).varianceOverSignal(1)).toBe(27);
    expect(rectifiedFlow().varianceOverSignal(1)).toBe(Infinity);
  });

  it('drift and squared diffusion diverge where the signal is lost', () => {
    for (const process of [continuousBfn({ sigma1: 0.1 }), cosine(), rectifiedFlow()]) {
      expect(process.drift(1)).toBe(-Infinity);
    }
    expect(cosine().squaredDiffusion(1)).toBe(Infinity);
    expect(rectifiedFlow().squaredDiffusion(1)).toBe(Infinity);
    expect(discreteBfn({ classes: 2, beta1: 1 }).squaredDiffusion(1)).toBe(0);
    expect(continuousBfn({ sigma1: 0.1 }).squaredDiffusion(1)).toBe(-2 * Math.log(0.1));
  });

  it('very large and very small lambdas have times, too', () => {
    for (const process of [
      cosine(),
      cosine({ offset: 0 }),
      variancePreserving(),
      rectifiedFlow(),
      karras(),
    ]) {
      for (const lambda of [100, 400, 800, 1e5]) {
        expect(process.timeAtLambda(lambda)).toBeGreaterThanOrEqual(0);
        expect(process.timeAtLambda(lambda)).toBeLessThan(1e-40);
      }
    }
    for (const process of [cosine(), rectifiedFlow(), continuousBfn({ sigma1: 0.1 })]) {
      for (const lambda of [-100, -400, -800, -1e5]) expect(process.timeAtLambda(lambda)).toBe(1);
    }
  });
});

describe('refusals', () => {
  const outOfRange: [Process, number][] = [
    [continuousBfn({ sigma1: 0.001 }), 7],
    [discreteBfn({ classes: 27, beta1: 0.5625 }), 0],
    [variancePreserving(), -6],
    [varianceExploding(), 5],
    [varianceExploding(), -Infinity],
    [karras(), -5],
    [rectifiedFlow(), NaN],
  ];
  it.each(outOfRange)('%o has no time at lambda %d', (process, lambda) => {
    expect(() => process.timeAtLambda(lambda)).toThrow(/lambda = .* is outside its range, .* to /);
  });

  it('a unit in the last place beyond the range is not an error', () => {
    const process = variancePreserving();
    const lowest = process.lambda(1);
    expect(process.timeAtLambda(lowest - Number.EPSILON * Math.abs(lowest))).toBe(1);
  });

  const bad: [string, () => Process, RegExp][] = [
    ['sigma1 = 0', () => continuousBfn({ sigma1: 0 }), /sigma1 = 0 .* between 0 and 1/],
    ['sigma1 = 1', () => continuousBfn({ sigma1: 1 }), /sigma1 = 1 /],
    ['sigma1 = NaN', () => continuousBfn({ sigma1: NaN }), /sigma1 = NaN/],
    ['one class', () => discreteBfn({ classes: 1, beta1: 1 }), /classes = 1 .* 2 or more/],
    ['half a class', () => discreteBfn({ classes: 2.5, beta1: 1 }), /classes = 2.5/],
    ['no accuracy', () => discreteBfn({ classes: 2, beta1: 0 }), /beta1 = 0/],
    ['rates in the wrong order', () => variancePreserving({ betaMin: 2, betaMax: 1 }), /betaMin = 2/],
    ['a negative rate', () => variancePreserving({ betaMin: -1 }), /betaMin = -1/],
    ['a negative offset', () => cosine({ offset: -0.1 }), /offset = -0.1/],
    ['equal noise scales', () => varianceExploding({ sigmaMin: 1, sigmaMax: 1 }), /sigmaMax = 1/],
    ['an infinite noise scale', () => karras({ sigmaMax: Infinity }), /sigmaMax = Infinity/],
    ['classes = 0', () => rectifiedFlow({ classes: 0 }), /classes = 0/],
  ];
  it.each(bad)('%s', (_name, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});

describe('what the network is shown', () => {
  it('BFN time, the noise scale, or t', () => {
    expect(continuousBfn({ sigma1: 0.1 }).networkTime(0.25)).toBe(0.75);
    expect(discreteBfn({ classes: 2, beta1: 1 }).networkTime(0.25)).toBe(0.75);
    expect(variancePreserving().networkTime(0.25)).toBe(0.25);
    expect(karras().networkTime(3)).toBe(3);
    const exploding = varianceExploding({ sigmaMin: 0.01, sigmaMax: 1 });
    expect(exploding.networkTime(0.5)).toBe(exploding.sigma(0.5));
  });

  it('classes are shown on every family that takes them', () => {
    for (const make of [variancePreserving, cosine, varianceExploding, karras, rectifiedFlow]) {
      expect(make({ classes: 5 })).toMatchObject({ classes: 5, parameters: { classes: 5 } });
      expect('classes' in make({})).toBe(false);
    }
  });
});
