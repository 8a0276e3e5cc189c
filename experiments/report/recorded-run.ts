import type { Json } from '../../src/json.js';
import type { CellSettings, SolverRun } from '../ready-run.js';
import type { Cell } from '../comparison.js';

/** A grid or a reference as it is recorded: its id among its parameters. */
const specified = (
  name: 'grid' | 'reference',
  recorded: Json | undefined,
): Pick<CellSettings, 'grid' | 'reference'> => {
  const { id, ...parameters } = (recorded ?? {}) as Readonly<Record<string, Json>>;
  return typeof id === 'string' ? { [name]: { id, parameters } } : {};
};

/** The run of a cell, from the settings that it records: the same plan and start again. */
export const recordedRun = ({
  solver: asked,
  nfe,
  settings: { solver = asked, grid, reference, ...others },
}: Cell): SolverRun => ({
  ...{ solver: String(solver), nfe },
  settings: {
    ...specified('grid', grid),
    ...specified('reference', reference),
    ...(Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null)) as CellSettings),
  },
});
