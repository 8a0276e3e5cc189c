import { type Instruction, type Plan, type Return, type Terms, isCall } from '../src/plan/plan.js';
import type { Process } from '../src/process/process.js';
import { nodeAt } from './step.js';
import { momentOf } from './recorder.js';
import { type Settings, type Solver, checkNfe } from './solver.js';

/** The name under which experiments record that a plan starts so. */
export const priorStep = 'prior-step';

/**
 * A solver's plan with its first call spent at the noise end, where the exact law of the state is known: from there one step, exact
 * for a constant prediction, to the start of the solver's grid, on which N - 1 calls are left. Where the process loses its signal the
 * prediction at the noise end is the mean of the data, whatever the state: so the solver starts from `alpha E[x_0] + sigma noise`, and
 * the mean is had for one call. Start it from the law `prior`.
 *
 * With one call in all the prediction at the noise end is the answer. Where the noise end has no noise either (BFN), the noise of the step
 * is draw 0, the one of the start `zero-mean` under the same seed. Where the grid starts at the noise end, the plan is the solver's own.
 * Throws a `UsageError` for settings that the solver can't use.
 */
export const planFromPrior = (solver: Solver, process: Process, settings: Settings): Plan => {
  const nfe = checkNfe(settings.nfe);
  const plan = solver.plan(process, { ...settings, nfe: Math.max(1, nfe - 1) });
  if (plan.start.atNoiseEnd) return solver.plan(process, settings);
  const end = nodeAt(process, process.noiseEnd);
  const [state, D, z] = ['prior', 'Dprior', 'zprior'];
  const fromNoise = end.sigma === 0;
  const stepTo = (
    { alpha, sigma }: { alpha: number; sigma: number },
    into: string,
  ): readonly Instruction[] => {
    const ratio = fromNoise ? 0 : sigma / end.sigma;
    const kept: Terms = fromNoise ? [[sigma, z]] : [[ratio, state]];
    return [
      ...(fromNoise ? ([{ op: 'noise', into: z, draw: 0 }] as const) : []),
      { op: 'combine', into, terms: [...kept, [alpha - ratio * end.alpha, D]] },
    ];
  };
  const call: Instruction = { op: 'evaluate', into: D, from: state, ...momentOf(end) };
  const shared = {
    ...plan,
    settings: { ...plan.settings, start: priorStep },
    nfe,
    start: { register: state, ...momentOf(end), atNoiseEnd: true },
  };
  if (nfe > 1) {
    return {
      ...shared,
      instructions: [call, ...stepTo(plan.start, plan.start.register), ...plan.instructions],
    };
  }
  const last = plan.instructions[plan.instructions.length - 1] as Return;
  const isPrediction = plan.instructions.some((one) => isCall(one) && one.into === last.from);
  return {
    ...shared,
    instructions: isPrediction
      ? [call, { ...last, from: D }]
      : [call, ...stepTo(last, 'x'), { ...last, from: 'x' }],
  };
};
