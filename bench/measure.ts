import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { adaptiveSolverList, solverList } from '../solvers/registry.js';
import { measureAdaptiveOrder } from '../src/testing/measure/adaptive.js';
import { measureOrder } from '../src/testing/measure/measure.js';

// Measures the orders of all registered solvers and writes them to solvers/measured-orders.ts, which a test holds to be up to date.

const file = new URL('../solvers/measured-orders.ts', import.meta.url);
const measured = [
  ...solverList().map((solver) => [solver.id, measureOrder(solver)] as const),
  ...adaptiveSolverList().map((solver) => [solver.id, measureAdaptiveOrder(solver)] as const),
];
for (const [id, orders] of measured) console.log(id, JSON.stringify(orders));
const text = `// Written by \`npm run measure\`; not to be edited.
import type { Measured } from './measured.js';

/** The measured orders of the built-in solvers, by id. */
export const measuredOrders: Readonly<Record<string, Measured>> = ${JSON.stringify(Object.fromEntries(measured))};
`;
const options = await resolveConfig(file);
await writeFile(file, await format(text, { ...options, parser: 'typescript' }));
