import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracyFromExpression,
  continuousAccuracy,
  discreteAccuracy,
  type AccuracySchedule,
} from '../../src/bfn/index.js';
import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import { continuousBfn, discreteBfn, makeProcess, type Process } from '../../src/process/index.js';
import { logUniform } from '../../src/testing/processes.js';
import { D, exactly, relativeError } from '../process/high-precision.js';

const anySchedule: fc.Arbitrary<AccuracySchedule> = fc.oneof(
  logUniform(1e-4, 0.9).map((sigma1) => continuousAccuracy({ sigma1 })),
  logUniform(1e-2, 100).map((beta1) => discreteAccuracy({ beta1 })),
);
const anyTau = fc.double({ min: 0, max: 1, noNaN: true });

describe('an accuracy schedule', () => {
  it('adds up: the steps to beta(1), parts of a stretch to the whole', () => {
    fc.assert(
      fc.property(anySchedule, fc.integer({ min: 1, max: 200 }), anyTau, anyTau, (schedule, n, a, b) => {
        let sum = 0;
        for (let i = 1; i <= n; i++) {
          const step = schedule.step(i, n);
          sum += step;
          expect(Math.abs(step / schedule.between((i - 1) / n, i / n) - 1)).toBeLessThan(1e-12);
        }
        expect(Math.abs(sum / schedule.beta(1) - 1)).toBeLessThan(1e-13);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const parts = schedule.between(0, low) + schedule.between(low, high);
        expect(Math.abs(parts - schedule.beta(high))).toBeLessThanOrEqual(
          1e-14 * schedule.beta(high) + Number.MIN_VALUE,
        );
      }),
    );
  });

  it('has steps without cancellation, against 60 digits', () => {
    fc.assert(
      fc.property(logUniform(1e-4, 0.99), fc.integer({ min: 1, max: 100_000 }), anyTau, (s, n, part) => {
        const i = 1 + Math.floor(part * (n - 1));
        const growth = exactly(s).ln().times(-2);
        const at = (j: number): InstanceType<typeof D> => growth.times(j).div(n).exp();
        const exact = at(i).minus(at(i - 1));
        expect(relativeError(continuousAccuracy({ sigma1: s }).step(i, n), exact)).toBeLessThan(1e-14);
        const discrete = new D(2 * i - 1).times(exactly(s)).div(n).div(n);
        expect(relativeError(discreteAccuracy({ beta1: s }).step(i, n), discrete)).toBeLessThan(1e-15);
      }),
    );
  });

  it('has the steps of Graves et al. for sigma1 = 1e-3 and n = 10', () => {
    const wanted = [2.981072, 11.86786, 47.246803, 188.092909, 748.811357, 2981.071706, 11867.860219];
    const { step } = continuousAccuracy({ sigma1: 1e-3 });
    wanted.forEach((alpha, i) => expect(Math.abs(step(i + 1, 10) - alpha)).toBeLessThan(6e-7));
    const gamma = (tau: number) =>
      continuousAccuracy({ sigma1: 1e-3 })
        .process()
        .alpha(1 - tau);
    const values = [0.013721, 0.129036, 0.498813, 0.748811, 0.999];
    [1e-3, 0.01, 0.05, 0.1, 0.5].forEach((tau, i) =>
      expect(Math.abs(gamma(tau) - values[i])).toBeLessThan(6e-7),
    );
  });

  it('has its rate as derivative and its time as inverse', () => {
    fc.assert(
      fc.property(anySchedule, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (schedule, tau) => {
        const h = 1e-5;
        const slope = schedule.between(tau - h, tau + h) / (2 * h);
        expect(Math.abs(slope / schedule.rate(tau) - 1)).toBeLessThan(1e-6);
        expect(Math.abs(schedule.time(schedule.beta(tau)) - tau)).toBeLessThan(1e-13);
      }),
    );
  });

  it('refuses times outside [0, 1], steps outside 1..n, accuracies out of range, with one line', () => {
    const schedule = discreteAccuracy({ beta1: 3 });
    for (const tau of [-1e-9, 1.1, NaN, Infinity]) {
      for (const call of [
        () => schedule.beta(tau),
        () => schedule.rate(tau),
        () => schedule.between(0, tau),
      ]) {
        expect(call).toThrow(UsageError);
        expect(call).toThrow(/BFN time is .*; accepted are numbers from 0 .* to 1/);
      }
    }
    expect(() => schedule.step(0, 4)).toThrow(/step 0 of 4; accepted/);
    expect(() => schedule.step(5, 4)).toThrow(/step 5 of 4/);
    expect(() => schedule.step(1, 0)).toThrow(/step 1 of 0/);
    expect(() => schedule.time(3.1)).toThrow(/accuracy 3.1; accepted are numbers from 0 to 3/);
    expect(() => schedule.between(0.5, 0.25)).toThrow(/times in order/);
    expect(() => continuousAccuracy({ sigma1: 1 })).toThrow(/sigma1 = 1/);
    expect(() => discreteAccuracy({ beta1: 0 })).toThrow(/beta1 = 0/);
  });
});

/** The largest difference of two processes, relative to the second. */
const difference = (a: Process, b: Process): number => {
  let most = 0;
  for (const t of [1e-3, 0.1, 0.5, 0.9, 0.999]) {
    for (const name of ['alpha', 'sigma', 'drift', 'squaredDiffusion', 'varianceOverSignal'] as const) {
      most = Math.max(most, Math.abs(a[name](t) / b[name](t) - 1));
    }
    most = Math.max(most, Math.abs(a.lambda(t) - b.lambda(t)));
    most = Math.max(most, Math.abs(a.timeAtLambda(b.lambda(t)) - t));
  }
  return most;
};

describe("a user's accuracy", () => {
  it('gives the schedules and processes of the paper from their formulas', async () => {
    const [sigma1, beta1] = [0.02, 1.5];
    const exponential = await accuracyFromExpression({
      beta: 'expm1(-2 tau log(s))',
      parameters: { s: sigma1 },
    });
    const square = await accuracyFromExpression({ beta: 'b tau^2', parameters: { b: beta1 } });
    for (const [own, paper] of [
      [exponential, continuousAccuracy({ sigma1 })],
      [square, discreteAccuracy({ beta1 })],
    ]) {
      for (const tau of [0, 0.01, 0.3, 1]) {
        expect(Math.abs(own.beta(tau) - paper.beta(tau))).toBeLessThanOrEqual(1e-14 * paper.beta(tau));
        expect(Math.abs(own.rate(tau) - paper.rate(tau))).toBeLessThanOrEqual(1e-13 * paper.rate(tau));
      }
      for (const [i, n] of [
        [1, 1],
        [7, 10],
        [999, 1000],
        [99_999, 100_000],
      ]) {
        expect(Math.abs(own.step(i, n) / paper.step(i, n) - 1)).toBeLessThan(1e-11);
      }
      for (const classes of [undefined, 5]) {
        expect(difference(own.process(classes), paper.process(classes))).toBeLessThan(1e-12);
      }
    }
    expect(difference(exponential.process(), continuousBfn({ sigma1 }))).toBeLessThan(1e-12);
    expect(difference(square.process(5), discreteBfn({ classes: 5, beta1 }))).toBeLessThan(1e-12);
  });

  it('makes processes that a record can make again', async () => {
    const cubic = await accuracyFromExpression({ beta: 'b tau^3', parameters: { b: 4 } });
    for (const process of [
      cubic.process(),
      cubic.process(3),
      continuousAccuracy({ sigma1: 0.1 }).process(4),
      discreteAccuracy({ beta1: 2 }).process(),
    ]) {
      const record = JSON.parse(JSON.stringify(process.parameters)) as Record<string, Json>;
      const again = await makeProcess(process.id, record);
      expect(again.parameters).toEqual(process.parameters);
      expect(again.classes).toBe(process.classes);
      expect(difference(again, process)).toBeLessThan(1e-12);
    }
  });

  it('has the limits at the prior where formulas are 0/0', async () => {
    const process = (await accuracyFromExpression({ beta: '4 tau^3' })).process();
    expect([process.alpha(1), process.sigma(1), process.lambda(1)]).toEqual([0, 0, -Infinity]);
    expect([process.drift(1), process.varianceOverSignal(1)]).toEqual([-Infinity, 1]);
  });

  const refused: [string, RegExp][] = [
    ['t', /"t" is not accepted; give at most 1000 characters of numbers, tau, pi, e/],
    ['evaluate(tau)', /"evaluate" as a function/],
    ['tau.constructor', /Accessor/],
    ['import({})', /character "\{"/],
    ['tau; 1', /character ";"/],
    ['b tau', /"b" is not accepted/],
    ['1 + tau', /beta is 1 at tau = 0; give an expression that is 0 there/],
    ['tau - tau^2', /beta does not increase at tau/],
    ['-tau', /beta does not increase|derivative of beta/],
    ['tau/(1-tau)', /beta is Infinity at tau = 1/],
    ['0', /beta does not increase/],
  ];
  it.each(refused)('%s is refused in one line', async (beta, message) => {
    const error: unknown = await accuracyFromExpression({ beta }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toMatch(message);
    expect((error as UsageError).message).not.toContain('\n');
  });

  it('has no parameter that hides the time', async () => {
    for (const name of ['tau', 'pi', 'exp']) {
      await expect(accuracyFromExpression({ beta: 'tau', parameters: { [name]: 1 } })).rejects.toThrow(
        UsageError,
      );
    }
  });
});
