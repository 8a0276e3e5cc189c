import { withReach } from '../table.js';
import { type Section, type SectionCell, cellAt } from './sections.js';
import { beats } from './significance.js';

/** One sentence, and the numbers that it rests on. */
export interface Finding {
  readonly text: string;
  readonly evidence: readonly string[];
}

export interface SectionFindings {
  readonly findings: readonly Finding[];
  /** Calls of the baseline over calls of the best solver that is still better: how much the first finding says. 0 if no solver is better. */
  readonly factor: number;
}

/** Whether one cell is better than another by every quality metric of the problem. */
const isBetter = (section: Section, one: SectionCell, other: SectionCell): boolean =>
  section.problem.quality.length > 0 &&
  one.status === 'ok' &&
  other.status === 'ok' &&
  section.problem.quality.every((id) => beats(section, id, one, other));

interface Lead {
  readonly cell: SectionCell;
  /** Calls of the baseline, at which and below which the cell is better at all NFE tried. */
  readonly beaten: SectionCell;
}

/** The largest number of calls up to which the baseline is worse than a cell. */
const leadOf = (section: Section, cell: SectionCell): Lead | undefined => {
  let beaten: SectionCell | undefined;
  for (const calls of section.nfe) {
    const other = cellAt(section, section.problem.baseline, calls);
    if (!other) continue;
    if (!isBetter(section, cell, other)) break;
    beaten = other;
  }
  return beaten && { cell, beaten };
};

const plural = (calls: number): string => `${calls} ${calls === 1 ? 'call' : 'calls'}`;

const listed = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;

const evidenceOf = ({ problem }: Section, one: SectionCell, other: SectionCell): string[] =>
  problem.quality.map((id) => {
    const { unit } = problem.metrics[id];
    return `${id}${unit === '' ? '' : ` (${unit})`}: ${withReach(one.metrics[id])} against ${withReach(other.metrics[id])}`;
  });

const leadFinding = (section: Section, { cell, beaten }: Lead): Finding => {
  const calls = cell.callsOfBaseline;
  const same =
    calls === undefined
      ? []
      : 'moreThan' in calls
        ? [`${beaten.label} is not as good with any of its numbers of calls, up to ${calls.moreThan}`]
        : 'calls' in calls
          ? [
              `${beaten.label} is ${calls.floor ? 'at the floor as well' : 'as good'} from about ${calls.calls.toFixed(0)} calls (interpolated)`,
            ]
          : [];
  const against = cell.nfe === beaten.nfe ? beaten.label : `${beaten.label} with ${beaten.nfe}`;
  const subject =
    cell.nfe === beaten.nfe
      ? `${cell.label} is better than ${against} with ${plural(cell.nfe)}`
      : `${cell.label} is better with ${plural(cell.nfe)} than ${against}`;
  return {
    text: `On ${section.title}, ${subject}.`,
    evidence: [...evidenceOf(section, cell, beaten), ...same],
  };
};

const noLead = ({ title, problem, solvers }: Section): Finding => {
  const { baseline, quality } = problem;
  if (quality.length === 0)
    return { text: `On ${title}, no metric says which solver is better.`, evidence: [] };
  const text =
    solvers.length === 1
      ? `On ${title}, ${baseline} ran alone.`
      : `On ${title}, no solver is better than ${baseline} by more than the intervals.`;
  return { text, evidence: [] };
};

/** The fewest calls from which on a solver's quality lies within the floor's interval. */
const callsToFloor = (section: Section, solver: string): number | undefined => {
  const { quality, metrics } = section.problem;
  const atFloor = ({ status, metrics: of }: SectionCell): boolean =>
    status === 'ok' && quality.every((id) => of[id].low <= metrics[id].floor.high);
  let from: number | undefined;
  for (const calls of section.nfe.toReversed()) {
    const cell = cellAt(section, solver, calls);
    if (!cell) continue;
    if (!atFloor(cell)) break;
    from = calls;
  }
  return from;
};

const floorFinding = (section: Section): Finding => {
  const reached = section.solvers.flatMap((solver) => {
    const calls = callsToFloor(section, solver);
    return calls === undefined ? [] : [{ solver, calls }];
  });
  reached.sort((a, b) => a.calls - b.calls);
  const by = listed(section.problem.quality);
  const count = section.samples * section.repeats;
  if (reached.length === 0) {
    const text = `No solver gets within the interval of ${count} true samples by ${by}.`;
    return { text, evidence: [] };
  }
  const who = listed(reached.map(({ solver, calls }) => `${solver} from ${plural(calls)}`));
  return { text: `By ${by} these cannot be told from ${count} true samples: ${who}.`, evidence: [] };
};

const lossFindings = (section: Section): Finding[] => {
  const { baseline } = section.problem;
  return section.solvers.flatMap((solver) => {
    const lost = section.nfe.filter((calls) => {
      const [own, theirs] = [cellAt(section, solver, calls), cellAt(section, baseline, calls)];
      return own && theirs && isBetter(section, theirs, own);
    });
    if (lost.length === 0) return [];
    const most = lost[lost.length - 1];
    const [own, theirs] = [
      cellAt(section, solver, most) as SectionCell,
      cellAt(section, baseline, most) as SectionCell,
    ];
    const text = `${baseline} is better than ${solver} with ${listed(lost.map(String))} calls.`;
    return [{ text, evidence: evidenceOf(section, theirs, own) }];
  });
};

/** What a section's cells say, only where intervals support it; the first finding is the one that says most. */
export const findingsOf = (section: Section): SectionFindings => {
  const { problem } = section;
  const leads = section.cells
    .filter(({ label }) => label !== problem.baseline)
    .flatMap((cell) => leadOf(section, cell) ?? [])
    .filter(({ cell, beaten }) => beaten.nfe >= cell.nfe);
  const factorOf = ({ cell, beaten }: Lead): number => beaten.nfe / cell.nfe;
  const [best] = leads.toSorted((a, b) => factorOf(b) - factorOf(a) || b.cell.nfe - a.cell.nfe);
  const measured = problem.quality.length > 0;
  return {
    findings: [
      best ? leadFinding(section, best) : noLead(section),
      ...(measured ? [floorFinding(section), ...lossFindings(section)] : []),
    ],
    factor: best ? factorOf(best) : 0,
  };
};

/** The findings of all sections, and the one sentence that says most. */
export const headlineOf = (all: readonly SectionFindings[]): Finding =>
  all.reduce((best, next) => (next.factor > best.factor ? next : best)).findings[0];
