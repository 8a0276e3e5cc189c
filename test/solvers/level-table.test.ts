import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grids } from '../../solvers/grid.js';
import { solver, timeGrid } from '../../solvers/index.js';
import { UsageError } from '../../src/errors.js';
import { karras, rectifiedFlow } from '../../src/process/index.js';

const process = karras();
const level = (t: number): number => Math.exp(-process.lambda(t));
// Sabour et al. 2024, for Stable Diffusion 1.5
const published = [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0];

const anyLevels = fc
  .array(fc.double({ min: 0.1, max: 1.5, noNaN: true }), { minLength: 1, maxLength: 12 })
  .map((steps) => steps.reduce((all, step) => [...all, all[all.length - 1] - step], [3]).map(Math.exp));

it('is the table itself at its own number of steps', () => {
  fc.assert(
    fc.property(anyLevels, (levels) => {
      const times = timeGrid.table({ levels }).times(process, levels.length - 1);
      times.forEach((t, i) => expect(level(t) / levels[i]).toBeCloseTo(1, 9));
    }),
  );
});

it('keeps its ends and is between its neighbours at any other number, and refines at twice that', () => {
  fc.assert(
    fc.property(anyLevels, fc.integer({ min: 1, max: 30 }), (levels, steps) => {
      const grid = timeGrid.table({ levels });
      const [once, twice] = [grid.times(process, steps), grid.times(process, 2 * steps)];
      expect(once).toHaveLength(steps + 1);
      expect(level(once[0]) / levels[0]).toBeCloseTo(1, 9);
      expect(once[steps]).toBe(grid.end(process));
      once.forEach((t, i) => expect(t / twice[2 * i]).toBeCloseTo(1, 12));
    }),
  );
});

it('is geometric where its levels are, whatever the number of steps', () => {
  const times = timeGrid.table({ levels: [8, 4, 2, 1] }).times(process, 7);
  times.forEach((t, i) => expect(Math.log2(level(t))).toBeCloseTo(3 - (3 * i) / 7, 12));
});

it('a published table, which ends in 0, is read at its own and at other numbers of steps', () => {
  const { id, parameters } = grids.parse(`table:levels=${JSON.stringify(published)}`);
  const grid = grids.make(id, parameters);
  const times = grid.times(process, 10);
  times.slice(0, 10).forEach((t, i) => expect(level(t) / published[i]).toBeCloseTo(1, 12));
  expect(times[10]).toBe(0);
  const five = grid.times(process, 5);
  // a quarter of the way from the third level to the fourth
  expect(level(five[1])).toBeCloseTo(3.861 ** 0.75 * 2.697 ** 0.25, 12);
  expect([five[5], level(five[4])]).toEqual([0, expect.closeTo(0.152, 12)]);
  expect(solver('dpm-solver++2m').plan(process, { nfe: 10, grid }).nfe).toBe(10);
  expect(timeGrid.table({ levels: [2, 1, 0] }).times(process, 1)).toHaveLength(2);
});

describe('what is no table is said in one line:', () => {
  it.each([[[]], [[1]], [[1, 0]], [[1, 2]], [[1, 1]], [[2, -1]], [[2, NaN]], [[2, 0, 1]]])('%j', (levels) => {
    const act = (): unknown => timeGrid.table({ levels });
    expect(act).toThrow(UsageError);
    expect(act).toThrow(/^the levels of the table grid are \[.*\]; give two or more above 0, decreasing/);
  });

  it('levels that the process does not reach', () => {
    expect(() => timeGrid.table({ levels: [500, 1] }).times(process, 3)).toThrow(UsageError);
    expect(timeGrid.table({ levels: [500, 1] }).times(rectifiedFlow(), 3)).toHaveLength(4);
  });
});
