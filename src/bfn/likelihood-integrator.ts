import { DivergedError } from '../errors.js';

// Dormand & Prince 1980, RK5(4)7M, the method of MATLAB's ode45. A row makes a stage from the slopes before it; the last row is the
// solution of order 5 itself, so that its slope is the first one of the next step.
const stages = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const nodes = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
/** The solution of order 5 less that of order 4. */
const difference = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** Where a path is: its place in the list, a time and a vector. */
export interface Point {
  readonly path: number;
  readonly time: number;
  readonly state: Float64Array;
}

export interface IntegrationOptions {
  readonly from: number;
  readonly to: number;
  /** The slopes of some paths, each at its own time. */
  readonly slopes: (points: readonly Point[]) => Promise<readonly Float64Array[]>;
  /** The size of a step's error beside a state: steps are chosen so that it stays below 1. */
  readonly errorSize: (error: Float64Array, state: Float64Array) => number;
  /** Steps a path, accepted or not, after which it counts as diverged. Default 10,000. */
  readonly maxSteps?: number;
}

/** A path under way, with its next step (signed) and the slope where it is. */
interface Lane extends Point {
  readonly step: number;
  readonly slope: Float64Array;
  readonly steps: number;
}

/** `state + step sum of weights · slopes`. */
const advanced = (
  state: Float64Array,
  step: number,
  weights: readonly number[],
  slopes: readonly Float64Array[],
): Float64Array =>
  state.map((value, j) => {
    let sum = 0;
    for (let i = 0; i < weights.length; i++) sum += weights[i] * slopes[i][j];
    return value + step * sum;
  });

/**
 * Integrates paths side by side, each with its own adaptive steps, so that none feels the others; the slopes of all are asked for
 * together. Returns the states at `to`, and the steps that each path took. Throws a `DivergedError` for a path that
 * needs more than `maxSteps` or turns NaN.
 */
export const integrate = async (
  start: readonly Float64Array[],
  { from, to, slopes, errorSize, maxSteps = 10_000 }: IntegrationOptions,
): Promise<{ states: readonly Float64Array[]; steps: readonly number[] }> => {
  const states = [...start];
  const steps = start.map(() => 0);
  const first = await slopes(start.map((state, path) => ({ path, time: from, state })));
  let lanes = start.map((state, path): Lane => ({
    path,
    time: from,
    state,
    step: (to - from) / 50,
    slope: first[path],
    steps: 0,
  }));
  while (lanes.length > 0) {
    const slopesOf = lanes.map(({ slope }) => [slope]);
    let ends: Float64Array[] = [];
    for (const [stage, weights] of stages.entries()) {
      ends = lanes.map(({ state, step }, i) => advanced(state, step, weights, slopesOf[i]));
      const found = await slopes(
        lanes.map(({ path, time, step }, i) => ({ path, time: time + nodes[stage] * step, state: ends[i] })),
      );
      found.forEach((slope, i) => slopesOf[i].push(slope));
    }
    lanes = lanes.flatMap((lane, i): Lane[] => {
      const { path, time, state, step } = lane;
      const error = advanced(new Float64Array(state.length), step, difference, slopesOf[i]);
      const size = errorSize(error, ends[i]);
      const done = (steps[path] = lane.steps + 1);
      if (Number.isNaN(size) || done > maxSteps) {
        throw new DivergedError('the likelihood ODE', done, time, `the path of sample ${path} is lost`);
      }
      const accepted = size <= 1;
      if (accepted && step === to - time) {
        states[path] = ends[i];
        return [];
      }
      const factor = Math.min(5, Math.max(0.2, 0.9 * size ** -0.2));
      const now = accepted ? time + step : time;
      const next = factor * step;
      return [
        {
          path,
          time: now,
          state: accepted ? ends[i] : state,
          slope: accepted ? slopesOf[i][6] : lane.slope,
          step: Math.abs(next) < Math.abs(to - now) ? next : to - now,
          steps: done,
        },
      ];
    });
  }
  return { states, steps };
};
