import { type Coefficient, componentsOf } from '../array/basis.js';
import { UsageError } from '../errors.js';
import type { Plan } from './plan.js';

/** What a coefficient is for a component of the plan's basis. */
export const entryOf = (coefficient: Coefficient, component: number): number =>
  typeof coefficient === 'number' ? coefficient : coefficient[component];

/** Every number of a coefficient. */
export const entriesOf = (coefficient: Coefficient): readonly number[] =>
  typeof coefficient === 'number' ? [coefficient] : coefficient;

/** A coefficient that is one number. Throws a `UsageError` for one a component: see `componentPlan`. */
export const scalarOf = (coefficient: Coefficient): number => {
  if (typeof coefficient === 'number') return coefficient;
  throw new UsageError(
    'a plan over a basis is read component by component: take a componentPlan of it first',
  );
};

/** How many components a plan tells apart: 1 where it has no basis. */
export const componentCount = ({ basis }: Plan): number => (basis ? componentsOf(basis) : 1);

/** What a plan does to one component of its basis, from 0: a plan whose coefficients are numbers. Throws a `UsageError` for one that it lacks. */
export const componentPlan = (plan: Plan, component: number): Plan => {
  const count = componentCount(plan);
  if (!(Number.isInteger(component) && component >= 0 && component < count)) {
    throw new UsageError(`the plan has no component ${component}; it has ${count}, counted from 0`);
  }
  const { basis, ...others } = plan;
  if (!basis) return plan;
  return {
    ...others,
    instructions: plan.instructions.map((entry) =>
      entry.op === 'combine'
        ? { ...entry, terms: entry.terms.map(([c, register]) => [entryOf(c, component), register] as const) }
        : entry,
    ),
  };
};
