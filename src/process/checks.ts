import { UsageError } from '../errors.js';

/** One parameter of a process: throws a `UsageError` that names it, its value and what is accepted. */
export const requireNumber = (
  process: string,
  name: string,
  value: unknown,
  accepted: string,
  holds: (value: number) => boolean,
): void => {
  if (typeof value === 'number' && Number.isFinite(value) && holds(value)) return;
  throw new UsageError(`process "${process}": ${name} = ${String(value)} is not accepted; give ${accepted}`);
};

/** K of a process on logits, where it has one. */
export const requireClasses = (process: string, classes: unknown): void => {
  if (classes === undefined) return;
  requireNumber(
    process,
    'classes',
    classes,
    'a whole number, 2 or more',
    (k) => Number.isInteger(k) && k >= 2,
  );
};

/** A list of finite numbers, each of which `holds`. */
export const requireNumbers = (
  process: string,
  name: string,
  values: unknown,
  accepted: string,
  holds: (value: number, index: number) => boolean,
): void => {
  if (!Array.isArray(values)) {
    throw new UsageError(`process "${process}": ${name} is not a list; give ${accepted}`);
  }
  values.forEach((value, i) => {
    requireNumber(process, `${name}[${i}]`, value, accepted, (number) => holds(number, i));
  });
};
