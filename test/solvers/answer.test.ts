import { describe, expect, it } from 'vitest';
import { answers, withAnswer } from '../../solvers/answer.js';
import { solver, solverList } from '../../solvers/registry.js';
import { independentCategorical } from '../../src/denoiser/categorical.js';
import { UsageError } from '../../src/errors.js';
import { sample } from '../../src/plan/sample.js';
import { continuousBfn } from '../../src/process/continuous-bfn.js';
import { discreteBfn } from '../../src/process/discrete-bfn.js';

const probabilities = [0.6, 0.3, 0.1];
const process = discreteBfn({ classes: 3, beta1: 0.5 });
const denoiser = independentCategorical({ probabilities });

describe('the answer', () => {
  it.each(['predict', 'predict-at-end'] as const)(
    '"draw" has the law of the data, with %s',
    async (lastStep) => {
      const plan = withAnswer(solver('bfn').plan(process, { nfe: 5, lastStep }), 'draw', process);
      const { data, nfe } = await sample({ plan, denoiser, start: 'prior', samples: 6000, seed: 1 });
      expect(nfe).toBe(5);
      probabilities.forEach((p, k) => {
        const column = [...data].filter((_, i) => i % 3 === k);
        expect(column.every((value) => value === 2 || value === -1)).toBe(true);
        const share = column.filter((value) => value === 2).length / 6000;
        expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 6000));
      });
    },
  );

  it('"draw" is one draw more than the solver makes, of its own number, for every solver', () => {
    for (const { id } of solverList()) {
      const usual = solver(id).plan(process, { nfe: 4 });
      const plan = withAnswer(usual, 'draw', process);
      const drawsOf = ({ instructions }: typeof plan): number[] =>
        instructions.flatMap((entry) =>
          entry.op === 'evaluate' && entry.draw !== undefined ? [entry.draw] : [],
        );
      expect(drawsOf(plan)).toHaveLength(drawsOf(usual).length + 1);
      expect(new Set(drawsOf(plan)).size).toBe(drawsOf(plan).length);
      expect(plan.settings).toEqual({ ...usual.settings, answer: 'draw' });
    }
  });

  it('"mode" leaves the plan as it is, and is recorded', () => {
    const usual = solver('bfn-solver2').plan(process, { nfe: 4, lastStep: 'stop' });
    expect(withAnswer(usual, 'mode', process)).toEqual({
      ...usual,
      settings: { ...usual.settings, answer: 'mode' },
    });
  });

  it('is refused of vectors, and a draw from a state', () => {
    const vectors = continuousBfn({ sigma1: 0.1 });
    for (const answer of answers) {
      const ask = () => withAnswer(solver('ddim').plan(vectors, { nfe: 2 }), answer, vectors);
      expect(ask).toThrow(UsageError);
      expect(ask).toThrow(/one of classes, and bfn-continuous has none/);
    }
    const stopped = solver('bfn-solver2').plan(process, { nfe: 4, lastStep: 'stop' });
    expect(() => withAnswer(stopped, 'draw', process)).toThrow(/returns a state: use the last step predict/);
    expect(() => withAnswer(stopped, 'mean' as 'mode', process)).toThrow(/must be mode or draw/);
  });
});
