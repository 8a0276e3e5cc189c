import { type TimeGrid, grids } from '../solvers/grid.js';
import { solver } from '../solvers/registry.js';
import { type Batch, sampleSize } from '../src/array/batch.js';
import type { Json } from '../src/json.js';
import type { Plan } from '../src/plan/plan.js';
import { type SampleOptions, sample } from '../src/plan/sample.js';
import type { Process } from '../src/process/process.js';
import type { ReadyRun } from './ready-run.js';
import type { Problem } from './problem.js';
import { type Indices, type Jackknifed, jackknife } from './statistics.js';

/** What a run is held against: the same equation, solved finely from the same start states on the same Brownian path. */
export interface ReferenceSolution {
  /** As plans return them: not decoded. */
  readonly samples: Batch;
  /** Root mean square distance to the solution with half the calls: an upper estimate of its own error. */
  readonly error: number;
}

/** How far a run is from its reference solution. */
export interface ReferenceDistance extends Jackknifed {
  /** How many samples it was taken of. */
  readonly samples: number;
  /** `error` of the reference solution: distances near it are not known. */
  readonly floor: number;
}

/** How many of the run's samples, and its seed. */
export type ReferenceOptions = Pick<SampleOptions, 'signal'> & {
  readonly samples: number;
  readonly seed: number;
};

/** Calls of the reference solution. The ODE's is of order 4 (UniPC-3, so order 3 as started); an SDE's is of strong order 1 or less. */
const referenceNfe = 256;

/** Calls of a sample for the reference solution and for the one of half the calls, which says how well it is known. */
export const referenceCalls = referenceNfe + referenceNfe / 2;

const odeSolver = 'unipc-3';
const sdeSolver = 'sde-dpm-solver++2m';

/** Half log-SNR up to which steps are equal; from there one step goes to a data end without noise. */
const mostLambda = 12;

/** `calls` steps from the start of a plan to the end of its grid, uniform in half log-SNR; undefined where the start has none. */
const fineTimes = (process: Process, start: number, end: number): TimeGrid | undefined => {
  const [first, last] = [process.lambda(start), process.lambda(end)];
  if (!Number.isFinite(first)) return undefined;
  const jumps = last > mostLambda && first < mostLambda;
  const to = jumps ? mostLambda : last;
  return {
    id: 'reference',
    parameters: {},
    end: () => end,
    times: (_, steps) => {
      const inner = jumps ? steps - 1 : steps;
      const times = Array.from({ length: inner + 1 }, (__, i) =>
        i === 0
          ? start
          : i === inner && !jumps
            ? end
            : process.timeAtLambda(first + ((to - first) * i) / inner),
      );
      return jumps ? [...times, end] : times;
    },
  };
};

/** The clocks of a plan's noises; that of a new draw is none. */
const clocksOf = ({ instructions }: Plan): readonly (string | undefined)[] => [
  ...new Set(
    instructions.flatMap((entry) =>
      entry.op === 'noise' ? ['clock' in entry ? entry.clock : undefined] : [],
    ),
  ),
];

/** The grid of a plan, from its record. */
const gridOf = ({ settings }: Plan): TimeGrid => {
  const { id, ...parameters } = settings.grid as { readonly id: string } & Readonly<Record<string, Json>>;
  return grids.make(id, parameters);
};

/** The fine plan of the equation that a plan solves; undefined if it draws classes or new noise at each step: it then has no limit sample by sample. */
const finePlan = (plan: Plan, process: Process, nfe: number): Plan | undefined => {
  const { noise, etaSde, etaDdim } = plan.settings;
  const isOde = solver(plan.solver).kind === 'ode' || etaSde === 0 || etaDdim === 0;
  const draws = plan.instructions.some((entry) => entry.op === 'evaluate' && entry.draw !== undefined);
  if (draws || !(isOde || noise === 'path')) return undefined;
  const grid = fineTimes(process, plan.start.t, gridOf(plan).end(process));
  if (!grid) return undefined;
  // the last prediction of a fine grid tends to that at its end, and only by the length of a step
  const lastStep = plan.settings.lastStep === 'stop' ? 'stop' : 'predict-at-end';
  const common = { nfe, grid, lastStep } as const;
  if (isOde) return solver(odeSolver).plan(process, common);
  const eta = typeof etaSde === 'number' ? { etaSde } : {};
  const fine = solver(sdeSolver).plan(process, { ...common, ...eta, noise: 'path' });
  const clocks = clocksOf(fine);
  return clocksOf(plan).every((clock) => clocks.includes(clock)) ? fine : undefined;
};

/** The mean square difference of two batches over the coordinates of each sample. */
const squaredDistances = (a: Batch, b: Batch): Float64Array => {
  const size = sampleSize(a);
  const squares = new Float64Array(a.shape[0]);
  a.data.forEach((x, i) => (squares[Math.floor(i / size)] += (x - b.data[i]) ** 2 / size));
  return squares;
};

const rootMean =
  (squares: Float64Array) =>
  (indices: Indices): number => {
    let sum = 0;
    for (const i of indices) sum += squares[i];
    return Math.sqrt(sum / indices.length);
  };

/** The fine plan of a run's equation, and that of half the calls; undefined where the run has no reference solution. */
const finePlans = ({ plan }: ReadyRun, process: Process): readonly [Plan, Plan] | undefined => {
  if (!('instructions' in plan)) return undefined;
  const [fine, coarse] = [referenceNfe, referenceNfe / 2].map((nfe) => finePlan(plan, process, nfe));
  return fine && coarse && [fine, coarse];
};

const keyFor = (fine: Plan, { start, settings: { clip, threshold, guidance } }: ReadyRun): string =>
  JSON.stringify([fine, start, clip, threshold, guidance]);

/** Runs of one key, on as many samples of one seed, share their reference solution. Undefined where there is none. */
export const referenceKey = ({ process }: Problem, run: ReadyRun): string | undefined => {
  const plans = finePlans(run, process);
  return plans && keyFor(plans[0], run);
};

// Runs that differ in solver and NFE alone have one reference: it lives as long as its problem.
const known = new WeakMap<Problem, Map<string, Promise<ReferenceSolution>>>();

/**
 * The reference solution of a run: the probability-flow ODE, or for an SDE solver with noise `path` the SDE on that path, from
 * the run's own start states to the end of its grid. Null where there is none: where the run draws classes or new
 * noise at each step, takes steps that depend on the sample, or starts where no signal is left.
 */
export const referenceSolution = async (
  problem: Problem,
  run: ReadyRun,
  options: ReferenceOptions,
): Promise<ReferenceSolution | null> => {
  const plans = finePlans(run, problem.process);
  if (!plans) return null;
  const [fine, coarse] = plans;
  const { denoiser, start } = run;
  const solve = (by: Plan): Promise<Batch> =>
    sample({ ...options, plan: by, denoiser, start, moments: problem.moments });
  const ofProblem = known.get(problem) ?? new Map<string, Promise<ReferenceSolution>>();
  known.set(problem, ofProblem);
  const key = `${options.samples} ${options.seed} ${keyFor(fine, run)}`;
  const made =
    ofProblem.get(key) ??
    (async () => {
      const samples = await solve(fine);
      const squares = squaredDistances(samples, await solve(coarse));
      return { samples, error: rootMean(squares)(squares.map((_, i) => i)) };
    })();
  ofProblem.set(key, made);
  made.catch(() => ofProblem.delete(key)); // an aborted one is not kept
  return made;
};

/**
 * The root mean square distance, over samples and coordinates, between what a run returns and its reference solution, in the
 * unit of the process's data, with its jackknife interval; null where there is no reference. It falls with the order
 * of the solver and says nothing of how well the equation itself samples the data: hold it beside a metric.
 */
export const distanceToReference = async (
  problem: Problem,
  run: ReadyRun,
  options: ReferenceOptions,
): Promise<ReferenceDistance | null> => {
  const reference = await referenceSolution(problem, run, options);
  if (!reference) return null;
  const { plan, denoiser, start } = run;
  const own = await sample({ ...options, plan, denoiser, start, moments: problem.moments });
  const statistic = rootMean(squaredDistances(own, reference.samples));
  return {
    ...jackknife(statistic, options.samples, { bounds: { low: 0 } }),
    samples: options.samples,
    floor: reference.error,
  };
};
