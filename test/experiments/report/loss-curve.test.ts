import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSvg } from '../../../experiments/figures/render.js';
import { lossCurve, smoothed, thinned } from '../../../experiments/report/loss-curve.js';

const points = fc
  .array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 300 })
  .map((values) => values.map((value, i) => ({ step: 50 * (i + 1), value })));

describe('the curve of a training', () => {
  it('is thinned to no more points than asked for, to the last step, within what they were', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 100 }), (all, most) => {
        const few = thinned(all, most);
        expect(few.length).toBeLessThanOrEqual(most);
        expect(few.at(-1)?.step).toBe(all.at(-1)?.step);
        const values = all.map(({ value }) => value);
        for (const { value } of few) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
          expect(value).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        }
      }),
    );
  });

  it('is smoothed without a shift: a straight line stays, and so do the ends', () => {
    fc.assert(
      fc.property(points, fc.double({ min: -1, max: 1, noNaN: true }), (all, slope) => {
        const line = all.map(({ step }) => ({ step, value: slope * step }));
        smoothed(line).forEach(({ value }, i) => expect(value).toBeCloseTo(line[i].value, 6));
        const smooth = smoothed(all);
        expect([smooth[0], smooth.at(-1)]).toEqual([all[0], all.at(-1)]);
      }),
    );
  });

  it('is drawn with what is finite: linear, logarithmic over a wide range, and not at all without a loss', async () => {
    const log = (factor: number) =>
      [1, 2, 3, 4].map((n) => ({ step: 50 * n, loss: factor ** (4 - n), ...(n > 2 && { validation: 1 }) }));
    const axis = (spec: unknown): string =>
      JSON.stringify(spec).match(/"y":\{.*?"type":"(log|linear)"/)?.[1] ?? '';
    expect(axis(lossCurve(log(1.1), 'nats'))).toBe('linear');
    expect(axis(lossCurve(log(10), 'nats'))).toBe('log');
    expect(axis(lossCurve([...log(10), { step: 250, loss: -1 }], 'nats'))).toBe('linear');
    expect(lossCurve([], 'nats')).toBeUndefined();
    expect(lossCurve([{ step: 50, loss: NaN }], 'nats')).toBeUndefined();
    const one = lossCurve(
      [
        { step: 50, loss: 3 },
        { step: 100, loss: Infinity },
      ],
      'nats',
    );
    expect(await toSvg(one!)).toContain('loss (nats)');
  });
});
