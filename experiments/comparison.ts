import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { CallCount } from '../src/plan/sample.js';
import { type Slope, analyse, referenceDistance } from './analysis.js';
import type { CellOutcome, CellSettings, SolverRun } from './cell.js';
import type { Calls } from './equal-quality.js';
import type { Finding } from './findings.js';
import type { Metric } from './metric.js';
import { metricEntry, metricsFor } from './metrics/index.js';
import type { PairedComparison } from './paired-comparisons.js';
import type { Problem } from './problem.js';
import { recommendedId } from './recommended/recommend.js';
import { type Estimate, defaultGroups, pooled } from './statistics.js';

/** A metric of a cell with its 95% interval, beside the same metric of true samples of the same number. */
export interface MetricValue {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly floor: number;
}

export interface Cell {
  /** `name` of its `ProblemReport`. */
  readonly problem: string;
  readonly solver: string;
  /** Present where solver and settings were those recommended for the problem: the solver's id is then among the settings. */
  readonly recommended?: true;
  /** Calls of a plan, or the budget of a solver whose steps depend on the sample. */
  readonly nfe: number;
  /** Network calls that a sample took, as metered at the innermost network, of all repeats together; absent if diverged or failed. */
  readonly calls?: CallCount;
  readonly status: CellOutcome['status'];
  /** What happened if not ok. */
  readonly message?: string;
  /** By metric id; empty if not ok. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** If it was asked for, the floor being the error of the reference solution; null where there is none. */
  readonly distanceToReference?: MetricValue | null;
  /** Calls that the first solver needs to be as good by all of the problem's quality metrics together; absent for that solver itself. */
  readonly callsOfBaseline?: Calls;
  /** As used, defaults filled in. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Of all repeats together: wall-clock seconds of sampling and of the metrics. */
  readonly seconds: CellOutcome['seconds'];
}

export interface ProblemReport extends Specification {
  /** What tells it from the others: its id, and the parameters that were given where an id occurs twice. */
  readonly name: string;
  readonly process: Specification;
  /** What ran the network. */
  readonly kernel: string;
  /** The first solver. */
  readonly baseline: string;
  /** The metrics that `callsOfBaseline` goes by. */
  readonly quality: readonly string[];
  readonly metrics: Readonly<
    Record<string, { unit: string; description: string; floor: Estimate; truth?: number }>
  >;
  /** Where the problem has any. */
  readonly references?: readonly ReferenceReport[];
}

export interface Comparison {
  readonly cells: readonly Cell[];
  readonly problems: readonly ProblemReport[];
  /** All pairs of solvers, by every metric that has a better side. */
  readonly comparisons: readonly PairedComparison[];
  /** By the quality metrics, what the best solver beats. */
  readonly findings: readonly Finding[];
  /** How fast the solvers approach the floor, or the reference solution. */
  readonly slopes: readonly Slope[];
  readonly nfe: readonly number[];
  readonly samples: number;
  readonly repeats: number;
  readonly seed: number;
  readonly settings: CellSettings;
}

/** What the samples of a reference score that costs no call. */
export interface ReferenceReport {
  readonly id: string;
  readonly description: string;
  readonly nfe: 0;
  readonly metrics: Cell['metrics'];
}

/** A problem of a comparison: all of it that came of the runs. */
export interface ProblemResult {
  readonly name: string;
  readonly problem: Problem;
  /** Of true samples: one outcome a repeat. */
  readonly truth: readonly CellOutcome[];
  /** Solver by solver; the first solver is the baseline. */
  readonly runs: readonly {
    readonly run: SolverRun;
    readonly settings: Cell['settings'];
    /** One a repeat. */
    readonly outcomes: readonly CellOutcome[];
  }[];
}

/** Of repeats of equally many samples. */
const callsOf = (outcomes: readonly CellOutcome[]): Pick<Cell, 'calls'> => {
  const counts = outcomes.flatMap(({ calls }) => (calls ? [calls] : []));
  if (counts.length < outcomes.length) return {};
  const mean = counts.reduce((sum, count) => sum + count.mean, 0) / counts.length;
  return { calls: { mean, max: Math.max(...counts.map(({ max }) => max)) } };
};

/** The metrics by which solvers of a problem are said to be of one quality. Throws a `UsageError` for one that does not exist. */
export const qualityOf = ({ quality, truth }: Problem, asked?: readonly string[]): readonly string[] => {
  const applicable = new Set(metricsFor(truth, asked).map(({ id }) => id));
  return quality.filter((id) => applicable.has(metricEntry(id).id));
};

/** What is said of one problem. */
export interface ProblemSummary extends Pick<Comparison, 'cells' | 'comparisons' | 'findings' | 'slopes'> {
  readonly report: ProblemReport;
}

/** The cells of a problem, and what they are held against. `samples` is the number of samples of one outcome, `asked` the metrics if not the default ones. */
export const summarise = (
  result: ProblemResult,
  samples: number,
  asked?: readonly string[],
): ProblemSummary => {
  const { name, problem, truth, runs } = result;
  const metrics = metricsFor(problem.truth, asked);
  const quality = qualityOf(problem, asked);
  const pool = (outcomes: readonly Pick<CellOutcome, 'estimates'>[], { id, bounds }: Metric): Estimate =>
    pooled(
      outcomes.map(({ estimates }) => estimates[id]),
      { groups: Math.min(defaultGroups, samples), ...(bounds ? { bounds } : {}) },
    );
  const floors = new Map(metrics.map((metric) => [metric.id, pool(truth, metric)]));
  const floorOf = (id: string): Estimate => floors.get(id) as Estimate;

  const against = (outcomes: readonly Pick<CellOutcome, 'estimates'>[], metric: Metric): MetricValue => {
    const { value, low, high } = pool(outcomes, metric);
    return { value, low, high, floor: floorOf(metric.id).value };
  };
  const references = (problem.references ?? []).map(({ id, description }): ReferenceReport => {
    const outcomes = truth.map(({ references: of }) => ({ estimates: of?.[id] ?? {} }));
    const values = metrics.map((metric) => [metric.id, against(outcomes, metric)] as const);
    return { id, description, nfe: 0, metrics: Object.fromEntries(values) };
  });

  const cells = runs.map(({ run: { solver, nfe }, settings, outcomes }): Cell => {
    const failure = outcomes.find(({ status }) => status !== 'ok');
    return {
      problem: name,
      solver,
      ...(solver === recommendedId ? { recommended: true } : {}),
      nfe,
      ...callsOf(outcomes),
      status: failure?.status ?? 'ok',
      ...(failure?.message === undefined ? {} : { message: failure.message }),
      metrics: Object.fromEntries(
        failure ? [] : metrics.map((metric) => [metric.id, against(outcomes, metric)]),
      ),
      ...referenceDistance(outcomes),
      settings,
      seconds: {
        sampling: outcomes.reduce((sum, { seconds }) => sum + seconds.sampling, 0),
        metrics: outcomes.reduce((sum, { seconds }) => sum + seconds.metrics, 0),
      },
    };
  });

  const baseline = cells[0].solver;
  const { callsOfBaseline, ...analysis } = analyse(result, metrics, quality, samples);
  const compared = ({ solver, status }: Cell): boolean =>
    solver !== baseline && status === 'ok' && quality.length > 0;
  const { id, parameters, process, kernel } = problem;
  return {
    report: {
      id,
      parameters,
      name,
      process: { id: process.id, parameters: process.parameters },
      kernel,
      baseline,
      quality,
      metrics: Object.fromEntries(
        metrics.map(({ id: metric, unit, description, truth: value }) => [
          metric,
          { unit, description, floor: floorOf(metric), ...(value === undefined ? {} : { truth: value }) },
        ]),
      ),
      ...(references.length > 0 ? { references } : {}),
    },
    cells: cells.map((cell, place) =>
      compared(cell) ? { ...cell, callsOfBaseline: callsOfBaseline(place) } : cell,
    ),
    ...analysis,
  };
};
