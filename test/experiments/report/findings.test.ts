import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../experiments/comparison.js';
import { findingsOf, headlineOf } from '../../../experiments/report/findings.js';
import { cellAt } from '../../../experiments/report/sections.js';
import { someSection } from './some-section.js';

const intervals = (count: number) =>
  fc.array(
    fc.record({
      value: fc.double({ min: 0.1, max: 10, noNaN: true }),
      reach: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    { minLength: count, maxLength: count },
  );

const nfe = [5, 10, 20];

describe('findings', () => {
  it('say that a solver is better only where all intervals are apart, at those calls and at all fewer of the baseline', () => {
    let claims = 0;
    fc.assert(
      fc.property(intervals(9), intervals(9), (q, r) => {
        const section = someSection({ q, r }, { nfe });
        const { findings, factor } = findingsOf(section);
        const claim = /^On toy, (s\d) is better with (\d+) calls than s0 with (\d+)\.$/.exec(
          findings[0].text,
        );
        const equal = /^On toy, (s\d) is better than s0 with (\d+) calls\.$/.exec(findings[0].text);
        if (!claim && !equal) {
          expect(findings[0].text).toBe('On toy, no solver is better than s0 by more than the intervals.');
          expect(factor).toBe(0);
          return;
        }
        claims++;
        const [, solver, calls, against = calls] = claim ?? (equal as RegExpExecArray);
        expect(factor).toBe(Number(against) / Number(calls));
        const own = cellAt(section, solver, Number(calls));
        for (const fewer of nfe.filter((n) => n <= Number(against))) {
          for (const id of ['q', 'r']) {
            expect(own?.metrics[id].high).toBeLessThan(
              cellAt(section, 's0', fewer)?.metrics[id].low as number,
            );
          }
        }
        expect(findings[0].evidence.slice(0, 2).every((line) => / ± .* against .* ± /.test(line))).toBe(true);
      }),
      { numRuns: 400 },
    );
    expect(claims).toBeGreaterThan(10);
  });

  it('overlook no better one: none has a larger factor', () => {
    fc.assert(
      fc.property(intervals(6), (q) => {
        const section = someSection({ q }, { nfe });
        const holds = (m: number, n: number): boolean =>
          nfe
            .filter((fewer) => fewer <= m)
            .every((fewer) => {
              const [own, theirs] = [cellAt(section, 's1', n), cellAt(section, 's0', fewer)];
              return own !== undefined && theirs !== undefined && own.metrics.q.high < theirs.metrics.q.low;
            });
        const factors = nfe.flatMap((n) => nfe.filter((m) => m >= n && holds(m, n)).map((m) => m / n));
        expect(findingsOf(section).factor).toBe(Math.max(0, ...factors));
      }),
    );
  });

  it('say which solvers reach the floor, and where the baseline wins', () => {
    const [far, near] = [
      { value: 5, reach: 0.1 },
      { value: 0.015, reach: 0.01 },
    ];
    const { findings } = findingsOf(someSection({ q: [far, near, near, far, far, near] }, { nfe }));
    expect(findings.map(({ text }) => text)).toEqual([
      'On toy, no solver is better than s0 by more than the intervals.',
      'By q these cannot be told from 100 true samples: s0 from 10 calls and s1 from 20 calls.',
      's0 is better than s1 with 10 calls.',
    ]);
    expect(findings[2].evidence).toEqual(['q: 0.015 ± 0.010 against 5.000 ± 0.100']);
  });

  it('say no more than that a solver ran alone, or that nothing measures quality', () => {
    const alone = someSection({ q: [{ value: 5, reach: 1 }] });
    expect(findingsOf(alone).findings[0].text).toBe('On toy, s0 ran alone.');
    const unmeasured = { ...alone, problem: { ...alone.problem, quality: [] } };
    expect(findingsOf(unmeasured).findings).toEqual([
      { text: 'On toy, no metric says which solver is better.', evidence: [] },
    ]);
  });

  it('say from how many calls on the baseline is as good, or at the floor as well', () => {
    const section = someSection({
      q: [
        { value: 5, reach: 0.1 },
        { value: 1, reach: 0.1 },
      ],
    });
    const last = (calls: Cell['callsOfBaseline']): string | undefined => {
      const cells = section.cells.map((cell) =>
        cell.solver === 's1' && calls ? { ...cell, callsOfBaseline: calls } : cell,
      );
      return findingsOf({ ...section, cells }).findings[0].evidence.at(-1);
    };
    expect(last({ calls: 44.2 })).toBe('s0 is as good from about 44 calls (interpolated)');
    expect(last({ calls: 44.2, floor: true })).toBe(
      's0 is at the floor as well from about 44 calls (interpolated)',
    );
    expect(last({ moreThan: 50, floor: true })).toBe(
      's0 is not as good with any of its numbers of calls, up to 50',
    );
  });

  it('count no failed cell', () => {
    const section = someSection({
      q: [
        { value: 5, reach: 0.1 },
        { value: 1, reach: 0.1 },
      ],
    });
    const cells = section.cells.map((cell) =>
      cell.solver === 's1' ? { ...cell, status: 'failed' as const, metrics: {} } : cell,
    );
    expect(findingsOf({ ...section, cells }).factor).toBe(0);
  });

  it('the headline is the one with the largest factor, the first of equals', () => {
    const finding = (text: string, factor: number) => ({ findings: [{ text, evidence: [] }], factor });
    expect(headlineOf([finding('a', 1), finding('b', 4), finding('c', 4)]).text).toBe('b');
    expect(headlineOf([finding('a', 0), finding('b', 0)]).text).toBe('a');
  });
});
