import type { Register, Terms } from '../src/plan/plan.js';
import { type Adams, adamsStep } from './exponential-multistep.js';
import type { Evaluation, Step } from './step.js';

// A start of full order for a multistep method of order p: Runge's idea of a starter, on the first p - 2 steps of the grid themselves. The
// first p - 1 predictions and a polynomial through them give all the first states; each round of calls on these states raises the
// order of both by one. A prediction needs one order less than a state, since it enters times the length of a step: so round k calls on
// k states only, and the last call of the last round is the one that the next step makes anyway. docs/theory.md, section 4.

export interface StartUpPlan {
  /** Order that the whole run can have. */
  readonly order: number;
  /** How many steps of the grid it makes. */
  readonly steps: number;
  /** Calls beyond one a step. */
  readonly extraCalls: number;
}

/** The start-up of the highest order, up to the given one, that the budget of calls allows for: order 2 is the ramp itself. */
export const startUpWithin = (budget: number, order: number): StartUpPlan => {
  const steps = Math.max(0, order - 2);
  const extraCalls = (steps * (steps - 1)) / 2;
  return order <= 2 || steps + 1 + extraCalls <= budget
    ? { order, steps, extraCalls }
    : startUpWithin(budget, order - 1);
};

/** What the start-up is given of the plan being written. */
export interface FirstSteps {
  /** Evaluates a state at the node where the step of that number begins. */
  evaluate(x: Register, index: number): Evaluation;
  /** The step of that number from a state, with the noises that it drew when it was first made. */
  step(index: number, x: Register, current: Evaluation): Step;
  combine(terms: Terms): Register;
}

export interface Started {
  /** The state after those steps, on which the next step calls. */
  readonly x: Register;
  /** Newest first. */
  readonly history: readonly Evaluation[];
  /** The state once more, with the prediction there. */
  readonly correct: (there: Evaluation) => Terms;
}

/** Makes the first `steps` steps, one at least. */
export const startUp = (start: Register, steps: number, adams: Adams, write: FirstSteps): Started => {
  const states = [start];
  /** The step of that number by the polynomial through these evaluations, that at its own start first. */
  const terms = (index: number, points: readonly Evaluation[]): Terms => {
    const own = points[index];
    const others = points.filter((point) => point !== own);
    return adamsStep(write.step(index, states[index], own), [own, ...others], adams);
  };
  const known = [write.evaluate(start, 0)];
  for (let round = 1; round <= steps; round++) {
    for (let i = 0; i < round; i++) {
      if (i > 0) known[i] = write.evaluate(states[i], i);
      states[i + 1] = write.combine(terms(i, known));
    }
    if (round < steps) known[round] = write.evaluate(states[round], round); // the next step calls on the last state
  }
  return {
    x: states[steps],
    history: known.toReversed(),
    correct: (there) => {
      const points = [...known, there];
      for (let i = 0; i < steps - 1; i++) states[i + 1] = write.combine(terms(i, points));
      return terms(steps - 1, points);
    },
  };
};
