import { UsageError } from '../src/errors.js';
import type { Moment } from '../src/plan/denoiser.js';
import type { Plan } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { type TimeGrid, timeGrid } from './grid.js';
import type { Settings, Solver } from './solver.js';

/** Those of a plan that goes the other way: what is returned is always the state at its end. */
export type InversionSettings = Omit<Settings, 'lastStep' | 'draw' | 'noise' | 'reference'>;

/** 0 - t, since -0 would be printed and compared as another number. */
const mirrored = (t: number): number => 0 - t;

/** The process on the clock -t, from its noise end to its data end: a solver that steps down this clock steps up its own. */
const backwards = (process: Process): Process => ({
  ...process,
  dataEnd: mirrored(process.noiseEnd),
  noiseEnd: mirrored(process.dataEnd),
  alpha: (t) => process.alpha(mirrored(t)),
  sigma: (t) => process.sigma(mirrored(t)),
  lambda: (t) => process.lambda(mirrored(t)),
  timeAtLambda: (lambda) => mirrored(process.timeAtLambda(lambda)),
  varianceOverSignal: (t) => process.varianceOverSignal(mirrored(t)),
  drift: (t) => mirrored(process.drift(mirrored(t))),
  squaredDiffusion: (t) => mirrored(process.squaredDiffusion(mirrored(t))),
  networkTime: (t) => process.networkTime(mirrored(t)),
});

/** The same times in the other direction. */
const reversed = (grid: TimeGrid, process: Process): TimeGrid => ({
  id: grid.id,
  parameters: grid.parameters,
  times: (_, steps) => grid.times(process, steps).map(mirrored).reverse(),
  end: () => mirrored(startOf(grid, process)),
});

const startOf = (grid: TimeGrid, process: Process): number => {
  const { times } = grid.parameters;
  return Array.isArray(times) ? (times[0] as number) : grid.times(process, 0)[0];
};

/** Uniform, and where there is no noise at the data end, from a thousandth of the interval on. */
const usualGrid = (process: Process): TimeGrid => {
  const { dataEnd, noiseEnd } = process;
  if (process.sigma(dataEnd) > 0) return timeGrid.uniform();
  return timeGrid.uniform({ tMin: process.smallestTime ?? dataEnd + 1e-3 * (noiseEnd - dataEnd) });
};

/** Throws a `UsageError` where the ODE cannot start, or where its flow brings all states to one. */
const requireEnds = (grid: TimeGrid, process: Process): void => {
  const [from, to] = [grid.end(process), startOf(grid, process)];
  if (process.sigma(from) === 0) {
    throw new UsageError(
      `an inversion cannot start at t = ${from} on ${process.id}, where there is no noise: let the grid end short of it, with tMin > 0`,
    );
  }
  if (process.alpha(to) === 0) {
    throw new UsageError(
      `an inversion cannot go to t = ${to} on ${process.id}, where nothing is left of the data: use eta > 0`,
    );
  }
};

const requireOde = ({ id, kind }: Solver, { etaSde, etaDdim }: InversionSettings): void => {
  if (kind === 'ode' || etaSde === 0 || etaDdim === 0) return;
  throw new UsageError(`${id} adds noise, and only an ODE can be inverted: use an ODE solver, or etaSde = 0`);
};

/**
 * The plan by which an ODE solver carries data to noise (Song et al. 2021, DDIM, section 5.4): the same formulas on the same grid, its times in
 * ascending order. It starts from states of the process at the end of the grid, as `noised` makes them of data, and returns those at the
 * grid's start. The same solver's plan with the last step `stop` brings them back, with an error that falls at the solver's order.
 *
 * Default grid: uniform, from `tMin` a thousandth of the interval where sigma is 0 at the data end. Throws a `UsageError` for a solver that adds
 * noise, a grid that ends without noise or starts without signal, and settings that the solver can't use.
 */
export const inversionPlan = (solver: Solver, process: Process, settings: InversionSettings): Plan => {
  requireOde(solver, settings);
  const grid = settings.grid ?? solver.defaults?.grid ?? usualGrid(process);
  requireEnds(grid, process);
  const plan = solver.plan(backwards(process), {
    ...settings,
    grid: reversed(grid, process),
    lastStep: 'stop',
    draw: false,
  });
  const forwards = <M extends Moment>(moment: M): M => ({ ...moment, t: mirrored(moment.t) });
  return {
    ...plan,
    settings: { ...plan.settings, direction: 'inversion' },
    start: { ...forwards(plan.start), atNoiseEnd: false },
    instructions: plan.instructions.map((entry) => (entry.op === 'evaluate' ? forwards(entry) : entry)),
  };
};
