import { grids } from '../../solvers/grid.js';
import type { CellSettings } from '../ready-run.js';
import { references } from '../reference.js';

/** A solver with all settings that matter to it, as they are typed. */
export interface Candidate {
  readonly solver: string;
  readonly grid: string;
  readonly start: NonNullable<CellSettings['start']>;
  readonly lastStep: NonNullable<CellSettings['lastStep']>;
  readonly reference?: string;
}

/** The options of `bfn compare` that ask for it: what tells candidates apart. */
export const lineOf = ({ solver, grid, start, lastStep, reference }: Candidate): string =>
  `--solvers ${solver} --grid ${grid} --start ${start} --last-step ${lastStep}${reference ? ` --reference ${reference}` : ''}`;

/** Throws a `UsageError` for a grid or reference that there is not. */
export const settingsOf = ({
  grid,
  start,
  lastStep,
  reference,
}: Omit<Candidate, 'solver'>): CellSettings => ({
  grid: grids.parse(grid),
  start,
  lastStep,
  ...(reference ? { reference: references.parse(reference) } : {}),
});
