import type { AdaptiveSolver } from '../../../solvers/adaptive.js';
import { timeGrid } from '../../../solvers/grid.js';
import type { Measured } from '../../../solvers/measured.js';
import { laneStepper } from '../../plan/lane-runner.js';
import type { Lanes } from '../../plan/lanes.js';
import { reference, starts } from './ode.js';
import { type Prediction, called, fadedIn, from, ofMixture, process, to } from './problem.js';
import { slopesOf } from './slopes.js';

/** Runs lanes in float64 on scalar states, and counts their calls, all together. */
const runScalars = (
  lanes: Lanes,
  x: Float64Array,
  prediction: Prediction,
): { readonly x: Float64Array; readonly calls: number } => {
  const predict = called(prediction);
  const running = laneStepper(lanes, { shape: [x.length, 1], data: x });
  let calls = 0;
  let next = running.next();
  while (!next.done) {
    const { state, moments, out } = next.value;
    calls += moments.length;
    moments.forEach((at, i) => (out.data[i] = predict(state.data[i], at)));
    next = running.next(out);
  }
  return { x: next.value.data as Float64Array, calls };
};

/** From half log-SNR `from` to `to` in so many equal runs; the error at the end in units of the data, and the calls of a start. */
const runOn = (
  solver: AdaptiveSolver,
  prediction: Prediction,
  tolerance: number,
  runs: number,
): { readonly error: number; readonly calls: number } => {
  const times = Array.from({ length: runs + 1 }, (_, i) =>
    process.timeAtLambda(from + ((to - from) * i) / runs),
  );
  let x: Float64Array = Float64Array.from(starts, (u) => u * Math.exp(-from) * process.alpha(times[0]));
  let calls = 0;
  for (let i = 0; i < runs; i++) {
    const lanes = solver.lanes(process, {
      nfe: 100_000,
      grid: timeGrid.explicit([times[i], times[i + 1]]),
      lastStep: 'stop',
      tolerance: { absolute: tolerance, relative: tolerance },
    });
    const ran = runScalars(lanes, x, prediction);
    x = ran.x;
    calls += ran.calls;
  }
  const alpha = process.alpha(times[runs]);
  const error = Math.hypot(...reference(prediction, 1).map((value, i) => x[i] / alpha - value));
  return { error, calls: calls / starts.length };
};

/** What a solver makes of a tolerance, absolute and relative alike, on the mixture of `problem.ts`: its error, and the calls of a sample. */
export const errorAtTolerance = (
  solver: AdaptiveSolver,
  tolerance: number,
): { readonly error: number; readonly calls: number } => runOn(solver, ofMixture, tolerance, 1);

/** Accepts every step. */
const boundless = 1e9;

/**
 * The order of the step that an adaptive solver goes on with, taken at fixed lengths; null of one that has no order. A method of
 * one step starts as it goes on, so that both orders of the ODE part are one.
 */
export const measureAdaptiveOrder = (solver: AdaptiveSolver): Measured => {
  const none = { orderFromFullStart: null, weakOrder: null, weakOrderOfSde: null };
  if (solver.order === null) return { order: null, orderAsStarted: null, ...none, settled: true };
  const slopes = slopesOf(
    (steps) => ({ nfe: steps, error: runOn(solver, fadedIn, boundless, steps).error }),
    { first: 8 },
  );
  const order = Math.round(slopes.order * 100) / 100;
  return { order, orderAsStarted: order, ...none, settled: slopes.settled };
};
