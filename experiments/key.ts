import { createHash } from 'node:crypto';
import type { Json } from '../src/json.js';
import type { ReadyRun } from './ready-run.js';
import { packageVersion } from './environment.js';
import type { Metric } from './metric.js';
import { metricEntry } from './metrics/index.js';
import type { Problem } from './problem.js';
import { without } from '../src/json.js';

const sorted = (_: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

/** JSON whose bytes do not depend on the order in which keys were set. */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sorted);

/** SHA-256 of canonical JSON, in hexadecimal. */
export const digest = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex');

/**
 * What a run does to a sample: the plan, without the names that it goes by, and the settings that the runner takes beside it.
 * Steps that depend on the sample are in no plan: the solver stands for them, as of this version of the package, with its settings.
 */
const programOf = ({ plan, settings: used }: ReadyRun): unknown => {
  // a solver that was recommended is named among the settings: that name, too, is of no account
  const named = (name: string): boolean => name === 'solver' || Object.hasOwn(plan.settings, name);
  const beside = Object.entries(used).filter(([name]) => !named(name));
  const settings = Object.fromEntries(beside);
  if ('instructions' in plan) return { ...without(plan, ['solver', 'process', 'settings']), settings };
  const { solver, start, budget } = plan;
  return { solver, version: packageVersion(), of: plan.settings, budget, start, settings };
};

const checkedSamples = 64;

/** A checksum of the data as a problem holds them, wherever it has them from: of their moments and of some true samples. */
const dataChecksum = ({ moments: { mean, variance }, trueSamples }: Problem): string => {
  const hash = createHash('sha256').update(Float64Array.of(...Array.from(mean), variance));
  try {
    hash.update(Float64Array.from(trueSamples(checkedSamples, 0).data));
  } catch {
    // a problem without true samples fails when it is run, and says why
  }
  return hash.digest('hex');
};

/** What all cells of a problem have in common. */
export interface Circumstances {
  readonly problem: Problem;
  readonly samples: number;
  readonly metrics: readonly Metric[];
  /** How many samples are held against the reference solution, if any. */
  readonly referenceSamples?: number | undefined;
  /** SHA-256 of the modules that the user imported. */
  readonly modules: readonly string[];
}

/**
 * The key of a cell: a hash of what determines its numbers on one machine, and of nothing else. So a plan that has run under
 * one name is not run under another, and a solver whose code gives another plan has another key. Without a run, the key is
 * that of the truth.
 */
export const keysOf = ({ problem, samples, metrics, referenceSamples, modules }: Circumstances) => {
  const { id, parameters, process, kernel, checksum } = problem;
  const common = digest({
    problem: { id, parameters, process: { id: process.id, parameters: process.parameters } },
    data: dataChecksum(problem),
    kernel,
    ...(checksum === undefined ? {} : { checksum }),
    samples,
    metrics: metrics.map(({ id: metric }) => [metric, metricEntry(metric).version ?? 1]),
    ...(referenceSamples === undefined ? {} : { referenceSamples }),
    modules,
  });
  return (run?: ReadyRun) => {
    const program = run ? digest(programOf(run)) : null;
    return (seed: number): string => digest({ common, program, seed } satisfies Json);
  };
};
