import {
  type LossEstimate,
  type ReconstructionOptions,
  continuousTimeLoss,
  discreteTimeLoss,
  reconstructionLoss,
} from './losses.js';

/** A Monte-Carlo estimate with its standard error. */
export interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

export interface BoundOptions extends ReconstructionOptions {
  /** n of `L^n`; `L_inf` if not given. */
  readonly steps?: number;
}

export interface VariationalBound {
  /** `transmission + reconstruction >= -ln p(x)`, in `unit` a data item. The standard error is at most this: the two parts share the items. */
  readonly bound: Estimate & { readonly perDimension: Estimate };
  /** `L^n` or `L_inf`: what it costs to send the accuracy up to tau = 1. */
  readonly transmission: LossEstimate;
  /** `L^r`: what it costs to send the data given the state at tau = 1. */
  readonly reconstruction: LossEstimate;
}

/**
 * The bound on `-ln p(x)` of any denoiser, by BFN's two losses: `L^n + L^r` with `steps`, else `L_inf + L^r` (Graves et al. 2023,
 * section 3). Takes what the losses take, and throws like them.
 */
export const variationalBound = async (options: BoundOptions): Promise<VariationalBound> => {
  const { steps } = options;
  const transmission = await (steps === undefined
    ? continuousTimeLoss(options)
    : discreteTimeLoss({ ...options, steps }));
  const reconstruction = await reconstructionLoss(options);
  const sum = (of: (loss: LossEstimate) => Estimate): Estimate => {
    const [a, b] = [of(transmission), of(reconstruction)];
    return { value: a.value + b.value, standardError: a.standardError + b.standardError };
  };
  return {
    bound: { ...sum((loss) => loss), perDimension: sum((loss) => loss.perDimension) },
    transmission,
    reconstruction,
  };
};
