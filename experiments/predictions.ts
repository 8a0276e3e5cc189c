import { clip as clipped } from '../src/denoiser/adapters.js';
import { classifierFree } from '../src/denoiser/guidance/classifier-free.js';
import { type ThresholdOptions, dynamicThreshold } from '../src/denoiser/threshold.js';
import { UsageError } from '../src/errors.js';
import { family, familyRegistry } from '../src/family.js';
import type { Json } from '../src/json.js';
import type { Denoiser } from '../src/plan/denoiser.js';
import type { Model, Problem } from './problem.js';

/** What is done to the predictions on their way to the solver; nothing unless told. */
export interface PredictionSettings {
  /** Predictions are clipped to this range; for continuous data. */
  readonly clip?: readonly [number, number] | undefined;
  /** Predictions are kept within [-1, 1] by a threshold of each sample's own; for continuous data. */
  readonly threshold?: ThresholdOptions | undefined;
  /** The scale of classifier-free guidance, for problems with something given: 0 is as if nothing were, 1 the network of what is. */
  readonly guidance?: number | undefined;
}

const thresholds = familyRegistry<ThresholdOptions>('threshold', [
  family(
    {
      id: 'dynamic',
      description: 'a quantile of the absolute values of the prediction',
      parameters: [
        { name: 'quantile', kind: 'number', default: 0.995, description: 'in (0, 1]' },
        {
          name: 'maximum',
          kind: 'number',
          optional: true,
          description: 'the threshold goes no higher; from 1',
        },
      ],
    },
    (options: ThresholdOptions) => options,
  ),
]);

/** Reads `quantile=0.99,maximum=2`, or nothing, defaults filled in. Throws a `UsageError` for other names and for what are no numbers. */
export const parseThreshold = (text: string): ThresholdOptions => {
  const { id, parameters } = thresholds.parse(text === '' ? 'dynamic' : `dynamic:${text}`);
  return thresholds.make(id, parameters);
};

/** The problem's network with the wrappers asked for, and these for the record. Throws a `UsageError` where they do not fit. */
export const wrapped = (
  problem: Model,
  { clip, threshold, guidance }: PredictionSettings,
): { readonly denoiser: Denoiser; readonly settings: Readonly<Record<string, Json>> } => {
  const { id, process } = problem;
  if (clip && threshold) {
    throw new UsageError('clip and threshold both keep predictions in range; give one of them');
  }
  if ((clip ?? threshold) && process.classes !== undefined) {
    const what = clip ? 'clip' : 'threshold';
    throw new UsageError(`${what} is for continuous data; the problem "${id}" is discrete`);
  }
  const guided = guidance === undefined ? problem.denoiser : guidedBy(problem, guidance);
  const kept = clip ? clipped(guided, ...clip) : threshold ? dynamicThreshold(guided, threshold) : guided;
  return {
    denoiser: kept,
    settings: {
      clip: clip ?? null,
      ...(threshold && { threshold: { ...threshold } }),
      ...(guidance !== undefined && { guidance }),
    },
  };
};

const guidedBy = ({ id, denoiser: conditional, unconditional }: Model, scale: number): Denoiser => {
  if (unconditional) return classifierFree({ conditional, unconditional, scale });
  throw new UsageError(
    `guidance needs something given, as in digits:given=3; nothing is of the problem "${id}"`,
  );
};

/** Throws a `UsageError` where samples are not meant to be of a law that is known. */
export const requireMeasurable = ({ unmeasured }: Problem, { guidance = 1 }: PredictionSettings): void => {
  if (unmeasured !== undefined) throw new UsageError(`nothing to compare: ${unmeasured}`);
  if (guidance === 1) return;
  throw new UsageError(
    `guidance of scale ${guidance} samples no law that is known, so there is nothing to compare; accepted is 1`,
  );
};
