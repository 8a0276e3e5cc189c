import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Calls } from '../../experiments/equal-quality.js';
import { callsText, comparisonTable } from '../../experiments/table.js';
import { someComparison } from './some-comparison.js';

/** The tables of a text: rows of cells, without the line of dashes. */
const tablesOf = (text: string): string[][][] =>
  text
    .split('\n\n')
    .filter((block) => block.startsWith('|'))
    .map((block) =>
      block
        .split('\n')
        .filter((line) => !/^\|[\s:|-]+$/.test(line))
        .map((line) =>
          line
            .slice(1, -1)
            .split('|')
            .map((entry) => entry.trim()),
        ),
    );

describe('callsText', () => {
  const tried = [5, 10, 20, 50];
  const calls = fc.oneof(
    fc.record({ calls: fc.double({ min: 5, max: 50, noNaN: true }) }),
    fc.record({ atMost: fc.constant(5) }),
    fc.record({ moreThan: fc.constant(50) }),
  );

  it('holds the own calls of a solver that is at the floor against nobody: with fewer it may be there, too', () => {
    fc.assert(
      fc.property(calls, fc.constantFrom(...tried), (of, own) => {
        const plain = callsText(of, own, tried);
        expect(/, [\d.]+x$/.test(plain)).toBe('calls' in of);
        const [one, ...others] = tried.map((any) => callsText({ ...of, floor: true }, any, tried));
        expect(one).toContain('floor');
        expect(one).not.toMatch(/x$/);
        expect(others.every((other) => other === one)).toBe(true);
        if ('atMost' in of) expect(one).toBe('both at the floor');
        else expect(plain).toContain(one.replace('floor: ', ''));
      }),
    );
  });
});

describe('comparisonTable', () => {
  const text = comparisonTable(someComparison());

  it('says what was run', () => {
    expect(text.split('\n')[0]).toBe(
      '## text (order 2, alphabet "ab"): 2 x 100 samples a cell, seed 7, exact network (plain), value ± 95%',
    );
  });

  it('has a table for each metric, floor and truth in each column, values to two digits of the interval', () => {
    expect(tablesOf(text).slice(0, 2)).toEqual([
      [
        ['bits-per-character (bits)', 'NFE 10', 'NFE 20'],
        ['bfn', '3.250 ± 0.034', 'diverged'],
        ['bfn-solver2', '0.333 ± 0.034', '2.500 ± 0.034'],
        ['*floor: true samples*', '2.510 ± 0.050', '2.510 ± 0.050'],
        ['*truth, exactly*', '2.500', '2.500'],
      ],
      [
        ['spelling-accuracy', 'NFE 10', 'NFE 20'],
        ['bfn', '20.0000 ± 0.0000', 'diverged'],
        ['bfn-solver2', '100.0000 ± 0.0000', '30.0000 ± 0.0000'],
        ['*floor: true samples*', '40.3 ± 3.0', '40.3 ± 3.0'],
      ],
    ]);
  });

  it('has the calls of the first solver, and what they mean', () => {
    expect(tablesOf(text)[2]).toEqual([
      ['calls that bfn needs for the same', 'NFE 10', 'NFE 20'],
      ['bfn-solver2', 'more than 20', '8.3 (under 10 to 9.5), 0.4x'],
    ]);
    expect(text).toContain('The same: as good by bits-gap and spelling-accuracy');
  });

  it('says where a solver is at the floor, and what that means, and only there', () => {
    expect(text).not.toContain('floor: the solver');
    const { cells, ...rest } = someComparison();
    const changed = cells.map((cell) => {
      if (cell.callsOfBaseline === undefined) return cell;
      return { ...cell, callsOfBaseline: { ...cell.callsOfBaseline, floor: true as const } };
    });
    const atFloor = comparisonTable({ ...rest, cells: changed });
    expect(tablesOf(atFloor)[2][1]).toEqual([
      'bfn-solver2',
      'floor: more than 20',
      'floor: 8.3 (under 10 to 9.5)',
    ]);
    expect(atFloor).toContain(
      'floor: the solver itself is at the floor, and the number is what bfn needs to get there, too.',
    );
  });

  it('has the calls that were metered, of solvers that do not take what their column says', () => {
    expect(text).not.toContain('calls that a sample took');
    const comparison = someComparison();
    const cells = comparison.cells.map((cell) => {
      if (cell.solver === 'bfn') return cell;
      if (cell.nfe === 20) return { ...cell, calls: { mean: 14.25, max: 19 } };
      return { ...cell, status: 'incomplete' as const, metrics: {}, calls: { mean: 10, max: 10 } };
    });
    expect(tablesOf(comparisonTable({ ...comparison, cells })).at(-1)).toEqual([
      ['calls that a sample took', 'NFE 10', 'NFE 20'],
      ['bfn-solver2', '10, incomplete', '14.3, at most 19'],
    ]);
  });

  it('says how a run diverged', () => {
    expect(text.split('\n').at(-1)).toBe('- NFE 20: bfn diverged: at t = 0.5');
  });

  it('has no table of calls where there is but one solver', () => {
    const { cells, ...rest } = someComparison();
    const alone = comparisonTable({ ...rest, cells: cells.filter(({ solver }) => solver === 'bfn') });
    expect(alone).not.toContain('needs for the same');
  });

  it('keeps problems of one id apart', () => {
    const { cells, problems, ...rest } = someComparison();
    const other = { ...problems[0], name: 'text:order=3', parameters: { order: 3 } };
    const named = cells.slice(0, 1).map((cell) => ({ ...cell, problem: other.name }));
    const both = comparisonTable({ ...rest, cells: [...cells, ...named], problems: [...problems, other] });
    const [first, second] = both.split(/\n\n(?=## )/);
    expect(first).toBe(text);
    expect(tablesOf(second)[0].map(([row]) => row)).not.toContain('bfn-solver2');
  });

  it('has as many entries in each row, however the calls came out', () => {
    const positive = fc.double({ min: 0.1, max: 1e4, noNaN: true });
    const calls: fc.Arbitrary<Calls> = fc.oneof(
      fc.record({ calls: positive }),
      fc.record({ atMost: positive }),
      fc.record({ moreThan: positive }),
    );
    fc.assert(
      fc.property(calls, (callsOfBaseline) => {
        const { cells, ...rest } = someComparison();
        const changed = cells.map((cell) => (cell.solver === 'bfn' ? cell : { ...cell, callsOfBaseline }));
        for (const table of tablesOf(comparisonTable({ ...rest, cells: changed }))) {
          expect(new Set(table.map((row) => row.length))).toEqual(new Set([3]));
          expect(table.flat().every((entry) => entry !== '' && !entry.includes('NaN'))).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });
});
