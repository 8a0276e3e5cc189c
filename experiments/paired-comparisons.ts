import { type Metric, betterOf } from './metric.js';
import { holm } from './statistics/holm.js';
import { pairedDifference } from './statistics/paired.js';
import type { Replicates } from './statistics/replicates.js';

/** Two entries of a problem by one metric at one NFE. */
export interface PairedComparison {
  /** `name` of its `ProblemReport`. */
  readonly problem: string;
  readonly metric: string;
  readonly nfe: number;
  /** Labels of the entries: the ids of their solvers, where nothing else is said. */
  readonly solvers: readonly [string, string];
  /** The first one's value less the second one's, with its 95% interval, which is of this pair alone: not corrected. */
  readonly difference: { readonly value: number; readonly low: number; readonly high: number };
  readonly p: number;
  /** By Holm's method over all comparisons of the problem. */
  readonly correctedP: number;
  /** The one that beats the other: `correctedP` is below 0.05. */
  readonly better: string | null;
}

/** A metric of an entry at one NFE, with the replicates of all repeats. */
export interface Measured {
  readonly label: string;
  readonly nfe: number;
  readonly replicates: Replicates;
}

/** What is said to be so is false in at most this part of problems. */
const familyLevel = 0.05;

/**
 * All pairs of solvers at each NFE by each metric that has a better side. They are one family: that any claim about the problem is
 * false has a probability of at most 5%.
 */
export const pairedComparisons = (
  problem: string,
  metrics: readonly Metric[],
  measured: (metric: string) => readonly Measured[],
): readonly PairedComparison[] => {
  const pairs = metrics.flatMap((metric) => {
    const better = betterOf(metric);
    if (better === 'neither') return [];
    const all = measured(metric.id);
    return all.flatMap((a, i) =>
      all
        .slice(i + 1)
        .filter((b) => b.nfe === a.nfe)
        .map((b) => {
          const { value, low, high, p } = pairedDifference(a.replicates, b.replicates);
          const first = better === 'lower' ? value < 0 : value > 0;
          const ahead = first ? a.label : b.label;
          const solvers = [a.label, b.label] as const;
          return { metric: metric.id, nfe: a.nfe, solvers, difference: { value, low, high }, p, ahead };
        }),
    );
  });
  const corrected = holm(pairs.map(({ p }) => p));
  return pairs.map(({ ahead, ...pair }, i) => ({
    problem,
    ...pair,
    correctedP: corrected[i],
    better: corrected[i] < familyLevel ? ahead : null,
  }));
};

/** What two solvers differ by, seen from one of them, whichever was listed first: positive where its value is the larger. */
export const seenFrom = (
  solver: string,
  { solvers: [first], difference: { value, low, high } }: PairedComparison,
): PairedComparison['difference'] =>
  solver === first ? { value, low, high } : { value: -value, low: -high, high: -low };

/** Whether a solver beats every other one in these comparisons, those apart that are the same sampler to rounding. */
export const beatsAll = (solver: string, comparisons: readonly PairedComparison[]): boolean => {
  const own = comparisons.filter(({ solvers, p }) => solvers.includes(solver) && p < 1);
  return own.length > 0 && own.every(({ better }) => better === solver);
};
