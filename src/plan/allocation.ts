import { type Plan, type Register, reads } from './plan.js';

export interface Allocation {
  /** Which of `slots` arrays holds a register. */
  readonly slotOf: ReadonlyMap<Register, number>;
  readonly slots: number;
}

/**
 * Gives registers to as few arrays as a plan needs: an array is free again after the last instruction that reads it. What a
 * combination reads for the last time it may overwrite, since it works entry by entry; an evaluation may not.
 */
export const allocate = (plan: Plan): Allocation => {
  const lastRead = new Map<Register, number>();
  plan.instructions.forEach((entry, i) => reads(entry).forEach((register) => lastRead.set(register, i)));
  const slotOf = new Map<Register, number>([[plan.start.register, 0]]);
  const free: number[] = [];
  let slots = 1;
  const take = (): number => free.pop() ?? slots++;
  plan.instructions.forEach((entry, i) => {
    if (entry.op === 'return') return;
    const dying = [...new Set(reads(entry))]
      .filter((register) => lastRead.get(register) === i)
      .map((register) => slotOf.get(register) ?? 0);
    if (entry.op === 'combine') free.push(...dying);
    const slot = take();
    if (entry.op !== 'combine') free.push(...dying);
    slotOf.set(entry.into, slot);
    if (!lastRead.has(entry.into)) free.push(slot);
  });
  return { slotOf, slots };
};
