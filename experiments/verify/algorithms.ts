import { solver } from '../../solvers/index.js';
import type { Process } from '../../src/process/index.js';
import { type Check, check } from './check.js';
import { anyContinuousBfn, anyDiscreteBfn, anySteps } from './instances.js';
import { type StepCoefficients, type Written, constantsOf, stepDifference, stepOf } from './plans.js';
import type { RandomStream } from '../../src/random/index.js';

// The paper's algorithms as it writes them, in mu, z and e, against the steps of our solvers. The step goes from s to t < s; r is the
// node before s. On discrete data e = (D + 1)/K, so that the terms with 1/K drop out.

const algorithm = (
  id: string,
  name: string,
  statement: string,
  source: string,
  anyOf: (random: RandomStream) => Process,
  formula: Written,
  planted: Readonly<Record<string, Written>>,
): Check =>
  check<Written>({
    name,
    statement,
    source,
    method: 'coefficients',
    tolerance: 1e-10,
    formula,
    planted,
    residual(written, random) {
      const process = anyOf(random);
      const [r, s, t] = anySteps(random, process);
      const ours = stepOf(solver(id), process, [r, s, t]);
      return stepDifference(ours, written({ r, s, t, process }), { sigma: process.sigma(s) });
    },
  });

/** gamma and what follows of it, from sigma1 alone. */
const schedule = ({ parameters }: Process) => {
  const sigma1 = Number(parameters['sigma1']);
  const gamma = (t: number): number => 1 - sigma1 ** (2 * (1 - t));
  const sigma = (t: number): number => Math.sqrt(gamma(t) * (1 - gamma(t)));
  const lambda = (t: number): number => Math.log(gamma(t) / (1 - gamma(t))) / 2;
  return { gamma, sigma, lambda };
};

/** `x mu_s + eps eps_hat + ...` with `eps_hat = (mu_s - gamma_s x_hat)/sigma_s`. */
const inNoise = (gamma: number, sigma: number, x: number, eps: number): StepCoefficients => ({
  x: x + eps / sigma,
  D: (-eps * gamma) / sigma,
});

const original =
  (variance = 1): Written =>
  ({ s, t, process }) => {
    const { gamma, sigma } = schedule(process);
    const [gs, gt] = [gamma(s), gamma(t)];
    return {
      ...inNoise(gs, sigma(s), gt / gs, -(gt - gs) / Math.sqrt(gs * (1 - gs))),
      noise: Math.sqrt((variance * (1 - gt) * (gt - gs)) / (1 - gs)),
    };
  };

const algorithm1 =
  (power = 1): Written =>
  ({ s, t, process }) => {
    const { gamma, sigma, lambda } = schedule(process);
    const h = lambda(t) - lambda(s);
    return inNoise(gamma(s), sigma(s), gamma(t) / gamma(s), -sigma(t) * (Math.exp(power * h) - 1));
  };

/** D = x0_s + (x0_s - x0_r)/(share q), q = (lambda_s - lambda_r)/h. */
const extrapolated = (weight: number, share: number, { r, s, t, process }: Parameters<Written>[0]) => {
  const { lambda } = schedule(process);
  const q = (lambda(s) - lambda(r)) / (lambda(t) - lambda(s));
  return { D: weight * (1 + 1 / (share * q)), previous: -weight / (share * q) };
};

const algorithm2 =
  (share = 2): Written =>
  (at) => {
    const { gamma, sigma, lambda } = schedule(at.process);
    const h = lambda(at.t) - lambda(at.s);
    return { x: sigma(at.t) / sigma(at.s), ...extrapolated(gamma(at.t) * (1 - Math.exp(-h)), share, at) };
  };

const algorithm3 =
  (share = 2, power = 2): Written =>
  (at) => {
    const { gamma, sigma, lambda } = schedule(at.process);
    const h = lambda(at.t) - lambda(at.s);
    return {
      x: (sigma(at.t) / sigma(at.s)) * Math.exp(-h),
      ...extrapolated(gamma(at.t) * (1 - Math.exp(-2 * h)), share, at),
      noise: sigma(at.t) * Math.sqrt(1 - Math.exp(-power * h)),
    };
  };

/** `coefficient (e_s - e_r)/(s - r)` in D. */
const slope = (coefficient: number, K: number, r: number, s: number): number => coefficient / (K * (s - r));

const algorithm4 =
  (variance = 1): Written =>
  ({ s, t, process }) => {
    const { K, b1 } = constantsOf(process);
    const gained = b1 * ((1 - t) ** 2 - (1 - s) ** 2);
    return { x: 1, D: gained, noise: Math.sqrt(variance * K * gained) };
  };

const algorithm5 =
  (sign = 1): Written =>
  ({ r, s, t, process }) => {
    const { K, b1 } = constantsOf(process);
    const gained = b1 * ((1 - t) ** 2 - (1 - s) ** 2);
    const D1 = slope((sign * K * b1 * (t - s) ** 2 * (s + 2 * t - 3)) / 3, K, r, s);
    return { x: 1, D: gained + D1, previous: -D1, noise: Math.sqrt(K * gained) };
  };

const algorithm6 =
  (at = (_s: number, t: number): number => t): Written =>
  ({ s, t, process }) => ({ x: (1 - t) / (1 - s), D: -constantsOf(process).b1 * (1 - at(s, t)) * (t - s) });

const algorithm7 =
  (share = 2): Written =>
  ({ r, s, t, process }) => {
    const { K, b1 } = constantsOf(process);
    const D1 = slope((-K * b1 * (1 - t) * (t - s) ** 2) / share, K, r, s);
    return { x: (1 - t) / (1 - s), D: -b1 * (1 - t) * (t - s) + D1, previous: -D1 };
  };

const xue = (n: number): string => `Xue et al. 2024, algorithm ${n}`;

export const algorithmChecks: readonly Check[] = [
  algorithm(
    'bfn',
    'original-sampler-continuous',
    'mu_t = (g_t/g_s) mu_s - (g_t - g_s)/sqrt(g_s (1 - g_s)) eps_hat + sqrt((1 - g_t)(g_t - g_s)/(1 - g_s)) u',
    'Graves et al. 2023, algorithm 3, in one line; Xue et al. 2024, Proposition 4.2',
    anyContinuousBfn,
    original(),
    { 'noise of the update, not of the state': original(1.001) },
  ),
  algorithm(
    'bfn-solver++1',
    'algorithm-1',
    'BFN-Solver++1: mu_t = (g_t/g_s) mu_s - sigma_t (e^h - 1) eps_hat',
    xue(1),
    anyContinuousBfn,
    algorithm1(),
    { 'e^(2h)': algorithm1(2) },
  ),
  algorithm(
    'bfn-solver++2',
    'algorithm-2',
    'BFN-Solver++2: mu_t = (sigma_t/sigma_s) mu_s + g_t (1 - e^-h) (x0_s + (x0_s - x0_r)/(2q))',
    xue(2),
    anyContinuousBfn,
    algorithm2(),
    { 'q for 2q': algorithm2(1) },
  ),
  algorithm(
    'sde-bfn-solver++2',
    'algorithm-3',
    'SDE-BFN-Solver++2: mu_t = (sigma_t/sigma_s) e^-h mu_s + g_t (1 - e^-2h) D + sigma_t sqrt(1 - e^-2h) u',
    xue(3),
    anyContinuousBfn,
    algorithm3(),
    { 'q for 2q': algorithm3(1), 'noise with e^-h': algorithm3(2, 1) },
  ),
  algorithm(
    'sde-bfn-solver1',
    'algorithm-4',
    'SDE-BFN-Solver1: z_t = z_s + (b_t - b_s)(K e - 1) + sqrt(K (b_t - b_s)) u',
    xue(4),
    anyDiscreteBfn,
    algorithm4(),
    { 'noise 0.1% too wide': algorithm4(1.002) },
  ),
  algorithm(
    'sde-bfn-solver2',
    'algorithm-5',
    'SDE-BFN-Solver2: algorithm 4 plus (1/3) K beta1 (t-s)² (s + 2t - 3) (e_s - e_r)/(s - r)',
    xue(5),
    anyDiscreteBfn,
    algorithm5(),
    { "the sign of the authors' commented-out line": algorithm5(-1) },
  ),
  algorithm(
    'bfn-solver1',
    'algorithm-6',
    'BFN-Solver1: z_t = ((1-t)/(1-s)) z_s + K beta1 (1-t)(t-s)(1/K - e)',
    xue(6),
    anyDiscreteBfn,
    algorithm6(),
    { '(1-s) for (1-t), which is Euler': algorithm6((s) => s) },
  ),
  algorithm(
    'bfn-solver2',
    'algorithm-7',
    'BFN-Solver2: algorithm 6 less K beta1 (1-t) (t-s)²/2 (e_s - e_r)/(s - r)',
    xue(7),
    anyDiscreteBfn,
    algorithm7(),
    { 'without the 1/2': algorithm7(1) },
  ),
];
