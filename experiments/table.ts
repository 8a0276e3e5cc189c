import { markdownTable } from 'markdown-table';
import type { Cell, Comparison, ProblemReport } from './comparison.js';
import type { Slope } from './analysis.js';
import type { CallsForQuality } from './equal-quality.js';
import { beatsAll } from './paired-comparisons.js';
import type { Estimate } from './statistics.js';

/** Whose predictions a problem's are. */
export const networkText = (kernel: string): string => {
  if (kernel === 'onnxruntime') return 'learned network (ONNX Runtime)';
  return kernel === 'tfjs' ? 'learned network (tfjs)' : `exact network (${kernel})`;
};

/** The comparison for people: for each problem and metric a table of solvers by NFE, with what the truth itself scores. */
export const comparisonTable = (comparison: Comparison): string =>
  comparison.problems.map((problem) => problemSection(problem, comparison)).join('\n\n');

const problemSection = (problem: ProblemReport, comparison: Comparison): string => {
  const { nfe, samples, repeats, seed } = comparison;
  const cells = comparison.cells.filter((cell) => cell.problem === problem.name);
  const given = Object.entries(problem.parameters).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const size = repeats === 1 ? `${samples} samples` : `${repeats} x ${samples} samples`;
  const head = `## ${problem.id}${given.length > 0 ? ` (${given.join(', ')})` : ''}: ${size} a cell, seed ${seed}, ${networkText(problem.kernel)}, value ± 95%`;
  // a metric that is a distance of another one from its truth adds nothing to that one's table
  const shown = Object.keys(problem.metrics).filter((id) => id !== 'bits-gap');
  const failures = cells
    .filter(({ status }) => status !== 'ok')
    .map(({ message = '', nfe: calls }) => `- NFE ${calls}: ${message}`);
  const compared = cells.some(({ callsOfBaseline }) => callsOfBaseline);
  return [
    head,
    ...shown.map((id) => metricTable(id, problem, cells, comparison)),
    ...(cells.some(({ distanceToReference }) => distanceToReference) ? [distanceTable(cells, nfe)] : []),
    ...(compared ? [callsTable(problem, cells, nfe)] : []),
    ...takenTable(cells, nfe),
    ...statements(problem, comparison),
    ...(failures.length > 0 ? [failures.join('\n')] : []),
  ].join('\n\n');
};

const metricTable = (
  id: string,
  problem: ProblemReport,
  cells: readonly Cell[],
  { nfe, comparisons }: Comparison,
): string => {
  const { unit, floor, truth } = problem.metrics[id];
  const own = comparisons.filter((pair) => pair.problem === problem.name && pair.metric === id);
  const entry = (cell: Cell): string => {
    const metric = cell.metrics[id];
    if (!metric) return cell.status;
    const best = beatsAll(
      cell.label,
      own.filter((pair) => pair.nfe === cell.nfe),
    );
    return best ? `**${withReach(metric)}**` : withReach(metric);
  };
  const always = (text: string): string[] => nfe.map(() => text);
  const rows = [
    [unit === '' ? id : `${id} (${unit})`, ...nfe.map((calls) => `NFE ${calls}`)],
    ...byLabel(cells, nfe, entry),
    ...(problem.references ?? []).map(({ description, metrics }) => [
      `*${description} (no call)*`,
      ...always(withReach(metrics[id])),
    ]),
    ['*floor: true samples*', ...always(withReach(floor))],
    ...(truth === undefined ? [] : [['*truth, exactly*', ...always(fixed(truth, reachOf(floor)))]]),
  ];
  return table(rows);
};

const distanceTable = (cells: readonly Cell[], nfe: readonly number[]): string => {
  const entry = ({ distanceToReference, status }: Cell): string =>
    distanceToReference ? scientific(distanceToReference) : status === 'ok' ? '-' : status;
  const floors = cells.flatMap(({ distanceToReference }) => distanceToReference?.floor ?? []);
  const rows = [
    ['distance to the reference solution', ...nfe.map((calls) => `NFE ${calls}`)],
    ...byLabel(cells, nfe, entry),
  ];
  const note = `Root mean square, from the same start and noise; the reference itself is known to ${Math.max(...floors).toExponential(0)}. No reference (-): new noise or drawn classes at each step.`;
  return `${table(rows)}\n\n${note}`;
};

const slopeOf = ({ label, nfe, slope }: Slope): string =>
  `${label} ${withReach(slope)} (NFE ${Math.min(...nfe)} to ${Math.max(...nfe)})`;

/** A slope as a sentence. */
export const slopeText = (slope: Slope): string => `the slope of ${slope.of}: ${slopeOf(slope)}`;

/** What can be said of the problem beyond the tables: which differences are real, and how fast the solvers converge. */
const statements = ({ name }: ProblemReport, { comparisons, findings, slopes }: Comparison): string[] => {
  const found = findings.filter(({ problem }) => problem === name);
  const family = comparisons.filter(({ problem }) => problem === name).length;
  const steep = slopes.filter(({ problem }) => problem === name);
  const lines = [...new Set(steep.map(({ of }) => of))].map(
    (of) =>
      `- ${of}: ${steep
        .filter((slope) => slope.of === of)
        .map(slopeOf)
        .join(', ')}`,
  );
  const comparison = family === 1 ? 'the only comparison' : `the ${family} comparisons`;
  return [
    ...(found.length > 0
      ? [
          `Findings. One solver beats another where p < 0.05 for their paired difference after Holm's correction over ${comparison} of this problem; bold beats all others.`,
          found.map(({ text }) => `- ${text}`).join('\n'),
        ]
      : []),
    ...(lines.length > 0
      ? [
          'Slopes of ln(value - floor) against ln NFE, over the NFE at which the interval is above that of the floor:',
          lines.join('\n'),
        ]
      : []),
  ];
};

const callsTable = (
  { baseline, quality }: ProblemReport,
  cells: readonly Cell[],
  nfe: readonly number[],
): string => {
  const entry = ({ callsOfBaseline, nfe: own, status }: Cell): string =>
    callsOfBaseline ? callsText(callsOfBaseline, own, nfe) : status;
  const others = cells.filter(({ label }) => label !== baseline);
  const rows = [
    [`calls that ${baseline} needs for the same`, ...nfe.map((calls) => `NFE ${calls}`)],
    ...byLabel(others, nfe, entry),
  ];
  const note = `The same: as good by ${quality.join(' and ')}; what lies within the floor's interval counts as the floor. Between the NFE tried, interpolated; in brackets the 95% interval, then how many times the solver's own.`;
  const atFloor = others.some(({ callsOfBaseline }) => callsOfBaseline?.floor);
  return `${table(rows)}\n\n${note}${atFloor ? ` ${floorNote(baseline)}` : ''}`;
};

export const floorNote = (baseline: string): string =>
  `floor: the solver itself is at the floor, and the number is what ${baseline} needs to get there, too.`;

/** What was metered, for the entries whose cells do not all take the calls that their column says. */
const takenTable = (cells: readonly Cell[], nfe: readonly number[]): string[] => {
  const differs = ({ nfe: asked, calls }: Cell): boolean =>
    calls !== undefined && (calls.mean !== asked || calls.max !== asked);
  const others = new Set(cells.filter(differs).map(({ label }) => label));
  if (others.size === 0) return [];
  const entry = ({ calls, status }: Cell): string => {
    if (!calls) return status;
    const short = status === 'incomplete' ? ', incomplete' : '';
    const spread = calls.max === calls.mean ? calls.max : `${calls.mean.toFixed(1)}, at most ${calls.max}`;
    return `${spread}${short}`;
  };
  const rows = [
    ['calls that a sample took', ...nfe.map((calls) => `NFE ${calls}`)],
    ...byLabel(
      cells.filter(({ label }) => others.has(label)),
      nfe,
      entry,
    ),
  ];
  return [table(rows)];
};

const byLabel = (cells: readonly Cell[], nfe: readonly number[], entry: (cell: Cell) => string): string[][] =>
  [...new Set(cells.map(({ label }) => label))].map((label) => [
    label,
    ...nfe.map((calls) => {
      const cell = cells.find((candidate) => candidate.label === label && candidate.nfe === calls);
      return cell ? entry(cell) : '';
    }),
  ]);

/** The calls of the baseline for the quality of a solver with `own` calls. At the floor, fewer calls might do as well: they are not held against it. */
export const callsText = (calls: CallsForQuality, own: number, tried: readonly number[]): string => {
  const at = calls.floor ? 'floor: ' : '';
  if ('moreThan' in calls) return `${at}more than ${calls.moreThan}`;
  if ('atMost' in calls) return calls.floor ? 'both at the floor' : `at most ${calls.atMost}`;
  const short = (x: number): string => (x < 10 ? x.toFixed(1) : x.toFixed(0));
  const low = calls.low === undefined ? `under ${Math.min(...tried)}` : short(calls.low);
  const high = calls.high === undefined ? `over ${Math.max(...tried)}` : short(calls.high);
  const range = `${at}${short(calls.calls)} (${low} to ${high})`;
  return calls.floor ? range : `${range}, ${(calls.calls / own).toFixed(1)}x`;
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

/** The same of what spans orders of magnitude. */
const scientific = (interval: Interval): string =>
  `${interval.value.toPrecision(2)} ± ${reachOf(interval).toPrecision(1)}`;

const fixed = (value: number, reach: number): string => {
  const digits = reach > 1e-6 ? Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(reach)))) : 4;
  return value.toFixed(digits);
};
