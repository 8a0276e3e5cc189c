import type { Json } from '../../src/json.js';
import type { CellSettings, SolverRun } from '../cell.js';
import type { Cell } from '../comparison.js';

/** A grid as a plan records it: its id among its parameters. */
const gridOf = (grid: Json | undefined): Pick<CellSettings, 'grid'> => {
  const { id, ...parameters } = (grid ?? {}) as Readonly<Record<string, Json>>;
  return typeof id === 'string' ? { grid: { id, parameters } } : {};
};

/** The run of a cell, from the settings that it records: the same plan and start again. */
export const recordedRun = ({ solver, nfe, settings: { grid, ...others } }: Cell): SolverRun => ({
  ...{ solver, nfe },
  settings: {
    ...gridOf(grid),
    ...(Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null)) as CellSettings),
  },
});
