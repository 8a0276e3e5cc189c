import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../src/errors.js';
import type { Json } from '../../src/json.js';
import type { Cell, Comparison, MetricValue, ProblemReport } from '../comparison.js';
import { slopeText } from '../table.js';

/** A comparison and the record of how it was made: what a run folder holds. */
export interface Run {
  /** As the user names it. */
  readonly folder: string;
  readonly comparison: Comparison;
  readonly record: Readonly<Record<string, Json>>;
}

/** A cell, and what tells its entry of the comparison from the others: the solver's id where nothing else is said. */
export type SectionCell = Cell & { readonly label: string };

/** Two entries by one metric at one NFE, where the comparison has tested it: which beats the other after correction for all tests. */
export interface Tested {
  readonly problem: string;
  readonly metric: string;
  readonly nfe: number;
  readonly solvers: readonly [string, string];
  readonly better: string | null;
}

/** A problem with all cells that can stand on one plot: one number of samples, one seed, one set of settings. */
export interface Section extends Pick<Comparison, 'samples' | 'repeats' | 'seed' | 'settings'> {
  /** The problem's name; of several sections of that name, with the folder. */
  readonly title: string;
  /** For file names and links: letters, digits and hyphens, of this section alone. */
  readonly slug: string;
  readonly problem: ProblemReport;
  readonly cells: readonly SectionCell[];
  readonly tests: readonly Tested[];
  /** The findings and slopes of the comparison, in words. */
  readonly statements: readonly string[];
  /** Ascending. */
  readonly nfe: readonly number[];
  /** Labels, in order of first occurrence. */
  readonly solvers: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objects = (value: unknown): readonly Fields[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isObject) ? value : undefined;

const isCell = ({ problem, solver, nfe, status, metrics, settings }: Fields): boolean =>
  [problem, solver, status].every((text) => typeof text === 'string') &&
  Number.isSafeInteger(nfe) &&
  isObject(settings) &&
  isObject(metrics) &&
  Object.values(metrics).every(isInterval);

const isInterval = (value: unknown): boolean =>
  isObject(value) && [value.value, value.low, value.high].every((end) => Number.isFinite(end));

const isProblem = ({ name, id, parameters, quality, metrics, baseline, process }: Fields): boolean =>
  [name, id, baseline].every((text) => typeof text === 'string') &&
  isObject(parameters) &&
  isObject(process) &&
  Array.isArray(quality) &&
  isObject(metrics) &&
  Object.values(metrics).every((metric) => isObject(metric) && isInterval(metric.floor));

/** What a file of a comparison must have for a report; the first that it lacks, or undefined. */
const lacking = (value: Fields): string | undefined => {
  if (!objects(value.cells)?.every(isCell))
    return 'cells with problem, solver, nfe, status, settings and metrics';
  const problems = objects(value.problems);
  if (!problems?.every(isProblem)) return 'problems with their metrics, floors and baseline';
  const numbers = ['samples', 'repeats', 'seed'].find((name) => !Number.isSafeInteger(value[name]));
  if (numbers !== undefined) return numbers;
  const unknown = objects(value.cells)?.find(({ problem }) => !problems.some(({ name }) => name === problem));
  return unknown && `the problem "${String(unknown.problem)}" of a cell`;
};

/** Reads the `compare.json` of a run folder. Rejects with a `UsageError` if it is missing or not that of a comparison. */
export const readRun = async (folder: string): Promise<Run> => {
  const path = join(folder, 'compare.json');
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`cannot read ${path} of a run of bfn compare: ${(error as Error).message}`);
  }
  const lacks = isObject(value) ? lacking(value) : 'an object';
  if (lacks !== undefined) throw new UsageError(`${path} is not that of a comparison: it lacks ${lacks}`);
  const { record = {}, ...comparison } = value as unknown as Comparison & Partial<Run>;
  return { folder, comparison, record };
};

interface Part extends Omit<Section, 'title' | 'slug' | 'nfe' | 'solvers'> {
  readonly folder: string;
}

/** What some comparisons hold beside their cells' metrics. */
interface Further {
  readonly label?: string;
  readonly distanceToReference?: MetricValue | null;
}

const reference = 'distance-to-reference';

/** The cell with its label, and its distance to the reference solution, if it has one, as one metric more. */
const sectionCell = (cell: Cell & Further): SectionCell => {
  const { label = cell.solver, distanceToReference: distance, metrics } = cell;
  return { ...cell, label, metrics: distance ? { ...metrics, [reference]: distance } : metrics };
};

/** The problem with the metric that its cells have more than it says. */
const sectionProblem = (problem: ProblemReport, cells: readonly SectionCell[]): ProblemReport => {
  const floors = cells.flatMap(({ metrics }) => metrics[reference]?.floor ?? []);
  if (floors.length === 0 || Object.hasOwn(problem.metrics, reference)) return problem;
  const value = Math.max(...floors);
  const description =
    'root mean square from the reference solution of the same start and noise, which is known to the floor';
  const about = { unit: '', description, floor: { value, low: value, high: value, standardError: 0 } };
  return { ...problem, metrics: { ...problem.metrics, [reference]: about } };
};

/** None of a comparison that was written before there were any. */
const statementsOf = (
  { findings = [], slopes = [] }: Partial<Pick<Comparison, 'findings' | 'slopes'>>,
  problem: string,
): readonly string[] => [
  ...findings.filter((finding) => finding.problem === problem).map(({ text }) => text),
  ...slopes.filter((slope) => slope.problem === problem).map(slopeText),
];

const partsOf = ({ folder, comparison }: Run): readonly Part[] => {
  const { samples, repeats, seed, settings } = comparison;
  const { comparisons = [] } = comparison as { readonly comparisons?: readonly Tested[] };
  return comparison.problems.map((problem) => {
    const cells = comparison.cells.filter((cell) => cell.problem === problem.name).map(sectionCell);
    const tests = comparisons.filter((test) => test.problem === problem.name);
    const statements = statementsOf(comparison, problem.name);
    return {
      folder,
      samples,
      repeats,
      seed,
      settings,
      cells,
      tests,
      statements,
      problem: sectionProblem(problem, cells),
    };
  });
};

/** What has to agree for cells to stand on one plot. */
const identity = ({ problem, samples, repeats, seed, settings }: Part): string => {
  const { id, parameters, process, quality } = problem;
  return JSON.stringify([id, parameters, process, quality, samples, repeats, seed, settings]);
};

/** Without the calls of a baseline that is another one, or was tried at other NFE. */
const withoutCalls = (cell: SectionCell): SectionCell => {
  const { callsOfBaseline, ...others } = cell;
  return callsOfBaseline === undefined ? cell : others;
};

const joined = (first: Part, second: Part): Part => {
  const has = ({ label, nfe }: SectionCell): boolean => cellAt(first, label, nfe) !== undefined;
  const others = second.cells.filter((cell) => !has(cell)).map(withoutCalls);
  const problem = { ...first.problem, metrics: { ...second.problem.metrics, ...first.problem.metrics } };
  return {
    ...first,
    problem,
    cells: [...first.cells, ...others],
    tests: [...first.tests, ...second.tests],
    statements: [...first.statements, ...second.statements],
  };
};

const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '') || 'problem';

/**
 * The sections of a report: a problem each. What several runs have of the same problem with the same samples, seed and settings
 * goes together, a cell that is in both taken from the first; of other settings it stands beside.
 */
export const sectionsOf = (runs: readonly Run[]): readonly Section[] => {
  const parts = new Map<string, Part>();
  for (const part of runs.flatMap(partsOf)) {
    const known = parts.get(identity(part));
    parts.set(identity(part), known ? joined(known, part) : part);
  }
  const all = [...parts.values()];
  const slugs: string[] = [];
  return all.map(({ folder, ...part }) => {
    const { name } = part.problem;
    const twice = all.filter(({ problem }) => problem.name === name).length > 1;
    const title = twice ? `${name} (${folder})` : name;
    const plain = slugOf(title);
    const slug = slugs.includes(plain) ? `${plain}-${slugs.length}` : plain;
    slugs.push(slug);
    return {
      ...part,
      title,
      slug,
      nfe: [...new Set(part.cells.map(({ nfe }) => nfe))].sort((a, b) => a - b),
      solvers: [...new Set(part.cells.map(({ label }) => label))],
    };
  });
};

/** The cell of a solver at a number of calls, if it ran. */
export const cellAt = (
  { cells }: Pick<Section, 'cells'>,
  label: string,
  nfe: number,
): SectionCell | undefined => cells.find((cell) => cell.label === label && cell.nfe === nfe);

/**
 * The value that a metric is to have: its truth, or of a share (in %) what true samples have. Undefined for a distance, which is to be
 * small.
 */
export const toMeet = ({ metrics }: ProblemReport, id: string): number | undefined => {
  const { truth, unit, floor } = metrics[id];
  return truth ?? (unit === '%' ? floor.value : undefined);
};
