import { elements } from '../array/batch.js';
import type { Shaped } from './ops.js';

/**
 * A value whose axes may lie in another order than those of its shape: `order[i]` is the axis that lies at place i. So a transposition costs
 * nothing until an operator needs its axes in place, and an image, [n, height, width, channels], lies as [n, channels, height, width] from one
 * convolution to the next.
 */
export interface Laid extends Shaped {
  readonly order: readonly number[];
}

export const inOrder = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i);

const same = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** Whether the axes lie in that order. */
export const lies = ({ order }: Laid, wanted: readonly number[]): boolean => same(order, wanted);

/** The lengths of the axes as they lie. */
export const lying = ({ shape, order }: Laid): number[] => order.map((axis) => shape[axis]);

/** Whether that order comes without moving a number: the axes longer than 1 keep their sequence. */
export const staysPut = ({ shape, order }: Laid, wanted: readonly number[]): boolean => {
  const long = (axes: readonly number[]): readonly number[] => axes.filter((axis) => shape[axis] !== 1);
  return same(long(order), long(wanted));
};

/** The ends of the shortest runs of axes that hold the same numbers in both shapes; undefined where the batch, -1, is joined with another axis. */
const runs = (from: readonly number[], to: readonly number[]): [number, number][] | undefined => {
  if (elements(from) !== elements(to)) return undefined;
  const ends: [number, number][] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    let [a, b] = [from[i++], to[j++]];
    while (a !== b) {
      if (a < 0 || b < 0) return undefined;
      if (a < b) a *= from[i++];
      else b *= to[j++];
    }
    ends.push([i, j]);
  }
  // what is left of one of them has length 1
  return [...ends.slice(0, -1), [from.length, to.length]];
};

/** The order in which the axes of the new shape lie if no number moves; undefined where some must. */
export const reshapedOrder = ({ shape, order }: Laid, to: readonly number[]): number[] | undefined => {
  const ends = runs(shape, to);
  if (ends === undefined) return undefined;
  const result: number[] = [];
  for (let at = 0; at < order.length;) {
    const run = ends.findIndex(([end]) => order[at] < end);
    const [first, firstTo] = run > 0 ? ends[run - 1] : [0, 0];
    const [end, endTo] = ends[run];
    for (let axis = first; axis < end; axis++) if (order[at++] !== axis) return undefined;
    for (let axis = firstTo; axis < endTo; axis++) result.push(axis);
  }
  return result;
};
