import { type Replicates, estimateOf, jointly } from './statistics/replicates.js';

/** One metric of a solver, a distance (lower is better), at some numbers of calls; null where the run failed. */
export interface QualityCurve {
  readonly nfe: readonly number[];
  readonly values: readonly (number | null)[];
}

/** How many calls are needed: a number, with its 95% interval where it was asked for (an end that is left out lies beyond the numbers tried), or that it lies at or below the least or beyond the largest number tried. */
export type Calls =
  | { readonly calls: number; readonly low?: number; readonly high?: number }
  | { readonly atMost: number }
  | { readonly moreThan: number };

/** A metric at the same numbers of calls as its companions, and what it has to get down to. */
export interface Goal {
  readonly values: QualityCurve['values'];
  readonly target: number;
}

/**
 * The calls at which all metrics together first get down to their targets. The first number tried at which they have is an
 * upper bound; between it and the one tried before, a metric follows a straight line in the logarithms of calls and
 * distance, and the slowest counts. Where there is no such line (a failed run before, a distance or target of 0 or
 * below) it is the number tried. A curve that rises again later has been there: the answer favours the curve. `nfe` holds
 * one or more distinct positive numbers, in any order.
 */
export const callsToMeet = (nfe: readonly number[], goals: readonly Goal[]): Calls => {
  const ascending = nfe.map((_, i) => i).sort((a, b) => nfe[a] - nfe[b]);
  const valueAt = ({ values }: Goal, i: number): number => values[i] ?? Infinity;
  const first = ascending.findIndex((i) => goals.every((goal) => valueAt(goal, i) <= goal.target));
  if (first < 0) return { moreThan: Math.max(...nfe) };
  const after = ascending[first];
  if (first === 0) return { atMost: nfe[after] };
  const before = ascending[first - 1];
  const part = Math.max(
    ...goals.map((goal) => crossing(valueAt(goal, before), valueAt(goal, after), goal.target)),
  );
  return { calls: part === 1 ? nfe[after] : nfe[before] * (nfe[after] / nfe[before]) ** part };
};

/** `callsToMeet` for one metric. */
export const callsToReach = ({ nfe, values }: QualityCurve, target: number): Calls =>
  callsToMeet(nfe, [{ values, target }]);

/** The same, and whether what is asked is the floor: the solver is there itself, so that its own number of calls says nothing of how many more the other one needs. */
export type CallsForQuality = Calls & { readonly floor?: true };

/** A goal whose values and target are known with their replicates. What is below `atLeast` is not asked of it. */
export interface ReplicatedGoal {
  readonly values: readonly (Replicates | null)[];
  readonly target: Replicates;
  readonly atLeast: number;
}

/**
 * `callsToMeet` with an interval, by the jackknife of the logarithm of the calls: all metrics at all numbers of calls and the
 * targets lose the same groups at a time. An end of the interval is left out where it, or the calls without one of the
 * groups, lie beyond the numbers tried.
 */
export const callsToMeetWithin = (
  nfe: readonly number[],
  goals: readonly ReplicatedGoal[],
): CallsForQuality => {
  const floor = goals.every(({ target, atLeast }) => target.value <= atLeast);
  if (!floor) return callsWithin(nfe, goals);
  // the floor is asked for, whatever scatters about it
  const fixed = goals.map((goal) => {
    const { atLeast, target } = goal;
    const left = target.left.map((groups) => groups.map(() => atLeast));
    return { ...goal, target: { ...target, value: atLeast, left } };
  });
  return { ...callsWithin(nfe, fixed), floor };
};

const callsWithin = (nfe: readonly number[], goals: readonly ReplicatedGoal[]): Calls => {
  const statistics = goals.flatMap(({ values, target }) => [
    target,
    ...values.filter((one): one is Replicates => one !== null),
  ]);
  const callsAt = (numbers: readonly number[]): Calls => {
    const rest = numbers.values();
    const next = (): number => Number(rest.next().value);
    const plain = goals.map(({ values, atLeast }): Goal => {
      const target = Math.max(next(), atLeast);
      return { target, values: values.map((one) => (one === null ? null : next())) };
    });
    return callsToMeet(nfe, plain);
  };
  const answer = callsAt(statistics.map(({ value }) => value));
  if (!('calls' in answer)) return answer;
  const [least, most] = [Math.min(...nfe), Math.max(...nfe)];
  const number = (calls: Calls): number =>
    'calls' in calls ? calls.calls : 'atMost' in calls ? least / 2 : most * 2;
  const replicates = jointly((numbers) => Math.log(number(callsAt(numbers))), statistics);
  const left = replicates.left.flat().map(Math.exp);
  const { low, high } = estimateOf(replicates);
  return {
    ...answer,
    ...(Math.exp(low) >= least && left.every((one) => one >= least) ? { low: Math.exp(low) } : {}),
    ...(Math.exp(high) <= most && left.every((one) => one <= most) ? { high: Math.exp(high) } : {}),
  };
};

/** Where on the way from `before` to `after`, in [0, 1], a distance has come down to a target that lies at or above `after`. */
const crossing = (before: number, after: number, target: number): number => {
  if (before <= target) return 0;
  if (before === Infinity || after <= 0) return 1;
  const part = (Math.log(before) - Math.log(target)) / (Math.log(before) - Math.log(after));
  return part <= 1 ? part : 1; // also where all three are one to rounding
};
