import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equivalent, solver, timeGrid } from '../../solvers/index.js';
import { anyContinuousBfn, anyGrid, anyProcess } from '../../src/testing/index.js';
import { scalarOf } from '../../src/plan/components.js';

describe('lower orders at the end', () => {
  it.each([
    ['dpm-solver++2m', 'dpm-solver++1'],
    ['sa-solver-p4', 'sde-dpm-solver++1'],
    ['deis-tab-3', 'dpm-solver++1'],
    ['unipc-3', 'dpm-solver++1'],
  ])('make the last step of %s that of %s', (id, first) => {
    fc.assert(
      fc.property(anyProcess(), anyGrid(), fc.integer({ min: 1, max: 30 }), (process, grid, nfe) => {
        fc.pre(!process.roundsNetworkTime);
        const settings = { nfe, grid, lastStep: 'stop', lowerOrderFinal: true } as const;
        const [terms, expected] = [id, first].map((name) => {
          const { instructions } = solver(name).plan(process, settings);
          const combines = instructions.filter((entry) => entry.op === 'combine');
          return combines[combines.length - 1].terms.map(([c, register]) => [scalarOf(c), register] as const);
        });
        expect(terms).toHaveLength(expected.length);
        terms.forEach(([value], i) => {
          const size = Math.max(...expected.map(([other]) => Math.abs(other)));
          expect(Math.abs(value - expected[i][0])).toBeLessThan(1e-12 * size);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('are on record where they are asked for', () => {
    fc.assert(
      fc.property(anyContinuousBfn(), fc.boolean(), (process, lowerOrderFinal) => {
        const plan = solver('unipc-3').plan(process, { nfe: 3, lowerOrderFinal });
        expect(plan.settings.lowerOrderFinal).toBe(lowerOrderFinal);
        expect(solver('unipc-3').plan(process, { nfe: 3 }).settings).not.toHaveProperty('lowerOrderFinal');
      }),
      { numRuns: 10 },
    );
  });
});

describe('etaSde', () => {
  it('is on record, 1 where it is not given', () => {
    fc.assert(
      fc.property(anyContinuousBfn(), fc.double({ min: 0, max: 1, noNaN: true }), (process, etaSde) => {
        const plan = (settings: { etaSde?: number }) =>
          solver('sde-dpm-solver++2m').plan(process, { nfe: 3, ...settings });
        expect(plan({ etaSde }).settings.etaSde).toBe(etaSde);
        expect(plan({}).settings.etaSde).toBe(1);
        expect(equivalent(plan({}), plan({ etaSde: 1 })).holds).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a corrector', () => {
  it.each(['sa-solver-p1c1', 'sa-solver-p3c4', 'sa-solver-p3c4-published'])(
    'of %s uses the noise of its predictor: one a step',
    (id) => {
      fc.assert(
        fc.property(anyProcess(), fc.integer({ min: 1, max: 12 }), (process, nfe) => {
          fc.pre(!process.roundsNetworkTime);
          const grid = timeGrid.halfLogSnr({ eta: 0.01 });
          const { instructions } = solver(id).plan(process, { nfe, grid, lastStep: 'stop' });
          expect(instructions.filter(({ op }) => op === 'noise')).toHaveLength(nfe);
          expect(instructions.filter(({ op }) => op === 'evaluate')).toHaveLength(nfe);
        }),
        { numRuns: 40 },
      );
    },
  );
});
