import type { AdaptiveSettings, AdaptiveSolver } from '../solvers/adaptive.js';
import { type Answer, withAnswer } from '../solvers/answer.js';
import { grids } from '../solvers/grid.js';
import { planFromPrior, priorStep } from '../solvers/prior-step.js';
import { anySolver } from '../solvers/registry.js';
import type { Settings, Solver } from '../solvers/solver.js';
import { UsageError } from '../src/errors.js';
import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Lanes } from '../src/plan/lanes.js';
import type { Plan } from '../src/plan/plan.js';
import { type StartId, startLaw } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { type PredictionSettings, wrapped } from './predictions.js';
import type { Model } from './problem.js';
import { recommendedRun } from './recommended/recommend.js';
import { references } from './reference.js';
import { entriesOf } from '../src/plan/components.js';

/** The settings of a plan but its NFE, grid and reference by name: as they are typed, recorded and sent to a worker. */
export interface PlanSettings extends Omit<Settings, 'nfe' | 'grid' | 'reference'> {
  readonly grid?: Specification;
  readonly reference?: Specification;
  /** What is made of the last prediction of classes; the mode unless told. */
  readonly answer?: Answer;
}

/** Throws a `UsageError` for a grid that cannot be made, and for a reference without a problem that knows what it is made of. */
export const planSettings = (
  { grid, reference, ...others }: Omit<PlanSettings, 'answer'>,
  problem?: Model,
): Omit<Settings, 'nfe'> => {
  if (reference && !problem) {
    throw new UsageError('a reference is made of the data of a problem: name one with --problem');
  }
  return {
    ...others,
    ...(grid ? { grid: grids.make(grid.id, grid.parameters) } : {}),
    ...(reference && problem
      ? { reference: references.make(reference.id, reference.parameters)(problem) }
      : {}),
  };
};

/** The plan of a solver, from the exact prior if asked for. Throws a `UsageError` where they do not fit. */
export const planFor = (
  solver: Solver,
  process: Process,
  { answer, nfe, ...settings }: PlanSettings & Pick<Settings, 'nfe'>,
  { fromPrior = false, problem }: { readonly fromPrior?: boolean; readonly problem?: Model | undefined } = {},
): Plan => {
  const asked = { nfe, ...planSettings(settings, problem) };
  const plan = fromPrior ? planFromPrior(solver, process, asked) : solver.plan(process, asked);
  return answer === undefined ? plan : withAnswer(plan, answer, process);
};

/** The lanes of a solver whose steps depend on the sample. Throws a `UsageError` for settings that only plans take. */
const lanesFor = (
  solver: AdaptiveSolver,
  process: Process,
  { answer, reference, ...settings }: PlanSettings & Pick<AdaptiveSettings, 'nfe' | 'tolerance'>,
  fromPrior: boolean,
): Lanes => {
  const unfit = fromPrior ? `start ${priorStep}` : answer !== undefined ? 'answer' : reference && 'reference';
  if (unfit) throw new UsageError(`${solver.id} takes no ${unfit}: its steps depend on the sample`);
  const { nfe, tolerance, ...others } = settings;
  return solver.lanes(process, { nfe, ...planSettings(others), ...(tolerance ? { tolerance } : {}) });
};

/** What all cells of a comparison share; a setting left out is the solver's own default. */
export interface CellSettings extends PlanSettings, PredictionSettings {
  /** A law of the start, or one call at the noise end and a step from there. */
  readonly start?: StartId | typeof priorStep;
  /** Of solvers whose steps depend on the sample and that take it; the others have no use for it. */
  readonly tolerance?: AdaptiveSettings['tolerance'];
}

/** A solver at a number of network calls. */
export interface SolverRun {
  readonly solver: string;
  readonly nfe: number;
  readonly settings: CellSettings;
}

/** A solver's run made ready: its settings fit. */
export interface ReadyRun {
  readonly plan: Plan | Lanes;
  readonly denoiser: Denoiser;
  readonly start: StartId;
  /** As used, defaults filled in; where another solver was found for the one that was asked for, its id, too. */
  readonly settings: Readonly<Record<string, Json>>;
}

/** Throws a `UsageError` where solver, problem and settings do not fit. */
export const readyRun = (problem: Model, asked: SolverRun): ReadyRun => {
  const { solver: id, nfe, settings } = recommendedRun(problem, asked);
  const { process, denoiser, moments } = problem;
  const { start: askedStart, clip, threshold, guidance, tolerance, ...others } = settings;
  const predictions = wrapped(problem, { clip, threshold, guidance });
  const solver = anySolver(id);
  const fromPrior = askedStart === priorStep;
  if (!solver.adaptive && tolerance !== undefined) {
    throw new UsageError(`${id} does not take a tolerance: its steps do not depend on the sample`);
  }
  const plan = solver.adaptive
    ? lanesFor(solver, process, { nfe, ...others, ...(tolerance ? { tolerance } : {}) }, fromPrior)
    : planFor(solver, process, { nfe, ...others }, { fromPrior, problem });
  if (others.reference && !('reference' in plan.settings)) {
    throw new UsageError(`${id} takes no reference`); // a solver from outside, which would ignore it
  }
  const draws =
    'instructions' in plan &&
    plan.instructions.some((entry) => entry.op === 'evaluate' && entry.draw !== undefined);
  if (draws && !denoiser.draw) {
    throw new UsageError(`${id} draws the predicted classes, and the network of "${problem.id}" cannot`);
  }
  // a solver that starts from the prior can do so at the noise end only
  const own = solver.defaults?.start ?? 'zero-mean';
  const usual = own === 'prior' && !plan.start.atNoiseEnd ? 'zero-mean' : own;
  const start = fromPrior ? 'prior' : (askedStart ?? usual);
  const { standardDeviation } = startLaw(start, plan.start, moments);
  const still = entriesOf(standardDeviation).every((value) => value === 0);
  if (solver.kind === 'ode' && still && !draws && !fromPrior) {
    throw new UsageError(
      `${id} adds no noise, and at t = ${plan.start.t} ${process.id} has none either: all samples would be the same; use eta > 0`,
    );
  }
  return {
    plan,
    denoiser: predictions.denoiser,
    start,
    settings: {
      ...(id === asked.solver ? {} : { solver: id }),
      ...{ start, ...plan.settings, ...named(others), ...predictions.settings },
    },
  };
};

/** The reference by the name that it was asked for: its numbers follow from the problem. */
const named = ({ reference }: PlanSettings): Readonly<Record<string, Json>> =>
  reference ? { reference: { id: reference.id, ...reference.parameters } } : {};
