import { describe, expect, it } from 'vitest';
import { solver, timeGrid, withUniC } from '../../solvers/index.js';
import { variancePreserving } from '../../src/process/index.js';
import { measureOrder } from '../../src/testing/measure/measure.js';
import { checkSolver } from '../../src/testing/index.js';

describe('UniC as an add-on', () => {
  it.each(['exponential-adams-4', 'deis-logrho-2', 'ipndm-3', 'deis-tab-2'])(
    'raises the order of %s by one, at no further call',
    async (id) => {
      const corrected = withUniC(solver(id));
      const order = (solver(id).order ?? NaN) + 1;
      expect(corrected.order).toBe(order);
      const broken = (await checkSolver(corrected)).filter(({ holds }) => !holds);
      expect(broken).toEqual([]);
      const measured = measureOrder(corrected);
      // a polynomial in half log-SNR corrects what another clock or grid leaves
      expect(Math.abs((measured.orderFromFullStart ?? NaN) - order)).toBeLessThan(0.15);
    },
  );

  it('on UniP is UniPC', () => {
    const settings = { nfe: 9, grid: timeGrid.uniform({ eta: 0.02 }) };
    const [added, own] = [withUniC(solver('unip-3')), solver('unipc-3')].map((entry) =>
      entry.plan(variancePreserving(), settings),
    );
    expect(added.instructions).toEqual(own.instructions);
    expect(withUniC(solver('unip-3'), { scaling: 'bh1', id: 'mine' }).id).toBe('mine');
  });

  it.each(['unipc-2', 'edm-heun', 'sa-solver-p2', 'restart'])('is refused to %s', (id) => {
    expect(() => withUniC(solver(id))).toThrow(
      `UniC is for multistep solvers of the ODE without a corrector; ${id} is none`,
    );
  });
});
