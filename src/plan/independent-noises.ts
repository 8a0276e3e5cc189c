import type { ClockInterval, DrawnNoise, Instruction, PathNoise, Plan } from './plan.js';

export const isDrawn = (entry: Instruction): entry is DrawnNoise => entry.op === 'noise' && 'draw' in entry;
const isPath = (entry: Instruction): entry is PathNoise => entry.op === 'noise' && 'clock' in entry;

/**
 * The same plan in law, all of whose noises are independent: increments of Brownian paths are written as sums over the elementary
 * intervals between all ends that the plan names on their clock, each with a draw of its own.
 */
export const withIndependentNoises = (plan: Plan): Plan => {
  const paths = plan.instructions.filter(isPath);
  if (paths.length === 0) return plan;
  const draws = plan.instructions.filter(isDrawn).map(({ draw }) => draw);
  let next = draws.reduce((most, draw) => Math.max(most, draw), 0) + 1;
  const clocks = new Map<string, { ends: number[]; first: number }>();
  for (const clock of new Set(paths.map((entry) => entry.clock))) {
    const named = paths.filter((entry) => entry.clock === clock).flatMap(({ from, to }) => [from, to]);
    const ends = [...new Set(named)].sort((a, b) => a - b);
    clocks.set(clock, { ends, first: next });
    next += ends.length - 1;
  }
  const elementary = ({ clock, from, to }: ClockInterval): [weight: number, draw: number][] => {
    const { ends, first } = clocks.get(clock) ?? { ends: [], first: 0 };
    return ends.slice(ends.indexOf(from), ends.indexOf(to)).map((left, k) => {
      const at = ends.indexOf(from) + k;
      return [Math.sqrt((ends[at + 1] - left) / (to - from)), first + at];
    });
  };
  const registers = new Set([plan.start.register]);
  plan.instructions.forEach((entry) => entry.op !== 'return' && registers.add(entry.into));
  const fresh = (draw: number): string => {
    let name = `w${draw}`;
    while (registers.has(name)) name = `${name}_`;
    registers.add(name);
    return name;
  };
  const drawn = new Map<number, string>();
  const instructions = plan.instructions.flatMap((entry): Instruction[] => {
    if (!isPath(entry)) return [entry];
    const made: Instruction[] = [];
    const terms = elementary(entry).map(([weight, draw]) => {
      const known = drawn.get(draw);
      const into = known ?? fresh(draw);
      if (known === undefined) {
        made.push({ op: 'noise', into, draw });
        drawn.set(draw, into);
      }
      return [weight, into] as const;
    });
    return [...made, { op: 'combine', into: entry.into, terms }];
  });
  return { ...plan, instructions };
};
