import type { CellOutcome } from './cell.js';
import type { ProblemResult, RunResult } from './comparison.js';
import { type CallsForQuality, callsToMeetWithin } from './equal-quality.js';
import { type Finding, findingsOf } from './findings.js';
import { type Metric, betterOf } from './metric.js';
import { type Measured, type PairedComparison, pairedComparisons } from './paired-comparisons.js';
import { type Jackknifed, pooled } from './statistics.js';
import type { Estimate } from './statistics/estimate.js';
import { type Replicates, estimateOf, jointly, meanOfRepeats } from './statistics/replicates.js';
import { convergenceSlope } from './statistics/slope.js';

/** How fast the metric of an entry falls to its floor, or the entry to its reference solution. */
export interface Slope {
  /** `name` of its `ProblemReport`. */
  readonly problem: string;
  readonly label: string;
  /** A metric's id, or `distance-to-reference`. */
  readonly of: string;
  /** The NFE that it is fitted to: all those at which the entry is clearly above the floor. */
  readonly nfe: readonly number[];
  /** Of `ln(value - floor)` against `ln NFE`, with its 95% interval. */
  readonly slope: Pick<Estimate, 'value' | 'low' | 'high'>;
}

export interface Analysis {
  readonly comparisons: readonly PairedComparison[];
  readonly findings: readonly Finding[];
  readonly slopes: readonly Slope[];
  /** What the run at that place needs of the baseline's calls by the quality metrics. */
  callsOfBaseline(place: number): CallsForQuality;
}

type Read = (outcome: CellOutcome) => Jackknifed | null | undefined;

/** What was read of all repeats; null where one has nothing. */
const replicatesOf = (outcomes: readonly CellOutcome[], samples: number, read: Read): Replicates | null => {
  const repeats = outcomes.flatMap((outcome) => {
    const found = outcome.status === 'ok' ? read(outcome) : null;
    return found ? [{ value: found.value, left: [found.left], samples }] : [];
  });
  return repeats.length === outcomes.length ? meanOfRepeats(repeats) : null;
};

/** A solver is said to be above the floor where its 95% interval is above the floor's. */
const slopeOf = (
  points: readonly { readonly nfe: number; readonly value: Replicates | null }[],
  floor: Replicates | null,
  floorHigh: number,
): Pick<Slope, 'nfe' | 'slope'> | null => {
  const above = points.flatMap(({ nfe, value }) =>
    value && estimateOf(value).low > floorHigh ? [{ nfe, value }] : [],
  );
  const gaps = above.map(({ value }) => (floor ? jointly(([x, y]) => x - y, [value, floor]) : value));
  const nfe = above.map((point) => point.nfe);
  const slope = convergenceSlope(nfe, gaps);
  return slope && { nfe, slope: { value: slope.value, low: slope.low, high: slope.high } };
};

/**
 * What the runs of a problem say about each other, from the replicates that their cells keep: nothing is run again. The
 * first run is one of the baseline. Entries go by their labels: two of them may have one solver.
 */
export const analyse = (
  { name, truth, samples }: Pick<ProblemResult, 'name' | 'truth' | 'samples'>,
  runs: readonly RunResult[],
  metrics: readonly Metric[],
  quality: readonly string[],
): Analysis => {
  // each is asked for by several of what follows, and holds as many numbers as there are repeats times groups
  const known = new Map<string, Map<readonly CellOutcome[], Replicates | null>>();
  const of = (outcomes: readonly CellOutcome[], id: string): Replicates | null => {
    const ofMetric = known.get(id) ?? new Map<readonly CellOutcome[], Replicates | null>();
    known.set(id, ofMetric);
    const found = ofMetric.get(outcomes);
    if (found !== undefined) return found;
    const made = replicatesOf(outcomes, samples, ({ estimates }) => estimates[id]);
    ofMetric.set(outcomes, made);
    return made;
  };
  const floorHigh = (id: string): number => estimateOf(of(truth, id) as Replicates).high;
  const baseline = runs[0].label;
  const labels = [...new Set(runs.map(({ label }) => label))];

  const measured = (id: string): readonly Measured[] =>
    runs.flatMap(({ label, run: { nfe }, outcomes }) => {
      const replicates = of(outcomes, id);
      return replicates ? [{ label, nfe, replicates }] : [];
    });
  const ranked = (id: string, nfe: number): readonly string[] => {
    const metric = metrics.find((one) => one.id === id);
    const sign = metric && betterOf(metric) === 'higher' ? -1 : 1;
    return measured(id)
      .filter((one) => one.nfe === nfe)
      .sort((a, b) => sign * (a.replicates.value - b.replicates.value))
      .map(({ label }) => label);
  };
  const comparisons = pairedComparisons(name, metrics, measured);

  const baselines = runs.filter(({ label }) => label === baseline);
  const callsOfBaseline = (place: number): CallsForQuality =>
    callsToMeetWithin(
      baselines.map(({ run }) => run.nfe),
      quality.map((id) => ({
        values: baselines.map(({ outcomes }) => of(outcomes, id)),
        target: of(runs[place].outcomes, id) as Replicates,
        // what lies within the floor's interval is as good as the truth: no more is asked of the baseline
        atLeast: floorHigh(id),
      })),
    );

  const distances = metrics.filter(
    (metric) => quality.includes(metric.id) && betterOf(metric) === 'lower' && metric.truth === undefined,
  );
  const slopes = labels.flatMap((label) => {
    const own = runs.filter((run) => run.label === label);
    const points = (read: (outcomes: readonly CellOutcome[]) => Replicates | null) =>
      own.map(({ run: { nfe }, outcomes }) => ({ nfe, value: read(outcomes) }));
    const toFloor = distances.map(({ id }) => ({
      of: id,
      fit: slopeOf(
        points((outcomes) => of(outcomes, id)),
        of(truth, id),
        floorHigh(id),
      ),
    }));
    const read: Read = ({ distanceToReference }) => distanceToReference;
    const errors = own.flatMap(({ outcomes }) =>
      outcomes.map(({ distanceToReference }) => distanceToReference?.floor ?? 0),
    );
    const toReference = {
      of: 'distance-to-reference',
      fit: slopeOf(
        points((outcomes) => replicatesOf(outcomes, referenceCount(outcomes, samples), read)),
        null,
        10 * Math.max(...errors),
      ),
    };
    return [...toFloor, toReference].flatMap(({ of: what, fit }) =>
      fit ? [{ problem: name, label, of: what, ...fit }] : [],
    );
  });
  const findings = findingsOf(comparisons, quality, baseline, ranked);
  return { comparisons, findings, slopes, callsOfBaseline };
};

/** How many samples a distance to the reference solution was taken of. */
const referenceCount = ([{ distanceToReference }]: readonly CellOutcome[], samples: number): number =>
  distanceToReference?.samples ?? samples;

/** The distance to the reference solution of all repeats, if it was asked for; null where there is none. */
export const referenceDistance = (
  outcomes: readonly CellOutcome[],
): { distanceToReference?: { value: number; low: number; high: number; floor: number } | null } => {
  if (outcomes.every(({ distanceToReference }) => distanceToReference === undefined)) return {};
  const found = outcomes.flatMap(({ distanceToReference }) => distanceToReference ?? []);
  if (found.length < outcomes.length) return { distanceToReference: null };
  const { value, low, high } = pooled(found, { groups: found[0].left.length, bounds: { low: 0 } });
  return { distanceToReference: { value, low, high, floor: Math.max(...found.map(({ floor }) => floor)) } };
};
