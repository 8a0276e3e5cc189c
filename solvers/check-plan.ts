import { UsageError } from '../src/errors.js';
import { entriesOf } from '../src/plan/components.js';
import { type Plan, isCall } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { isInterval } from '../src/random/index.js';

export const infiniteStep = (solver: string, t: number, process: string): UsageError =>
  new UsageError(
    `${solver} cannot step from t = ${t} on ${process}: a coefficient is infinite there; ` +
      `use eta > 0: such a grid starts short of the noise end`,
  );

/** What only the whole plan shows: calls without effect, steps from where a formula diverges, times that the network cannot tell apart. */
export const checkPlan = (plan: Plan, nfe: number, process: Process): void => {
  if (plan.nfe !== nfe) {
    throw new UsageError(`${plan.solver} leaves ${nfe - plan.nfe} of its ${nfe} evaluations without effect`);
  }
  const shown = new Map<number, number>();
  let now = plan.start.t;
  for (const entry of plan.instructions) {
    if (entry.op === 'combine' && !entry.terms.every(([c]) => entriesOf(c).every(Number.isFinite))) {
      throw infiniteStep(plan.solver, now, plan.process.id);
    }
    if (entry.op === 'noise' && 'clock' in entry && !isInterval(entry)) {
      throw new UsageError(
        `${plan.solver} cannot step from t = ${now} on a Brownian path: half log-SNR is infinite where the step ends`,
      );
    }
    if (isCall(entry)) {
      const other = shown.get(entry.time);
      if (process.roundsNetworkTime && other !== undefined && other !== entry.t) {
        throw new UsageError(
          `the times ${other} and ${entry.t} are both shown to the network as ${entry.time}: use fewer or other times, or real network times`,
        );
      }
      shown.set(entry.time, entry.t);
      now = entry.t;
    }
  }
};
