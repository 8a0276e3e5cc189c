import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { CallCount } from '../src/plan/sample.js';
import { type Slope, analyse, referenceDistance } from './analysis.js';
import type { CellOutcome } from './cell.js';
import type { CellSettings, SolverRun } from './ready-run.js';
import type { CallsForQuality } from './equal-quality.js';
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
  /** What tells the entry from others of the experiment: the solver's id, where nothing else is said. */
  readonly label: string;
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
  /** Calls that the first entry needs to be as good by all of the problem's quality metrics together; absent for that entry itself. */
  readonly callsOfBaseline?: CallsForQuality;
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
  /** Label of the first entry. */
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
  /** All pairs of entries by their labels, by every metric that has a better side. */
  readonly comparisons: readonly PairedComparison[];
  /** By the quality metrics, what the best entry beats. */
  readonly findings: readonly Finding[];
  /** How fast the entries approach the floor, or the reference solution. */
  readonly slopes: readonly Slope[];
  readonly nfe: readonly number[];
  readonly samples: number;
  readonly repeats: number;
  readonly seed: number;
  /** Of all solvers; an entry's own stand in its cells. */
  readonly settings: CellSettings;
  readonly name?: string;
  readonly description?: string;
  readonly tags: readonly string[];
}

/** A run of a problem, with what came of it. */
export interface RunResult {
  readonly label: string;
  readonly run: SolverRun;
  readonly settings: Cell['settings'];
  /** One a repeat. */
  readonly outcomes: readonly CellOutcome[];
}

/** What the samples of a reference score that costs no call. */
export interface ReferenceReport {
  readonly id: string;
  readonly description: string;
  readonly nfe: 0;
  readonly metrics: Cell['metrics'];
}

/** A problem of a comparison and its truth. */
export interface ProblemResult {
  readonly name: string;
  readonly problem: Problem;
  /** Of true samples: one outcome a repeat. */
  readonly truth: readonly CellOutcome[];
  /** Samples of one outcome. */
  readonly samples: number;
  /** Ids, as `metricsFor` takes them. */
  readonly metrics?: readonly string[];
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

/** What makes cells of the runs of a problem, as they come, and in the end the summary of them all. */
export interface ProblemSummarizer {
  /** All of a cell but `callsOfBaseline`, which takes the runs of the baseline. */
  cellOf(result: RunResult): Cell;
  /** Gets all runs, entry by entry; the first entry is the baseline. */
  summary(results: readonly RunResult[]): ProblemSummary;
}

/** Of the runs of a problem, by what came of its truth. */
export const summaryOf = (result: ProblemResult): ProblemSummarizer => {
  const { name, problem, truth, samples, metrics: asked } = result;
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

  const cellOf = ({ label, run: { solver, nfe }, settings, outcomes }: RunResult): Cell => {
    const failure = outcomes.find(({ status }) => status !== 'ok');
    return {
      problem: name,
      solver,
      label,
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
  };

  const summary = (results: readonly RunResult[]): ProblemSummary => {
    const baseline = results[0].label;
    const { callsOfBaseline, ...analysis } = analyse(result, results, metrics, quality);
    const references = (problem.references ?? []).map(({ id, description }): ReferenceReport => {
      const outcomes = truth.map(({ references: of }) => ({ estimates: of?.[id] ?? {} }));
      const values = metrics.map((metric) => [metric.id, against(outcomes, metric)] as const);
      return { id, description, nfe: 0, metrics: Object.fromEntries(values) };
    });
    const compared = ({ label, status }: Cell): boolean =>
      label !== baseline && status === 'ok' && quality.length > 0;
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
      cells: results.map((one, place) => {
        const cell = cellOf(one);
        return compared(cell) ? { ...cell, callsOfBaseline: callsOfBaseline(place) } : cell;
      }),
      ...analysis,
    };
  };

  return { cellOf, summary };
};
