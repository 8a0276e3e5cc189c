import type { Specification } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { CellOutcome, CellSettings, SolverRun } from './cell.js';
import { type Calls, callsToMeet } from './equal-quality.js';
import type { Metric } from './metric.js';
import { metricEntry, metricsFor } from './metrics/index.js';
import type { Problem } from './problem.js';
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
  readonly nfe: number;
  readonly status: CellOutcome['status'];
  /** What happened if not ok. */
  readonly message?: string;
  /** By metric id; empty if not ok. */
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Calls that the first entry needs to be as good by all of the problem's quality metrics together; absent for that entry itself. */
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
  /** Label of the first entry. */
  readonly baseline: string;
  /** The metrics that `callsOfBaseline` goes by. */
  readonly quality: readonly string[];
  readonly metrics: Readonly<
    Record<string, { unit: string; description: string; floor: Estimate; truth?: number }>
  >;
}

export interface Comparison {
  readonly cells: readonly Cell[];
  readonly problems: readonly ProblemReport[];
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

/** A problem of a comparison and its truth. */
export interface ProblemResult {
  readonly name: string;
  readonly problem: Problem;
  /** Of true samples: one outcome a repeat. */
  readonly truth: readonly CellOutcome[];
  /** Samples of one outcome. */
  readonly samples: number;
  /** Ids; default: all that apply. */
  readonly metrics?: readonly string[];
}

/** The metrics by which solvers of a problem are said to be of one quality. Throws a `UsageError` for one that does not exist. */
export const qualityOf = ({ quality, truth }: Problem, ids?: readonly string[]): readonly string[] => {
  const applicable = new Set(metricsFor(truth, ids).map(({ id }) => id));
  return quality.filter((id) => applicable.has(metricEntry(id).id));
};

/** What makes cells of the runs of a problem, as they come, and in the end the report of them all. */
export interface ProblemSummary {
  /** All of a cell but `callsOfBaseline`, which takes the cells of the baseline. */
  cellOf(result: RunResult): Cell;
  /** Gets all cells, entry by entry; the first entry is the baseline. */
  report(cells: readonly Cell[]): { readonly report: ProblemReport; readonly cells: readonly Cell[] };
}

export const summaryOf = ({ name, problem, truth, samples, metrics: ids }: ProblemResult): ProblemSummary => {
  const metrics = metricsFor(problem.truth, ids);
  const quality = qualityOf(problem, ids);
  const pool = (outcomes: readonly CellOutcome[], { id, bounds }: Metric): Estimate =>
    pooled(
      outcomes.map(({ estimates }) => estimates[id]),
      { groups: Math.min(defaultGroups, samples), ...(bounds ? { bounds } : {}) },
    );
  const floors = new Map(metrics.map((metric) => [metric.id, pool(truth, metric)]));
  const floorOf = (id: string): Estimate => floors.get(id) as Estimate;

  const cellOf = ({ label, run: { solver, nfe }, settings, outcomes }: RunResult): Cell => {
    const failure = outcomes.find(({ status }) => status !== 'ok');
    const valueOf = (metric: Metric): MetricValue => {
      const { value, low, high } = pool(outcomes, metric);
      return { value, low, high, floor: floorOf(metric.id).value };
    };
    return {
      problem: name,
      solver,
      label,
      nfe,
      status: failure?.status ?? 'ok',
      ...(failure?.message === undefined ? {} : { message: failure.message }),
      metrics: Object.fromEntries(failure ? [] : metrics.map((metric) => [metric.id, valueOf(metric)])),
      settings,
      seconds: {
        sampling: outcomes.reduce((sum, { seconds }) => sum + seconds.sampling, 0),
        metrics: outcomes.reduce((sum, { seconds }) => sum + seconds.metrics, 0),
      },
    };
  };

  const report: ProblemSummary['report'] = (cells) => {
    const baseline = cells[0].label;
    const baselines = cells.filter(({ label }) => label === baseline);
    // what lies within the floor's interval is as good as the truth: no more is asked of the baseline
    const callsFor = (cell: Cell): Calls =>
      callsToMeet(
        baselines.map(({ nfe }) => nfe),
        quality.map((id) => ({
          values: baselines.map(({ metrics: of }) => of[id]?.value ?? null),
          target: Math.max(cell.metrics[id].value, floorOf(id).high),
        })),
      );
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
      },
      cells: cells.map((cell) => (compared(cell) ? { ...cell, callsOfBaseline: callsFor(cell) } : cell)),
    };
  };

  return { cellOf, report };
};
