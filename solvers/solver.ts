import type { Plan } from '../src/plan/plan.js';
import type { StartId } from '../src/plan/start.js';
import type { Process } from '../src/process/process.js';
import type { TimeGrid } from './grid.js';

/**
 * What becomes of the last calls (docs/plans.md):
 * `stop`: N calls, the state at the end of the grid is returned;
 * `predict`: N calls, the last one is the answer (the paper's `last_drop`);
 * `predict-at-end`: steps with N-1 calls, then one call at the end of the grid is the answer (the original BFN).
 */
export type LastStep = 'stop' | 'predict' | 'predict-at-end';
export const lastSteps: readonly LastStep[] = ['stop', 'predict', 'predict-at-end'];

export interface Settings {
  /** Number of network calls: exactly these, whole, from 1 to 100,000. */
  readonly nfe: number;
  readonly grid?: TimeGrid;
  readonly lastStep?: LastStep;
  /** Ask the network for a sample of the predicted classes or bins instead of their mean; it must have a `draw`. */
  readonly draw?: boolean;
}

/**
 * A pure function from a process and settings to a plan, with declared facts. It knows no network, array or random
 * number. `defineSolver` (program.ts) makes the plan function of a step rule.
 */
export interface Solver {
  /** kebab-case. */
  readonly id: string;
  readonly description?: string;
  readonly kind: 'ode' | 'sde';
  /** Order of its ODE part; null where there is none. */
  readonly order: number | null;
  /** Weak order, of SDE solvers. */
  readonly weakOrder?: number | null;
  /** Default 1. */
  readonly evaluationsPerStep?: number;
  /** Whether its samples converge to the data law as NFE grows. */
  readonly consistent: boolean;
  /** Depends on the process only through half log-SNR: the same predictions on VP, VE, EDM or BFN at the same half log-SNRs. Default false. */
  readonly scaleInvariant?: boolean;
  /** Paper and equation. */
  readonly reference: string;
  /** What it takes where the user sets nothing. */
  readonly defaults?: Omit<Settings, 'nfe'> & { readonly start?: StartId };
  /** Throws a `UsageError` for settings that it can't use on that process. */
  plan(process: Process, settings: Settings): Plan;
}
