import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { solver } from '../../solvers/index.js';
import { UsageError } from '../../src/errors.js';
import { allocate } from '../../src/plan/allocation.js';
import { planFromJson } from '../../src/plan/check.js';
import { type Instruction, type Plan, reads, withoutDeadCode } from '../../src/plan/plan.js';
import { printPlan } from '../../src/plan/print.js';
import { continuousBfn } from '../../src/process/index.js';
import { anyPlan } from './arbitraries.js';

type Json = Record<string, unknown> & { instructions: Record<string, unknown>[] };
const small = (): Json =>
  JSON.parse(
    JSON.stringify(solver('sde-bfn-solver++2').plan(continuousBfn({ sigma1: 0.02 }), { nfe: 3 })),
  ) as Json;

describe('a plan', () => {
  it('survives JSON unchanged', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(JSON.parse(JSON.stringify(plan)));
      }),
    );
  });

  it('survives JSON and prints with noises of a path', () => {
    const settings = { nfe: 3, noise: 'path', lastStep: 'stop' } as const;
    const plan = solver('sde-dpm-solver++2m').plan(continuousBfn({ sigma1: 0.02 }), settings);
    expect(planFromJson(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(printPlan(plan)).toMatch(/z0 += normal\[e\^\(2 lambda\): \S+ to \S+\]/);
    expect(plan.settings.noise).toBe('path');
  });

  it('has no dead code, and its calls are its NFE', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        expect(withoutDeadCode(plan)).toEqual(plan);
        expect(plan.instructions.filter(({ op }) => op === 'evaluate')).toHaveLength(plan.nfe);
      }),
    );
  });

  it('prints an instruction a line', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        const lines = printPlan(plan).split('\n');
        expect(lines).toHaveLength(plan.instructions.length + 1);
        expect(
          lines.every(
            (line, i) =>
              i === 0 || line.startsWith((plan.instructions[i - 1] as { into?: string }).into ?? 'return'),
          ),
        ).toBe(true);
      }),
    );
  });

  it('is given arrays so that none is overwritten while it is still needed', () => {
    fc.assert(
      fc.property(anyPlan(), (plan) => {
        const { slotOf, slots } = allocate(plan);
        const holds = new Map<number, string>([[0, plan.start.register]]);
        for (const entry of plan.instructions) {
          for (const register of reads(entry)) expect(holds.get(slotOf.get(register) ?? -1)).toBe(register);
          if (entry.op === 'return') continue;
          const slot = slotOf.get(entry.into) ?? -1;
          if (entry.op === 'evaluate') expect(slotOf.get(entry.from)).not.toBe(slot);
          holds.set(slot, entry.into);
        }
        // a few registers, however long the plan: four states and their predictions for the longest multistep methods
        expect(slots).toBeLessThanOrEqual(10);
      }),
    );
  });
});

describe('an untrusted plan is refused in one line that says where:', () => {
  const cases: [string, (plan: Json) => unknown, RegExp][] = [
    ['not an object', () => [], /^invalid plan: it must be an object$/],
    ['no instructions', (p) => ({ ...p, instructions: [] }), /must end with a return/],
    [
      'an undefined register',
      (p) => ((p.instructions[0].from = 'x7'), p),
      /instructions\[0\] reads the register x7, which is not defined/,
    ],
    [
      'a register defined twice',
      (p) => ((p.instructions[0].into = 'x0'), p),
      /instructions\[0\] defines the register x0 a second time/,
    ],
    [
      'a NaN coefficient',
      (p) => ((p.instructions[2].terms = [[NaN, 'x0']]), p),
      /instructions\[2\]\.terms\[0\]\[0\] must be a finite number/,
    ],
    [
      'a coefficient of null',
      (p) => ((p.instructions[2].terms = [[null, 'x0']]), p),
      /terms\[0\]\[0\] must be a finite number/,
    ],
    [
      'a negative sigma',
      (p) => ((p.instructions[0].sigma = -1), p),
      /instructions\[0\]\.sigma must not be negative/,
    ],
    [
      'a time of text',
      (p) => ((p.instructions[0].t = '1'), p),
      /instructions\[0\]\.t must be a finite number/,
    ],
    [
      'an unknown instruction',
      (p) => ((p.instructions[0].op = 'jump'), p),
      /instructions\[0\]\.op must be evaluate, noise, combine or return/,
    ],
    ['a wrong NFE', (p) => ({ ...p, nfe: 1e9 }), /nfe must be 3, the number of its evaluate instructions/],
    [
      'an early return',
      (p) => ((p.instructions[1] = { op: 'return', from: 'x0', alpha: 1, sigma: 0 }), p),
      /instructions\[1\] is out of place/,
    ],
    ['no return', (p) => ({ ...p, instructions: p.instructions.slice(0, -1) }), /is out of place|return/],
    [
      'a register that is no name',
      (p) => ((p.instructions[0].into = '__proto__'), p),
      /instructions\[0\]\.into must be a register/,
    ],
    ['no terms', (p) => ((p.instructions[2].terms = []), p), /instructions\[2\]\.terms must be a list/],
    ['a fractional draw', (p) => ((p.instructions[1].draw = 0.5), p), /draw must be a whole number/],
    [
      'a noise of a draw and of a path',
      (p) => ((p.instructions[1] = { op: 'noise', into: 'z0', draw: 1, clock: 'u', from: 0, to: 1 }), p),
      /instructions\[1\] must name its noise by a draw or by a clock, not by both/,
    ],
    [
      'an interval that runs backwards',
      (p) => ((p.instructions[1] = { op: 'noise', into: 'z0', clock: 'u', from: 2, to: 1 }), p),
      /instructions\[1\] must have an interval of its clock, 0 <= from < to/,
    ],
    [
      'an interval without an end',
      (p) => ((p.instructions[1] = { op: 'noise', into: 'z0', clock: 'u', from: 2 }), p),
      /instructions\[1\]\.to must be a finite number/,
    ],
    [
      'too many instructions',
      (p) => ({ ...p, instructions: { length: 1e9 } }),
      /instructions must be a list/,
    ],
  ];
  it.each(cases)('%s', (_, spoil, message) => {
    const spoiled = spoil(small());
    expect(() => planFromJson(spoiled)).toThrow(UsageError);
    expect(() => planFromJson(spoiled)).toThrow(message);
  });

  it('whatever is in the JSON, the answer is a plan or a UsageError', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(20),
        fc.constantFrom('from', 'into', 'terms', 't', 'op', 'draw'),
        (json, i, key) => {
          const plan = small();
          const entry = plan.instructions[i % plan.instructions.length];
          entry[key] = JSON.parse(json) as unknown;
          for (const value of [JSON.parse(json) as unknown, plan]) {
            try {
              planFromJson(value);
            } catch (error) {
              expect(error).toBeInstanceOf(UsageError);
              expect((error as Error).message).not.toContain('\n');
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('an instruction is read back field by field, without what does not belong to it', () => {
  const plan = small();
  plan.instructions[0].extra = 'x';
  const read: Plan = planFromJson(plan);
  expect((read.instructions[0] as Instruction & { extra?: string }).extra).toBeUndefined();
});
