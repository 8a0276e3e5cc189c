import { UsageError, requireWhole } from '../../src/errors.js';
import { randomStream, type RandomStream } from '../../src/random/index.js';

/**
 * How a claim is checked. `symbolic`: by derivatives of mathjs, as identities that expand to 0 (the residual counts those that do
 * not) or as numbers at random places. `coefficients`: two samplers by the normal forms of their plans. `moments`,
 * `quadrature`, `differences` (of finite steps): numbers, nothing sampled. `monte-carlo`: a difference in standard errors.
 */
export type Method = 'symbolic' | 'coefficients' | 'moments' | 'quadrature' | 'differences' | 'monte-carlo';

/** A claim of the theory as a program: what it says, the formula under test, and the same check of wrong formulas. */
export interface Definition<Formula> {
  /** Kebab-case. */
  readonly name: string;
  /** One sentence with the formula. */
  readonly statement: string;
  /** Paper and number, or the section of docs/theory.md. */
  readonly source: string;
  readonly method: Method;
  /** The largest residual that passes; with `differs`, the least. */
  readonly tolerance: number;
  /** The claim is that two things are not the same. */
  readonly differs?: boolean;
  /** Instances, where the claim is proved by that many; else what the user asks for. */
  readonly instances?: number;
  readonly formula: Formula;
  /** Slightly wrong formulas by what is wrong with them: each of them must fail. */
  readonly planted: Readonly<Record<string, Formula>>;
  /** How far the formula is off on one random instance; NaN fails. */
  residual(formula: Formula, random: RandomStream): number | Promise<number>;
}

export interface RunOptions {
  /** Non-negative whole number below 2^53. Default 0. */
  readonly seed?: number;
  /** Random instances a check, at least 1. Default 200. */
  readonly instances?: number;
}

export interface CheckResult {
  readonly name: string;
  readonly statement: string;
  readonly source: string;
  readonly method: Method;
  readonly instances: number;
  /** The largest of all instances; with `differs`, the smallest. */
  readonly residual: number;
  readonly tolerance: number;
  readonly relation: '<=' | '>=';
  readonly passed: boolean;
  /** What it threw, where it did. */
  readonly error?: string;
}

/** A check with its formula inside. */
export interface Check extends Pick<
  Definition<unknown>,
  'name' | 'statement' | 'source' | 'method' | 'tolerance'
> {
  run(options?: RunOptions): Promise<CheckResult>;
  /** The same check of wrong formulas, by what is wrong with them. */
  readonly planted: ReadonlyMap<string, (options?: RunOptions) => Promise<CheckResult>>;
}

const defaultInstances = 200;

export const check = <Formula>(definition: Definition<Formula>): Check => {
  const { name, statement, source, method, tolerance, differs = false, formula, planted } = definition;
  const run = async (tested: Formula, options: RunOptions = {}): Promise<CheckResult> => {
    const { seed = 0 } = options;
    const instances = definition.instances ?? options.instances ?? defaultInstances;
    requireWhole('instances', instances, 1);
    const random = randomStream(seed, name);
    const worse = differs ? Math.min : Math.max;
    let residual = differs ? Infinity : 0;
    let error: string | undefined;
    try {
      for (let i = 0; i < instances; i++) {
        residual = worse(residual, await definition.residual(tested, random)); // NaN stays
      }
    } catch (thrown) {
      residual = NaN;
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    return {
      name,
      statement,
      source,
      method,
      instances,
      residual,
      tolerance,
      relation: differs ? '>=' : '<=',
      passed: differs ? residual >= tolerance : residual <= tolerance,
      ...(error === undefined ? {} : { error }),
    };
  };
  return Object.freeze({
    name,
    statement,
    source,
    method,
    tolerance,
    run: (options?: RunOptions) => run(formula, options),
    planted: new Map(
      Object.entries(planted).map(([wrong, tested]) => [
        wrong,
        (options?: RunOptions) => run(tested, options),
      ]),
    ),
  });
};

/** The checks of these names, in the order of `checks`; all if none is given. Throws a `UsageError` for an unknown name. */
export const selectChecks = (checks: readonly Check[], names: readonly string[]): readonly Check[] => {
  const unknown = names.find((name) => !checks.some((known) => known.name === name));
  if (unknown !== undefined) {
    const known = checks.map(({ name }) => name).join(', ');
    throw new UsageError(`unknown check "${unknown}"; there are: ${known}`);
  }
  return names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));
};

/** `|a - b|` in units of the larger. */
export const relative = (a: number, b: number): number =>
  a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));

/** The largest entry of `|a - b|`, in units of the largest entry of either. */
export const relativeVector = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  if (a.length !== b.length) return Infinity;
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(a[i]), Math.abs(b[i]));
  }
  return difference === 0 ? 0 : difference / size;
};

/** The gradient of a function by central differences of order 4, at a step where truncation and rounding are both small. */
export const gradient = (of: (x: Float64Array) => number, x: Float64Array, step: number): Float64Array =>
  x.map((_, j) => {
    const at = (shift: number): number => of(x.map((value, i) => (i === j ? value + shift * step : value)));
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step);
  });
