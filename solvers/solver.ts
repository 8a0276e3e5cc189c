import { UsageError } from '../src/errors.js';
import type { Plan } from '../src/plan/plan.js';
import { type Spectrum, checkSpectrum } from '../src/plan/spectrum.js';
import type { StartId } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import { type EtaSde, checkedEta } from './eta.js';
import { type SymbolReference, checkedSymbols } from './departure.js';
import type { Adams, Clock } from './exponential-multistep.js';
import type { TimeGrid } from './grid.js';

/**
 * What becomes of the last calls (docs/plans.md):
 * `stop`: N calls, the state at the end of the grid is returned;
 * `predict`: N calls, the last one is the answer (the paper's `last_drop`);
 * `predict-at-end`: steps with N-1 calls, then one call at the end of the grid is the answer (the original BFN).
 */
export type LastStep = 'stop' | 'predict' | 'predict-at-end';
export const lastSteps: readonly LastStep[] = ['stop', 'predict', 'predict-at-end'];

export type NoiseSource = 'independent' | 'path';
export const noiseSources: readonly NoiseSource[] = ['independent', 'path'];

/**
 * How a multistep solver begins, without a history (docs/theory.md, section 4): `ramp`, its order rises from 1 step by step, which
 * costs no call and leaves an error of order 2 in the end; `full-order`, further calls in the first steps, at the cost of steps.
 */
export type StartUp = 'ramp' | 'full-order';
export const startUps: readonly StartUp[] = ['ramp', 'full-order'];

export interface Settings {
  /** Number of network calls: exactly these, whole, from 1 to 100,000. */
  readonly nfe: number;
  readonly grid?: TimeGrid;
  readonly lastStep?: LastStep;
  /** Ask the network for a sample of the predicted classes or bins instead of their mean; it must have a `draw`. */
  readonly draw?: boolean;
  /** Where between the ODE (0) and the usual reverse SDE (1) the path lies: `x_s` keeps `(sigma_t/sigma_s) e^(-etaSde h)`. For solvers that have a default for it. An interval of half log-SNRs: there only, and 0 elsewhere. */
  readonly etaSde?: EtaSde;
  /** The share of DDPM's noise that a step of Song et al. 2021 (DDIM), eq. 16, adds: another scale than etaSde, equal at 0 and 1 only. For solvers that have a default for it. */
  readonly etaDdim?: number;
  /**
   * Where the noise comes from: a new draw each step (default), or one virtual Brownian path a coordinate on the clock
   * `e^(2 etaSde lambda)`, so that more steps refine the same path. For solvers of kind sde.
   */
  readonly noise?: NoiseSource;
  /** For multistep solvers; `ramp` if not given. With too few calls for a start-up of full order, that of the highest order that fits. */
  readonly startUp?: StartUp;
  /** Let the order fall to 1 towards the last step, as published multistep code does at few steps. Default false. */
  readonly lowerOrderFinal?: boolean;
  /**
   * Variances of the data along a basis: the part of the ODE or SDE that a Gaussian of these variances has is solved exactly, and the
   * solver extrapolates the departure from it only (docs/preconditioning.md). Or, of discrete data, the symbol frequencies: the same by the
   * model of independent variables. For solvers that take it.
   */
  readonly reference?: Spectrum | SymbolReference;
}

/** What a solver declares. */
export interface SolverFacts {
  /** kebab-case. */
  readonly id: string;
  readonly description?: string;
  readonly kind: 'ode' | 'sde';
  /** Order of its ODE part, with exact history; null where there is none. */
  readonly order: number | null;
  /** Order of whole runs, where first or last steps of lower order hold it back. Default: `order`. */
  readonly orderAsStarted?: number;
  /** Weak order, of SDE solvers. */
  readonly weakOrder?: number | null;
  /** Of multistep solvers: what they extrapolate, and the clock that their polynomials live in; a start-up of full order uses it. */
  readonly multistep?: Adams;
  /** In which equal steps are natural to it: its order is measured so. Default: that of `multistep`, or half log-SNR. */
  readonly clock?: Clock;
  /** Default 1. */
  readonly evaluationsPerStep?: number;
  /** Whether its samples converge to the data law as NFE grows. */
  readonly consistent: boolean;
  /** Depends on the process only through half log-SNR: the same predictions on VP, VE, EDM or BFN at the same half log-SNRs. Default false. */
  readonly scaleInvariant?: boolean;
  /** Whether it takes variances as the setting `reference`. Default false; `defineSolver` fills it in. */
  readonly takesReference?: boolean;
  /** Whether it takes symbol frequencies as the setting `reference`. Default false. */
  readonly takesSymbols?: boolean;
  /** Paper and equation. */
  readonly reference: string;
  /** What it takes where the user sets nothing. */
  readonly defaults?: Omit<Settings, 'nfe'> & { readonly start?: StartId };
}

/**
 * A pure function from a process and settings to a plan, with declared facts. It knows no network, array or random
 * number. `defineSolver` (program.ts) makes the plan function of a step rule.
 */
export interface Solver extends SolverFacts {
  readonly adaptive?: false;
  /** Throws a `UsageError` for settings that it can't use on that process. */
  plan(process: Process, settings: Settings): Plan;
}

export const maxNfe = 100_000;

/** Refuses what is no budget; shared by all who take one. */
export const checkNfe = (nfe: number): number => {
  if (Number.isInteger(nfe) && nfe >= 1 && nfe <= maxNfe) return nfe;
  throw new UsageError(`NFE is ${nfe}; it must be a whole number from 1 to ${maxNfe}`);
};

type Facts = Pick<SolverFacts, 'id' | 'defaults'>;

/** The last step of a run, checked. */
export const lastStepOf = ({ defaults }: Facts, settings: Settings): LastStep => {
  const lastStep = settings.lastStep ?? defaults?.lastStep ?? 'predict';
  if (lastSteps.includes(lastStep)) return lastStep;
  throw new UsageError(`the last step is "${String(lastStep)}"; it must be ${lastSteps.join(', ')}`);
};

/** The etas that a solver takes, checked: those that it has a default for. */
export const etasOf = (
  { id, defaults }: Facts,
  settings: Settings,
): { etaSde?: EtaSde; etaDdim?: number } => {
  const taken = <Eta>(name: 'etaSde' | 'etaDdim', given?: Eta, usual?: Eta): Eta | undefined => {
    if (given !== undefined && usual === undefined) throw new UsageError(`${id} does not take ${name}`);
    return given ?? usual;
  };
  const etaSde = taken('etaSde', settings.etaSde, defaults?.etaSde);
  const etaDdim = taken('etaDdim', settings.etaDdim, defaults?.etaDdim);
  return {
    ...(etaSde === undefined ? {} : { etaSde: checkedEta('etaSde', etaSde) }),
    ...(etaDdim === undefined ? {} : { etaDdim: checkedEta('etaDdim', etaDdim) }),
  };
};

/** How a solver begins, checked. */
export const startUpOf = (
  { id, multistep }: Facts & Pick<Solver, 'multistep'>,
  settings: Pick<Settings, 'startUp'>,
): StartUp => {
  const startUp = settings.startUp ?? 'ramp';
  if (!startUps.includes(startUp)) {
    throw new UsageError(`the start-up is "${String(startUp)}"; it must be ${startUps.join(' or ')}`);
  }
  if (startUp === 'full-order' && !multistep) {
    throw new UsageError(`${id} has no full-order start-up: it is no multistep solver of a known polynomial`);
  }
  return startUp;
};

/** Where a solver's noise comes from, checked. */
export const noiseOf = (
  { id, kind, defaults }: Facts & Pick<Solver, 'kind'>,
  settings: Settings,
): NoiseSource => {
  const noise = settings.noise ?? defaults?.noise ?? 'independent';
  if (!noiseSources.includes(noise)) {
    throw new UsageError(`the noise is "${String(noise)}"; it must be ${noiseSources.join(' or ')}`);
  }
  if (settings.noise !== undefined && kind === 'ode') throw new UsageError(`${id} adds no noise`);
  return noise;
};

/** The reference that a solver is preconditioned by, checked: of either kind, or none. */
export interface CheckedReference {
  readonly spectrum?: Spectrum;
  readonly symbols?: Required<SymbolReference>;
}

const takers = {
  takesReference: 'only solvers of one call a step that see half log-SNR alone do',
  takesSymbols: 'only exponential Adams methods of the data prediction on the ODE do',
} as const;

/** Throws a `UsageError` for a reference that a solver does not take, beside the other settings or at all. */
export const referenceOf = (
  facts: Pick<Solver, 'id' | 'takesReference' | 'takesSymbols'>,
  process: Process,
  { reference, noise, draw, startUp }: Settings,
): CheckedReference => {
  if (!reference) return {};
  const ofSymbols = 'probabilities' in reference;
  const needed = ofSymbols ? 'takesSymbols' : 'takesReference';
  if (facts[needed] !== true) {
    throw new UsageError(
      `${facts.id} takes no reference${ofSymbols ? ' of symbol frequencies' : ''}: ${takers[needed]}; see ${needed} of \`bfn solvers --json\``,
    );
  }
  if (noise === 'path') {
    throw new UsageError(
      'a reference does not go with noise on a Brownian path: each component has a clock of its own',
    );
  }
  if (draw === true) throw new UsageError('a reference does not go with draws of the predicted classes');
  if (startUp === 'full-order') throw new UsageError('a reference does not go with a full-order start-up');
  if (ofSymbols) return { symbols: checkedSymbols(reference, process) };
  checkSpectrum(reference);
  return { spectrum: reference };
};
