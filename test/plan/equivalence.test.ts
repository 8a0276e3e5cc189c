import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solver, timeGrid } from '../../solvers/index.js';
import { equivalent } from '../../src/plan/equivalence.js';
import { normalForm } from '../../src/plan/normal-form.js';
import type { Instruction, Plan } from '../../src/plan/plan.js';
import { discreteBfn, variancePreserving } from '../../src/process/index.js';
import { anyPlan } from './arbitraries.js';
import { scalarOf } from '../../src/plan/components.js';

const moment = { t: 0.5, alpha: 0.8, sigma: 0.6, time: 0.5 };
const planOf = (...instructions: Instruction[]): Plan => ({
  solver: 'by-hand',
  process: { id: 'none', parameters: {} },
  settings: {},
  nfe: instructions.filter(({ op }) => op === 'evaluate').length,
  start: { register: 'x', t: 1, alpha: 0.1, sigma: 0.9, time: 1, atNoiseEnd: true },
  instructions,
});
const evaluate = (into: string, from: string, draw?: number): Instruction => ({
  op: 'evaluate',
  into,
  from,
  ...moment,
  ...(draw === undefined ? {} : { draw }),
});
const combine = (into: string, ...terms: [number, string][]): Instruction => ({ op: 'combine', into, terms });
const noise = (into: string, draw: number): Instruction => ({ op: 'noise', into, draw });
const result = (from: string): Instruction => ({ op: 'return', from, alpha: 1, sigma: 0 });

describe('two plans are equivalent', () => {
  it('if they are one', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        expect(equivalent(plan, plan)).toEqual({ holds: true, residual: 0 });
        expect(
          equivalent(plan, plan, {
            upToScale: plan.instructions.every((e) => e.op !== 'evaluate' || e.sigma > 0),
          }),
        ).toMatchObject({ holds: true });
      }),
    );
  });

  it('if they differ in names, in numbers of draws and in how a sum is cut up', () => {
    const one = planOf(
      evaluate('D', 'x'),
      noise('z', 1),
      combine('y', [2, 'x'], [3, 'D'], [0.5, 'z']),
      result('y'),
    );
    const other = planOf(
      noise('n', 7),
      evaluate('P', 'x'),
      combine('a', [1, 'x'], [3, 'P']),
      combine('b', [1, 'a'], [1, 'x'], [-0.5, 'n']), // the sign of a noise is no matter
      result('b'),
    );
    expect(equivalent(one, other).holds).toBe(true);
  });

  it('if their noises have one covariance: two of half the variance are one', () => {
    const one = planOf(evaluate('D', 'x'), noise('z', 1), combine('y', [1, 'D'], [1, 'z']), result('y'));
    const two = planOf(
      evaluate('D', 'x'),
      noise('z', 1),
      noise('w', 2),
      combine('y', [1, 'D'], [Math.SQRT1_2, 'z'], [Math.SQRT1_2, 'w']),
      result('y'),
    );
    expect(equivalent(one, two).holds).toBe(true);
  });

  it('but not if one noise serves twice where the other has two', () => {
    const chain = (second: number): Plan =>
      planOf(
        noise('z', 1),
        combine('y', [1, 'x'], [1, 'z']),
        evaluate('D', 'y'),
        noise('w', second),
        combine('u', [1, 'D'], [1, 'w']),
        result('u'),
      );
    const { holds, difference } = equivalent(chain(1), chain(2));
    expect(holds).toBe(false);
    expect(difference).toMatch(
      /^the noise covariance of the result and the state of evaluation 1 is 1 in one and 0 in the other$/,
    );
  });

  it('if one names increments of a path and the other draws of the same covariance', () => {
    const path = (into: string, from: number, to: number): Instruction => ({
      op: 'noise',
      into,
      clock: 'u',
      from,
      to,
    });
    const overlapping = planOf(
      path('z', 1, 2),
      combine('y', [1, 'x'], [1, 'z']),
      evaluate('D', 'y'),
      path('w', 1, 5),
      combine('u', [1, 'D'], [1, 'w']),
      result('u'),
    );
    const byDraws = (share: number): Plan =>
      planOf(
        noise('z', 1),
        combine('y', [1, 'x'], [1, 'z']),
        evaluate('D', 'y'),
        noise('v', 2),
        combine('u', [1, 'D'], [Math.sqrt(share), 'z'], [Math.sqrt(1 - share), 'v']),
        result('u'),
      );
    expect(equivalent(overlapping, byDraws(1 / 4)).holds).toBe(true); // [1, 2] is a fourth of [1, 5]
    expect(equivalent(overlapping, byDraws(1 / 5)).difference).toMatch(/^the noise covariance of the result/);
  });

  it('also if one asks the same question twice, or a question whose answer it drops', () => {
    const once = planOf(evaluate('D', 'x'), combine('y', [1, 'x'], [2, 'D']), result('y'));
    const twice = planOf(
      evaluate('D', 'x'),
      evaluate('E', 'x'),
      combine('y', [1, 'x'], [1, 'D'], [1, 'E']),
      result('y'),
    );
    const idle = planOf(
      evaluate('D', 'x'),
      combine('u', [3, 'D']),
      evaluate('E', 'u'),
      combine('y', [1, 'x'], [2, 'D'], [0, 'E']),
      result('y'),
    );
    expect(equivalent(once, twice).holds).toBe(true);
    expect(equivalent(once, idle).holds).toBe(true);
    expect(normalForm(idle).evaluations).toHaveLength(1);
  });

  it('but two draws are two', () => {
    const once = planOf(evaluate('D', 'x', 1), combine('y', [2, 'D']), result('y'));
    const twice = planOf(
      evaluate('D', 'x', 1),
      evaluate('E', 'x', 2),
      combine('y', [1, 'D'], [1, 'E']),
      result('y'),
    );
    expect(equivalent(once, twice).holds).toBe(false);
  });
});

describe('an error is found', () => {
  it('in any coefficient, from 1e-9 of its row', () => {
    fc.assert(
      fc.property(anyPlan(), fc.nat(), fc.nat(), (plan, i, j) => {
        const combines = plan.instructions.filter((entry) => entry.op === 'combine');
        fc.pre(combines.length > 0);
        const planted = combines[i % combines.length];
        const at = j % planted.terms.length;
        // a start of size 0 has no coefficient that matters
        fc.pre(planted.terms[at][1] !== plan.start.register || plan.start.sigma > 0);
        const largest = Math.max(...planted.terms.map(([coefficient]) => Math.abs(scalarOf(coefficient))));
        const terms = planted.terms.map(
          ([coefficient, register], k) =>
            [scalarOf(coefficient) + (k === at ? 1e-3 * largest : 0), register] as const,
        );
        const spoiled = {
          ...plan,
          instructions: plan.instructions.map((entry) => (entry === planted ? { ...planted, terms } : entry)),
        };
        const { holds, difference } = equivalent(plan, spoiled);
        expect(holds).toBe(false);
        expect(difference).toBeDefined();
      }),
    );
  });

  it('in the time of an evaluation', () => {
    const plan = solver('ddim').plan(variancePreserving({}), { nfe: 4 });
    const late = {
      ...plan,
      instructions: plan.instructions.map((e, i) =>
        i === 2 && e.op === 'evaluate' ? { ...e, t: e.t * 1.001 } : e,
      ),
    };
    expect(equivalent(plan, late).difference).toMatch(/^evaluation 2 is at t = /);
  });

  it('in a last step', () => {
    const process = discreteBfn({ classes: 3, beta1: 1 });
    const grid = timeGrid.uniform({ eta: 0.01 });
    const [stop, predict] = (['stop', 'predict'] as const).map((lastStep) =>
      solver('ddim').plan(process, { nfe: 4, grid, lastStep }),
    );
    expect(equivalent(stop, predict).difference).toMatch(/^the result has /);
  });

  it('in a missing evaluation', () => {
    const process = discreteBfn({ classes: 3, beta1: 1 });
    const [four, five] = [4, 5].map((nfe) =>
      solver('ddim').plan(process, {
        nfe,
        grid: timeGrid.explicit([0.9, 0.7, 0.5, 0.3, 0.1, 0].slice(0, nfe + 1)),
        lastStep: 'stop',
      }),
    );
    expect(equivalent(four, five).difference).toBe('one evaluates 4 times and the other 5');
  });
});
