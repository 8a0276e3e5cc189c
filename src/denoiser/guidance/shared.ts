import type { Batch } from '../../array/batch.js';
import { UsageError } from '../../errors.js';
import type { Denoiser, Moment, Uniforms } from '../../plan/denoiser.js';
import { drawClasses } from '../classes.js';

/** A denoiser made of others, and what it costs. */
export interface WrappedDenoiser extends Denoiser {
  /** How many calls of denoisers that wrap nothing a prediction takes: what a budget of network calls has to count. */
  readonly evaluations: number;
}

/** The calls that one prediction takes: what the denoiser declares, or one. */
export const evaluationsOf = ({ evaluations = 1 }: Denoiser): number => evaluations;

/** A gradient, [n, ...sampleShape], for a batch of that shape and a moment a sample. The result is only read. */
export type Gradient = (x: Batch, moments: readonly Moment[]) => Batch | Promise<Batch>;

/** What follows a result, at once if it is there. (A module that exports the name `then` could not be imported dynamically.) */
export const andThen = <T extends object>(
  value: Batch | Promise<Batch>,
  next: (batch: Batch) => T | Promise<T>,
): T | Promise<T> => ('then' in value ? value.then(next) : next(value));

/** Throws a `UsageError` unless the scale of a guidance is finite. */
export const requireScale = (what: string, scale: number): void => {
  if (Number.isFinite(scale)) return;
  throw new UsageError(`the scale of ${what} is ${scale}; accepted are finite numbers`);
};

/** Throws a `UsageError` unless a batch is of the wanted shape. */
export const requireShape = (what: string, { shape, data }: Batch, like: Batch): void => {
  if (shape.join() === like.shape.join() && data.length === like.data.length) return;
  throw new UsageError(`${what} is [${shape.join(', ')}]; accepted is [${like.shape.join(', ')}]`);
};

/** A draw from guided class probabilities; negative ones, which a linear guidance may give, count as 0. */
export const drawBy =
  (predict: Denoiser['predict']): NonNullable<Denoiser['draw']> =>
  (x: Batch, moments: readonly Moment[], uniforms: Uniforms, out?: Batch) =>
    andThen(predict(x, moments, out), (prediction) => drawClasses(prediction, uniforms, prediction));
