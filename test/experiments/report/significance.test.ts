import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sectionsOf } from '../../../experiments/report/sections.js';
import { beats } from '../../../experiments/report/significance.js';
import { bestSolver } from '../../../experiments/report/tables.js';
import { someComparison } from '../some-comparison.js';
import { someSection } from './some-section.js';

const interval = fc.record({
  value: fc.double({ min: 0.1, max: 10, noNaN: true }),
  reach: fc.double({ min: 0, max: 3, noNaN: true }),
});

describe('beats', () => {
  it('is never said both ways, nor of a cell and itself', () => {
    fc.assert(
      fc.property(
        interval,
        interval,
        fc.option(fc.double({ min: 0, max: 10, noNaN: true })),
        (a, b, truth) => {
          const section = someSection({ q: [a, b] }, truth === null ? {} : { truth });
          const [one, other] = section.cells;
          expect(beats(section, 'q', one, other) && beats(section, 'q', other, one)).toBe(false);
          expect(beats(section, 'q', one, one)).toBe(false);
        },
      ),
    );
  });

  it("goes by the comparison's own test at equal NFE, whatever the intervals", () => {
    const plain = someSection({
      q: [
        { value: 2, reach: 1 },
        { value: 1.5, reach: 1 },
      ],
    });
    expect(bestSolver(plain, 'q', 10)).toBeUndefined();
    const tested = (better: string | null) => ({
      ...plain,
      tests: [{ problem: 'toy', metric: 'q', nfe: 10, solvers: ['s0', 's1'] as const, better }],
    });
    expect(beats(tested('s1'), 'q', plain.cells[1], plain.cells[0])).toBe(true);
    expect(beats(tested('s1'), 'q', plain.cells[1], plain.cells[1])).toBe(false);
    expect(bestSolver(tested('s1'), 'q', 10)).toBe('s1');
    expect(bestSolver(tested(null), 'q', 10)).toBeUndefined();
    const apart = someSection({
      q: [
        { value: 2, reach: 0.1 },
        { value: 1, reach: 0.1 },
      ],
    });
    expect(beats({ ...apart, tests: tested(null).tests }, 'q', apart.cells[1], apart.cells[0])).toBe(false);
  });
});

it('a distance to the reference solution is one metric more, of the solvers that have one', () => {
  const { cells, ...comparison } = someComparison();
  const distance = { value: 0.2, low: 0.1, high: 0.3, floor: 1e-6 };
  const further = cells.map((cell) => ({
    ...cell,
    distanceToReference: cell.solver === 'bfn' ? null : distance,
  }));
  const [section] = sectionsOf([{ folder: 'a', record: {}, comparison: { ...comparison, cells: further } }]);
  expect(section.problem.metrics).toHaveProperty('distance-to-reference.floor.value', 1e-6);
  expect(section.problem.quality).not.toContain('distance-to-reference');
  const having = section.cells.filter(({ metrics }) => 'distance-to-reference' in metrics);
  expect(having.map(({ label }) => label)).toEqual(['bfn-solver2', 'bfn-solver2']);
});

it('entries of one solver with labels of their own are lines of their own', () => {
  const { cells, problems, ...comparison } = someComparison();
  const labelled = cells.map((cell) => ({ ...cell, solver: 'bfn', label: cell.solver }));
  const [section] = sectionsOf([
    { folder: 'a', record: {}, comparison: { ...comparison, problems, cells: labelled } },
  ]);
  expect(section.solvers).toEqual(['bfn', 'bfn-solver2']);
});
