import { timeGrid } from '../../solvers/grid.js';
import { type Solver, lastSteps } from '../../solvers/solver.js';
import { zeros } from '../array/batch.js';
import { DivergedError } from '../errors.js';
import { planFromJson } from '../plan/check.js';
import type { Denoiser } from '../plan/denoiser.js';
import { equivalent } from '../plan/equivalence.js';
import { normalForm } from '../plan/normal-form.js';
import { type Plan, isCall } from '../plan/plan.js';
import { sample } from '../plan/sample.js';
import { continuousBfn, discreteBfn, karras, variancePreserving } from '../process/index.js';
import type { Process } from '../process/process.js';
import { lawOnGaussian } from './gaussian.js';
import { type Law, type LawReport, reportLaws } from './laws.js';

/**
 * The laws that every built-in solver is put through in CI, for a solver of your own: it meets its budget for NFE 1 to 60, its
 * plans survive JSON, a constant prediction is integrated exactly and half log-SNR is all that it sees (where it is
 * declared scale invariant), its order on Gaussian data is at least the declared one, and a NaN of the network is located.
 */
export const checkSolver = (solver: Solver): Promise<readonly LawReport[]> => {
  const ofScale: readonly Law[] = [
    ['integrates a constant prediction exactly', () => constantPrediction(solver)],
    ['sees half log-SNR only', () => scaleInvariance(solver)],
  ];
  return reportLaws([
    ['meets every budget from 1 to 60, with every last step', () => budgets(solver)],
    ...(solver.scaleInvariant ? ofScale : []),
    ...(solver.consistent ? [['has its declared order on Gaussian data', () => order(solver)] as const] : []),
    ['locates a NaN of the network', () => locatesNaN(solver)],
  ]);
};

const processes = (): readonly Process[] => [
  continuousBfn({ sigma1: 0.02 }),
  discreteBfn({ classes: 5, beta1: 1.5 }),
  variancePreserving({}),
  karras({}),
];

/** Longer plans are more of the same instructions. */
const longestInJson = 12;

const budgets = (solver: Solver): string | undefined => {
  for (const process of processes()) {
    for (const lastStep of lastSteps) {
      for (let nfe = 1; nfe <= 60; nfe++) {
        const plan = solver.plan(process, { nfe, lastStep, grid: timeGrid.uniform() });
        const where = `on ${process.id}, NFE ${nfe}, ${lastStep}`;
        const calls = plan.instructions.filter(isCall).length;
        if (calls !== nfe || plan.nfe !== nfe) return `${calls} calls, declared ${plan.nfe}, ${where}`;
        if (nfe > longestInJson) continue;
        const again = planFromJson(JSON.parse(JSON.stringify(plan)));
        if (JSON.stringify(again) !== JSON.stringify(plan)) return `the plan changes in JSON ${where}`;
      }
    }
  }
  return undefined;
};

/** With `D = c` throughout, a state drawn from `N(alpha c, sigma²)` keeps that law. */
const constantPrediction = (solver: Solver): string | undefined => {
  for (const process of processes()) {
    for (const nfe of [1, 2, 5, 12]) {
      const grid = timeGrid.uniform({ eta: 0.05, tMin: process.noiseEnd / 100 });
      const plan = solver.plan(process, { nfe, grid, lastStep: 'stop', draw: false });
      const { result } = normalForm(plan);
      const { alpha, sigma } = endOf(plan);
      const [ofStart, ...ofPredictions] = result.known;
      const mean = ofPredictions.reduce((total, value) => total + value, ofStart * plan.start.alpha);
      const variance = result.noise.reduce(
        (total, value) => total + value ** 2,
        (ofStart * plan.start.sigma) ** 2,
      );
      const residual = Math.max(Math.abs(mean / alpha - 1), Math.abs(variance / sigma ** 2 - 1));
      if (!(residual < 1e-9)) return `residual ${residual} on ${process.id}, NFE ${nfe}`;
    }
  }
  return undefined;
};

const endOf = (plan: Plan): { alpha: number; sigma: number } => {
  const last = plan.instructions[plan.instructions.length - 1];
  return last.op === 'return' ? last : { alpha: NaN, sigma: NaN };
};

const scaleInvariance = (solver: Solver): string | undefined => {
  const lambdas = [-2, -1.3, -0.9, 0.1, 0.7, 1.9, 3];
  const [first, ...others] = [continuousBfn({ sigma1: 0.02 }), variancePreserving({}), karras({})].map(
    (process) => {
      const grid = timeGrid.explicit(lambdas.map(process.timeAtLambda));
      const nfe = (lambdas.length - 2) * (solver.evaluationsPerStep ?? 1) + 1;
      return solver.plan(process, { nfe, grid, lastStep: 'stop', draw: false });
    },
  );
  for (const other of others) {
    const { holds, difference } = equivalent(first, other, { upToScale: true, tolerance: 1e-9 });
    if (!holds) return `${first.process.id} and ${other.process.id}: ${difference}`;
  }
  return undefined;
};

/** The order seen on Gaussian data, where a plan's law is known without sampling: errors of 64, 128, 256 steps, uniform in half log-SNR. */
const order = (solver: Solver): string | undefined => {
  const declared = solver.kind === 'ode' ? (solver.orderAsStarted ?? solver.order) : solver.weakOrder;
  if (declared === null || declared === undefined) return undefined;
  const data = { mean: 0.3, variance: 0.04 };
  const process = continuousBfn({ sigma1: 0.05 });
  const errors = [64, 128, 256].map((steps) => {
    const nfe = steps * (solver.evaluationsPerStep ?? 1);
    const grid = timeGrid.halfLogSnr({ eta: 0.01 });
    const plan = solver.plan(process, { nfe, grid, lastStep: 'stop', draw: false });
    const { alpha, sigma } = endOf(plan);
    const { mean, variance } = lawOnGaussian(plan, data);
    return (
      Math.abs(mean - alpha * data.mean) +
      Math.abs(Math.sqrt(variance) - Math.hypot(alpha * Math.sqrt(data.variance), sigma))
    );
  });
  const slopes = [Math.log2(errors[0] / errors[1]), Math.log2(errors[1] / errors[2])];
  // an error that changes its sign on the way spoils one of the slopes, not their mean
  const seen = Math.max(slopes[1], (slopes[0] + slopes[1]) / 2);
  const settled = errors[2] < 1e-12 || seen > declared - 0.25;
  return settled
    ? undefined
    : `declared ${declared}, seen ${slopes.map((slope) => slope.toFixed(2)).join(', ')}`;
};

const locatesNaN = async (solver: Solver): Promise<string | undefined> => {
  const process = continuousBfn({ sigma1: 0.02 });
  const nfe = 6;
  const plan = solver.plan(process, {
    nfe,
    grid: timeGrid.uniform({ eta: 0.05 }),
    lastStep: 'stop',
    draw: false,
  });
  for (let failing = 1; failing <= nfe; failing++) {
    let calls = 0;
    const denoiser: Denoiser = {
      sampleShape: [2],
      predict: (x) => ({ ...zeros(x.shape), data: zeros(x.shape).data.fill(++calls === failing ? NaN : 0) }),
    };
    const error: unknown = await sample({ plan, denoiser, start: 'zero-mean', samples: 3 }).catch(
      (e: unknown) => e,
    );
    if (!(error instanceof DivergedError) || error.evaluation !== failing || error.solver !== solver.id) {
      return `a NaN at evaluation ${failing} is answered with ${String(error)}`;
    }
  }
  return undefined;
};
