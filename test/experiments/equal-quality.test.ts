import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Calls, type Goal, callsToMeet, callsToReach } from '../../experiments/equal-quality.js';

/** The least number of calls that an answer allows: what is "at most" 5 may be 0. */
const least = (answer: Calls): number =>
  'moreThan' in answer ? Infinity : 'atMost' in answer ? 0 : answer.calls;

const budgets = fc
  .uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 6 })
  .map((nfe) => nfe.sort((a, b) => a - b));
const distance = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
// failed cells, zeros and, since a user's metric may have them, negative values
const anyValue = fc.oneof(
  { weight: 8, arbitrary: distance },
  fc.constantFrom(null, 0, -1, Number.MIN_VALUE, Number.MAX_VALUE),
);
const valuesFor = (nfe: readonly number[], value: fc.Arbitrary<number | null> = anyValue) =>
  fc.array(value, { minLength: nfe.length, maxLength: nfe.length });
const target = fc.oneof(distance, fc.constantFrom(0, -1, 1e-300));

const cases = budgets.chain((nfe) => {
  const goal: fc.Arbitrary<Goal> = fc.record({ values: valuesFor(nfe), target });
  return fc.record({ nfe: fc.constant(nfe), goals: fc.array(goal, { minLength: 1, maxLength: 3 }) });
});

const meets = (goals: readonly Goal[], i: number): boolean =>
  goals.every(({ values, target: wanted }) => values[i] !== null && values[i] <= wanted);

describe('callsToMeet', () => {
  it('is more than all numbers tried exactly if at none of them all goals are met', () => {
    fc.assert(
      fc.property(cases, ({ nfe, goals }) => {
        const answer = callsToMeet(nfe, goals);
        const met = nfe.findIndex((_, i) => meets(goals, i));
        if (met < 0) expect(answer).toEqual({ moreThan: nfe[nfe.length - 1] });
        else if (met === 0) expect(answer).toEqual({ atMost: nfe[0] });
        else {
          // between the number before, at which they were not, and the one at which they were
          expect(least(answer)).toBeGreaterThanOrEqual(nfe[met - 1]);
          expect(least(answer)).toBeLessThanOrEqual(nfe[met]);
        }
      }),
    );
  });

  it('does not depend on the order in which the numbers were tried', () => {
    const shuffled = cases.chain(({ nfe, goals }) =>
      fc.record({
        nfe: fc.constant(nfe),
        goals: fc.constant(goals),
        order: fc.shuffledSubarray([...nfe.keys()], { minLength: nfe.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ nfe, goals, order }) => {
        const other = goals.map((goal) => ({ ...goal, values: order.map((i) => goal.values[i]) }));
        const answer = callsToMeet(
          order.map((i) => nfe[i]),
          other,
        );
        expect(answer).toEqual(callsToMeet(nfe, goals));
      }),
    );
  });

  it('never asks for fewer calls where a target is lower or a goal is added', () => {
    fc.assert(
      fc.property(cases, fc.double({ min: 0, max: 1, noNaN: true }), ({ nfe, goals }, factor) => {
        const calls = least(callsToMeet(nfe, goals));
        const lower = goals.map((goal) => ({
          ...goal,
          target: goal.target * (goal.target > 0 ? factor : 1),
        }));
        expect(least(callsToMeet(nfe, lower))).toBeGreaterThanOrEqual(calls * (1 - 1e-12));
        expect(least(callsToMeet(nfe, goals.slice(1)))).toBeLessThanOrEqual(calls);
      }),
    );
  });

  it('is not moved by a goal that is met throughout', () => {
    fc.assert(
      fc.property(cases, ({ nfe, goals }) => {
        const met = { values: nfe.map((calls) => 1 / calls), target: 1 };
        expect(callsToMeet(nfe, [...goals, met])).toEqual(callsToMeet(nfe, goals));
      }),
    );
  });

  it('does not depend on the unit of a metric', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: -20, max: 20 }), ({ nfe, goals }, power) => {
        const unit = 2 ** power; // exact, so that comparisons stay what they were
        const scaled = goals.map(({ values, target: wanted }) => ({
          values: values.map((value) => (value === null ? null : value * unit)),
          target: wanted * unit,
        }));
        fc.pre(
          scaled.every(({ values }) => values.every((value) => value === null || Math.abs(value) < Infinity)),
        );
        fc.pre(!goals.some(({ values }) => values.includes(Number.MIN_VALUE)));
        const [a, b] = [least(callsToMeet(nfe, goals)), least(callsToMeet(nfe, scaled))];
        if (Number.isFinite(a)) expect(b).toBeCloseTo(a, 8);
        else expect(b).toBe(a);
      }),
    );
  });

  it('wants all goals at once: one that is lost again before the other is met does not count', () => {
    const nfe = [5, 10, 20];
    const early = { values: [0.1, 0.1, 0.9], target: 0.5 };
    const late = { values: [0.9, 0.9, 0.1], target: 0.5 };
    expect(callsToMeet(nfe, [early])).toEqual({ atMost: 5 });
    expect(least(callsToMeet(nfe, [late]))).toBeGreaterThan(10);
    expect(callsToMeet(nfe, [early, late])).toEqual({ moreThan: 20 });
  });
});

describe('callsToReach', () => {
  it('inverts a power law exactly', () => {
    const laws = fc.record({
      nfe: budgets.filter((nfe) => nfe.length > 1),
      order: fc.double({ min: 0.2, max: 4, noNaN: true }),
      size: distance,
      part: fc.double({ min: 0.001, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(laws, ({ nfe, order, size, part }) => {
        const values = nfe.map((calls) => size * calls ** -order);
        const [first, last] = [nfe[0], nfe[nfe.length - 1]];
        const calls = first * (last / first) ** part;
        const answer = callsToReach(
          { nfe, values },
          Math.max(size * calls ** -order, values[values.length - 1]),
        );
        expect(least(answer) / calls).toBeCloseTo(1, 9);
      }),
    );
  });

  it('is a number tried where the curve first comes to the target there', () => {
    const falling = budgets.chain((nfe) =>
      fc.record({
        nfe: fc.constant(nfe),
        values: fc
          .uniqueArray(distance, { minLength: nfe.length, maxLength: nfe.length })
          .map((values) => values.sort((a, b) => b - a)),
        i: fc.integer({ min: 0, max: nfe.length - 1 }),
      }),
    );
    fc.assert(
      fc.property(falling, ({ nfe, values, i }) => {
        expect(callsToReach({ nfe, values }, values[i])).toEqual(
          i === 0 ? { atMost: nfe[0] } : { calls: nfe[i] },
        );
      }),
    );
  });

  it('draws no line from a failed run, nor to a distance or target of 0 or below', () => {
    const nfe = [5, 10, 20];
    expect(callsToReach({ nfe, values: [1, null, 0.1] }, 0.5)).toEqual({ calls: 20 });
    expect(callsToReach({ nfe, values: [null, 0.4, 0.1] }, 0.5)).toEqual({ calls: 10 });
    expect(callsToReach({ nfe, values: [1, 0.8, 0] }, 0.5)).toEqual({ calls: 20 });
    expect(callsToReach({ nfe, values: [1, 0.8, 0] }, 0)).toEqual({ calls: 20 });
    expect(callsToReach({ nfe, values: [1, 0.8, -0.1] }, 0)).toEqual({ calls: 20 });
    expect(callsToReach({ nfe, values: [null, null, null] }, 0.5)).toEqual({ moreThan: 20 });
  });

  it('goes by the first time that the curve is there, though it rises again', () => {
    expect(callsToReach({ nfe: [5, 10, 20, 50], values: [1, 0.25, 0.9, 0.1] }, 0.5)).toEqual({
      calls: 5 * 2 ** 0.5,
    });
  });
});
