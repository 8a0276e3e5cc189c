import fc from 'fast-check';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/errors.js';
import { type Run, readRun, sectionsOf } from '../../../experiments/report/sections.js';
import { bestSolver, rowsCsv, rowsOf } from '../../../experiments/report/tables.js';
import { someComparison } from '../some-comparison.js';
import { type Interval, someSection } from './some-section.js';

const run = (folder: string, changes: Partial<Run['comparison']> = {}): Run => ({
  ...{ folder, record: {} },
  comparison: { ...someComparison(), ...changes },
});

describe('sections', () => {
  it('cells shared out over two runs come together again, whatever the shares', () => {
    const { cells } = someComparison();
    const whole = sectionsOf([run('all')]);
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('first', 'second', 'both'), { minLength: 4, maxLength: 4 }),
        (shares) => {
          const of = (name: string) => cells.filter((_, i) => shares[i] === name || shares[i] === 'both');
          const [section, ...more] = sectionsOf([
            run('a', { cells: of('first') }),
            run('b', { cells: of('second') }),
          ]);
          expect(more).toEqual([]);
          const key = ({ solver, nfe }: (typeof cells)[number]): string => `${solver} ${nfe}`;
          expect(section.cells.map(key).sort()).toEqual(whole[0].cells.map(key).sort());
          expect(section.nfe).toEqual(whole[0].nfe);
          // the calls of a baseline are known for its own run only
          const joined = section.cells.filter((cell) => !of('first').some((own) => key(own) === key(cell)));
          expect(joined.some((cell) => 'callsOfBaseline' in cell)).toBe(false);
        },
      ),
    );
  });

  it('other samples, seeds, repeats or settings stand beside, named by their folders, with slugs of their own', () => {
    const others: Partial<Run['comparison']>[] = [
      { samples: 7 },
      { seed: 8 },
      { repeats: 9 },
      { settings: { draw: false } },
    ];
    const sections = sectionsOf([run('a'), ...others.map((changes, i) => run(`b ${i}`, changes))]);
    expect(sections.map(({ title }) => title)).toEqual([
      'text (a)',
      'text (b 0)',
      'text (b 1)',
      'text (b 2)',
      'text (b 3)',
    ]);
    const slugs = sections.map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(5);
    for (const slug of slugs) expect(slug).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(sectionsOf([run('a')])[0].title).toBe('text');
  });

  it('slugs differ where titles differ only in signs', () => {
    const { problems, cells } = someComparison();
    const named = (name: string) => ({
      problems: [{ ...problems[0], name, parameters: { order: name.length } }],
      cells: cells.map((cell) => ({ ...cell, problem: name })),
    });
    const slugs = sectionsOf([run('a', named('x=1')), run('a', named('x==1')), run('a', named('χ'))]).map(
      ({ slug }) => slug,
    );
    expect(slugs).toEqual(['x-1', 'x-1-1', 'problem']);
  });
});

describe('readRun', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bfn-report-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = async (content: string): Promise<Run> => {
    await writeFile(join(folder, 'compare.json'), content);
    return readRun(folder);
  };

  it('reads what compare writes', async () => {
    const comparison = someComparison();
    const { comparison: read1, record } = await read(
      JSON.stringify({ ...comparison, record: { version: '1' } }),
    );
    expect(read1).toEqual(comparison);
    expect(record).toEqual({ version: '1' });
  });

  const good = someComparison();
  it.each([
    ['no JSON', '{', /cannot read .*compare\.json/],
    ['a list', '[]', /lacks an object/],
    ['no cells', JSON.stringify({ ...good, cells: [] }), /lacks cells with problem, solver/],
    [
      'a cell with a text for its NFE',
      JSON.stringify({ ...good, cells: [{ ...good.cells[0], nfe: '10' }] }),
      /lacks cells/,
    ],
    [
      'a metric that is no number',
      JSON.stringify({
        ...good,
        cells: [{ ...good.cells[0], metrics: { a: { value: null, low: 0, high: 1 } } }],
      }),
      /lacks cells/,
    ],
    ['no problems', JSON.stringify({ ...good, problems: undefined }), /lacks problems with/],
    [
      'a cell of no problem',
      JSON.stringify({ ...good, cells: [{ ...good.cells[0], problem: 'x' }] }),
      /lacks the problem "x"/,
    ],
    ['no seed', JSON.stringify({ ...good, seed: null }), /lacks seed/],
  ])('refuses %s in one line', async (_, content, says) => {
    const error = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(says);
    expect((error as Error).message).not.toContain('\n');
  });
});

describe('the best of a table', () => {
  const intervals = fc.array(
    fc.record({
      value: fc.double({ min: 0.1, max: 10, noNaN: true }),
      reach: fc.double({ min: 0, max: 3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 6 },
  );

  it('is the one whose interval lies below all others, if there is one', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        const section = someSection({ q: all });
        const beatsAll = (one: Interval): boolean =>
          all.every((other) => other === one || one.value + one.reach < other.value - other.reach);
        const place = all.length > 1 ? all.findIndex(beatsAll) : -1;
        expect(bestSolver(section, 'q', 10)).toBe(place < 0 ? undefined : section.solvers[place]);
      }),
    );
  });

  it('of a value to be met is the one near it, from either side', () => {
    const values: Interval[] = [
      { value: 1, reach: 0.1 },
      { value: 2.1, reach: 0.05 },
      { value: 1.7, reach: 0.06 },
      { value: 3, reach: 0.1 },
    ];
    expect(bestSolver(someSection({ q: values }, { truth: 2 }), 'q', 10)).toBe('s1');
    // a share has no truth of its own: true samples say what it should be
    expect(bestSolver(someSection({ q: values }, { unit: '%', floor: 2 }), 'q', 10)).toBe('s1');
    expect(bestSolver(someSection({ q: values }), 'q', 10)).toBe('s0');
  });

  it('rows have a line a cell and metric, and say which are best', () => {
    const rows = rowsOf(sectionsOf([run('a')]));
    expect(rows).toHaveLength(3 * 3);
    const gap = rows.filter(({ metric, nfe }) => metric === 'bits-gap' && nfe === 10);
    expect(gap.map(({ solver, value }) => [solver, value])).toEqual([
      ['bfn', 0.75],
      ['bfn-solver2', 1 / 3 - 2.5],
    ]);
    const lines = rowsCsv(rows).trimEnd().split('\n');
    expect(lines[0]).toBe('problem,metric,solver,nfe,value,low,high,floor,best');
    expect(lines).toHaveLength(10);
  });
});
