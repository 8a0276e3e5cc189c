import { UsageError } from '../src/errors.js';
import type { ClockInterval } from '../src/plan/plan.js';

/** A stochasticity on an interval of half log-SNRs, and 0 elsewhere: SA-Solver's tau(t), with `value = tau²`. */
export type EtaInterval = Readonly<Record<'value' | 'from' | 'to', number>>;

/** Where between the ODE (0) and the usual reverse SDE (1) a path lies, at all or at some noise levels. */
export type EtaSde = number | EtaInterval;

/** Throws a `UsageError` unless it lies in [0, 1], on an interval if on one. */
export const checkedEta = <Eta extends EtaSde>(name: 'etaSde' | 'etaDdim', eta: Eta): Eta => {
  const { value, from, to } = typeof eta === 'number' ? { value: eta, from: 0, to: 1 } : eta;
  if (!(value >= 0 && value <= 1)) {
    throw new UsageError(`${name} is ${value ?? JSON.stringify(eta)}; it must be in [0, 1]`);
  }
  if (Number.isFinite(from) && Number.isFinite(to) && from < to) return eta;
  throw new UsageError(`${name} is on ${from} to ${to}; these must be two half log-SNRs, the lower first`);
};

/** `∫ eta d lambda`. */
const integral = (eta: EtaInterval, from: number, to: number): number =>
  eta.value * Math.max(0, Math.min(to, eta.to) - Math.max(from, eta.from));

/**
 * The mean of eta over a way in half log-SNR. A step with it keeps the state and adds the noise that eta itself does, and integrates a
 * constant prediction exactly, since all these depend on `∫ eta d lambda` only: docs/theory.md, section 4.
 */
export const meanEta = (eta: EtaSde, from: number, to: number): number => {
  if (typeof eta === 'number') return eta;
  const share = integral(eta, from, to) / (to - from);
  return Number.isNaN(share) ? 0 : Math.min(eta.value, share);
};

/**
 * On the clock `e^(2 ∫ eta d lambda)` the exact step for a constant prediction adds the path's own increment: `(x/sigma) e^(∫ eta d
 * lambda)` gains `W(to) - W(from)`, however the way is cut into steps.
 */
export const pathInterval = (from: number, to: number, eta: EtaSde = 1): ClockInterval => {
  if (typeof eta === 'number') {
    const rate = 2 * (eta > 0 ? eta : 1);
    return { clock: `e^(${rate} lambda)`, from: Math.exp(rate * from), to: Math.exp(rate * to) };
  }
  const at = (lambda: number): number => Math.exp(2 * integral(eta, eta.from, lambda));
  const clock = `e^(${2 * eta.value} lambda), lambda from ${eta.from} to ${eta.to}`;
  return { clock, from: at(from), to: at(to) };
};
