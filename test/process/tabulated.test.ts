import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  continuousBfn,
  cosine,
  discreteBetas,
  rectifiedFlow,
  tabulated,
  varianceExploding,
  variancePreserving,
  type Process,
} from '../../src/process/index.js';
import { monotoneCubic } from '../../src/process/monotone-cubic.js';
import { anyDiscreteBetas, anyTabulated, logUniform, timeWithin } from '../../src/testing/processes.js';
import { D, exactly, relativeError } from './high-precision.js';

const numbers = (process: Process, name: string): number[] => process.parameters[name] as number[];

const nodesOf = (process: Process, count: number, from: number, to: number) => {
  const times = Array.from({ length: count }, (_, i) => from + (i * (to - from)) / (count - 1));
  return { times, alphas: times.map(process.alpha), sigmas: times.map(process.sigma) };
};

/** A difference quotient of sixth order, within one piece. */
const slope = (f: (t: number) => number, t: number, h: number): number => {
  const difference = (steps: number): number => f(t + steps * h) - f(t - steps * h);
  return (difference(3) - 9 * difference(2) + 45 * difference(1)) / (60 * h);
};

/** Times well inside the pieces of a table: a quarter, a half and three quarters of each. */
const insidePieces = (times: readonly number[]) =>
  times.slice(1).flatMap((right, i) => {
    const left = times[i];
    return [0.25, 0.5, 0.75].map((part) => ({ t: left + part * (right - left), h: (right - left) * 3e-3 }));
  });

const expectConsistent = (process: Process, t: number, h: number): void => {
  const f = slope((time) => Math.log(process.alpha(time)), t, h);
  const growth = slope((time) => process.sigma(time) ** 2, t, h);
  const variance = process.sigma(t) ** 2;
  const scale = Math.max(Math.abs(f), Math.abs(growth / variance), 1e-3 / h);
  expect(Math.abs(process.drift(t) - f)).toBeLessThan(1e-8 * scale);
  expect(Math.abs(process.squaredDiffusion(t) - (growth - 2 * f * variance))).toBeLessThan(
    1e-8 * scale * variance,
  );
};

describe('a monotone cubic', () => {
  const anyNodes = fc
    .array(fc.tuple(logUniform(0.01, 10), logUniform(1e-3, 10)), { minLength: 2, maxLength: 12 })
    .map((steps) => {
      const times = [0];
      const values = [0];
      steps.forEach(([dt, dv], i) => {
        times.push(times[i] + dt);
        values.push(values[i] + dv);
      });
      return { times, values };
    });

  it('is exact at its nodes and increases strictly with a positive slope between increasing ones', () => {
    fc.assert(
      fc.property(anyNodes, ({ times, values }) => {
        const cubic = monotoneCubic(times, values);
        times.forEach((t, i) => {
          expect(cubic(t).node).toBe(i);
          expect(cubic(t).rise === 0).toBe(true);
        });
        for (let i = 0; i <= 400; i++) {
          expect(cubic((times.at(-1)! * i) / 400).slope).toBeGreaterThan(0);
        }
      }),
    );
  });

  it('joins its pieces with one value and one slope', () => {
    fc.assert(
      fc.property(anyNodes, ({ times, values }) => {
        const cubic = monotoneCubic(times, values);
        const value = (t: number): number => values[cubic(t).node] + cubic(t).rise;
        times.slice(1, -1).forEach((t, i) => {
          const lengths = [t - times[i], times[i + 2] - t];
          const rises = [values[i + 1] - values[i], values[i + 2] - values[i + 1]];
          const steepest = Math.max(...rises.map((rise, side) => rise / lengths[side]));
          const [before, after] = [t * (1 - 1e-12), t * (1 + 1e-12)];
          // slopes stay below 3 secants, second derivatives below 20 secants over the length of a piece
          expect(Math.abs(value(after) - value(before))).toBeLessThan(
            7e-12 * t * steepest + 1e-14 * value(t),
          );
          const bend = (20 * steepest) / Math.min(...lengths);
          const jump = Math.abs(cubic(before).slope - cubic(after).slope);
          expect(jump).toBeLessThan(2e-12 * t * bend + 1e-13 * steepest);
        });
        // the middle of a piece, approached from both of its nodes
        const middle = (times[0] + times[1]) / 2;
        expect(value(middle * (1 - 1e-12))).toBeCloseTo(value(middle * (1 + 1e-12)), 9);
      }),
    );
  });

  it('reproduces a line', () => {
    const cubic = monotoneCubic([0, 1, 5, 6], [1, 3, 11, 13]);
    expect(cubic(3.5)).toMatchObject({ slope: 2 });
    expect([0, 1, 2, 3].map((i) => cubic([0, 1, 5, 6][i]).slope)).toEqual([2, 2, 2, 2]);
  });
});

describe('a table', () => {
  it('is exact at its nodes, to the last bit', () => {
    fc.assert(
      fc.property(anyTabulated(), (process) => {
        const [alphas, sigmas] = [numbers(process, 'alphas'), numbers(process, 'sigmas')];
        numbers(process, 'times').forEach((t, i) => {
          expect(process.alpha(t)).toBe(alphas[i]);
          expect(process.sigma(t)).toBe(sigmas[i]);
          expect(process.lambda(t)).toBe(Math.log(alphas[i] / sigmas[i]));
          expect(process.timeAtLambda(process.lambda(t))).toBe(t);
        });
      }),
    );
  });

  it('has the drift and squared diffusion of its own alpha and sigma', () => {
    fc.assert(
      fc.property(anyTabulated(), (process) => {
        for (const { t, h } of insidePieces(numbers(process, 'times'))) expectConsistent(process, t, h);
      }),
    );
  });

  it('is NaN nowhere and joins its pieces with one drift', () => {
    fc.assert(
      fc.property(anyTabulated(), (process) => {
        const times = numbers(process, 'times');
        times.forEach((t, i) => {
          for (const name of ['alpha', 'sigma', 'drift', 'squaredDiffusion', 'varianceOverSignal'] as const) {
            expect(process[name](t), name).not.toBeNaN();
          }
          if (i === 0 || i === times.length - 1) return;
          for (const name of ['drift', 'squaredDiffusion'] as const) {
            const [before, after] = [process[name](t - 1e-11), process[name](t + 1e-11)];
            expect(Math.abs(before - after), name).toBeLessThan(1e-5 * (1 + Math.abs(before)));
          }
        });
      }),
    );
  });

  const sources: [string, Process, number, number][] = [
    ['vp-linear', variancePreserving(), 0.1, 1],
    ['bfn-continuous', continuousBfn({ sigma1: 0.02 }), 0, 0.9],
    ['vp-cosine', cosine(), 0.1, 0.9],
  ];
  const errorsOf = (table: Process, source: Process, from: number, to: number) => {
    const times = Array.from({ length: 200 }, (_, i) => from + ((i + 0.5) * (to - from)) / 200);
    const worst = (...names: ('alpha' | 'sigma' | 'squaredDiffusion')[]): number =>
      Math.max(...names.flatMap((name) => times.map((t) => Math.abs(table[name](t) / source[name](t) - 1))));
    return { values: worst('alpha', 'sigma'), noise: worst('squaredDiffusion') };
  };
  it.each(sources)('through nodes of %s converges to it, with third order', (_id, source, from, to) => {
    const [, coarse, fine] = [21, 41, 81].map((count) =>
      errorsOf(tabulated(nodesOf(source, count, from, to)), source, from, to),
    );
    expect(coarse.values / fine.values).toBeGreaterThan(5); // a second order would be 4, the third is 8
    expect(coarse.noise / fine.noise).toBeGreaterThan(2.8);
    expect(fine.values).toBeLessThan(1e-3);
  });

  it('through nodes of a geometric schedule is that schedule: lambda is a line', () => {
    const source = varianceExploding();
    const { values, noise } = errorsOf(tabulated(nodesOf(source, 5, 0, 1)), source, 0, 1);
    expect(values).toBeLessThan(1e-13);
    expect(noise).toBeLessThan(1e-12);
  });

  it('from pure data to pure noise finds the power laws at the ends', () => {
    for (const source of [rectifiedFlow(), variancePreserving()]) {
      const [coarse, fine] = [21, 161].map((count) =>
        errorsOf(tabulated(nodesOf(source, count, 0, 1)), source, 1e-4, 1 - 1e-4),
      );
      expect(fine.values, source.id).toBeLessThan(coarse.values / 4);
      expect(fine.values, source.id).toBeLessThan(0.05);
    }
    const table = tabulated(nodesOf(rectifiedFlow(), 21, 0, 1));
    expect([table.lambda(0), table.lambda(1)]).toEqual([Infinity, -Infinity]);
    expect([table.timeAtLambda(Infinity), table.timeAtLambda(-Infinity)]).toEqual([0, 1]);
    expect([table.drift(1), table.squaredDiffusion(1)]).toEqual([-Infinity, Infinity]);
  });

  it('shows the network the times of the table, smoothly, and says where they are not one-to-one', () => {
    const nodes = { times: [0, 1, 2], alphas: [1, 0.9, 0.5], sigmas: [0.1, 0.5, 0.8] };
    expect(tabulated(nodes).networkTime(0.3)).toBe(0.3);
    const falling = tabulated({ ...nodes, networkTimes: [1, 0.5, 0] });
    expect([0, 1, 1.5, 2].map(falling.networkTime)).toEqual([1, 0.5, 0.25, 0]);
    expect(falling.roundsNetworkTime).toBe(false);
    expect(tabulated({ ...nodes, networkTimes: [0, 1, 1] }).roundsNetworkTime).toBe(true);
  });

  const good = { times: [0, 1, 2], alphas: [1, 0.9, 0.5], sigmas: [0.1, 0.5, 0.8] };
  const bad: [string, Partial<typeof good> & { networkTimes?: number[] }, RegExp][] = [
    ['times out of order', { times: [0, 2, 1] }, /times\[2\] = 1 .* increasing/],
    ['too few alphas', { alphas: [1, 0.9] }, /2 alphas for 3 times/],
    ['too few network times', { networkTimes: [1] }, /1 networkTimes for 3 times/],
    ['a signal that returns', { alphas: [1, 0.9, 1.5] }, /does not decrease at t = 2/],
    ['no noise inside', { sigmas: [0.1, 0, 0.8] }, /sigmas\[1\] = 0/],
    ['a negative signal', { alphas: [1, -0.9, 0.5] }, /alphas\[1\] = -0.9/],
    ['NaN', { alphas: [NaN, 0.9, 0.5] }, /alphas\[0\] = NaN/],
    [
      'two nodes, pure data to pure noise',
      { times: [0, 1], alphas: [1, 0], sigmas: [0, 1] },
      /at least two times/,
    ],
    ['nothing', { times: [], alphas: [], sigmas: [] }, /at least two times/],
  ];
  it.each(bad)('%s is refused', (_name, change, message) => {
    const make = () => tabulated({ ...good, ...change });
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});

describe('a DDPM by its betas', () => {
  it('has the product formula at its nodes, in 60 digits', () => {
    fc.assert(
      fc.property(anyDiscreteBetas(), (process) => {
        let product = new D(1);
        numbers(process, 'betas').forEach((beta, i) => {
          product = product.times(new D(1).minus(exactly(beta)));
          expect(relativeError(process.alpha(i + 1), product.sqrt())).toBeLessThan(1e-13);
          expect(relativeError(process.sigma(i + 1), new D(1).minus(product).sqrt())).toBeLessThan(1e-13);
          expect(
            relativeError(process.lambda(i + 1), product.div(new D(1).minus(product)).ln().div(2), 1),
          ).toBeLessThan(1e-13);
        });
      }),
    );
  });

  it('is variance preserving and has the drift and squared diffusion of its own alpha and sigma', () => {
    fc.assert(
      fc.property(anyDiscreteBetas(), (process) => {
        const nodes = Array.from({ length: process.noiseEnd + 1 }, (_, i) => i);
        for (const { t, h } of insidePieces(nodes)) {
          expect(process.alpha(t) ** 2 + process.sigma(t) ** 2).toBeCloseTo(1, 14);
          expectConsistent(process, t, h);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('starts at the data, exactly', () => {
    const process = discreteBetas({ betas: [0.1, 0.2] });
    expect([process.alpha(0), process.sigma(0), process.lambda(0)]).toEqual([1, 0, Infinity]);
    expect(process.timeAtLambda(Infinity)).toBe(0);
    expect(process.timeAtLambda(30)).toBeGreaterThan(0);
    expect(process.noiseEnd).toBe(2);
  });

  it('the usual thousand steps: the linear schedule of DDPM', () => {
    const betas = Array.from({ length: 1000 }, (_, i) => 1e-4 + (i * (0.02 - 1e-4)) / 999);
    const process = discreteBetas({ betas });
    const product = betas.reduce((total, beta) => total.times(new D(1).minus(exactly(beta))), new D(1));
    expect(relativeError(process.alpha(1000), product.sqrt())).toBeLessThan(1e-13);
    fc.assert(
      fc.property(timeWithin(process), (t) => {
        const again = process.timeAtLambda(process.lambda(t));
        expect(Math.abs(again / t - 1)).toBeLessThan(1e-12);
      }),
    );
  });

  it('shows the network n - 1, rounded, real or from a list, and says that times may collide', () => {
    const betas = [0.1, 0.2, 0.3];
    const shown = (networkTimes: 'integer' | 'real' | number[]) =>
      [0, 0.4, 1, 1.4, 1.6, 2, 3].map(discreteBetas({ betas, networkTimes }).networkTime);
    expect(shown('integer')).toEqual([0, 0, 0, 0, 1, 1, 2]);
    expect(shown('real').map((time) => Number(time.toFixed(9)))).toEqual([0, 0, 0, 0.4, 0.6, 1, 2]);
    expect(shown([5, 250, 999])).toEqual([5, 5, 5, 5, 250, 250, 999]);
    expect(discreteBetas({ betas }).roundsNetworkTime).toBe(true);
    expect(variancePreserving().roundsNetworkTime).toBeUndefined();
  });

  const bad: [string, () => Process, RegExp][] = [
    ['a beta of 1', () => discreteBetas({ betas: [0.1, 1] }), /betas\[1\] = 1 .* table/],
    ['a beta of 0', () => discreteBetas({ betas: [0] }), /betas\[0\] = 0/],
    ['no betas', () => discreteBetas({ betas: [] }), /betas is empty/],
    [
      'a short list',
      () => discreteBetas({ betas: [0.1, 0.2], networkTimes: [1] }),
      /1 networkTimes for 2 betas/,
    ],
    ['NaN', () => discreteBetas({ betas: [0.1], networkTimes: [NaN] }), /networkTimes\[0\] = NaN/],
  ];
  it.each(bad)('%s is refused', (_name, make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ name: 'UsageError' }));
  });
});
