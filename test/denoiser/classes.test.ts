import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classEvidence, drawClasses } from '../../src/denoiser/classes.js';
import type { Moment } from '../../src/plan/denoiser.js';

const moment = (alpha: number, sigma: number): Moment => ({ t: 0, time: 0, alpha, sigma });

describe('the evidence of a state', () => {
  it('is 1 at all times of a discrete BFN, down to the smallest accuracy', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -300, max: 3, noNaN: true }),
        fc.integer({ min: 2, max: 256 }),
        (exponent, K) => {
          const beta = 10 ** exponent;
          expect(Math.abs(classEvidence(moment(beta, Math.sqrt(K * beta)), K) - 1)).toBeLessThan(1e-15);
        },
      ),
    );
  });

  it('is nothing without signal and everything without noise', () => {
    expect(classEvidence(moment(0, 1), 3)).toBe(0);
    expect(classEvidence(moment(0, 0), 3)).toBe(0);
    expect(classEvidence(moment(0.1, 0), 3)).toBe(Infinity);
    expect(classEvidence(moment(0.5, 2), 4)).toBe(0.5);
  });
});

describe('drawing classes', () => {
  const draw = (e: number[], u: number): number[] => {
    const data = Float64Array.from(e, (p) => e.length * p - 1);
    return [...drawClasses({ shape: [1, 1, e.length], data }, (_, out) => out.fill(u)).data];
  };

  it('inverts the distribution function', () => {
    const e = [0.25, 0, 0.5, 0.25];
    expect(draw(e, 0.2)).toEqual([3, -1, -1, -1]);
    expect(draw(e, 0.26)).toEqual([-1, -1, 3, -1]);
    expect(draw(e, 0.74)).toEqual([-1, -1, 3, -1]);
    expect(draw(e, 0.76)).toEqual([-1, -1, -1, 3]);
  });

  it('never draws a class of probability 0, whatever the uniform', () => {
    const anyWeights = fc
      .array(fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1, noNaN: true })), {
        minLength: 2,
        maxLength: 6,
      })
      .filter((weights) => weights.some((w) => w > 0));
    const anyUniform = fc.oneof(
      fc.constantFrom(2 ** -53, 1 - 2 ** -53),
      fc.double({ min: 1e-9, max: 0.999, noNaN: true }),
    );
    fc.assert(
      fc.property(anyWeights, anyUniform, (weights, u) => {
        const total = weights.reduce((a, b) => a + b, 0);
        const drawn = draw(
          weights.map((w) => w / total),
          u,
        );
        expect(drawn.filter((value) => value === -1)).toHaveLength(weights.length - 1);
        expect(weights[drawn.indexOf(weights.length - 1)]).toBeGreaterThan(0);
      }),
    );
  });

  it('takes probabilities that rounding made negative as 0', () => {
    expect(draw([-1e-9, 1 + 1e-9], 2 ** -53)).toEqual([-1, 1]);
  });

  it('asks for one uniform a variable, sample by sample, and may write over the prediction', () => {
    const prediction = { shape: [2, 3, 2], data: new Float32Array(12) };
    const asked: [number, number][] = [];
    const out = drawClasses(
      prediction,
      (index, uniforms) => {
        asked.push([index, uniforms.length]);
        uniforms.set(index === 0 ? [0.1, 0.9, 0.1] : [0.9, 0.9, 0.1]);
      },
      prediction,
    );
    expect(asked).toEqual([
      [0, 3],
      [1, 3],
    ]);
    expect(out).toBe(prediction);
    expect([...out.data]).toEqual([1, -1, -1, 1, 1, -1, -1, 1, -1, 1, 1, -1]);
  });

  it('keeps a prediction that is no number one', () => {
    expect(draw([NaN, 0.5], 0.5)).toEqual([NaN, NaN]);
  });
});
