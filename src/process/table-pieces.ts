import { middleSlope, monotoneCubic, pieceAt, type EndSlopes } from './monotone-cubic.js';
import { decreasingRoot } from './numeric.js';

/** All that a process says at one time. */
export interface Point {
  readonly alpha: number;
  readonly sigma: number;
  readonly lambda: number;
  readonly drift: number;
  readonly squaredDiffusion: number;
}

/** One stretch of the time axis, and the inverse of its lambda. */
export interface Piece {
  at(t: number): Point;
  inverse(lambda: number): number;
}

/**
 * The slope of ln q at the second of three nodes, where q² is 0 at the first: that of the parabola through q², which is
 * exact for q ~ t (rectified flow) and for q ~ sqrt(t) (variance preserving).
 */
export const logSlopeFromZero = (times: readonly number[], q: readonly number[]): number => {
  const [t0, t1, t2] = times as [number, number, number];
  const [, q1, q2] = q as [number, number, number];
  const secants = [1 / (t1 - t0), ((q2 / q1) ** 2 - 1) / (t2 - t1)] as const;
  return middleSlope(...secants, t1 - t0, t2 - t1) / 2;
};

/** Where alpha and sigma are positive: ln alpha and lambda are monotone cubics, hence g² = -2 sigma² lambda'. */
export const between = (
  times: readonly number[],
  alphas: readonly number[],
  sigmas: readonly number[],
  lambdaSlopes: EndSlopes,
): Piece => {
  const lambdas = alphas.map((alpha, i) => Math.log(alpha / sigmas[i]));
  const logAlpha = monotoneCubic(
    times,
    alphas.map((alpha) => Math.log(alpha)),
  );
  const lambda = monotoneCubic(times, lambdas, lambdaSlopes);
  const falling = lambdas.map((value) => -value);
  return {
    at: (t) => {
      const a = logAlpha(t);
      const l = lambda(t);
      const sigma = sigmas[a.node] * Math.exp(a.rise - l.rise);
      return {
        alpha: alphas[a.node] * Math.exp(a.rise),
        sigma,
        lambda: lambdas[l.node] + l.rise,
        drift: a.slope,
        squaredDiffusion: -2 * sigma * sigma * l.slope,
      };
    },
    inverse: (wanted) => {
      const left = pieceAt(falling, -wanted);
      const node = [left, left + 1].find((i) => lambdas[i] === wanted);
      if (node !== undefined) return times[node];
      const f = (t: number) => {
        const { node, rise, slope } = lambda(t);
        return { value: lambdas[node] - wanted + rise, slope };
      };
      return decreasingRoot(f, times[left], times[left + 1]);
    },
  };
};

/** The first stretch where sigma starts at 0: sigma/alpha is a power of t that joins the rest smoothly, ln alpha a parabola. */
export const fromPureData = (start: number, alpha0: number, joint: number, joined: Point): Piece => {
  const h = joint - start;
  const { alpha: alpha1, sigma: sigma1, lambda: lambda1, drift: drift1, squaredDiffusion: g2 } = joined;
  const power = (h * g2) / (2 * sigma1 * sigma1);
  const bend = drift1 * h - Math.log(alpha1 / alpha0);
  return {
    at: (t) => {
      const u = (t - start) / h;
      const alpha = alpha0 * Math.exp(u * (Math.log(alpha1 / alpha0) + bend * (u - 1)));
      const ratio = sigma1 / alpha1;
      return {
        alpha,
        sigma: alpha * ratio * u ** power,
        lambda: lambda1 - power * Math.log(u),
        drift: (Math.log(alpha1 / alpha0) + bend * (2 * u - 1)) / h,
        squaredDiffusion: ((2 * power) / h) * (alpha * ratio) ** 2 * u ** (2 * power - 1),
      };
    },
    inverse: (lambda) => start + h * Math.exp((lambda1 - lambda) / power),
  };
};

/** The last stretch where alpha ends at 0: alpha/sigma is a power of the time left that joins the rest smoothly, ln sigma a parabola. */
export const toPureNoise = (joint: number, joined: Point, end: number, sigma1: number): Piece => {
  const h = end - joint;
  const { alpha: alpha0, sigma: sigma0, lambda: lambda0, drift: drift0, squaredDiffusion: g2 } = joined;
  const power = (h * g2) / (2 * sigma0 * sigma0);
  const logSlope0 = drift0 + power / h; // of ln sigma = ln alpha - lambda
  const bend = Math.log(sigma1 / sigma0) - logSlope0 * h;
  return {
    at: (t) => {
      const u = (t - joint) / h;
      const left = (end - t) / h;
      // from the nearer node, so that both are met exactly
      const sigma =
        u < 0.5
          ? sigma0 * Math.exp(u * (logSlope0 * h + bend * u))
          : sigma1 * Math.exp((u - 1) * (logSlope0 * h + bend * (u + 1)));
      return {
        alpha: sigma * (alpha0 / sigma0) * left ** power,
        sigma,
        lambda: lambda0 + power * Math.log(left),
        drift: logSlope0 + (2 * bend * u) / h - power / (end - t),
        squaredDiffusion: (2 * power * sigma * sigma) / (end - t),
      };
    },
    inverse: (lambda) => end - h * Math.exp((lambda - lambda0) / power),
  };
};
