import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nelderMead } from '../../solvers/nelder-mead.js';

const rosenbrock = (x: readonly number[]): Promise<number> =>
  Promise.resolve(
    x.slice(1).reduce((sum, next, i) => sum + 100 * (next - x[i] ** 2) ** 2 + (1 - x[i]) ** 2, 0),
  );

it('finds the minimum of every convex quadratic', async () => {
  const numbers = (size: number): fc.Arbitrary<number[]> =>
    fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }).chain((n) => fc.tuple(numbers(n), numbers(n))),
      async ([start, target]) => {
        const f = (x: readonly number[]): Promise<number> =>
          Promise.resolve(x.reduce((sum, value, i) => sum + (1 + i) * (value - target[i]) ** 2, 0));
        const { value } = await nelderMead(f, start, { size: 0.5, evaluations: 1500 });
        expect(value).toBeLessThan(1e-4);
      },
    ),
    { numRuns: 50 },
  );
});

it.each([2, 4])('finds the end of the Rosenbrock valley in %i dimensions', async (n) => {
  const { point } = await nelderMead(rosenbrock, new Array<number>(n).fill(-0.5), {
    size: 0.5,
    evaluations: 5000,
  });
  point.forEach((value) => expect(value).toBeCloseTo(1, 2));
});

it('asks as often as it may, never returns worse than the start, and takes Infinity for out of bounds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 }), async (most, n) => {
      let asked = 0;
      const f = (x: readonly number[]): Promise<number> => {
        asked++;
        return Promise.resolve(x[0] > 0.1 ? Infinity : Math.sin(5 * x[0]) + x.length);
      };
      const start = new Array<number>(n).fill(0);
      const { value, evaluations, point } = await nelderMead(f, start, { size: 1, evaluations: most });
      expect(evaluations).toBe(asked);
      expect(asked).toBe(most);
      expect(value).toBeLessThanOrEqual(n);
      expect(point[0]).toBeLessThanOrEqual(0.1);
    }),
  );
});

it('asks once where there is nothing to choose', async () => {
  const found = await nelderMead(() => Promise.resolve(7), [], { size: 1, evaluations: 50 });
  expect(found).toEqual({ point: [], value: 7, evaluations: 1 });
});
