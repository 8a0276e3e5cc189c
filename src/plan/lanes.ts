import type { Combine, Evaluate, Noise, Plan, Register, Return } from './plan.js';

/**
 * A number of a state, given back to the lane: the root mean square over the coordinates of `from`, each divided by the largest of
 * `absolute` and the `|coefficient * register|` of `sizes`. A plain norm has `absolute` 1 and no sizes; an error held against a
 * tolerance has the absolute one, and the relative one as the coefficient of the states that it is relative to.
 */
export interface Measure {
  readonly op: 'measure';
  readonly from: Register;
  /** Positive. */
  readonly absolute: number;
  readonly sizes: readonly (readonly [coefficient: number, register: Register])[];
}

/**
 * What a lane may ask for: the instructions of a plan, but that a register may be written again, which is how it is freed, and that
 * `evaluate` asks the network for means, not for draws and not a reference.
 */
export type LaneInstruction = Omit<Evaluate, 'draw' | 'ask'> | Noise | Combine | Measure;

/** Where a sample was left when its budget of calls was spent. */
export interface Incomplete {
  /** The process time that it got to. */
  readonly t: number;
  /** Of the last step that was tried, its error in units of the tolerance; null where none was. */
  readonly error: number | null;
}

/** What is returned, as by a plan: the best that there is, where a lane is incomplete. */
export interface LaneEnd extends Omit<Return, 'op'> {
  readonly incomplete?: Incomplete;
}

/**
 * The instructions for one sample, made one after another: a `measure` is answered with its number, all others with nothing. A lane
 * knows numbers alone, neither arrays nor networks nor random generators nor other samples.
 */
export type Lane = Generator<LaneInstruction, LaneEnd, number | undefined>;

/**
 * What a solver whose steps depend on the sample makes of a process and settings, where others make a plan. Before the first
 * instruction of a lane, `start.register` holds the start of its sample.
 */
export interface Lanes extends Omit<Plan, 'nfe' | 'instructions'> {
  /** Most `evaluate` instructions of a lane. */
  readonly budget: number;
  /** A new lane, for one sample; all of them begin alike. */
  lane(): Lane;
}

/** For use in a lane, as `yield* measure(...)`: the number that comes back. */
export function* measure(
  from: Register,
  absolute = 1,
  sizes: Measure['sizes'] = [],
): Generator<LaneInstruction, number, number | undefined> {
  return (yield { op: 'measure', from, absolute, sizes }) ?? NaN;
}
