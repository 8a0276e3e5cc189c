import { UsageError } from '../src/errors.js';
import { type Plan, isCall } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';

/**
 * What a sample of classes is made of the last prediction: the most likely class of each variable, or one drawn from its probabilities,
 * each variable by itself.
 */
export type Answer = 'mode' | 'draw';
export const answers: readonly Answer[] = ['mode', 'draw'];

/**
 * The plan with an answer, recorded in its settings. For `draw` its last call asks the network for a sample of the predicted classes; for
 * `mode` it stays as it is, since the most likely class is what decoding takes. Throws a `UsageError` on a process without classes,
 * and for a draw where the plan returns a state and not a prediction.
 */
export const withAnswer = (plan: Plan, answer: Answer, process: Process): Plan => {
  if (!answers.includes(answer)) {
    throw new UsageError(`the answer is "${String(answer)}"; it must be ${answers.join(' or ')}`);
  }
  if (process.classes === undefined) {
    throw new UsageError(`the answer "${answer}" is one of classes, and ${process.id} has none`);
  }
  const settings = { ...plan.settings, answer };
  if (answer === 'mode') return { ...plan, settings };
  const last = plan.instructions[plan.instructions.length - 1];
  const draws = plan.instructions.map((entry) => (entry.op === 'evaluate' ? (entry.draw ?? 0) : 0));
  const unused = 1 + draws.reduce((most, draw) => Math.max(most, draw), 0);
  const answered = plan.instructions.findIndex(
    (entry) => last.op === 'return' && isCall(entry) && entry.into === last.from,
  );
  if (answered >= 0) {
    const instructions = plan.instructions.map((entry, i) =>
      i === answered && entry.op === 'evaluate' ? { ...entry, draw: entry.draw ?? unused } : entry,
    );
    return { ...plan, settings, instructions };
  }
  throw new UsageError(
    `the answer "draw" is drawn from a prediction, and this plan of ${plan.solver} returns a state: use the last step predict or predict-at-end`,
  );
};
