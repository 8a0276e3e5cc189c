import { UsageError, requireWhole } from '../src/errors.js';
import { type Lane, measure } from '../src/plan/lanes.js';
import type { Process } from '../src/process/process.js';
import { type AdaptiveSolver, type AdaptiveFacts, call, combined, lanesOf } from './adaptive.js';
import { sdeStep } from './exponential.js';
import { timeGrid } from './grid.js';
import { type Node, nodeAt } from './step.js';
import { callsOfSteps } from './program.js';
import { type LastStep, checkNfe, lastStepOf } from './solver.js';

export interface Langevin {
  /** Registry id. Default `predictor-corrector-langevin`. */
  readonly id?: string;
  /** The ratio r of the norms of the corrector's drift and noise. Default .16. */
  readonly signalToNoise?: number;
  /** Steps of the corrector, and so calls, after each of the predictor. Default 1. */
  readonly corrections?: number;
}

/**
 * Song et al. 2021, algorithms 2 and 4: an ancestral step as predictor, then at its end steps of Langevin dynamics,
 * `x + epsilon score + sqrt(2 epsilon) z` with `epsilon = 2 (r |z|/|score|)²`. The norms are those of the sample, where public code
 * takes their means over the batch. Throws a `UsageError` for a negative ratio or no corrections.
 *
 * At that length the corrector holds Gaussian states of many coordinates at `1 + r²` times their variance, however fine the grid
 * (docs/adaptive.md): `consistent` is false but for r = 0.
 */
export const predictorCorrectorLangevin = ({
  id = 'predictor-corrector-langevin',
  signalToNoise: r = 0.16,
  corrections = 1,
}: Langevin = {}): AdaptiveSolver => {
  if (!(r >= 0 && r < 1)) throw new UsageError(`signalToNoise is ${r}; it must be in [0, 1)`);
  requireWhole('corrections', corrections, 1);
  const facts: AdaptiveFacts = {
    id,
    description: `ancestral steps, each corrected by ${corrections} of Langevin dynamics, signal-to-noise ratio ${r}`,
    kind: 'sde',
    order: null,
    weakOrder: null,
    evaluationsPerStep: 1 + corrections,
    consistent: r === 0,
    scaleInvariant: true,
    reference: 'Song et al. 2021, arXiv:2011.13456, algorithms 2 and 4',
  };
  return {
    ...facts,
    adaptive: true,
    lanes: (process, settings) => {
      const grid = settings.grid ?? timeGrid.uniform();
      const budget = checkNfe(settings.nfe) - (lastStepOf(facts, settings) === 'predict-at-end' ? 1 : 0);
      const calls = callsOfSteps(budget, 1 + corrections, process.sigma(grid.end(process)) === 0);
      const levels = grid.times(process, calls.length).map((t) => nodeAt(process, t));
      return lanesOf(facts, process, settings, levels[0], ({ lastStep }) =>
        laneOf(process, levels, calls, r, lastStep),
      );
    },
  };
};

function* laneOf(
  process: Process,
  levels: readonly Node[],
  calls: readonly number[],
  r: number,
  lastStep: LastStep,
): Lane {
  let drawn = 0;
  for (const [i, count] of calls.entries()) {
    const [s, t] = [levels[i], levels[i + 1]];
    yield call(s);
    yield { op: 'noise', into: 'z', draw: ++drawn };
    yield combined('x', sdeStep({ s, t, x: 'x', etaSde: 1, noise: () => 'z' }, [[1, 'D']]));
    for (let correction = 1; correction < count; correction++) {
      yield call(t);
      yield combined('score', [
        [t.alpha / t.sigma ** 2, 'D'],
        [-1 / t.sigma ** 2, 'x'],
      ]);
      yield { op: 'noise', into: 'z', draw: ++drawn };
      const length = 2 * (r * ((yield* measure('z')) / (yield* measure('score')))) ** 2;
      yield combined('x', [
        [1, 'x'],
        [length, 'score'],
        [Math.sqrt(2 * length), 'z'],
      ]);
    }
  }
  const end = levels[levels.length - 1];
  if (lastStep === 'stop') return { from: 'x', alpha: end.alpha, sigma: end.sigma };
  if (lastStep === 'predict-at-end') yield call(end);
  return { from: 'D', alpha: 1, sigma: 0 };
}

export const langevin = predictorCorrectorLangevin();
