import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { planFromJson } from '../../src/plan/check.js';
import { equivalent } from '../../src/plan/equivalence.js';
import { normalForm } from '../../src/plan/normal-form.js';
import { type Evaluate, type Plan, isCall, withoutDeadCode } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';
import { stepper } from '../../src/plan/runner.js';
import { predictSymbols } from '../../src/plan/symbols.js';
import { lawOnGaussian } from '../../src/testing/gaussian.js';

const anyLaw = (): fc.Arbitrary<number[]> =>
  fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 2, maxLength: 6 })
    .map((weights) => weights.map((weight) => weight / weights.reduce((sum, w) => sum + w, 0)));

const predicted = (probabilities: readonly number[], x: number[], at: { alpha: number; sigma: number }) => {
  const out = {
    shape: [1, x.length / probabilities.length, probabilities.length],
    data: new Float64Array(x.length),
  };
  predictSymbols({ probabilities }, { shape: out.shape, data: Float64Array.from(x) }, at, out);
  return [...out.data];
};

describe('what independent symbols predict', () => {
  it('is the mean of the data by Bayes, from the Gaussian densities of the states', () => {
    const anyScale = fc.double({ min: 0.1, max: 3, noNaN: true });
    fc.assert(
      fc.property(anyLaw(), anyScale, anyScale, fc.nat(), (p, alpha, sigma, salt) => {
        const K = p.length;
        const x = p.map((_, k) => 2 * Math.sin(salt + 7 * k));
        const logs = p.map((weight, k) => {
          const squares = x.map((value, i) => (value - alpha * (i === k ? K - 1 : -1)) ** 2);
          return Math.log(weight) - squares.reduce((sum, square) => sum + square, 0) / (2 * sigma ** 2);
        });
        const highest = Math.max(...logs);
        const weights = logs.map((value) => Math.exp(value - highest));
        const total = weights.reduce((sum, value) => sum + value, 0);
        const found = predicted(p, x, { alpha, sigma });
        weights.forEach((weight, k) => expect(found[k]).toBeCloseTo((K * weight) / total - 1, 9));
      }),
    );
  });

  it('is p softmax(z) on the logits of a BFN, the frequencies without signal, the data without noise', () => {
    const p = [0.5, 0.3, 0.2];
    const z = [0.4, -1, 0.3];
    const weights = z.map((value, k) => p[k] * Math.exp(value));
    const total = weights.reduce((sum, value) => sum + value, 0);
    predicted(p, z, { alpha: 0.7, sigma: Math.sqrt(3 * 0.7) }).forEach((value, k) =>
      expect(value).toBeCloseTo((3 * weights[k]) / total - 1, 12),
    );
    predicted(p, z, { alpha: 0, sigma: 0 }).forEach((value, k) =>
      expect(value).toBeCloseTo(3 * p[k] - 1, 12),
    );
    predicted(p, [1, -0.5, -0.5], { alpha: 0.5, sigma: 0 }).forEach((value, k) =>
      expect(value).toBe([2, -1, -1][k]),
    );
    // logits beyond the range of exp
    expect(predicted([0.5, 0.5], [900, -900], { alpha: 1, sigma: Math.sqrt(2) })).toEqual([1, -1]);
  });

  it('keeps a class of frequency 0 at 0', () => {
    expect(predicted([0, 1], [50, -50], { alpha: 1, sigma: Math.sqrt(2) })).toEqual([-1, 1]);
  });
});

const moment = { t: 0.5, alpha: 0.5, sigma: 1, time: 0.5 };
const ask: Evaluate = { op: 'evaluate', into: 'P0', from: 'x0', ...moment, ask: 'reference' };
const call: Evaluate = { op: 'evaluate', into: 'D0', from: 'x0', ...moment };
const plan: Plan = {
  solver: 'by-hand',
  process: { id: 'bfn-discrete', parameters: { classes: 2, beta1: 2 } },
  settings: {},
  nfe: 1,
  start: { register: 'x0', ...moment, atNoiseEnd: false },
  reference: { probabilities: [0.25, 0.75] },
  instructions: [
    ask,
    call,
    { op: 'combine', into: 'R0', terms: [[1, 'D0'], [-1, 'P0']] }, // prettier-ignore
    { op: 'return', from: 'R0', alpha: 1, sigma: 0 },
  ],
};
const withProbabilities = (...probabilities: number[]): Plan => ({ ...plan, reference: { probabilities } });

describe('a plan that asks its reference', () => {
  it('survives JSON, and is counted by its calls of the network', () => {
    expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(plan.instructions.filter(isCall)).toEqual([call]);
  });

  it('prints what is asked', () => {
    expect(printPlan(plan)).toMatch(/P0 += reference\(x0\) +t = 0.5, alpha = 0.5, sigma = 1\n/);
  });

  it('keeps evaluations of the network and of the reference apart, each with a column of its own', () => {
    const { evaluations, result } = normalForm(plan);
    expect(evaluations.map(({ ofReference }) => ofReference)).toEqual([true, false]);
    expect([...result.known]).toEqual([0, -1, 1]);
  });

  it('is equivalent to no plan that asks the network instead, or another reference', () => {
    expect(equivalent(plan, plan).holds).toBe(true);
    const network: Evaluate = { ...call, into: 'P0' };
    const other = {
      ...plan,
      nfe: 2,
      instructions: [network, { ...call, t: 0.4 }, ...plan.instructions.slice(2)],
    };
    const sameTimes = { ...plan, instructions: [ask, { ...call, t: 0.4 }, ...plan.instructions.slice(2)] };
    expect(equivalent(sameTimes, other).difference).toBe(
      'evaluation 1 asks the reference in one and the network in the other',
    );
    const found = equivalent(plan, withProbabilities(0.26, 0.74));
    expect(found.holds).toBe(false);
    expect(found.residual).toBeCloseTo(0.01, 12);
    expect(found.difference).toBe('the references have two sets of probabilities');
    expect(equivalent(plan, withProbabilities(0.25, 0.5, 0.25)).holds).toBe(false);
    expect(equivalent(plan, withProbabilities(0.26, 0.74), { tolerance: 0.02 }).holds).toBe(true);
  });

  it('yields the network calls alone, and answers the others itself', () => {
    const running = stepper(plan, { shape: [2, 1, 2], data: Float64Array.from([0, 0, 0.3, -0.3]) });
    const first = running.next();
    if (first.done) throw new Error('a call is due');
    expect(first.value.evaluation).toBe(1);
    first.value.out.data.fill(0);
    const { done, value } = running.next(first.value.out);
    expect(done).toBe(true);
    // minus the reference's prediction: at no evidence between the classes 1 - 2 p
    expect([...(value as { data: Float64Array }).data.subarray(0, 2)]).toEqual([0.5, -0.5]);
  });

  it('has no code that asks in vain', () => {
    const idle = withoutDeadCode({
      ...plan,
      instructions: [ask, call, { op: 'return', from: 'D0', alpha: 1, sigma: 0 }],
    });
    expect(idle.instructions.map(({ op }) => op)).toEqual(['evaluate', 'return']);
    expect(idle.nfe).toBe(1);
  });

  it('has no law on Gaussian data', () => {
    expect(() => lawOnGaussian(plan, { mean: 0, variance: 1 })).toThrow(UsageError);
  });

  it.each([
    [
      'no reference',
      { ...plan, reference: undefined },
      /instructions\[0\] asks the reference, and the plan has none/,
    ],
    ['no object', { ...plan, reference: 3 }, /reference must be an object/],
    [
      'a sum that is not 1',
      withProbabilities(0.5, 0.4),
      /reference.probabilities must be two or more numbers from 0/,
    ],
    ['a negative one', withProbabilities(1.5, -0.5), /must be two or more numbers from 0 whose sum is 1/],
    [
      'no numbers',
      { ...plan, reference: { probabilities: ['a', 'b'] } },
      /reference.probabilities\[0\] must be a finite/,
    ],
    ['other classes', withProbabilities(0.2, 0.3, 0.5), /has 3 numbers for 2 classes of the process/],
    [
      'another to ask',
      { ...plan, instructions: [{ ...ask, ask: 'oracle' }] },
      /instructions\[0\].ask must be reference/,
    ],
    [
      'a draw of it',
      { ...plan, instructions: [{ ...ask, draw: 1 }] },
      /must not draw: it asks the reference/,
    ],
    ['a count of it', { ...plan, nfe: 2 }, /nfe must be 1, the number of its evaluate instructions/],
  ])('is refused with %s', (_, value, message) => {
    const read = (): unknown => planFromJson(JSON.parse(JSON.stringify(value)));
    expect(read).toThrow(UsageError);
    expect(read).toThrow(message);
  });

  it('fits states of its classes only', () => {
    const running = stepper(plan, { shape: [1, 3], data: new Float64Array(3) });
    expect(() => running.next()).toThrow(
      /the reference of the plan has 2 classes, and the states have shape \[1, 3\]/,
    );
    const { reference, ...without } = plan;
    expect(reference).toBeDefined();
    expect(() => stepper(without, { shape: [1, 2], data: new Float64Array(2) }).next()).toThrow(/has none/);
  });
});
