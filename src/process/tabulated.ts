import { UsageError } from '../errors.js';
import { requireClasses, requireNumbers } from './checks.js';
import { defineProcess, type ClassesOption } from './define.js';
import { classesParameter, family } from './family.js';
import { monotoneCubic } from './monotone-cubic.js';
import type { Process } from './process.js';
import { between, fromPureData, logSlopeFromZero, toPureNoise, type Point } from './table-pieces.js';

export interface TabulatedOptions extends ClassesOption {
  /** Increasing, from the data end to the noise end. */
  readonly times: readonly number[];
  /** Signal scale at each time: above 0; may be 0 at the last. */
  readonly alphas: readonly number[];
  /** Noise scale at each time: above 0; may be 0 at the first. alpha/sigma must decrease. */
  readonly sigmas: readonly number[];
  /** What the network is shown at each time; the time itself if not given. */
  readonly networkTimes?: readonly number[];
}

const requireTable = (options: TabulatedOptions): void => {
  const { times, alphas, sigmas, networkTimes, classes } = options;
  const last = Array.isArray(times) ? times.length - 1 : 0;
  requireNumbers('table', 'times', times, 'increasing times', (t, i) => i === 0 || t > times[i - 1]);
  const positive = 'numbers above 0 (sigma may be 0 at the first time, alpha at the last)';
  requireNumbers('table', 'alphas', alphas, positive, (a, i) => a > 0 || (a === 0 && i === last));
  requireNumbers('table', 'sigmas', sigmas, positive, (s, i) => s > 0 || (s === 0 && i === 0));
  if (networkTimes) requireNumbers('table', 'networkTimes', networkTimes, 'a list of numbers', () => true);
  for (const [name, list] of Object.entries({ alphas, sigmas, networkTimes: networkTimes ?? times })) {
    if (list.length !== times.length) {
      throw new UsageError(
        `process "table": ${list.length} ${name} for ${times.length} times; give one for each`,
      );
    }
  }
  const snr = alphas.map((alpha, i) => alpha / sigmas[i]);
  const bad = snr.findIndex((ratio, i) => i > 0 && !(ratio < snr[i - 1]));
  if (bad >= 0) {
    throw new UsageError(
      `process "table": alpha/sigma does not decrease at t = ${times[bad]}; give a signal that is lost as t grows`,
    );
  }
  requireClasses('table', classes);
};

/**
 * A process by its values at some times, exact there. Between them ln alpha and lambda are monotone cubics of t, so that
 * alpha, sigma and lambda have continuous derivatives, lambda decreases strictly, and drift and squared diffusion are
 * exactly theirs. Where sigma is 0 at the first time, or alpha at the last, sigma/alpha follows a power law there.
 * Throws a `UsageError` unless the times increase, alpha/sigma decreases, and two nodes have both above 0.
 */
export const tabulated = (options: TabulatedOptions): Process => {
  requireTable(options);
  const [times, alphas, sigmas] = [[...options.times], [...options.alphas], [...options.sigmas]];
  const networkTimes = options.networkTimes && [...options.networkTimes];
  const first = sigmas[0] === 0 ? 1 : 0;
  const end = times.length - 1;
  const last = alphas[end] === 0 ? end - 1 : end;
  if (last <= first) {
    throw new UsageError('process "table": give at least two times with both alpha and sigma above 0');
  }
  const inside = (list: readonly number[]): readonly number[] => list.slice(first, last + 1);
  const ratio = alphas.map((alpha, i) => alpha / sigmas[i]);
  const lambdaSlopes = {
    first:
      first > 0
        ? -logSlopeFromZero(
            times,
            ratio.slice(0, 3).map((snr) => 1 / snr),
          )
        : undefined,
    last: last < end ? logSlopeFromZero(times.slice(-3).reverse(), ratio.slice(-3).reverse()) : undefined,
  };
  const middle = between(inside(times), inside(alphas), inside(sigmas), lambdaSlopes);
  const [from, to] = [times[first], times[last]];
  const [start, stop] = [middle.at(from), middle.at(to)];
  const head = first > 0 ? fromPureData(times[0], alphas[0], from, start) : middle;
  const tail = last < end ? toPureNoise(to, stop, times[end], sigmas[end]) : middle;
  const at = (t: number): Point => (t < from ? head : t > to ? tail : middle).at(t);
  const shown = networkTimes && monotoneCubic(times, networkTimes);
  const shownSteps = networkTimes?.slice(1).map((time, i) => Math.sign(time - networkTimes[i])) ?? [1];
  return defineProcess({
    id: 'table',
    parameters: { times, alphas, sigmas, networkTimes, classes: options.classes },
    dataEnd: times[0],
    noiseEnd: times[end],
    alpha: (t) => at(t).alpha,
    sigma: (t) => at(t).sigma,
    lambda: (t) => at(t).lambda,
    drift: (t) => at(t).drift,
    squaredDiffusion: (t) => at(t).squaredDiffusion,
    inverse: (lambda) =>
      (lambda > start.lambda ? head : lambda < stop.lambda ? tail : middle).inverse(lambda),
    networkTime: (t) => {
      if (!shown) return t;
      const { node, rise } = shown(t);
      return networkTimes[node] + rise;
    },
    roundsNetworkTime: shownSteps.some((step) => step === 0 || step !== shownSteps[0]),
  });
};

export const tabulatedFamily = family<TabulatedOptions>(
  {
    id: 'table',
    description: 'a process by its values at some times, smooth between them',
    parameters: [
      { name: 'times', kind: 'numbers', description: 'increasing, from the data end to the noise end' },
      { name: 'alphas', kind: 'numbers', description: 'signal scale at each time' },
      { name: 'sigmas', kind: 'numbers', description: 'noise scale at each time; alpha/sigma must decrease' },
      {
        name: 'networkTimes',
        kind: 'numbers',
        optional: true,
        description: 'what the network is shown at each time; the time itself if not given',
      },
      classesParameter,
    ],
  },
  tabulated,
);
