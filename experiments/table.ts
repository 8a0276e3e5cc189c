import { markdownTable } from 'markdown-table';
import type { Cell, Comparison, ProblemReport } from './comparison.js';
import type { Calls } from './equal-quality.js';
import type { Estimate } from './statistics.js';

/** The comparison for people: for each problem and metric a table of solvers by NFE, with what the truth itself scores. */
export const comparisonTable = (comparison: Comparison): string =>
  comparison.problems.map((problem) => problemSection(problem, comparison)).join('\n\n');

const problemSection = (problem: ProblemReport, comparison: Comparison): string => {
  const { nfe, samples, repeats, seed } = comparison;
  const cells = comparison.cells.filter((cell) => cell.problem === problem.name);
  const given = Object.entries(problem.parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const size = repeats === 1 ? `${samples} samples` : `${repeats} x ${samples} samples`;
  const head = `## ${problem.id} (${given.join(', ')}): ${size} a cell, seed ${seed}, exact network (${problem.kernel}), value ± 95%`;
  // a metric that is a distance of another one from its truth adds nothing to that one's table
  const shown = Object.keys(problem.metrics).filter((id) => id !== 'bits-gap');
  const failures = cells
    .filter(({ status }) => status !== 'ok')
    .map(({ message = '', nfe: calls }) => `- NFE ${calls}: ${message}`);
  const compared = cells.some(({ callsOfBaseline }) => callsOfBaseline);
  return [
    head,
    ...shown.map((id) => metricTable(id, problem, cells, nfe)),
    ...(compared ? [callsTable(problem, cells, nfe)] : []),
    ...(failures.length > 0 ? [failures.join('\n')] : []),
  ].join('\n\n');
};

const metricTable = (
  id: string,
  problem: ProblemReport,
  cells: readonly Cell[],
  nfe: readonly number[],
): string => {
  const { unit, floor, truth } = problem.metrics[id];
  const entry = (cell: Cell): string => {
    const metric = cell.metrics[id];
    return metric ? withReach(metric) : cell.status;
  };
  const always = (text: string): string[] => nfe.map(() => text);
  const rows = [
    [unit === '' ? id : `${id} (${unit})`, ...nfe.map((calls) => `NFE ${calls}`)],
    ...bySolver(cells, nfe, entry),
    ['*floor: true samples*', ...always(withReach(floor))],
    ...(truth === undefined ? [] : [['*truth, exactly*', ...always(fixed(truth, reachOf(floor)))]]),
  ];
  return table(rows);
};

const callsTable = (
  { baseline, quality }: ProblemReport,
  cells: readonly Cell[],
  nfe: readonly number[],
): string => {
  const entry = ({ callsOfBaseline, status }: Cell): string =>
    callsOfBaseline ? callsText(callsOfBaseline) : status;
  const others = cells.filter(({ solver }) => solver !== baseline);
  const rows = [
    [`calls that ${baseline} needs for the same`, ...nfe.map((calls) => `NFE ${calls}`)],
    ...bySolver(others, nfe, entry),
  ];
  const note = `The same: as good by ${quality.join(' and ')}; what lies within the floor's interval counts as the floor. Between the NFE tried, interpolated.`;
  return `${table(rows)}\n\n${note}`;
};

const bySolver = (
  cells: readonly Cell[],
  nfe: readonly number[],
  entry: (cell: Cell) => string,
): string[][] =>
  [...new Set(cells.map(({ solver }) => solver))].map((solver) => [
    solver,
    ...nfe.map((calls) => {
      const cell = cells.find((candidate) => candidate.solver === solver && candidate.nfe === calls);
      return cell ? entry(cell) : '';
    }),
  ]);

export const callsText = (calls: Calls): string => {
  if ('moreThan' in calls) return `more than ${calls.moreThan}`;
  if ('atMost' in calls) return `at most ${calls.atMost}`;
  return calls.calls < 10 ? calls.calls.toFixed(1) : calls.calls.toFixed(0);
};

const table = (rows: string[][]): string =>
  markdownTable(rows, { align: ['l', ...rows[0].slice(1).map(() => 'r')] });

type Interval = Pick<Estimate, 'value' | 'low' | 'high'>;

/** Half an interval; where a bound cuts one side, the other side. */
const reachOf = ({ value, low, high }: Interval): number => Math.max(high - value, value - low);

/** A value with half its interval, to two digits of that half. */
export const withReach = (interval: Interval): string => {
  const reach = reachOf(interval);
  return `${fixed(interval.value, reach)} ± ${fixed(reach, reach)}`;
};

const fixed = (value: number, reach: number): string => {
  const digits = reach > 1e-6 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(reach)))) : 4;
  return value.toFixed(digits);
};
