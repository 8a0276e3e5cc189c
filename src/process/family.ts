import { type Family, type Parameter, family as anyFamily } from '../family.js';
import type { Process } from './process.js';

/** A kind of process that can be made from its id and parameters. */
export type ProcessFamily = Family<Process | Promise<Process>>;

/** A family whose parameters are the options of `make`, name by name. */
export const family = <Options>(
  description: Omit<ProcessFamily, 'make'>,
  make: (options: Options) => Process | Promise<Process>,
): ProcessFamily => anyFamily(description, make);

export const classesParameter: Parameter = {
  name: 'classes',
  kind: 'number',
  optional: true,
  description: 'number of classes K, where data are K e_x - 1',
};
